"""What operators read: the report of each run, and the letter of the week."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from builders import CLERK, CONVENTION, PILOT, provision

from models.events import Stage
from models.tables import Action, Deadline, Delivery, Person, Seat, table
from models.telling.bounces import Weight
from services.forms import StartForm
from services.operations import by_night
from services.stages import run_deliveries, run_stage
from services.suppression import note_return
from services.tally import Tally
from services.week import tell_week
from services.work import open_work

MONDAY_AFTER = date(2027, 4, 12)
"""Of the week after that in which news are asked for, on 5 April 2027."""


def end_seat(desk, seat):
    rows = table(Seat)
    with desk.app.db.write() as connection:
        connection.execute(rows.update().where(rows.c.code == seat).values(ends_on=desk.today - timedelta(days=1)))


def refuse_mail_of(desk, code):
    [person] = desk.rows(Person, code=code)
    with desk.app.db.write() as connection:
        note_return(open_work(desk.app, connection, CONVENTION), person.id, Weight.HARD, "5.1.1")


def letters(desk):
    return desk.rows(Delivery, message="operators-week")


# --- after each run ---------------------------------------------------------------------------------------------------------------
def test_a_run_tells_what_fell_due_and_what_left(desk, sink):
    desk.through(sink.url)
    for title in ("Une", "Deux"):
        desk.to_work(provision(title=title))
    run_deliveries(desk.app, holder="test", gate=lambda: None)
    desk.watch.go_to(date(2027, 4, 5))
    assert desk.run(Stage.IMPLEMENTATION).tally == Tally(due=2, sent=1)


def test_what_waits_for_a_better_hour_is_held(desk):
    desk.to_work()
    desk.watch.go_to(date(2027, 4, 5))
    report = desk.run(Stage.IMPLEMENTATION, gate=desk.quiet(Stage.IMPLEMENTATION))
    assert (report.tally.due, report.tally.held, report.tally.sent) == (1, 1, 0)


def test_capacities_that_nobody_has_are_named_with_their_action(desk):
    number = desk.to_approved()
    end_seat(desk, CLERK)
    desk.ask(StartForm(seat=PILOT, action=number))
    report = desk.run(Stage.IMPLEMENTATION, gate=desk.quiet(Stage.IMPLEMENTATION))
    assert report.tally.unowned == (f"proposer ({number})", f"technical_secretary ({number})")


def test_a_lead_who_is_gone_is_not_asked_in_silence(desk, sink):
    number = desk.through(sink.url).to_work()
    run_deliveries(desk.app, holder="test", gate=lambda: None)
    rows = table(Action)
    sheet = desk.action(number).sheet | {"lead_person": None}
    with desk.app.db.write() as connection:
        connection.execute(rows.update().values(sheet=sheet))
    desk.watch.go_to(date(2027, 4, 5))
    assert desk.run(Stage.IMPLEMENTATION).tally == Tally(due=1, unowned=(f"lead ({number})",))


def test_seats_that_are_asked_and_vacant_are_named(desk, sink):
    desk.through(sink.url)
    desk.to_technical()
    end_seat(desk, "COTECH-06")
    [end] = desk.rows(Deadline, kind="review_end")
    desk.watch.moment = end.due_at
    report = desk.run(Stage.COMMITTEE_REVIEW)
    assert (report.tally.due, report.tally.unowned) == (1, ("COTECH-06",))


def test_seats_that_mail_does_not_reach_are_named_without_a_person(desk, sink):
    desk.through(sink.url)
    refuse_mail_of(desk, desk.rows(Person, id=desk.rows(Seat, code="COTECH-06")[0].person_id)[0].code)
    desk.to_technical()
    report = desk.run(Stage.COMMITTEE_REVIEW)
    assert report.tally.unreachable == ("COTECH-06",)
    assert report.tally.failed == 0


def test_an_item_that_fails_is_counted(desk, monkeypatch):
    desk.propose()

    def broken(*_):
        raise RuntimeError

    monkeypatch.setattr("services.stages.react", broken)
    assert run_stage(desk.app, Stage.PROPOSAL, holder="test", gate=lambda: None).tally == Tally(failed=1)


def test_a_run_that_finds_nothing_asks_nothing_more(desk, monkeypatch):
    monkeypatch.setattr("services.tally.conventions", lambda _: pytest.fail("asked"))
    assert desk.run(Stage.REPORTING).tally == Tally()


# --- the letter of the week ---------------------------------------------------------------------------------------------------------
def a_week_of_requests(desk):
    number = desk.to_work()
    desk.watch.go_to(date(2027, 4, 5))
    desk.settle()
    desk.watch.go_to(MONDAY_AFTER, hour=2)
    return number


def test_the_week_is_told_once_on_the_first_night_after_it(desk):
    a_week_of_requests(desk)
    by_night(desk.app)
    desk.watch.advance(days=1)
    by_night(desk.app)
    [letter] = letters(desk)
    assert (letter.details["week"], letter.details["first"], letter.details["last"]) == ("2027-W14", "5 avril 2027", "11 avril 2027")
    desk.watch.advance(days=7)
    by_night(desk.app)
    assert [one.details["week"] for one in letters(desk)] == ["2027-W14", "2027-W15"]


def test_it_sums_up_what_was_asked_and_what_waits(desk):
    number = a_week_of_requests(desk)
    tell_week(desk.app)
    told = letters(desk)[0].details
    assert "point d'avancement demandé (1)" in told["done"]
    assert (told["vacant"], told["unreachable"], told["parked"], told["failed"]) == ("-", "-", 0, 0)
    assert (told["leaving"], told["held"], told["unowned"]) == (1, 0, "-")
    assert number not in told["oldest"]


def test_it_names_vacant_seats_capacities_without_anybody_and_what_is_oldest(desk):
    number = desk.to_approved()
    end_seat(desk, CLERK)
    desk.ask(StartForm(seat=PILOT, action=number))
    desk.settle()
    desk.watch.go_to(date(2026, 10, 12), hour=2)
    tell_week(desk.app)
    told = letters(desk)[0].details
    assert f"secrétariat du comité technique ({number})" in told["unowned"]
    desk.watch.go_to(date(2027, 6, 2))
    desk.settle()
    desk.watch.go_to(date(2027, 6, 7))
    tell_week(desk.app)
    assert letters(desk)[-1].details["oldest"] == f"{number}, sans nouvelles depuis le 5 octobre 2026"


def test_a_home_that_begins_this_week_has_no_week_to_tell_of(desk):
    desk.propose()
    assert tell_week(desk.app) == 0
    desk.watch.go_to(date(2026, 10, 12))
    assert tell_week(desk.app) == 1


def test_the_letter_leaves_as_lines_and_names_no_person(light_desk, sink):
    desk = light_desk.through(sink.url)
    desk.app = replace(desk.app, settings=replace(desk.app.settings, operators_mail="exploitation@ville.example"))
    a_week_of_requests(desk)
    tell_week(desk.app)
    run_deliveries(desk.app, holder="test", gate=lambda: None)
    [mail] = [mail for mail in sink.mails() if "exploitation@ville.example" in str(mail["To"])]
    text = mail.get_body(("plain",)).get_content()
    assert str(mail["Subject"]) == "[Répétition] Passerelle\u00a0: la semaine du 5 avril 2027 au 11 avril 2027"
    assert len([line for line in text.splitlines() if line]) > 8
    assert [name for person in desk.rows(Person) for name in (person.name, person.email) if name in text] == []
