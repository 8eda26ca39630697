"""What comparable systems got wrong, one test each. Those of other files: electorates are frozen (test_reviews), a proxy of an absent holder does not count
(test_proxies), a link that is only opened votes for nobody (tests/integration/portal/test_answers.py), sweeps that nobody started are told (test_sweep_watch).
"""

from datetime import date, timedelta

import pytest
from builders import CLERK, CONVENTION, PILOT, provision

from models.tables import Deadline, Delivery, Person, Seat, table
from services.forms import AmendForm, SuspendForm
from services.queries import show_action
from services.stages import run_deliveries


def deliver(desk):
    desk.settle()
    run_deliveries(desk.app, holder="test", gate=lambda: None)


def told(desk, message):
    codes = {person.id: person.code for person in desk.rows(Person)}
    return [(codes[row.person_id], row.state, row.reason) for row in desk.rows(Delivery, message=message)]


@pytest.mark.parametrize("days_off", [0, 1, 2, 5])
def test_a_day_on_which_nothing_ran_loses_no_reminder(desk, days_off):
    number = desk.to_technical()
    reminded_on = next(row.due_at.date() for row in desk.rows(Deadline, kind="review_end"))
    desk.watch.go_to(reminded_on + timedelta(days=days_off))
    desk.settle()
    assert desk.topics(number).count("review.reminded") == 1


def test_a_reminder_planned_for_what_is_suspended_meanwhile_never_leaves(desk, sink):
    desk = desk.through(sink.url)
    number = desk.to_work()
    desk.post()
    desk.watch.go_to(next(row.due_on for row in desk.rows(Deadline, kind="milestone", subject=1)) + timedelta(days=4))
    desk.settle()
    desk.ask(SuspendForm(seat=CLERK, action=number, reason="Travaux"))
    run_deliveries(desk.app, holder="test", gate=lambda: None)
    assert {state for _, state, _ in told(desk, "milestone-passed")} == {"cancelled"}


def test_whoever_led_an_action_before_is_not_written_to_any_more(desk, sink):
    desk = desk.through(sink.url)
    number = desk.to_work()
    former = desk.action(number).sheet["lead_person"]
    desk.post()
    desk.watch.go_to(date(2027, 4, 5))
    desk.settle()
    desk.ask(AmendForm(seat=PILOT, action=number, lead_person="pilote-velo"))
    run_deliveries(desk.app, holder="test", gate=lambda: None)
    assert told(desk, "progress-requested") == [(former, "cancelled", "not_lead")]
    desk.watch.go_to(date(2027, 4, 21))
    deliver(desk)
    assert told(desk, "progress-requested") == [(former, "cancelled", "not_lead"), ("pilote-velo", "sent", None)]
    assert told(desk, "progress-delayed") == []
    for day in (date(2027, 4, 22), date(2027, 5, 7), date(2027, 5, 10)):
        desk.watch.go_to(day)
        deliver(desk)
    assert [(person, state) for person, state, _ in told(desk, "progress-delayed")] == [("pilote-velo", "sent")]


def test_whoever_chases_sees_that_it_was_done(desk, sink):
    desk = desk.through(sink.url)
    number = desk.to_work()
    desk.watch.go_to(date(2027, 4, 5))
    deliver(desk)
    [chase] = [
        chase
        for chase in show_action(desk.app, number, convention=CONVENTION, explained=True)["chases"]
        if chase["topic"] == "progress.requested"
    ]
    assert (chase["occurred_on"], chase["messages"], chase["sent"]) == (date(2027, 4, 5), 1, 1)


def test_who_proposes_an_action_and_leads_it_is_asked_once(desk):
    number = desk.to_approved(provision(lead_person="pilote-velo"))
    proposer = next(seat for seat in desk.rows(Seat) if seat.code == desk.action(number).proposer_seat)
    lead = next(person for person in desk.rows(Person) if person.id == proposer.person_id)
    desk.ask(AmendForm(seat=CLERK, action=number, lead_person=lead.code))
    asked = next(row.asked_by for row in desk.rows(Deadline, kind="follow_up"))
    rows = table(Delivery)
    with desk.app.db.write() as connection:
        connection.execute(rows.update().where(rows.c.event_id == asked).values(state="sent", settled_at=desk.app.clock.wall()))
    before, due_on = len(desk.rows(Delivery, message="action-approved")), desk.rows(Deadline, kind="follow_up")[0].due_on
    desk.watch.go_to(due_on)
    desk.settle()
    assert (len(desk.rows(Delivery, message="action-approved")), desk.rows(Deadline, kind="follow_up")[0].due_on) == (before, due_on)
    assert desk.topics(number).count("start.reminded") == 1
