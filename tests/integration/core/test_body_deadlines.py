"""What falls due without belonging to an action: planned, moved and settled with what it hangs on, and chased up its ladder."""

from datetime import date, timedelta
from threading import Barrier, Thread
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa
from builders import CONVENTION, body_of, changed_charter
from secretariat import Secretariat

from models.events import Stage
from models.meetings.commands import CancelMeeting, ChangeMeeting, ConveneMeeting
from models.tables import Deadline, Delivery, Person, Seat, table
from services.absences import note_absence
from services.body_deadlines import keep_everywhere
from services.body_terms import list_terms
from services.meetings.reading import show_meeting
from services.operations import by_night
from services.people import import_people
from services.preferences import choose
from services.seating import change_seat, create_person, create_seat, seen_of
from services.stages import _chunk, run_deliveries

DEADLINE, DELIVERY = table(Deadline), table(Delivery)
ENDS = date(2027, 6, 30)
PARIS = ZoneInfo("Europe/Paris")
HEAD = "person;name;email;language;seat;body;role;partner;weight;starts_on;ends_on"


@pytest.fixture
def noticed(desk, tmp_path):
    """A desk whose steering committee is convened five clear days before it meets."""

    def change(it):
        body_of(it, "copil")["rules"]["notice_days"] = 5

    return desk.under(changed_charter(tmp_path / "notice.yaml", change))


@pytest.fixture
def office(noticed):
    noticed.to_steering()
    return Secretariat(noticed)


def dues(desk, kind, **equal):
    return desk.rows(Deadline, kind=kind, **equal)


def open_due(desk, kind):
    [row] = dues(desk, kind, settled_at=None)
    return row


def told(desk):
    """Person, capacity and state of each reminder."""
    codes = {person.id: person.code for person in desk.rows(Person)}
    return sorted((codes[row.person_id], row.because, row.state) for row in desk.rows(Delivery, message="body-reminder"))


def climb_to(desk, day):
    desk.watch.go_to(day)
    desk.settle()


def send(desk):
    run_deliveries(desk.app, holder="test", gate=lambda: None)


def importing(desk, line):
    return import_people(desk.app.db, f"{HEAD}\n{line}\n".encode(), convention=CONVENTION, at=desk.watch.moment)


def ending(desk, ends_on=ENDS):
    """A member's seat in the technical committee that ends, by a table of persons."""
    importing(
        desk, f"patrimoine;Patrimoine;patrimoine@universite.example;fr;COTECH-06;cotech;member;universite;1;2026-06-22;{ends_on or ''}"
    )


def away(desk, first, last):
    """Whoever chairs the technical committee is away, and a deputy is named."""
    given = {"starts_on": first.isoformat(), "ends_on": last.isoformat(), "deputy": "COTECH-08"}
    note_absence(desk.app, CONVENTION, "presidence-cotech", given)


def prolong(desk, ends_on):
    row = next(seat for seat in desk.rows(Seat, code="COTECH-06"))
    given = {"ends_on": ends_on.isoformat() if ends_on else ""}
    change_seat(desk.app, CONVENTION, "patrimoine", "COTECH-06", given, seen_of(row._mapping))


# --- meetings --------------------------------------------------------------------------------------------------------------------


def test_a_planned_meeting_has_a_last_day_to_convene_it(office):
    number = office.plan(held_on=date(2026, 11, 3))
    row = open_due(office.desk, "convocation")
    assert (row.about, row.body, row.action_id, row.stage) == (number, "copil", None, Stage.COMMITTEE_REVIEW)
    assert (row.due_on, row.due_at.date(), row.rung) == (date(2026, 10, 28), date(2026, 10, 21), 0)


def test_a_meeting_that_moves_takes_its_last_day_along_and_one_that_stays_keeps_its_place(office):
    number = office.plan(held_on=date(2026, 11, 3))
    climb_to(office.desk, date(2026, 10, 21))
    assert open_due(office.desk, "convocation").rung == 1
    office.ask(ChangeMeeting, meeting=number, starts_at="10:00")
    assert open_due(office.desk, "convocation").rung == 1
    office.ask(ChangeMeeting, meeting=number, held_on=date(2026, 12, 1))
    row = open_due(office.desk, "convocation")
    assert (row.due_on, row.rung) == (date(2026, 11, 25), 0)


@pytest.mark.parametrize("act", [ConveneMeeting, CancelMeeting])
def test_a_meeting_that_is_convened_or_cancelled_is_chased_no_more(office, act):
    number = office.plan(held_on=date(2026, 11, 3))
    office.ask(act, meeting=number)
    [row] = dues(office.desk, "convocation")
    assert row.settled_at is not None
    climb_to(office.desk, date(2026, 10, 29))
    assert told(office.desk) == []


def test_the_secretary_is_reminded_before_the_last_day_and_the_chair_too_on_it(office):
    office.plan(held_on=date(2026, 11, 3))
    climb_to(office.desk, date(2026, 10, 21))
    assert told(office.desk) == [("secretariat-copil", "body_secretary", "ready")]
    climb_to(office.desk, date(2026, 10, 28))
    assert told(office.desk) == [
        ("presidence-copil", "body_chair", "ready"),
        ("secretariat-copil", "body_secretary", "ready"),
        ("secretariat-copil", "body_secretary", "ready"),
    ]
    assert office.desk.settle() == []
    assert open_due(office.desk, "convocation").due_at is None


def test_a_meeting_cancelled_between_the_rung_and_the_sending_is_reminded_of_nobody(office, sink):
    number, desk = office.plan(held_on=date(2026, 11, 3)), office.desk.through(sink.url)
    climb_to(desk, date(2026, 10, 21))
    office.ask(CancelMeeting, meeting=number)
    send(desk)
    assert [state for _, _, state in told(desk)] == ["cancelled"]
    assert [subject for _, subject in sink.told() if "convoquer" in subject] == []


def test_a_meeting_moved_between_the_rung_and_the_sending_is_reminded_of_its_new_day_only(office, sink):
    number, desk = office.plan(held_on=date(2026, 11, 3)), office.desk.through(sink.url)
    climb_to(desk, date(2026, 10, 21))
    office.ask(ChangeMeeting, meeting=number, held_on=date(2026, 12, 1))
    send(desk)
    climb_to(desk, date(2026, 11, 18))
    send(desk)
    assert sorted(state for _, _, state in told(desk)) == ["cancelled", "sent"]


def test_a_meeting_planned_too_late_for_its_notice_shows_that_and_chases_nobody(office):
    number = office.plan(held_on=office.desk.today + timedelta(days=3))
    assert dues(office.desk, "convocation") == []
    term = show_meeting(office.desk.app, number, convention=CONVENTION)["convene_by"]
    assert (term["due_on"], term["late"], term["ahead"]) == (date(2026, 10, 2), True, None)


def test_a_server_that_was_off_for_a_week_reminds_once_of_what_may_still_be_done(office):
    office.plan(held_on=date(2026, 11, 12))
    climb_to(office.desk, date(2026, 11, 6))
    assert told(office.desk) == [("presidence-copil", "body_chair", "ready"), ("secretariat-copil", "body_secretary", "ready")]
    climb_to(office.desk, date(2026, 11, 9))
    assert len(told(office.desk)) == 2


def test_a_server_that_was_off_over_the_last_day_says_once_that_it_is_past(office, sink):
    office.plan(held_on=date(2026, 11, 12))
    desk = office.desk.through(sink.url)
    climb_to(desk, date(2026, 11, 10))
    send(desk)
    assert [(person, state) for person, _, state in told(desk)] == [("presidence-copil", "sent"), ("secretariat-copil", "sent")]
    assert len([subject for _, subject in sink.told() if "Délai de convocation passé" in subject]) == 2
    assert open_due(desk, "convocation").due_at is None
    keep_everywhere(desk.app)
    assert [row.outcome for row in dues(desk, "convocation")] == ["over"]


def test_nobody_is_reminded_by_night_or_on_a_closed_day(office):
    office.plan(held_on=date(2026, 11, 12))
    for day, hour in ((date(2026, 10, 31), 12), (date(2026, 11, 2), 4)):
        office.desk.watch.go_to(day, hour)
        office.desk.settle()
        assert told(office.desk) == []
    climb_to(office.desk, date(2026, 11, 2))
    assert told(office.desk) == [("secretariat-copil", "body_secretary", "ready")]


def test_two_sweepers_write_each_reminder_once(office):
    for days in range(30, 42):
        office.plan(days=days)
    office.desk.watch.go_to(date(2026, 10, 27))
    together = Barrier(2)

    def run():
        together.wait()
        while _chunk(office.desk.app, Stage.COMMITTEE_REVIEW):
            pass

    sweepers = [Thread(target=run) for _ in range(2)]
    for sweeper in sweepers:
        sweeper.start()
    for sweeper in sweepers:
        sweeper.join()
    keys = [row.unique_key for row in office.desk.rows(Delivery, message="body-reminder")]
    assert len(keys) == len(set(keys)) >= 6
    assert office.desk.settle() == []
    assert len(office.desk.rows(Delivery, message="body-reminder")) == len(keys)


def test_the_page_of_a_meeting_shows_its_last_day_how_it_came_about_and_the_next_reminder(office):
    number = office.plan(held_on=date(2026, 11, 12))
    term = show_meeting(office.desk.app, number, convention=CONVENTION)["convene_by"]
    assert (term["due_on"], term["how"]["origin"], term["how"]["amount"], term["how"]["moved_from"]) == (
        date(2026, 11, 6),
        "meeting",
        -5,
        None,
    )
    assert term["ahead"] == {"on": date(2026, 10, 30), "to": ["owner"], "standing": "next"}
    office.ask(ConveneMeeting, meeting=number)
    assert show_meeting(office.desk.app, number, convention=CONVENTION)["convene_by"] is None


def test_another_notice_in_the_charter_moves_the_last_days_of_planned_meetings(office, tmp_path):
    office.plan(held_on=date(2026, 11, 12))
    office.desk.under(changed_charter(tmp_path / "ten.yaml", lambda it: body_of(it, "copil")["rules"].update(notice_days=10)))
    assert open_due(office.desk, "convocation").due_on == date(2026, 10, 30)
    office.desk.under(changed_charter(tmp_path / "none.yaml", lambda it: body_of(it, "copil")["rules"].pop("notice_days", None)))
    assert dues(office.desk, "convocation", settled_at=None) == []


# --- seats -----------------------------------------------------------------------------------------------------------------------


def test_a_table_that_lets_a_seat_end_plans_it_and_one_that_prolongs_it_moves_it(desk):
    assert dues(desk, "seat_end") == []
    ending(desk)
    row = open_due(desk, "seat_end")
    assert (row.about, row.body, row.due_on) == ("COTECH-06", "cotech", ENDS)
    ending(desk, date(2028, 6, 30))
    assert open_due(desk, "seat_end").due_on == date(2028, 6, 30)
    ending(desk, None)
    assert dues(desk, "seat_end", settled_at=None) == []


def test_a_table_that_is_only_tried_plans_nothing(desk):
    line = "patrimoine;Patrimoine;patrimoine@universite.example;fr;COTECH-06;cotech;member;universite;1;2026-06-22;2027-06-30"
    import_people(desk.app.db, f"{HEAD}\n{line}\n".encode(), convention=CONVENTION, dry_run=True, at=desk.watch.moment)
    assert dues(desk, "seat_end") == []


def test_a_seat_prolonged_between_the_rung_and_the_sending_is_reminded_of_nobody(desk, sink):
    ending(desk)
    desk = desk.through(sink.url)
    climb_to(desk, date(2027, 6, 16))
    assert [(person, because) for person, because, _ in told(desk)] == [
        ("presidence-cotech", "body_chair"),
        ("secretariat-cotech", "body_secretary"),
    ]
    prolong(desk, date(2028, 6, 30))
    send(desk)
    assert {state for _, _, state in told(desk)} == {"cancelled"}
    row = open_due(desk, "seat_end")
    assert (row.due_on, row.rung) == (date(2028, 6, 30), 0)


def test_a_seat_whose_place_is_taken_from_the_next_day_is_chased_no_more(desk):
    ending(desk)
    create_person(desk.app, CONVENTION, {"person": "suite", "name": "Suite", "email": "suite@universite.example", "language": "fr"})
    place = {"body": "cotech", "role": "member", "partner": "universite", "weight": "1", "starts_on": "2027-07-01", "ends_on": ""}
    create_seat(desk.app, CONVENTION, "suite", {"seat": "COTECH-31", **place})
    assert dues(desk, "seat_end", settled_at=None) == []


def test_one_that_follows_takes_the_place_of_one_seat_only(desk):
    ending(desk)
    importing(desk, f"pilote-equipements;Pilote;pilote@universite.example;fr;COTECH-04;cotech;member;universite;1;2026-06-22;{ENDS}")
    importing(desk, "suite;Suite;suite@universite.example;fr;COTECH-31;cotech;member;universite;1;2027-07-01;")
    assert [row.about for row in dues(desk, "seat_end", settled_at=None)] == ["COTECH-06"]


def test_a_seat_that_has_ended_is_over_once_its_ladder_is(desk):
    ending(desk)
    climb_to(desk, ENDS + timedelta(days=5))
    by_night(desk.app)
    assert [row.outcome for row in dues(desk, "seat_end")] == ["over"]


def test_a_reminder_of_a_seat_says_which_and_leads_to_its_person(desk, sink):
    ending(desk)
    desk = desk.through(sink.url)
    climb_to(desk, date(2027, 6, 30))
    send(desk)
    mails = {mail["To"].addresses[0].addr_spec: mail for mail in sink.mails()}
    text = mails["secretariat.technique@ville.example"].get_body(("plain",)).get_content()
    assert "/personnes/patrimoine" in text
    assert "COTECH-06" in str(mails["secretariat.technique@ville.example"]["Subject"])


def test_seats_of_a_body_that_end_together_are_told_of_in_one_message(desk, sink):
    ending(desk)
    importing(desk, f"pilote-equipements;Pilote;pilote@universite.example;fr;COTECH-04;cotech;member;universite;1;2026-06-22;{ENDS}")
    desk = desk.through(sink.url)
    climb_to(desk, date(2027, 5, 3))
    assert told(desk) == [("secretariat-cotech", "body_secretary", "ready"), ("secretariat-cotech", "body_secretary", "suppressed")]
    send(desk)
    [mail] = sink.mails()
    text = " ".join(mail.get_body(("plain",)).get_content().split())
    assert "COTECH-04 (membre, Comité technique) · COTECH-06 (membre, Comité technique)" in text
    assert [row["reminded"] for row in list_terms(desk.app, convention=CONVENTION, body="cotech")] == [[date(2027, 5, 3)]] * 2


def test_of_seats_told_of_together_only_those_are_named_that_still_end(desk, sink):
    ending(desk)
    importing(desk, f"pilote-equipements;Pilote;pilote@universite.example;fr;COTECH-04;cotech;member;universite;1;2026-06-22;{ENDS}")
    desk = desk.through(sink.url)
    climb_to(desk, date(2027, 5, 3))
    importing(desk, "pilote-equipements;Pilote;pilote@universite.example;fr;COTECH-04;cotech;member;universite;1;2026-06-22;")
    send(desk)
    [mail] = sink.mails()
    assert "COTECH-06" in str(mail["Subject"])
    assert "COTECH-04" not in mail.get_body(("plain",)).get_content()


def test_who_stands_in_for_an_absent_chair_gets_the_reminder_too_and_both_are_named(desk, sink):
    ending(desk)
    away(desk, date(2027, 6, 14), date(2027, 6, 18))
    desk = desk.through(sink.url)
    climb_to(desk, date(2027, 6, 16))
    assert told(desk) == [
        ("presidence-cotech", "body_chair", "scheduled"),
        ("secretariat-cotech", "body_secretary", "ready"),
        ("suppleance-cotech", "body_stand_in", "ready"),
    ]
    send(desk)
    [text] = [_text(mail) for mail in sink.mails() if mail["To"].addresses[0].addr_spec == "suppleance.technique@universite.example"]
    [chair] = desk.rows(Person, code="presidence-cotech")
    assert f"Vous suppléez {chair.name} pendant son absence." in text
    assert "vous suppléez une personne absente" in text
    climb_to(desk, date(2027, 6, 21))
    send(desk)
    assert {state for _, _, state in told(desk)} == {"sent"}


def _text(mail):
    return " ".join(mail.get_body(("plain",)).get_content().split())


def test_a_stand_in_is_told_no_more_once_the_absence_is_over(desk, sink):
    ending(desk)
    away(desk, date(2027, 6, 14), date(2027, 6, 16))
    desk = desk.through(sink.url)
    climb_to(desk, date(2027, 6, 16))
    desk.watch.go_to(date(2027, 6, 17))
    send(desk)
    states = {person: state for person, _, state in told(desk)}
    assert states == {"presidence-cotech": "sent", "secretariat-cotech": "sent", "suppleance-cotech": "cancelled"}


def test_a_reminder_of_a_body_keeps_the_quiet_hours_of_its_reader(desk):
    ending(desk)
    [clerk] = desk.rows(Person, code="secretariat-cotech")
    choose(desk.app, clerk.id, {"rhythm": "at_once", "hour": "8", "weekday": "0", "quiet_from": "7", "quiet_until": "18"}, 0)
    climb_to(desk, date(2027, 5, 3))
    [row] = desk.rows(Delivery, message="body-reminder")
    assert (row.state, row.reason) == ("scheduled", "quiet")
    assert row.not_before.astimezone(PARIS).isoformat() == "2027-05-03T18:00:00+02:00"


def test_one_that_waits_is_planned_anew_with_its_readers_choices_and_stays_by_itself(desk, sink):
    ending(desk)
    [clerk] = desk.rows(Person, code="secretariat-cotech")
    hours = {"rhythm": "at_once", "hour": "8", "weekday": "0", "quiet_from": "7"}
    choose(desk.app, clerk.id, {**hours, "quiet_until": "18"}, 0)
    desk = desk.through(sink.url)
    climb_to(desk, date(2027, 5, 3))
    choose(desk.app, clerk.id, {**hours, "rhythm": "daily", "quiet_until": "20"}, 1)
    [row] = desk.rows(Delivery, message="body-reminder")
    assert (row.state, row.not_before.astimezone(PARIS).hour) == ("scheduled", 20)
    desk.watch.advance(days=1)
    send(desk)
    assert [row.message for row in desk.rows(Delivery, person_id=clerk.id)] == ["body-reminder"]
    assert len(sink.mails()) == 1


# --- the convention --------------------------------------------------------------------------------------------------------------


def test_the_end_of_the_convention_is_planned_with_its_charter_and_moves_with_it(desk, tmp_path):
    row = open_due(desk, "convention_end")
    assert (row.about, row.body, row.due_on) == (CONVENTION, None, date(2030, 12, 31))
    desk.under(changed_charter(tmp_path / "longer.yaml", lambda it: it["convention"].update(ends_on="2031-12-31")))
    assert open_due(desk, "convention_end").due_on == date(2031, 12, 31)


def test_the_steering_secretary_is_reminded_of_the_end_of_the_convention_a_year_before(desk):
    row = open_due(desk, "convention_end")
    climb_to(desk, row.due_at.date())
    assert told(desk) == [("secretariat-copil", "steering_secretary", "ready")]
    assert open_due(desk, "convention_end").rung == 1


def test_another_ladder_in_the_charter_holds_for_what_is_open(desk, tmp_path):
    ladder = [{"days": -100, "to": ["technical"]}]
    desk.under(changed_charter(tmp_path / "own.yaml", lambda it: it.update(chasing={"convention_end": ladder})))
    row = open_due(desk, "convention_end")
    climb_to(desk, row.due_at.date())
    assert told(desk) == [("secretariat-cotech", "technical_secretary", "ready")]


# --- all of them -----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("by", [by_night, keep_everywhere])
def test_a_home_of_an_older_release_gets_its_deadlines_by_night(office, by):
    office.plan(held_on=date(2026, 11, 3))
    ending(office.desk)
    before = _content(office.desk)
    with office.desk.app.db.write() as connection:
        connection.execute(sa.delete(DEADLINE).where(DEADLINE.c.action_id.is_(None)))
    by(office.desk.app)
    assert _content(office.desk) == before
    by(office.desk.app)
    assert _content(office.desk) == before


def test_a_home_of_an_older_release_gets_its_deadlines_when_its_charter_is_loaded_again(desk, tmp_path):
    with desk.app.db.write() as connection:
        connection.execute(sa.delete(DEADLINE))
    desk.under(changed_charter(tmp_path / "same.yaml", lambda _: None))
    assert [row.kind for row in desk.rows(Deadline)] == ["convention_end"]


def _content(desk):
    rows = (row._asdict() for row in desk.rows(Deadline) if row.action_id is None)
    return sorted(str({name: value for name, value in row.items() if name not in ("id", "planned_at")}) for row in rows)


def test_what_is_due_is_listed_with_how_it_came_about_and_when_somebody_was_reminded(office):
    number = office.plan(held_on=date(2026, 11, 3))
    ending(office.desk)
    climb_to(office.desk, date(2026, 10, 21))
    office.desk.post()
    rows = list_terms(office.desk.app, convention=CONVENTION)
    assert [(row["kind"], row["about"], row["how"]["origin"]) for row in rows] == [
        ("convocation", number, "meeting"),
        ("seat_end", "COTECH-06", "seat"),
        ("convention_end", CONVENTION, "charter"),
    ]
    assert [row["reminded"] for row in rows] == [[date(2026, 10, 21)], [], []]
    assert [row["kind"] for row in list_terms(office.desk.app, convention=CONVENTION, body="cotech")] == ["seat_end"]
