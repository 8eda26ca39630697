"""People who chose to be told of their own deadlines ahead: of each once, in one mail a day, and of nothing that is settled."""

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta

import pytest
from benchmarks.lifecycle import statements_of
from builders import CLERK, CONVENTION, PILOT, STEERING_CLERK, TODAY, provision
from servers import recording_chat

from models.errors import Refused
from models.tables import Deadline, Delivery, Foretold, Person, Preference, Seat, table
from notifications.kinds import Kind
from services import stages
from services.absences import note_absence
from services.bearers import bearer_of
from services.calendars import calendar_of
from services.foretelling import foretell
from services.forms import ExtendReviewForm, WithdrawForm
from services.links import secret_of, token_of
from services.preferences import choose, may_be_silenced, mute, preferences_of, silence, unmute
from services.proof import prove
from services.stages import run_deliveries
from services.stopping import start, stop
from services.visitors import revoke_links

MEMBER, OTHER, DEPUTY = "COTECH-06", "COTECH-05", "COTECH-08"
AT_ONCE = {"rhythm": "at_once", "hour": "8", "weekday": "0"}


def person_of(desk, seat):
    [held] = desk.rows(Seat, code=seat)
    return desk.rows(Person, id=held.person_id)[0]


def choosing(desk, seat, days, **given):
    who = person_of(desk, seat).id
    choose(desk.app, who, {**AT_ONCE, "lead_days": str(days or ""), **given}, preferences_of(desk.app, who).version)


def deliver(desk):
    desk.settle()
    return run_deliveries(desk.app, holder="test", gate=lambda: None)


def lists(desk, seat=MEMBER):
    """What became of each list for somebody, in order."""
    rows = desk.rows(Delivery, message="own-deadlines", person_id=person_of(desk, seat).id)
    return [(row.state, row.reason) for row in sorted(rows, key=lambda row: row.unique_key)]


def mails(desk, sink, seat=MEMBER):
    """The lists that somebody received, as text."""
    address = person_of(desk, seat).email
    mine = [mail for mail in sink.mails() if mail["To"].addresses[0].addr_spec == address]
    found = [mail.get_body(("plain",)).get_content().replace("\u00a0", " ") for mail in mine if "ch\u00e9ance" in mail["Subject"]]
    return [text for text in found if "rappeler" in text or "rappelle" in text]


def ahead_of(desk, day, days):
    return _calendar(desk).count_on(day, -days)


def _calendar(desk):
    return calendar_of(desk.charter())


@pytest.fixture
def asked(desk, sink):
    """A desk with an opinion asked of a member who wants to hear of it three working days before; the number, and the last day."""
    desk = desk.through(sink.url)
    choosing(desk, MEMBER, 3)
    number = desk.to_technical()
    return desk, number, desk.last_round(number, "cotech").due_on


def test_of_an_opinion_that_is_owed_its_member_is_told_so_many_working_days_before_and_once(asked, sink):
    desk, number, due_on = asked
    first = ahead_of(desk, due_on, 3)
    for day in (first - timedelta(days=1), first, first + timedelta(days=1), due_on):
        desk.watch.go_to(day)
        deliver(desk)
        assert len(lists(desk)) == (day >= first)
    [text] = mails(desk, sink)
    assert number in text
    assert "Avis à rendre" in text
    assert "dans 3 jours ouvrés" in text
    assert "Au titre de : COTECH-06" in text
    assert re.search(r"Donner mon avis \(A-2026-001\) :\s+http://\S+/avis/[\w-]{43}\b", text)
    assert lists(desk, OTHER) == []


def test_a_scheduler_that_was_off_on_the_day_tells_it_later_once(asked, sink):
    desk, _, due_on = asked
    desk.watch.go_to(due_on)
    deliver(desk), deliver(desk)
    [text] = mails(desk, sink)
    assert "Dernier jour : aujourd\u2019hui" in text


def test_what_is_past_is_not_told_ahead(asked):
    desk, _, due_on = asked
    desk.watch.go_to(due_on + timedelta(days=1), hour=12)
    foretell(desk.app)
    assert desk.rows(Foretold) == []


def test_nobody_is_told_before_the_morning_nor_on_a_day_on_which_nobody_works(asked):
    desk, _, due_on = asked
    first = ahead_of(desk, due_on, 3)
    desk.watch.go_to(first, hour=4)
    deliver(desk)
    assert lists(desk) == []
    saturday = first + timedelta(days=5 - first.weekday())
    assert saturday < due_on
    desk.watch.go_to(saturday)
    deliver(desk)
    assert lists(desk) == []
    desk.watch.go_to(saturday + timedelta(days=2))
    deliver(desk)
    assert lists(desk) == [("sent", None)]


def test_an_opinion_that_was_given_is_not_in_the_mail_and_an_empty_mail_does_not_leave(asked, sink):
    desk, number, due_on = asked
    desk.watch.go_to(ahead_of(desk, due_on, 3))
    desk.settle()
    assert foretell(desk.app) == 1
    desk.opine(number, "cotech", seats=(MEMBER,))
    deliver(desk)
    assert lists(desk) == [("cancelled", "not_wanted")]
    assert mails(desk, sink) == []


def test_of_several_only_what_is_still_open_is_in_the_mail(asked, sink):
    desk, number, due_on = asked
    other = desk.to_technical(provision(title="La seconde"))
    desk.watch.go_to(ahead_of(desk, due_on, 3))
    desk.settle()
    foretell(desk.app)
    desk.opine(number, "cotech", seats=(MEMBER,))
    deliver(desk)
    [text] = mails(desk, sink)
    assert (number in text, other in text) == (False, True)


def test_a_day_that_moves_is_told_of_again(asked, sink):
    desk, number, due_on = asked
    desk.watch.go_to(ahead_of(desk, due_on, 3))
    deliver(desk)
    later = _calendar(desk).count_on(due_on, 5)
    desk.ask(ExtendReviewForm(seat=CLERK, action=number, body="cotech", until=later, reason="Fêtes"))
    deliver(desk)
    assert len(mails(desk, sink)) == 1
    desk.watch.go_to(ahead_of(desk, later, 3))
    deliver(desk)
    assert len(mails(desk, sink)) == 2


def test_a_day_that_moves_before_the_mail_leaves_is_not_in_it(asked, sink):
    desk, number, due_on = asked
    desk.watch.go_to(ahead_of(desk, due_on, 3))
    desk.settle()
    foretell(desk.app)
    until = _calendar(desk).count_on(due_on, 5)
    desk.ask(ExtendReviewForm(seat=CLERK, action=number, body="cotech", until=until, reason="Fêtes"))
    deliver(desk)
    assert (lists(desk), mails(desk, sink)) == ([("cancelled", "not_wanted")], [])


def test_who_stands_in_is_told_of_what_they_owe_for_another_and_who_is_away_on_their_return(asked, sink):
    desk, _, due_on = asked
    choosing(desk, DEPUTY, 3)
    first = ahead_of(desk, due_on, 3)
    back = due_on - timedelta(days=1)
    days = {"starts_on": TODAY.isoformat(), "ends_on": (back - timedelta(days=1)).isoformat(), "deputy": DEPUTY}
    note_absence(desk.app, CONVENTION, person_of(desk, MEMBER).code, days)
    desk.watch.go_to(first)
    deliver(desk)
    [text] = mails(desk, sink, DEPUTY)
    assert "Au titre de : COTECH-06" in text
    assert lists(desk) == [("held", "away")]
    desk.watch.go_to(back)
    deliver(desk)
    assert lists(desk) == [("sent", None)]
    assert len(mails(desk, sink)) == 1


def test_while_a_list_waits_what_is_new_joins_it_so_that_whoever_comes_back_reads_one(asked, sink):
    desk, number, due_on = asked
    first = ahead_of(desk, due_on, 3)
    note_absence(
        desk.app, CONVENTION, person_of(desk, MEMBER).code, {"starts_on": TODAY.isoformat(), "ends_on": first.isoformat(), "deputy": ""}
    )
    desk.watch.go_to(first - timedelta(days=7))
    other = desk.to_technical(provision(title="La seconde"))
    with desk.app.db.write() as connection:
        sooner = {"due_on": due_on}
        connection.execute(table(Deadline).update().where(table(Deadline).c.kind == "review_end").values(**sooner))
    choosing(desk, MEMBER, 20)
    desk.watch.go_to(first - timedelta(days=1))
    deliver(desk)
    desk.watch.go_to(first)
    third = desk.to_technical(provision(title="La troisième"))
    deliver(desk)
    assert lists(desk) == [("held", "away")]
    desk.watch.go_to(first + timedelta(days=1))
    deliver(desk)
    [text] = mails(desk, sink)
    assert [each in text for each in (number, other, third)] == [True, True, True]
    assert len(desk.rows(Foretold)) == 3


def test_quiet_hours_and_the_hour_of_a_digest_hold(asked, sink):
    desk, _, due_on = asked
    choosing(desk, MEMBER, 3, quiet_from="7", quiet_until="17")
    desk.watch.go_to(ahead_of(desk, due_on, 3))
    deliver(desk)
    assert lists(desk) == [("held", "quiet")]
    choosing(desk, MEMBER, 3, rhythm="daily", hour="18")
    deliver(desk)
    assert lists(desk) == [("held", "digest")]
    desk.watch.advance(hours=6)
    deliver(desk)
    assert lists(desk) == [("sent", None)]
    assert len(mails(desk, sink)) == 1


def test_of_an_action_that_is_muted_nothing_is_told_until_it_is_followed_again(asked, sink):
    desk, number, due_on = asked
    [action] = {row.action_id for row in desk.rows(Deadline, kind="review_end")}
    who = person_of(desk, MEMBER).id
    mute(desk.app, who, action, None)
    desk.watch.go_to(ahead_of(desk, due_on, 3))
    deliver(desk)
    assert lists(desk) == []
    unmute(desk.app, who, number)
    desk.watch.advance(days=1)
    deliver(desk)
    assert len(mails(desk, sink)) == 1


def test_who_wants_no_reminders_or_chooses_no_time_any_more_is_told_nothing(asked, sink):
    desk, _, due_on = asked
    choosing(desk, MEMBER, 3, **{"reminders.mail": "never"})
    desk.watch.go_to(ahead_of(desk, due_on, 3))
    deliver(desk)
    assert (lists(desk), desk.rows(Foretold)) == ([], [])
    choosing(desk, MEMBER, 3)
    desk.watch.advance(days=1)
    desk.settle()
    assert foretell(desk.app) == 1
    choosing(desk, MEMBER, None)
    deliver(desk)
    assert (lists(desk), mails(desk, sink)) == ([("cancelled", "not_wanted")], [])


def test_who_leads_an_action_is_told_of_its_milestones_and_reports(desk, sink):
    desk = desk.through(sink.url)
    number = desk.to_work()
    choosing(desk, PILOT, 5)
    milestone = min(row.due_on for row in desk.rows(Deadline, kind="milestone"))
    desk.watch.go_to(ahead_of(desk, milestone, 5))
    deliver(desk)
    [text] = mails(desk, sink, PILOT)
    assert f"{number} · " in text
    assert "Échéance d\u2019un jalon « Recensement des équipements et des espaces »" in " ".join(text.split())
    desk.watch.go_to(date(2027, 4, 6))
    deliver(desk)
    report = next(row.due_on for row in desk.rows(Deadline, kind="progress_report"))
    desk.watch.go_to(ahead_of(desk, report, 5))
    deliver(desk)
    text = mails(desk, sink, PILOT)[-1]
    assert "Point d" in text
    assert "/avancement/" in text


def test_who_has_to_complete_a_proposal_is_told_until_it_is_withdrawn(desk, sink):
    desk = desk.through(sink.url)
    choosing(desk, PILOT, 2)
    number = desk.to_technical(provision(description=None))
    [due] = desk.rows(Deadline, kind="completion")
    desk.watch.go_to(ahead_of(desk, due.due_on, 2))
    desk.settle()
    assert foretell(desk.app) == 1
    desk.ask(WithdrawForm(seat=STEERING_CLERK, action=number, reason="Porté ailleurs"))
    deliver(desk)
    assert lists(desk, PILOT) == [("cancelled", "not_wanted")]


def test_it_is_read_in_a_room_of_their_own_too_by_whoever_wants_it_and_only_there_by_whoever_wants_no_mail(asked, sink, monkeypatch):
    desk, _, due_on = asked
    with recording_chat() as chat:
        monkeypatch.setenv("OWN_ROOM", f"json://127.0.0.1:{chat.port}/own")
        with desk.app.db.write() as connection:
            mine = table(Person).c.id == person_of(desk, MEMBER).id
            connection.execute(table(Person).update().where(mine).values(channel="env:OWN_ROOM"))
        choosing(desk, MEMBER, 3, **{"reminders.chat": "now", "reminders.mail": "never"})
        desk.watch.go_to(ahead_of(desk, due_on, 3))
        deliver(desk), deliver(desk)
        heard = [said["title"] for _, said in chat.heard if "approche" in said["title"]]
    assert (len(heard), mails(desk, sink)) == (1, [])
    assert len(desk.rows(Foretold)) == 1


def test_a_link_that_was_revoked_is_not_offered_again(asked, sink):
    desk, _, due_on = asked
    choosing(desk, MEMBER, 8)  # before anybody is reminded by a mail with a link of its own
    desk.watch.go_to(ahead_of(desk, due_on, 9))
    revoke_links(desk.app, person_of(desk, MEMBER).id)
    desk.watch.go_to(ahead_of(desk, due_on, 8))
    deliver(desk)
    [text] = mails(desk, sink)
    assert ("A-2026-001" in text, "/avis/" in text) == (True, False)


def test_one_click_of_a_mail_program_stops_it(asked):
    desk, _, due_on = asked
    desk.watch.go_to(ahead_of(desk, due_on, 3))
    deliver(desk)
    [row] = desk.rows(Delivery, message="own-deadlines")
    bearer = bearer_of(desk.app, token_of(secret_of(desk.app.db), row.id))
    assert (bearer.kind, may_be_silenced(bearer.kind)) == (Kind.REMINDERS, True)
    silence(desk.app, bearer.person_id, bearer.kind)
    second = desk.to_technical(provision(title="La seconde"))
    desk.watch.go_to(ahead_of(desk, desk.last_round(second, "cotech").due_on, 3))
    deliver(desk)
    assert len(lists(desk)) == 1


def test_everybody_reads_it_in_their_own_language(asked, sink):
    desk, _, due_on = asked
    with desk.app.db.write() as connection:
        connection.execute(table(Person).update().where(table(Person).c.id == person_of(desk, MEMBER).id).values(language="en"))
    desk.watch.go_to(ahead_of(desk, due_on, 3))
    deliver(desk)
    [mail] = [mail for mail in sink.mails() if "deadline is coming" in mail["Subject"]]
    text = mail.get_body(("plain",)).get_content()
    assert all(part in text for part in ("Opinion to be given", "in 3 working days", "For: COTECH-06", "Give my opinion"))


def test_while_all_messages_are_stopped_one_list_waits_and_grows(asked, sink):
    desk, number, due_on = asked
    stop(desk.app, "essai")
    first = ahead_of(desk, due_on, 3)
    desk.watch.go_to(first)
    deliver(desk)
    second = desk.to_technical(provision(title="La seconde"))
    choosing(desk, MEMBER, 20)
    desk.watch.go_to(first + timedelta(days=1))
    deliver(desk)
    assert lists(desk) == [("ready", None)]
    start(desk.app)
    deliver(desk)
    [text] = mails(desk, sink)
    assert (number in text, second in text) == (True, True)


def test_what_cannot_be_written_keeps_no_message_from_leaving_and_is_no_secret(asked, sink, monkeypatch):
    desk, number, _ = asked

    def broken(_):
        raise RuntimeError("broken")

    monkeypatch.setattr(stages, "foretell", broken)
    with pytest.raises(RuntimeError, match="broken"):
        deliver(desk)
    assert [mail for mail in sink.mails() if number in mail["Subject"]] != []


def test_two_runs_at_once_tell_it_once(asked):
    desk, _, due_on = asked
    for seat in (OTHER, PILOT, CLERK):
        choosing(desk, seat, 3)
    desk.watch.go_to(ahead_of(desk, due_on, 3))
    desk.settle()
    with ThreadPoolExecutor(4) as pool:
        written = list(pool.map(lambda _: foretell(desk.app), range(8)))
    owing = {row.person_id for row in desk.rows(Foretold)}
    assert sum(written) == len(desk.rows(Delivery, message="own-deadlines")) == len(owing) > 1
    assert len({(row.person_id, row.told_in) for row in desk.rows(Foretold)}) == len(owing)


def test_a_clock_that_goes_back_tells_nothing_twice(asked, sink):
    desk, _, due_on = asked
    first = ahead_of(desk, due_on, 3)
    for day in (first, first + timedelta(days=1), first):
        desk.watch.go_to(day)
        deliver(desk)
    assert len(mails(desk, sink)) == 1
    assert {row.looked_on for row in desk.rows(Preference)} == {first}


def test_nobody_is_thought_forgotten_for_it(asked):
    desk, _, due_on = asked
    desk.watch.go_to(ahead_of(desk, due_on, 3))
    deliver(desk)
    assert prove(desk.app).whole


def test_what_is_no_number_of_days_is_refused_by_its_field(light_desk):
    for wrong in ("0", "21", "-1", "deux"):
        with pytest.raises(Refused) as refused:
            choosing(light_desk, MEMBER, wrong)
        assert [problem.where for problem in refused.value.problems] == ["lead_days"]
    assert light_desk.rows(Preference) == []


def test_where_nobody_chose_a_time_it_costs_one_question_and_many_persons_cost_no_more_than_one(light_desk):
    desk = light_desk

    def asked_for():
        with statements_of(desk.app) as heard:
            written = foretell(desk.app)
        return written, [text for text in heard if not text.startswith(("BEGIN", "COMMIT", "ROLLBACK", "PRAGMA", "INSERT"))]

    assert [len(part) if isinstance(part, list) else part for part in asked_for()] == [0, 1]
    voters = desk.voting("cotech")
    choosing(desk, voters[0], 3)
    numbers = [desk.to_technical(provision(title=f"Une action {n}")) for n in range(2)]
    due_on = desk.last_round(numbers[0], "cotech").due_on
    desk.watch.go_to(ahead_of(desk, due_on, 3))
    desk.settle()
    one, few = asked_for()
    for seat in voters[1:]:
        choosing(desk, seat, 3)
    many, more = asked_for()
    assert (one, many) == (1, len(voters) - 1)
    assert len(more) <= len(few)
    assert len(asked_for()[1]) <= 3
