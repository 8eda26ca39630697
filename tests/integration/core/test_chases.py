"""A secretary hurries those who have not answered, once a day, and whoever is late with an action: the log says who did, and the stage writes to them."""

from datetime import timedelta

import pytest
from builders import CLERK, CONVENTION, PILOT, STEERING_CLERK, TODAY, body_of, changed_charter, provision

from models.commands import Via
from models.events import Topic
from models.lifecycle import Verb
from models.tables import Absence, Deadline, Delivery, Person, Seat, table
from services.absences import note_absence
from services.audit import verify
from services.explanations import explain
from services.forms import ChaseForm, DeclareConflictForm, ExtendReviewForm, GiveProxyForm, ProgressForm
from services.preferences import choose
from services.queries import show_action
from services.requests import submit_form
from services.stages import run_deliveries

SILENT, OTHER, DEPUTY = "COTECH-05", "COTECH-06", "COTECH-08"


def person_of(desk, seat):
    (row,) = desk.rows(Seat, code=seat)
    return desk.rows(Person, id=row.person_id)[0]


def away(desk, seat=OTHER, deputy=DEPUTY):
    given = {"starts_on": desk.today.isoformat(), "ends_on": (desk.today + timedelta(days=30)).isoformat(), "deputy": deputy}
    note_absence(desk.app, CONVENTION, person_of(desk, seat).code, given)


def chase(number, *seats, seat=CLERK, body="cotech", **more):
    return ChaseForm(seat=seat, action=number, body=body, seats=seats or None, **more)


def opened_yesterday(desk, sheet=None):
    """An action in technical review since yesterday: nobody was asked for anything today."""
    number = desk.to_technical(sheet)
    desk.post()
    desk.watch.advance(days=1)
    return number


def told(desk, message="opinion-chased"):
    """In what capacities whom a message was written to, by seat."""
    holders = {row.person_id: row.code for row in desk.rows(Seat)}
    return {holders[row.person_id]: row.because for row in desk.rows(Delivery, message=message)}


def test_a_chase_is_an_event_that_names_who_was_chased_and_changes_no_state(desk):
    number = opened_yesterday(desk)
    desk.opine(number, "cotech", seats=("COTECH-01",))
    before = desk.action(number)
    desk.ask(chase(number))
    event = desk.events(number)[-1]
    waiting = ["COTECH-03", "COTECH-04", "COTECH-05", "COTECH-06", "COTECH-07"]
    assert (event.topic, event.actor, event.body, event.payload["seats"]) == ("review.chased", CLERK, "cotech", waiting)
    assert desk.action(number).state == before.state
    assert verify(desk.app).agrees


def test_those_who_were_chased_get_one_message_each_that_says_who_asks(desk, sink):
    number = opened_yesterday(desk)
    desk.ask(chase(number, SILENT, OTHER))
    desk.settle()
    assert told(desk) == dict.fromkeys((SILENT, OTHER), "pending_voter")
    run_deliveries(desk.through(sink.url).app, holder="test", gate=lambda: None)
    [mail] = [mail for mail in sink.mails() if mail["To"].addresses[0].addr_spec == person_of(desk, SILENT).email]
    text = " ".join(mail.get_body(("plain",)).get_content().replace("\u00a0", " ").split())
    assert "Relance du secrétariat" in mail["Subject"]
    assert ("vous relance" in text, CLERK in text, "/avis/" in text) == (True, True, True)


def test_nobody_is_asked_twice_on_one_day_whoever_asked_first(desk):
    number = desk.to_technical()
    assert desk.refusal(chase(number)) == ["chase_today"]
    desk.watch.advance(days=1)
    desk.ask(chase(number, SILENT))
    assert desk.refusal(chase(number, SILENT)) == ["chase_today"]
    desk.ask(chase(number))
    assert SILENT not in desk.events(number)[-1].payload["seats"]
    assert desk.refusal(chase(number)) == ["chase_today"]
    desk.watch.advance(days=1)
    assert desk.refusal(chase(number, SILENT)) == []


def test_an_automatic_reminder_of_the_day_counts_as_well(desk):
    number = desk.to_technical()
    desk.watch.go_to(min(row.due_at.date() for row in desk.rows(Deadline, kind="review_end")))
    desk.settle()
    assert desk.topics(number)[-1] == "review.reminded"
    assert desk.refusal(chase(number)) == ["chase_today"]


def test_the_same_click_sent_twice_is_one_chase(desk):
    number = opened_yesterday(desk)
    first, second = (desk.ask(chase(number, SILENT), key="click-0001") for _ in range(2))
    assert (first.repeated, second.repeated, desk.topics(number).count("review.chased")) == (False, True, 1)


def test_who_answered_keeps_out_or_is_not_asked_is_not_chased(desk):
    number = opened_yesterday(desk)
    desk.opine(number, "cotech", seats=("COTECH-01",))
    desk.ask(DeclareConflictForm(seat=OTHER, action=number, kind="employer"))
    assert desk.refusal(chase(number, "COTECH-01")) == ["chase_answered"]
    assert desk.refusal(chase(number, OTHER)) == ["chase_apart"]
    assert desk.refusal(chase(number, "COPIL-03")) == ["chase_not_asked"]
    desk.ask(chase(number))
    desk.settle()
    assert {"COTECH-01", OTHER} & {*told(desk)} == set()


def test_a_deputy_is_chased_in_place_of_an_absent_member_and_both_are_named(desk, sink):
    number = opened_yesterday(desk)
    away(desk)
    desk.ask(chase(number, OTHER))
    desk.settle()
    assert told(desk) == {DEPUTY: "pending_deputy"}
    run_deliveries(desk.through(sink.url).app, holder="test", gate=lambda: None)
    [mail] = [mail for mail in sink.mails() if mail["To"].addresses[0].addr_spec == person_of(desk, DEPUTY).email]
    text = mail.get_body(("plain",)).get_content()
    assert (person_of(desk, DEPUTY).name in text, OTHER in text) == (True, True)


def test_an_absent_member_whom_nobody_represents_is_not_chased_and_the_secretary_is_told(desk):
    number = opened_yesterday(desk)
    away(desk, deputy="")
    assert desk.refusal(chase(number, OTHER)) == ["chase_absent"]
    desk.ask(chase(number))
    assert OTHER not in desk.events(number)[-1].payload["seats"]
    with desk.app.db.write() as connection:
        connection.execute(table(Absence).delete())
        connection.execute(table(Seat).update().where(table(Seat).c.code == OTHER).values(ends_on=desk.today - timedelta(days=1)))
    assert desk.refusal(chase(number, OTHER)) == ["chase_vacant"]


def test_the_holder_of_a_proxy_is_chased_for_its_giver(desk, tmp_path):
    charter = changed_charter(tmp_path / "charter.yaml", lambda it: body_of(it, "cotech")["rules"].update(proxies_per_holder=1))
    number = opened_yesterday(desk.under(charter))
    away(desk, deputy="")
    desk.ask(GiveProxyForm(seat=OTHER, action=number, body="cotech", holder=SILENT))
    desk.ask(chase(number, OTHER))
    desk.settle()
    assert told(desk) == {SILENT: "pending_holder"}


def test_a_chase_waits_for_the_quiet_hours_of_its_reader_and_cannot_be_declined(desk):
    number = opened_yesterday(desk)
    quiet = {"rhythm": "at_once", "hour": "8", "weekday": "0", "quiet_from": "0", "quiet_until": "23", "reminders.mail": "never"}
    choose(desk.app, person_of(desk, SILENT).id, quiet, 0)
    desk.ask(chase(number, SILENT, OTHER))
    desk.settle()
    states = {row.person_id: (row.state, row.reason) for row in desk.rows(Delivery, message="opinion-chased")}
    assert states == {person_of(desk, SILENT).id: ("held", "quiet"), person_of(desk, OTHER).id: ("ready", None)}


def test_a_chase_that_somebody_answered_meanwhile_does_not_leave(desk, sink):
    number = opened_yesterday(desk)
    desk.ask(chase(number, SILENT))
    desk.settle()
    desk.opine(number, "cotech", seats=(SILENT,))
    run_deliveries(desk.through(sink.url).app, holder="test", gate=lambda: None)
    [row] = desk.rows(Delivery, message="opinion-chased")
    assert (row.state, row.reason) == ("cancelled", "not_wanted")


def test_only_the_secretary_of_the_body_chases_and_only_today(desk):
    number = opened_yesterday(desk)
    assert desk.refusal(chase(number, seat=STEERING_CLERK)) == ["not_allowed"]
    assert desk.refusal(chase(number, seat="COTECH-03")) == ["not_allowed"]
    late = chase(number, occurred_on=TODAY, late_reason="Oubli")
    assert desk.refusal(late) == ["chase_not_now"]


def test_the_technical_secretary_chases_a_group_that_has_none(desk):
    number = opened_yesterday(desk, provision(1))
    desk.ask(chase(number, body="gt-inclusion"))
    assert desk.events(number)[-1].body == "gt-inclusion"


def test_what_may_be_chased_is_said_in_advance(desk):
    number = desk.to_technical()
    before = next(answer for answer in explain(desk.app, action=number, seat=CLERK) if answer.verb is Verb.CHASE)
    desk.watch.advance(days=1)
    after = next(answer for answer in explain(desk.app, action=number, seat=CLERK) if answer.verb is Verb.CHASE)
    assert ([problem.code for problem in before.unmet], after.possible) == (["chase_today"], True)


def test_a_chase_in_a_review_whose_time_was_prolonged_today_is_refused(desk):
    number = opened_yesterday(desk)
    until = desk.last_round(number, "cotech").due_on + timedelta(days=7)
    desk.ask(ExtendReviewForm(seat=CLERK, action=number, body="cotech", until=until, reason="Congés"))
    assert desk.refusal(chase(number)) == ["chase_today"]


def test_a_prefect_form_chases_as_the_portal_does(desk):
    number = opened_yesterday(desk)
    result = submit_form(desk.app, chase(number, SILENT), key="run-00000001", via=Via.PREFECT_FORM)
    refused = submit_form(desk.app, chase(number, SILENT), key="run-00000002", via=Via.PREFECT_FORM)
    assert (result.refusals, result.verb, [code.partition(":")[0] for code in refused.refusals]) == ((), "chase", ["chase_today"])


@pytest.mark.parametrize(
    ("reach", "topic", "message", "kinds"),
    [
        ("to_work", Topic.PROGRESS_CHASED, "progress-chased", {"milestone"}),
        ("to_final_report", Topic.FINAL_REPORT_CHASED, "final-report-chased", {"final_report"}),
        ("to_approved", Topic.START_CHASED, "overdue-chased", {"follow_up"}),
    ],
)
def test_whoever_leads_an_action_is_chased_for_what_is_overdue(light_desk, reach, topic, message, kinds):
    desk = light_desk
    number = getattr(desk, reach)()
    assert "chase_nothing_overdue" in desk.refusal(chase(number, body=None))
    late = min(row.due_on for row in desk.dues(settled_at=None) if row.kind in kinds)
    desk.watch.go_to(late + timedelta(days=1))
    assert desk.refusal(chase(number, body=None)) == []
    event = desk.events(number)[-1]
    assert (event.topic, {each["kind"] for each in event.payload["overdue"]}, event.actor) == (topic, kinds, CLERK)
    desk.settle()
    assert told(desk, message).get(PILOT) == "lead"
    assert desk.refusal(chase(number, body=None)) == ["chase_today_lead"]


def test_the_author_of_a_returned_proposal_is_chased_to_complete_it(light_desk):
    desk = light_desk
    number = desk.to_technical(provision(description=None))
    desk.watch.go_to(min(row.due_on for row in desk.dues(kind="completion")) + timedelta(days=1))
    desk.ask(chase(number, body=None))
    desk.settle()
    assert {"proposer", "lead"} >= {*told(desk, "overdue-chased").values()} != set()


def test_news_given_meanwhile_make_a_chase_for_them_needless(light_desk, sink):
    desk = light_desk
    number = desk.to_work()
    due = min((row for row in desk.dues(settled_at=None) if row.kind == "milestone"), key=lambda row: row.due_on)
    desk.watch.go_to(due.due_on + timedelta(days=1))
    desk.ask(chase(number, body=None))
    desk.settle()
    desk.ask(ProgressForm(seat=CLERK, action=number, percent=40, summary="Fait", reached=(due.subject,)))
    run_deliveries(desk.through(sink.url).app, holder="test", gate=lambda: None)
    assert {row.state for row in desk.rows(Delivery, message="progress-chased")} == {"cancelled"}


def test_the_history_of_an_action_says_who_chased_whom_and_how_many_messages_left(desk):
    number = opened_yesterday(desk)
    desk.ask(chase(number, SILENT, OTHER))
    desk.settle()
    desk.post()
    [found] = [row for row in show_action(desk.app, number, explained=True)["chases"] if row["topic"] == "review.chased"]
    assert (found["actor"], found["seats"], found["messages"], found["sent"]) == (CLERK, [SILENT, OTHER], 2, 2)
