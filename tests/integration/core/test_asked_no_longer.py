"""Nobody is asked for what they have done meanwhile: what was asked is asked anew when the message leaves, alone or with others."""

from datetime import date

import pytest
from builders import CLERK, PILOT, STEERING_CLERK, changed_charter, provision

from models.charter import MilestonePlan
from models.tables import Deadline, Delivery
from models.telling.reasons import Reason
from services.forms import FinalReportForm, LiftBlockerForm, RaiseBlockerForm, ResubmitForm, ResumeForm, ReturnForm, SuspendForm
from services.stages import run_deliveries

ASKED_ON = date(2027, 4, 5)
FAR = (MilestonePlan(title="Fin", due_on=date(2029, 5, 31)),)


@pytest.fixture
def mailing(desk, sink):
    """The desk, with a server that takes its mails."""
    return desk.through(sink.url)


def deliver(desk):
    """Let everything leave whose moment has come, also what waited for others."""
    desk.watch.advance(minutes=11)
    run_deliveries(desk.app, holder="test", gate=lambda: None)


def became(desk, message):
    return {(row.state, row.reason) for row in desk.rows(Delivery, message=message)}


GONE = {("cancelled", Reason.NOT_WANTED)}
SENT = {("sent", None)}


def at_work(desk, day, **changes):
    """An action at work whose milestones are far, and what falls due on a day."""
    number = desk.to_work(provision(milestones=FAR, **changes))
    desk.watch.go_to(day)
    desk.settle()
    return number


def test_a_pilot_who_reports_before_the_request_leaves_is_not_asked(mailing):
    number = at_work(mailing, ASKED_ON)
    mailing.report(number)
    deliver(mailing)
    assert became(mailing, "progress-requested") == GONE


def test_a_pilot_who_has_not_reported_is_asked(mailing):
    at_work(mailing, ASKED_ON)
    deliver(mailing)
    assert became(mailing, "progress-requested") == SENT


def test_a_request_that_slept_with_its_action_is_made_once_that_goes_on(mailing):
    number = at_work(mailing, ASKED_ON)
    mailing.ask(SuspendForm(seat=CLERK, action=number, reason="Travaux"))
    mailing.ask(ResumeForm(seat=CLERK, action=number))
    deliver(mailing)
    assert became(mailing, "progress-requested") == SENT


def test_a_pilot_who_reports_before_the_note_of_silence_leaves_is_not_said_to_be_silent(mailing):
    number = at_work(mailing, ASKED_ON)
    mailing.post()
    [neglect] = mailing.rows(Deadline, kind="neglect", settled_at=None)
    mailing.watch.go_to(neglect.due_on)
    mailing.settle()
    assert len(mailing.rows(Delivery, message="action-neglected")) == 2
    mailing.report(number)
    deliver(mailing)
    assert became(mailing, "action-neglected") == GONE


def test_a_proposal_that_is_back_before_its_return_is_told_is_not_asked_for(mailing):
    number = mailing.to_technical(provision(description=None))
    mailing.ask(ResubmitForm(seat=CLERK, action=number, description="Complétée", reason="Complétée"))
    mailing.settle()
    deliver(mailing)
    assert became(mailing, "proposal-returned") == GONE


def test_a_final_report_that_is_filed_is_not_asked_for_even_if_the_action_stays_open(mailing):
    number = mailing.to_final_report()
    mailing.ask(FinalReportForm(seat=CLERK, action=number, results="Résultats", lessons="Leçons"))
    assert mailing.state(number) == "final_report_due"
    deliver(mailing)
    assert became(mailing, "final-report-requested") == GONE


def test_half_a_final_report_leaves_the_other_half_asked_for(mailing):
    number = mailing.to_final_report()
    mailing.ask(FinalReportForm(seat=CLERK, action=number, results="Résultats"))
    deliver(mailing)
    assert became(mailing, "final-report-requested") == SENT


def test_a_final_report_that_is_complete_by_now_is_not_said_to_be_incomplete(mailing):
    number = mailing.to_final_report()
    mailing.ask(FinalReportForm(seat=CLERK, action=number, results="Résultats"))
    mailing.settle()
    mailing.ask(FinalReportForm(seat=CLERK, action=number, lessons="Leçons"))
    deliver(mailing)
    assert became(mailing, "final-report-incomplete") == GONE


def completed(desk):
    """A proposal that came back incomplete, under a charter that gives no last day to complete it, and was completed at once."""
    desk.under(changed_charter(desk.app.settings.home / "patient.yaml", lambda it: it["cadence"].update(completion_days=None)))
    number = desk.to_technical(provision(description=None))
    desk.ask(ResubmitForm(seat=CLERK, action=number, description="Complétée", reason="Complétée"))
    return number


def test_where_the_charter_gives_no_last_day_whoever_acted_is_still_not_asked(mailing):
    completed(mailing)
    deliver(mailing)
    assert became(mailing, "proposal-returned") == GONE


def test_what_was_done_before_it_was_asked_again_does_not_count(mailing):
    number = completed(mailing)
    mailing.ask(ReturnForm(seat=STEERING_CLERK, action=number, reason="Encore incomplète"))
    mailing.settle()
    deliver(mailing)
    again = next(event.id for event in mailing.events(number) if event.topic == "action.returned" and event.actor == STEERING_CLERK)
    told = {(row.event_id == again, row.state) for row in mailing.rows(Delivery, message="proposal-returned")}
    assert told == {(False, "cancelled"), (True, "sent")}


@pytest.mark.parametrize(("reported", "expected"), [(True, GONE), (False, SENT)])
def test_a_second_request_for_an_answer_that_is_awaited_already_leaves_only_while_it_is(mailing, reported, expected):
    number = at_work(mailing, ASKED_ON)
    mailing.post()
    before = {row.id for row in mailing.rows(Delivery, message="progress-requested")}
    mailing.watch.go_to(date(2027, 10, 5))
    mailing.settle()
    if reported:
        mailing.report(number)
    deliver(mailing)
    assert len({row.asked_by for row in mailing.rows(Deadline, kind="progress_report")}) == 1
    assert {(row.state, row.reason) for row in mailing.rows(Delivery, message="progress-requested") if row.id not in before} == expected


def test_in_one_message_for_several_requests_is_only_what_has_not_been_answered(mailing):
    numbers = [mailing.to_work(provision(title=f"Action {n}", milestones=FAR)) for n in (1, 2, 3)]
    mailing.watch.go_to(ASKED_ON, hour=7)
    mailing.settle()
    [together] = mailing.rows(Delivery, message="due-together")
    mailing.report(numbers[0], seat=PILOT)
    deliver(mailing)
    answered = {event.id for event in mailing.events(numbers[0])}
    asked = {(row.event_id in answered, row.state) for row in mailing.rows(Delivery, folded_into=together.id)}
    assert asked == {(True, "cancelled"), (False, "sent")}


def test_a_blocker_that_is_lifted_before_anybody_heard_of_it_is_told_to_nobody(mailing):
    number = mailing.to_work()
    deliver(mailing)
    mailing.ask(RaiseBlockerForm(seat=PILOT, action=number, body="cotech", reason="Le local promis n'est pas libre"))
    mailing.settle()
    mailing.ask(LiftBlockerForm(seat=PILOT, action=number, blocker=1, reason="Il l'est"))
    mailing.settle()
    deliver(mailing)
    undone = {("cancelled", Reason.UNDONE), ("suppressed", Reason.OWN_ACT)}
    assert (became(mailing, "blocker-raised") <= undone, became(mailing, "blocker-lifted") <= undone) == (True, True)
    assert ("cancelled", Reason.UNDONE) in became(mailing, "blocker-raised")


def test_of_two_blockers_the_one_that_stands_is_told(mailing):
    number = mailing.to_work()
    deliver(mailing)
    for body in ("cotech", "gt-inclusion"):
        mailing.ask(RaiseBlockerForm(seat=PILOT, action=number, body=body, reason="Sans suite"))
    mailing.settle()
    mailing.ask(LiftBlockerForm(seat=PILOT, action=number, blocker=1, reason="C'est fait"))
    mailing.settle()
    deliver(mailing)
    assert {("sent", None), ("cancelled", Reason.UNDONE)} <= became(mailing, "blocker-raised")
