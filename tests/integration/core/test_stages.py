"""A stage's run: everything that is due, in short transactions; what fails is tried alone and set aside; what must not happen does not."""

import threading
from datetime import timedelta

import pytest
from builders import CLERK, CONVENTION, MONDAY, TODAY, propose_form, provision

from models.errors import NotFound
from models.events import Stage, Topic
from models.lifecycle import State
from models.tables import Delivery, Event, Lease, Reaction
from services import leases, stages, wakes
from services.forms import WithdrawForm
from services.owed import CHUNK
from services.parked import drop_parked, list_parked, retry_parked
from services.stages import Line, StageReport, count_parked, run_stage
from services.work import Entry, append, open_work

INCOMPLETE = provision(description=None)


def many_reports(desk, number, amount):
    """So many reports of progress in the log, written in one go."""
    action = desk.action(number)
    with desk.app.db.write() as connection:
        work, head = open_work(desk.app, connection, CONVENTION), action.head
        for seq in range(action.version + 1, action.version + 1 + amount):
            state = {"before": "in_progress", "after": "in_progress"}
            by = {"actor": CLERK, "via": "cli", "occurred_on": TODAY}
            head = append(work, Entry(desk.app.ids(), action.id, seq, Topic.PROGRESS_REPORTED, **by, **state), head)


def empty_the_technical_committee(desk):
    with desk.app.db.write() as connection:
        connection.exec_driver_sql("UPDATE seat SET role = 'observer' WHERE body = 'cotech' AND role = 'member'")
        connection.exec_driver_sql("UPDATE seat SET role = 'deputy' WHERE body = 'cotech' AND role = 'chair'")


def seat_it_again(desk):
    with desk.app.db.write() as connection:
        connection.exec_driver_sql("UPDATE seat SET role = 'chair' WHERE body = 'cotech' AND role = 'deputy'")


def run_until_parked(desk, stage):
    """Let the backoff pass again and again; returns what each run said of it."""
    said = []
    for _ in range(8):
        said += [line.outcome for line in desk.run(stage, desk.quiet(stage)).lines]
        desk.watch.advance(seconds=61)
    return said


def at_once(*tasks):
    """Run these in threads that start together; returns what they raised."""
    start, raised = threading.Barrier(len(tasks)), []

    def run(task):
        start.wait()
        try:
            task()
        except Exception as error:  # noqa: BLE001  # the test compares it
            raised.append(error)

    threads = [threading.Thread(target=run, args=(task,)) for task in tasks]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return raised


def gate_after(times, answer):
    asked = iter([None] * times)
    return lambda: next(asked, answer)


def test_hundreds_of_events_are_dealt_with_in_several_transactions(light_desk):
    number = light_desk.to_work()
    many_reports(light_desk, number, 450)
    report = light_desk.run(Stage.IMPLEMENTATION, gate_after(2, "paused"))
    done = 450 - len(light_desk.rows(Event, owed="implementation"))
    assert (len(report.lines), report.stopped, 0 < done <= 2 * CHUNK) == (done, "paused", True)
    rest = light_desk.run(Stage.IMPLEMENTATION)
    assert (len(rest.lines), rest.stopped) == (450 - done, None)
    assert light_desk.rows(Event, owed="implementation") == []


def test_a_run_without_anything_due_does_nothing(desk):
    assert desk.run(Stage.REPORTING) == StageReport("reporting")


def test_running_a_stage_twice_changes_nothing_more(desk):
    desk.to_technical(provision(1))
    desk.settle()
    before = desk.counts()
    for stage in Stage:
        desk.run(stage, desk.quiet(stage))
    assert desk.counts() == before


def test_a_report_has_a_line_for_each_thing_done(desk):
    number = desk.propose(INCOMPLETE)
    report = desk.run(Stage.PROPOSAL, desk.quiet(Stage.PROPOSAL))
    assert report == StageReport(
        "proposal",
        (
            Line(number, None, "action.proposed", "return, messages: 1", convention=CONVENTION),
            Line(number, None, "action.returned", "messages: 2", convention=CONVENTION),
        ),
        stopped="quiet",
    )


@pytest.mark.parametrize("answer", ["paused", "cancelled"])
def test_a_stage_that_is_paused_or_cancelled_does_nothing(desk, answer):
    desk.propose()
    before = desk.counts()
    assert desk.run(Stage.PROPOSAL, lambda: answer) == StageReport("proposal", stopped=answer)
    assert desk.counts() == before


def test_a_stage_at_which_another_run_works_is_busy(desk):
    desk.propose()
    leases.take(desk.app.db, "stage:proposal", "another run", MONDAY, 60)
    before = desk.counts()
    assert desk.run(Stage.PROPOSAL) == StageReport("proposal", stopped="busy")
    assert desk.counts() == before


def test_a_run_that_lost_its_lease_stops(desk):
    desk.propose()

    def slow():
        desk.watch.advance(seconds=61)
        leases.take(desk.app.db, "stage:proposal", "another run", desk.watch.moment, 60)

    assert desk.run(Stage.PROPOSAL, slow) == StageReport("proposal", stopped="busy")
    assert [row.holder for row in desk.rows(Lease)] == ["another run"]


def test_a_run_gives_its_lease_back(desk):
    desk.propose()
    desk.run(Stage.PROPOSAL)
    assert desk.rows(Lease) == []


def test_two_runs_at_once_react_once(desk):
    numbers = [desk.propose(provision(position)) for position in range(1, 8)]
    reports = []

    def run(holder):
        gate = desk.quiet(Stage.PROPOSAL)
        reports.extend(run_stage(desk.app, Stage.PROPOSAL, holder=holder, gate=gate) for _ in range(20))

    assert at_once(lambda: run("one"), lambda: run("other")) == []
    assert sorted(line.action for report in reports for line in report.lines) == numbers
    assert [desk.topics(number).count("review.opened") for number in numbers] == [3, 3, 2, 3, 3, 2, 1]
    assert len(desk.rows(Delivery, message="proposal-acknowledged")) == 7


def test_two_runs_that_both_believe_they_hold_the_lease_still_react_once(desk):
    numbers = [desk.propose(provision(position)) for position in range(1, 8)]

    def run():
        while desk.rows(Event, owed="proposal"):
            stages._chunk(desk.app, Stage.PROPOSAL)

    assert at_once(run, run) == []
    assert [desk.topics(number).count("review.opened") for number in numbers] == [3, 3, 2, 3, 3, 2, 1]
    assert len(desk.rows(Delivery, message="proposal-acknowledged")) == 7


def test_an_item_that_fails_is_tried_alone_and_delays_no_other(desk):
    empty_the_technical_committee(desk)
    first, bad, last = desk.propose(INCOMPLETE), desk.propose(), desk.propose(INCOMPLETE)
    report = desk.run(Stage.PROPOSAL, desk.quiet(Stage.PROPOSAL))
    assert {line.action: line.outcome for line in report.lines if line.topic == "action.proposed"} == {
        first: "return, messages: 1",
        bad: "failed (1/5)",
        last: "return, messages: 1",
    }
    assert [desk.state(number) for number in (first, bad, last)] == [State.RETURNED, State.SUBMITTED, State.RETURNED]


def test_a_failed_item_waits_longer_each_time_then_is_set_aside_with_its_reason(desk):
    empty_the_technical_committee(desk)
    number = desk.propose()
    waits = []
    for _ in range(5):
        desk.settle()
        (row,) = desk.rows(Reaction)
        waits.append((row.tries, row.state, (row.not_before - desk.watch.moment).total_seconds()))
        desk.watch.moment = row.not_before
    assert waits == [(1, "pending", 2), (2, "pending", 4), (3, "pending", 8), (4, "pending", 16), (5, "parked", 32)]
    assert desk.settle() == []
    assert list_parked(desk.app) == [
        {
            "item": str(desk.events(number)[0].id),
            "stage": "proposal",
            "action": number,
            "what": "action.proposed",
            "tries": 5,
            "reason": "refused: body_unseated",
        }
    ]


def test_what_was_set_aside_is_counted_in_its_stage(desk):
    empty_the_technical_committee(desk)
    desk.propose()
    assert run_until_parked(desk, Stage.PROPOSAL) == [f"failed ({n}/5)" for n in range(1, 6)]
    now = desk.app.clock.now()
    with desk.app.db.read() as connection:
        counted = tuple(count_parked(connection, now, stages) for stages in (wakes.STAGES, ["proposal"], ["reporting"]))
    assert (counted, desk.run(Stage.PROPOSAL).parked) == ((1, 1, 0), 1)


def test_an_item_set_aside_is_tried_again_when_a_person_says_so(desk):
    empty_the_technical_committee(desk)
    number = desk.propose()
    run_until_parked(desk, Stage.PROPOSAL)
    seat_it_again(desk)
    retry_parked(desk.app, str(desk.events(number)[0].id))
    desk.settle()
    assert (desk.state(number), list_parked(desk.app)) == (State.TECHNICAL_REVIEW, [])


def test_an_item_set_aside_may_be_given_up(desk):
    empty_the_technical_committee(desk)
    number = desk.propose()
    run_until_parked(desk, Stage.PROPOSAL)
    seat_it_again(desk)
    drop_parked(desk.app, str(desk.events(number)[0].id))
    assert (desk.settle(), list_parked(desk.app), desk.state(number)) == ([], [], State.SUBMITTED)
    assert [row.state for row in desk.rows(Reaction)] == ["dropped"]


def test_a_deadline_that_fails_is_set_aside_too_and_may_be_retried_or_given_up(desk):
    first, second = desk.to_work(), desk.to_work(provision(7, title="Autre action"))
    with desk.app.db.write() as connection:
        connection.exec_driver_sql("UPDATE action SET state = 'unheard-of'")
    desk.watch.go_to(TODAY + timedelta(days=182))
    run_until_parked(desk, Stage.IMPLEMENTATION)
    parked = list_parked(desk.app)
    assert [(row["action"], row["what"], row["tries"]) for row in parked] == [(first, "progress", 5), (second, "progress", 5)]
    assert {row["reason"].partition(" ")[0] for row in parked} == {"ValueError"}
    with desk.app.db.write() as connection:
        connection.exec_driver_sql("UPDATE action SET state = 'in_progress'")
    retry_parked(desk.app, parked[0]["item"])
    drop_parked(desk.app, parked[1]["item"])
    assert (desk.settle()[0], list_parked(desk.app)) == ((first, "progress", "request_progress"), [])
    assert [desk.topics(number).count("progress.requested") for number in (first, second)] == [1, 0]


@pytest.mark.parametrize("item", ["deadline-1", "deadline-x", "nothing", "00000000-0000-0000-0000-000000000001"])
def test_only_what_was_set_aside_can_be_retried_or_given_up(desk, item):
    desk.propose()
    for change in (retry_parked, drop_parked):
        with pytest.raises(NotFound):
            change(desk.app, item)


def test_a_reaction_to_something_that_has_passed_does_nothing(desk):
    number = desk.propose()
    desk.ask(WithdrawForm(seat=CLERK, action=number, reason="Porté ailleurs"))
    assert desk.settle() == [(number, "action.proposed", "messages: 1"), (number, "action.withdrawn", "messages: 1")]
    assert desk.state(number) is State.WITHDRAWN


def test_the_work_of_each_stage_is_counted(desk):
    number = desk.to_work()
    desk.propose(provision(2))
    desk.watch.go_to(TODAY + timedelta(days=182))
    now = desk.watch.moment
    counted = wakes.work(desk.app.db, now, now)
    assert counted == {"proposal": 1, "implementation": 1, "deliveries": len(desk.rows(Delivery, state="ready"))}
    desk.ask(WithdrawForm(seat=CLERK, action="A-2026-002", reason="Porté ailleurs"))
    assert wakes.work(desk.app.db, now, now)["proposal"] == 2
    assert desk.topics(number)[-1] == "action.started"


def test_events_wait_in_order_until_prefect_has_taken_them(desk):
    first, second = desk.propose(), desk.propose(provision(2))
    waiting = wakes.unpublished(desk.app.db, 1)
    assert [(row["action"], row["topic"], row["seq"]) for row in waiting] == [(first, "action.proposed", 1)]
    wakes.mark_published(desk.app.db, [waiting[0]["id"]], MONDAY)
    assert [row["action"] for row in wakes.unpublished(desk.app.db, 10)] == [second]
    assert [row.published_at for row in desk.rows(Event)] == [MONDAY, None]


def test_a_wake_is_remembered_until_its_stage_is_done(desk):
    for attempts in (1, 2):
        wakes.note_wake(desk.app.db, "proposal", desk.app.ids(), MONDAY, attempts)
    assert wakes.wakes(desk.app.db) == {"proposal": wakes.WakeRow("proposal", MONDAY, 2)}
    wakes.forget_wake(desk.app.db, "proposal")
    assert wakes.wakes(desk.app.db) == {}


def test_a_lease_is_its_holders_until_it_expires(desk):
    db = desk.app.db
    later = MONDAY + timedelta(seconds=61)
    assert [
        leases.take(db, "relay", "one", MONDAY, 60),
        leases.take(db, "relay", "other", MONDAY, 60),
        leases.take(db, "relay", "one", MONDAY, 60),
        leases.renew(db, "relay", "other", MONDAY, 60),
        leases.take(db, "relay", "other", later, 60),
        leases.renew(db, "relay", "one", later, 60),
        leases.renew(db, "relay", "other", later, 60),
    ] == [True, False, True, False, True, False, True]
    leases.release(db, "relay", "one")
    with db.read() as connection:
        assert [leases.held(connection, "relay", moment) for moment in (later, later + timedelta(seconds=61))] == [True, False]
    leases.release(db, "relay", "other")
    assert desk.rows(Lease) == []


def test_many_asking_at_once_get_numbers_without_a_gap(desk):
    numbers = []
    forms = [propose_form(provision(position)) for position in range(1, 5)]
    assert at_once(*(lambda form=form: numbers.append(desk.ask(form).number) for form in forms)) == []
    assert sorted(numbers) == ["A-2026-001", "A-2026-002", "A-2026-003", "A-2026-004"]


def test_the_same_request_twice_at_once_is_carried_out_once(desk):
    events = []

    def ask():
        events.append(desk.ask(propose_form(), key="the-same-key").event)

    assert (at_once(ask, ask), len(set(events)), len(desk.rows(Event))) == ([], 1, 1)


def test_two_people_who_report_at_once_are_both_heard(desk):
    number = desk.to_work()
    assert at_once(*(lambda percent=percent: desk.report(number, percent) for percent in (10, 20))) == []
    events = desk.events(number)
    assert ([event.seq for event in events], desk.action(number).version) == (list(range(1, len(events) + 1)), len(events))
    assert desk.topics(number).count("progress.reported") == 2
