from datetime import date, timedelta

import pytest
from benchmarks.lifecycle import statements_of
from builders import CONVENTION, PILOT, body_of, changed_charter

from models.errors import Refused
from models.lifecycle import State, Verb
from models.tables import Absence, Deadline, Delivery, Person, Seat, table
from services.audit import verify
from services.calendars import calendar_of
from services.forms import AmendForm, CompleteForm, FinalReportForm, ResubmitForm, ResumeForm, StartForm, SuspendForm
from services.queries import show_action
from services.stages import run_deliveries
from services.work import night_after

ASKED_ON = date(2027, 4, 5)
ANSWER_BY = date(2027, 4, 20)


def asked_for_news(desk):
    """An action of whose pilot news were asked, by a message that has left."""
    number = desk.to_work()
    desk.watch.go_to(ASKED_ON)
    desk.settle()
    desk.post()
    return number


def rungs(desk, number, about=""):
    """Topic, rung and levels of each rung climbed, of topics that begin so."""
    events = (event for event in desk.events(number) if "rung" in event.payload and event.topic.startswith(about))
    return [(event.topic, event.payload["rung"], event.payload["to"]) for event in events]


def told(desk, message):
    """The person and capacity of each message."""
    codes = {person.id: person.code for person in desk.rows(Person)}
    return sorted((codes[row.person_id], row.because, row.state) for row in desk.rows(Delivery, message=message))


def deadline_of(desk, kind):
    [row] = [row for row in desk.rows(Deadline, kind=kind) if row.settled_at is None]
    return row


def climb_to(desk, day):
    """Go on to a day, or to the next one that is worked."""
    calendar = calendar_of(desk.charter())
    desk.watch.go_to(day if calendar.is_working(day) else calendar.count_on(day, 1))
    desk.settle()


def test_silence_climbs_from_the_pilot_to_the_steering_committee_and_stops_there(desk):
    number = asked_for_news(desk)
    for day in (date(2027, 4, 21), date(2027, 4, 28), date(2027, 5, 12), date(2027, 5, 28), date(2027, 6, 21), date(2027, 9, 30)):
        climb_to(desk, day)
    assert rungs(desk, number, "progress") == [
        ("progress.delayed", 1, ["owner"]),
        ("progress.delayed", 2, ["owner", "group_secretary"]),
        ("progress.delayed", 3, ["owner", "chair"]),
        ("progress.delayed", 4, ["technical"]),
        ("progress.delayed", 5, ["steering"]),
    ]
    assert deadline_of(desk, "progress_report").due_at is None


def test_whoever_has_answered_is_chased_no_more_and_those_above_hear_that_it_is_over(desk, sink):
    desk = desk.through(sink.url)
    number = asked_for_news(desk)
    climb_to(desk, date(2027, 4, 28))
    run_deliveries(desk.app, holder="test", gate=lambda: None)
    above = [person for person, because, _ in told(desk, "deadline-escalated") if because == "group_secretary"]
    desk.report(number, 40)
    desk.settle()
    climb_to(desk, date(2027, 7, 30))
    assert [rung for topic, rung, _ in rungs(desk, number) if topic == "progress.delayed"] == [2]
    assert [(person, because) for person, because, _ in told(desk, "chase-ended")] == [(person, "told_above") for person in above]
    assert above


def test_an_answer_that_nobody_above_had_heard_of_is_told_to_nobody_above(desk):
    number = asked_for_news(desk)
    climb_to(desk, date(2027, 4, 21))
    desk.report(number, 40)
    desk.settle()
    assert told(desk, "chase-ended") == []


def test_a_reminder_that_has_not_left_when_the_answer_comes_never_leaves(desk, sink):
    desk = desk.through(sink.url)
    number = asked_for_news(desk)
    climb_to(desk, date(2027, 4, 21))
    desk.report(number, 40)
    run_deliveries(desk.app, holder="test", gate=lambda: None)
    assert [state for _, _, state in told(desk, "progress-delayed")] == ["cancelled"]


def test_a_request_that_leaves_late_gives_as_much_time_as_one_that_leaves_at_once(desk):
    number = desk.to_work()
    climb_to(desk, ASKED_ON)
    climb_to(desk, date(2027, 4, 21))
    assert rungs(desk, number, "progress") == []
    desk.watch.go_to(date(2027, 4, 23))
    desk.post()
    climb_to(desk, date(2027, 4, 27))
    row = deadline_of(desk, "progress_report")
    assert (row.told_on, row.due_on, rungs(desk, number, "progress")) == (date(2027, 4, 23), date(2027, 5, 10), [])
    climb_to(desk, date(2027, 5, 11))
    assert [rung for _, rung, _ in rungs(desk, number, "progress")] == [1]
    shown = show_action(desk.app, number, convention=CONVENTION, explained=True)["deadlines"]
    assert [due["how"]["origin"] for due in shown if due["kind"] == "progress_report"] == ["told"]


def test_a_request_that_leaves_late_names_the_day_from_which_its_answer_is_late(desk, sink):
    desk = desk.through(sink.url)
    number = desk.to_work()
    run_deliveries(desk.app, holder="test", gate=lambda: None)
    climb_to(desk, ASKED_ON)
    climb_to(desk, date(2027, 4, 23))
    run_deliveries(desk.app, holder="test", gate=lambda: None)
    [mail] = [mail for mail in sink.mails() if "avancement d" in str(mail["Subject"])]
    assert "10 mai 2027" in mail.get_body(("plain",)).get_content().replace("\u00a0", " ")
    climb_to(desk, date(2027, 4, 27))
    row = deadline_of(desk, "progress_report")
    assert (row.told_on, row.due_on, rungs(desk, number, "progress")) == (date(2027, 4, 23), date(2027, 5, 10), [])


def test_a_request_that_leaves_on_its_day_names_the_day_that_was_written_and_asks_nothing_more(light_desk, sink):
    desk = light_desk.through(sink.url)
    desk.to_work()
    run_deliveries(desk.app, holder="test", gate=lambda: None)
    climb_to(desk, ASKED_ON)
    with statements_of(desk.app) as heard:
        run_deliveries(desk.app, holder="test", gate=lambda: None)
    [mail] = [mail for mail in sink.mails() if "avancement d" in str(mail["Subject"])]
    assert "20 avril 2027" in mail.get_body(("plain",)).get_content().replace("\u00a0", " ")
    assert [statement for statement in heard if "told_on" in statement] == []


def test_a_copy_that_leaves_later_than_its_request_names_the_day_that_the_pilot_has(desk, sink, tmp_path):
    asked = [{"message": "progress-requested", "to": ["lead"], "copy": ["steering_secretary"]}]
    recipients = {"recipients": {"progress.requested": asked}}
    desk = desk.under(changed_charter(tmp_path / "copies.yaml", lambda it: it.update(telling=recipients))).through(sink.url)
    desk.to_work()
    run_deliveries(desk.app, holder="test", gate=lambda: None)
    climb_to(desk, ASKED_ON)
    rows = table(Delivery)
    with desk.app.db.write() as connection:
        mine = (rows.c.message == "progress-requested") & (rows.c.because == "lead")
        connection.execute(rows.update().where(mine).values(state="sent", settled_at=desk.app.clock.wall(), folded_into=None))
    desk.watch.go_to(date(2027, 4, 23))
    run_deliveries(desk.app, holder="test", gate=lambda: None)
    [mail] = [mail for mail in sink.mails() if "avancement d" in str(mail["Subject"])]
    assert "20 avril 2027" in mail.get_body(("plain",)).get_content().replace("\u00a0", " ")


def test_what_reached_nobody_is_told_to_the_secretary_with_the_first_rung(desk):
    number = desk.to_work()
    climb_to(desk, ASKED_ON)
    with desk.app.db.write() as connection:
        connection.execute(table(Delivery).update().values(state="failed", settled_at=desk.app.clock.wall()))
    climb_to(desk, date(2027, 4, 21))
    [event] = [event for event in desk.events(number) if event.topic == "progress.delayed"]
    assert (event.payload["to"], event.payload["untold"]) == (["owner", "group_secretary"], True)


def test_a_sweep_that_was_off_for_weeks_climbs_once_and_tells_whom_the_missed_rungs_name(desk):
    number = asked_for_news(desk)
    climb_to(desk, date(2027, 5, 14))
    assert [(rung, to) for topic, rung, to in rungs(desk, number) if topic == "progress.delayed"] == [
        (3, ["owner", "group_secretary", "chair"])
    ]
    assert desk.settle() == []


def test_a_clock_set_back_and_forth_repeats_no_rung(desk):
    number = asked_for_news(desk)
    for day in (date(2027, 4, 21), date(2027, 4, 6), date(2027, 4, 21), date(2027, 4, 22)):
        climb_to(desk, day)
    assert [rung for topic, rung, _ in rungs(desk, number) if topic == "progress.delayed"] == [1]


def test_a_pilot_who_is_away_has_a_stand_in_who_is_told_too(desk):
    number = asked_for_news(desk)
    lead = next(person for person in desk.rows(Person) if person.code == desk.action(number).sheet["lead_person"])
    deputy = next(seat for seat in desk.rows(Seat) if seat.role == "deputy")
    with desk.app.db.write() as connection:
        away = {"convention": CONVENTION, "person_id": lead.id, "starts_on": date(2027, 4, 19), "ends_on": date(2027, 4, 30)}
        connection.execute(table(Absence).insert().values(**away, deputy_id=deputy.id))
    climb_to(desk, date(2027, 4, 21))
    codes = {person.id: person.code for person in desk.rows(Person)}
    assert [(person, because) for person, because, _ in told(desk, "progress-delayed")] == [(lead.code, "lead")]
    assert {(person, because) for person, because, _ in told(desk, "deadline-escalated")} == {(codes[deputy.person_id], "lead_deputy")}


def test_somebody_who_stands_on_two_levels_of_a_rung_reads_it_once(desk):
    number = asked_for_news(desk)
    climb_to(desk, date(2027, 5, 14))
    event = next(event for event in desk.events(number) if event.topic == "progress.delayed")
    persons = [row.person_id for row in desk.rows(Delivery, event_id=event.id)]
    assert len(persons) == len(set(persons)) >= 3


def test_a_milestone_that_moves_takes_its_reminders_along_in_the_same_moment(desk):
    number = desk.to_work()
    first, *others = desk.action(number).sheet["milestones"]
    moved = {"title": first["title"], "due_on": date(2028, 3, 15)}
    desk.ask(AmendForm(seat=PILOT, action=number, milestones=(moved, *others)))
    row = next(row for row in desk.rows(Deadline, kind="milestone", subject=1) if row.settled_at is None)
    assert (row.due_on, row.due_at.date(), row.rung) == (date(2028, 3, 15), date(2028, 3, 8), 0)


def test_a_milestone_that_stays_where_it_is_keeps_its_place_on_the_ladder(desk):
    number = desk.to_work()
    due_on = min(row.due_on for row in desk.rows(Deadline, kind="milestone"))
    climb_to(desk, due_on + timedelta(days=4))
    before = rungs(desk, number)
    desk.ask(AmendForm(seat=PILOT, action=number, context="Précisé"))
    assert desk.settle() == []
    assert rungs(desk, number) == before


def test_what_was_missed_while_an_action_slept_is_said_once_when_it_wakes(desk):
    number = desk.to_work()
    due_on = min(row.due_on for row in desk.rows(Deadline, kind="milestone"))
    desk.ask(SuspendForm(seat=PILOT, action=number, reason="Travaux"))
    climb_to(desk, due_on + timedelta(days=60))
    assert rungs(desk, number) == []
    desk.ask(ResumeForm(seat=PILOT, action=number))
    desk.settle()
    assert [(topic, rung) for topic, rung, _ in rungs(desk, number) if topic == "milestone.passed"] == [("milestone.passed", 4)]


def test_a_returned_proposal_is_chased_until_it_comes_back(desk):
    number = desk.reach(State.RETURNED)
    desk.post()
    row = deadline_of(desk, "completion")
    climb_to(desk, row.due_on + timedelta(days=4))
    assert [topic for topic, _, _ in rungs(desk, number)] == ["completion.delayed"]
    desk.ask(ResubmitForm(seat=PILOT, action=number, reason="Complétée", context="Complété"))
    assert [row.settled_at is None for row in desk.rows(Deadline, kind="completion")] == [False]


def test_an_approved_action_that_does_not_start_is_chased_until_it_does(desk):
    number = desk.to_approved()
    desk.post()
    row = deadline_of(desk, "follow_up")
    climb_to(desk, row.due_on + timedelta(days=20))
    assert [topic for topic, _, _ in rungs(desk, number)] == ["start.delayed"]
    desk.ask(StartForm(seat=PILOT, action=number))
    climb_to(desk, row.due_on + timedelta(days=60))
    assert [topic for topic, _, _ in rungs(desk, number)].count("start.delayed") == 1


def test_a_charter_sets_its_own_ladder_and_it_holds_for_what_is_already_open(desk, tmp_path):
    number = asked_for_news(desk)
    ladder = [{"days": 2, "to": ["owner"]}, {"days": 3, "to": ["steering"]}]
    desk.under(changed_charter(tmp_path / "own.yaml", lambda it: it.update(chasing={"progress": ladder})))
    climb_to(desk, date(2027, 4, 23))
    assert [(rung, to) for topic, rung, to in rungs(desk, number) if topic == "progress.delayed"] == [(2, ["owner", "steering"])]
    assert [because for _, because, _ in told(desk, "deadline-escalated")] == ["steering_secretary"]


def test_a_charter_may_chase_nobody(desk, tmp_path):
    desk.under(changed_charter(tmp_path / "none.yaml", lambda it: it.update(chasing={"progress": []})))
    number = asked_for_news(desk)
    climb_to(desk, date(2027, 9, 1))
    assert rungs(desk, number, "progress") == []


def test_a_ladder_that_climbs_down_is_refused_with_its_place_in_the_file(desk, tmp_path):
    ladder = [{"days": 2, "to": ["chair"]}, {"days": 3, "to": ["owner"]}]
    with pytest.raises(Refused) as caught:
        desk.under(changed_charter(tmp_path / "down.yaml", lambda it: it.update(chasing={"progress": ladder})))
    assert [(problem.code, problem.where.rpartition(":")[2]) for problem in caught.value.problems] == [
        ("charter.ladder_climbs_down", "chasing.progress.2.to")
    ]


def test_opinions_are_reminded_by_a_ladder_where_bodies_say_nothing(desk, tmp_path):
    def change(it):
        body_of(it, "cotech")["rules"].pop("reminder_days_before")
        it["chasing"] = {"opinion": [{"days": -5, "to": ["owner"]}, {"days": -1, "to": ["owner", "chair"]}]}

    desk.under(changed_charter(tmp_path / "opinions.yaml", change))
    number = desk.to_technical()
    desk.post()
    due_on = desk.last_round(number, "cotech").due_on
    climb_to(desk, due_on - timedelta(days=7))
    climb_to(desk, due_on - timedelta(days=3))
    assert [(rung, to) for topic, rung, to in rungs(desk, number)] == [(1, ["owner"]), (2, ["owner", "chair"])]
    climb_to(desk, due_on + timedelta(days=1))
    assert [row.settled_at is None for row in desk.rows(Deadline, kind="review_end", body="cotech")] == [False]


def test_rungs_keep_the_chain_whole(desk):
    asked_for_news(desk)
    climb_to(desk, date(2027, 5, 14))
    assert verify(desk.app).agrees


def test_who_asked_themselves_has_heard_of_it(desk):
    number = asked_for_news(desk)
    with desk.app.db.write() as connection:
        asked = table(Delivery).c.message == "progress-requested"
        connection.execute(table(Delivery).update().where(asked).values(state="suppressed", reason="own_act"))
    climb_to(desk, date(2027, 4, 21))
    [event] = [event for event in desk.events(number) if event.topic == "progress.delayed"]
    assert (event.payload["to"], "untold" in event.payload) == (["owner"], False)


def test_a_reminder_that_waits_survives_an_amendment_that_moves_nothing(desk, sink):
    desk = desk.through(sink.url)
    number = desk.to_work()
    desk.post()
    climb_to(desk, min(row.due_on for row in desk.rows(Deadline, kind="milestone")) + timedelta(days=4))
    desk.ask(AmendForm(seat=PILOT, action=number, context="Précisé"))
    run_deliveries(desk.app, holder="test", gate=lambda: None)
    assert {state for _, _, state in told(desk, "milestone-passed")} == {"sent"}


def test_a_complete_final_report_is_chased_no_more_though_the_action_cannot_close(desk, tmp_path):
    desk.under(changed_charter(tmp_path / "blocks.yaml", lambda it: body_of(it, "cotech")["rules"].update(reservations_block="close")))
    number = desk.reserving("COTECH-03")
    desk.decide(number, "approve")
    desk.ask(StartForm(seat=PILOT, action=number))
    desk.ask(CompleteForm(seat=PILOT, action=number, reason="Fait"))
    desk.settle()
    desk.post()
    desk.ask(FinalReportForm(seat=PILOT, action=number, results="Résultats", lessons="Leçons"))
    desk.settle()
    assert desk.state(number) is State.FINAL_REPORT_DUE
    climb_to(desk, date(2027, 3, 1))
    assert rungs(desk, number, "final_report") == []


def test_a_request_that_is_repeated_lets_silence_climb_on(desk, tmp_path):
    desk.under(changed_charter(tmp_path / "monthly.yaml", lambda it: it["cadence"].update(progress_months=1)))
    number = desk.to_work()
    for week in range(1, 24):
        desk.watch.go_to(date(2026, 10, 5) + timedelta(weeks=week))
        desk.settle()
        desk.post()
    climbed = [rung for topic, rung, _ in rungs(desk, number, "progress")]
    assert climbed == sorted(set(climbed))
    assert climbed[-1] == 5


def test_a_chase_that_slept_goes_on_where_it_was(desk):
    number = asked_for_news(desk)
    climb_to(desk, date(2027, 4, 21))
    desk.ask(SuspendForm(seat=PILOT, action=number, reason="Travaux"))
    climb_to(desk, date(2027, 4, 26))
    desk.ask(ResumeForm(seat=PILOT, action=number))
    climb_to(desk, date(2027, 4, 28))
    assert [rung for _, rung, _ in rungs(desk, number, "progress")] == [1, 2]


def test_an_answer_given_while_an_action_slept_is_not_awaited_again(desk):
    number = asked_for_news(desk)
    desk.ask(SuspendForm(seat=PILOT, action=number, reason="Travaux"))
    desk.report(number, 40)
    desk.ask(ResumeForm(seat=PILOT, action=number))
    climb_to(desk, date(2027, 5, 28))
    assert rungs(desk, number, "progress") == []


def test_a_suspended_action_is_not_chased_for_its_reservations(desk):
    number = desk.reserving("COTECH-03")
    desk.decide(number, "approve")
    desk.ask(StartForm(seat=PILOT, action=number))
    desk.ask(SuspendForm(seat=PILOT, action=number, reason="Travaux"))
    climb_to(desk, deadline_of(desk, "reservation").due_on + timedelta(days=30))
    assert rungs(desk, number, "reservation") == []


@pytest.mark.parametrize(("day", "hour"), [(date(2027, 4, 24), 12), (date(2027, 4, 25), 12), (date(2027, 4, 26), 5)])
def test_nobody_is_reminded_at_night_or_on_a_day_that_is_not_worked(desk, day, hour):
    number = asked_for_news(desk)
    desk.watch.go_to(day, hour=hour)
    desk.settle()
    assert rungs(desk, number, "progress") == []
    climb_to(desk, date(2027, 4, 26))
    assert [rung for _, rung, _ in rungs(desk, number, "progress")] == [1]


def test_failures_of_one_rung_are_not_counted_against_the_next(desk):
    asked_for_news(desk)
    with desk.app.db.write() as connection:
        mine = table(Deadline).c.kind == "progress_report"
        connection.execute(table(Deadline).update().where(mine).values(tries=4, outcome="disk full"))
    climb_to(desk, date(2027, 4, 21))
    row = deadline_of(desk, "progress_report")
    assert (row.rung, row.tries, row.outcome) == (1, 0, None)


def test_an_action_that_closes_over_a_reservation_is_not_told_as_if_that_were_met(desk, sink, tmp_path):
    desk = desk.through(sink.url)
    desk.under(changed_charter(tmp_path / "free.yaml", lambda it: body_of(it, "cotech")["rules"].pop("reservations_block")))
    number = desk.reserving("COTECH-03")
    desk.decide(number, "approve")
    desk.ask(StartForm(seat=PILOT, action=number))
    climb_to(desk, deadline_of(desk, "reservation").due_on + timedelta(days=4))
    run_deliveries(desk.app, holder="test", gate=lambda: None)
    desk.ask(CompleteForm(seat=PILOT, action=number, reason="Fait"))
    desk.settle()
    desk.ask(FinalReportForm(seat=PILOT, action=number, results="Résultats", lessons="Leçons"))
    desk.settle()
    assert (desk.state(number), told(desk, "chase-ended")) == (State.CLOSED, [])


def test_a_request_that_is_sent_at_last_begins_the_ladder_anew(desk):
    number = desk.to_work()
    climb_to(desk, ASKED_ON)
    rows = table(Delivery)
    with desk.app.db.write() as connection:
        connection.execute(rows.update().values(state="failed", settled_at=desk.app.clock.wall()))
    climb_to(desk, date(2027, 4, 21))
    desk.watch.go_to(date(2027, 4, 22))
    with desk.app.db.write() as connection:
        asked = rows.c.message == "progress-requested"
        connection.execute(rows.update().where(asked).values(state="sent", settled_at=desk.app.clock.wall()))
    climb_to(desk, date(2027, 4, 28))
    assert deadline_of(desk, "progress_report").due_on == date(2027, 5, 7)
    climb_to(desk, date(2027, 5, 10))
    assert [(rung, to) for _, rung, to in rungs(desk, number, "progress")] == [(1, ["owner", "group_secretary"]), (1, ["owner"])]


def test_what_the_release_before_planned_finds_its_place(desk):
    number = desk.to_technical()
    desk.post()
    rows, end = table(Deadline), deadline_of(desk, "review_end")
    with desk.app.db.write() as connection:
        closing = night_after(end.due_on, "Europe/Paris")
        connection.execute(rows.update().where(rows.c.id == end.id).values(rung=-1, due_at=closing))
        former = {
            "convention": CONVENTION,
            "action_id": end.action_id,
            "stage": end.stage,
            "kind": "review_reminder",
            "body": "cotech",
            "tries": 0,
        }
        connection.execute(rows.insert().values(**former, rung=-1, due_on=end.due_at.date(), due_at=end.due_at))
    assert [row["kind"] for row in show_action(desk.app, number, convention=CONVENTION, explained=True)["deadlines"]] == ["review_end"]
    climb_to(desk, end.due_at.date())
    assert rungs(desk, number) == [("review.reminded", 1, ["owner"])]
    climb_to(desk, end.due_on + timedelta(days=1))
    assert [row.settled_at is None for row in desk.dues()] == [False, False]


def test_a_charter_that_names_recipients_of_its_own_leaves_those_above_to_the_ladder(desk, tmp_path):
    line = {"message": "progress-delayed", "to": ["lead"], "copy": ["technical_secretary"]}
    desk.under(
        changed_charter(tmp_path / "copy.yaml", lambda it: it.setdefault("telling", {}).update(recipients={"progress.delayed": [line]}))
    )
    number = asked_for_news(desk)
    climb_to(desk, date(2027, 4, 28))
    assert [rung for _, rung, _ in rungs(desk, number, "progress")] == [2]
    assert "group_secretary" in {because for _, because, _ in told(desk, "deadline-escalated")}


def chased_for_opinions(desk, tmp_path):
    """A review whose silence is told to the chair, who has answered, the day before its last."""

    def change(it):
        body_of(it, "cotech")["rules"].pop("reminder_days_before")
        it["chasing"] = {"opinion": [{"days": -5, "to": ["owner"]}, {"days": -1, "to": ["owner", "chair"]}]}

    desk.under(changed_charter(tmp_path / "opinions.yaml", change))
    number = desk.to_technical()
    desk.post()
    desk.opine(number, "cotech", seats=("COTECH-01",))
    desk.settle()
    climb_to(desk, desk.last_round(number, "cotech").due_on - timedelta(days=3))
    assert told(desk, "deadline-escalated") == [("presidence-cotech", "chair", "ready")]
    return number


def test_a_chair_who_heard_of_silence_hears_that_all_have_answered(desk, tmp_path, sink):
    number = chased_for_opinions(desk, tmp_path)
    desk.through(sink.url)
    run_deliveries(desk.app, holder="test", gate=lambda: None)
    desk.opine(number, "cotech", seats=("COTECH-03", "COTECH-04", "COTECH-05", "COTECH-06", "COTECH-07"))
    desk.settle()
    run_deliveries(desk.app, holder="test", gate=lambda: None)
    assert desk.state(number) is State.STEERING_REVIEW
    assert told(desk, "chase-ended") == [("presidence-cotech", "told_above", "sent")]
    [mail] = [mail for mail in sink.mails() if "Relances terminées" in str(mail["Subject"])]
    assert "examen est clos pour" in " ".join(mail.get_body(("plain",)).get_content().split())


def test_a_chair_who_heard_of_silence_hears_that_the_review_ended_though_its_day_had_moved(desk, tmp_path):
    number = chased_for_opinions(desk, tmp_path)
    desk.post()
    desk.execute(Verb.EXTEND_REVIEW, number, None, body="cotech", until=desk.last_round(number, "cotech").due_on + timedelta(days=7))
    climb_to(desk, desk.last_round(number, "cotech").due_on + timedelta(days=1))
    assert told(desk, "chase-ended") == [("presidence-cotech", "told_above", "ready")]


def test_whoever_was_not_told_of_silence_hears_nothing_of_its_end(desk, tmp_path):
    number = chased_for_opinions(desk, tmp_path)
    desk.opine(number, "cotech", seats=("COTECH-03", "COTECH-04", "COTECH-05", "COTECH-06", "COTECH-07"))
    desk.settle()
    assert told(desk, "chase-ended") == []
