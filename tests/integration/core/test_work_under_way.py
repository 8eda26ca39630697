"""Implementation and reporting: what falls due as time passes, and what falls silent."""

from datetime import date, timedelta

from builders import CLERK, PILOT, TODAY, propose_form, provision

from models.charter import MilestonePlan
from models.lifecycle import State
from models.tables import Deadline, Milestone, Report
from services.forms import AbandonForm, AmendForm, CompleteForm, FinalReportForm, RegisterForm, ResumeForm, StartForm, SuspendForm


def open_dues(desk):
    return sorted((row.kind, row.subject, row.due_on.isoformat()) for row in desk.dues(settled_at=None))


def dues(desk, kind):
    return [(row.due_on.isoformat(), row.outcome) for row in desk.rows(Deadline, kind=kind)]


MILESTONES = [
    ("milestone", 1, "2027-04-15"),
    ("milestone", 2, "2027-12-10"),
    ("milestone", 3, "2028-09-29"),
    ("milestone", 4, "2029-05-31"),
]


def test_starting_plans_the_milestones_and_the_next_news(desk):
    desk.to_work()
    assert open_dues(desk) == [*MILESTONES, ("neglect", None, "2027-06-02"), ("progress", None, "2027-04-05")]


def test_news_are_counted_from_the_day_on_which_work_began(desk):
    number = desk.to_approved()
    desk.ask(StartForm(seat=PILOT, action=number, occurred_on=TODAY - timedelta(days=35), late_reason="Lettre du 31 août"))
    assert [due for due in open_dues(desk) if due[0] != "milestone"] == [("neglect", None, "2027-04-28"), ("progress", None, "2027-03-01")]


def test_progress_is_asked_for_when_its_day_comes_and_again_half_a_year_later(desk):
    number = desk.to_work()
    desk.watch.go_to(date(2027, 4, 5), hour=5)
    assert desk.settle() == []
    desk.watch.advance(hours=2)
    assert desk.settle() == [(number, "progress", "request_progress"), (number, "progress.requested", "messages: 1")]
    assert dues(desk, "progress") == [("2027-04-05", "request_progress"), ("2027-10-05", None)]
    assert dues(desk, "progress_report") == [("2027-04-20", None)]


def test_a_report_answers_the_request_and_puts_the_next_one_off(desk):
    number = desk.to_work()
    desk.watch.go_to(date(2027, 3, 1))
    desk.report(number, 40, reached=(1,))
    desk.settle()
    assert dues(desk, "progress") == [("2027-09-01", None)]
    assert dues(desk, "neglect") == [("2027-10-27", None)]


def test_an_action_without_news_is_neglected_and_said_again_as_long_as_it_lasts(desk):
    number = desk.to_work()
    desk.watch.go_to(date(2027, 6, 2))
    assert (number, "neglect", "note_neglect") in desk.settle()
    desk.watch.go_to(date(2028, 2, 1))
    assert (number, "neglect", "note_neglect") in desk.settle()
    assert desk.topics(number).count("action.neglected") == 2


def test_a_milestone_that_passes_is_noted_once_and_one_that_was_reached_is_not(desk):
    number = desk.to_work()
    desk.report(number, 10, reached=(1,), occurred_on=TODAY)
    desk.watch.go_to(date(2027, 12, 11))
    desk.settle()
    assert "milestone.passed" not in desk.topics(number)
    desk.watch.go_to(date(2027, 12, 13))
    desk.settle()
    [passed] = [event.payload for event in desk.events(number) if event.topic == "milestone.passed"]
    assert (passed["subject"], passed["due_on"], passed["rung"], passed["to"]) == (2, "2027-12-10", 2, ["owner"])
    assert [(row.position, row.reached_on) for row in desk.rows(Milestone)] == [(1, TODAY), (2, None), (3, None), (4, None)]


def test_a_suspended_action_falls_silent_and_wakes_when_it_resumes(desk):
    number = desk.to_work()
    desk.ask(SuspendForm(seat=CLERK, action=number, reason="Travaux"))
    desk.settle()
    assert open_dues(desk) == []
    desk.watch.go_to(date(2027, 7, 1))
    assert desk.settle() == []
    desk.ask(ResumeForm(seat=PILOT, action=number))
    assert open_dues(desk) == [*MILESTONES, ("neglect", None, "2028-02-28"), ("progress", None, "2028-01-03")]


def test_a_suspended_action_may_be_reported_on_without_being_asked_for_more(desk):
    number = desk.reach(State.SUSPENDED)
    desk.report(number, 30, reached=(2,))
    assert open_dues(desk) == []
    assert [row.position for row in desk.rows(Milestone) if row.reached_on] == [2]


def test_changing_the_milestones_of_an_action_at_work_plans_them_anew(desk):
    number = desk.to_work()
    desk.report(number, 10, reached=(1,))
    first, second = provision().milestones[0], MilestonePlan(title="Nouveau jalon", due_on=date(2028, 1, 31))
    desk.ask(AmendForm(seat=PILOT, action=number, milestones=(first, second)))
    assert [due for due in open_dues(desk) if due[0] == "milestone"] == [("milestone", 2, "2028-01-31")]
    assert [(row.title, row.reached_on) for row in desk.rows(Milestone)] == [(first.title, TODAY), ("Nouveau jalon", None)]


def test_a_milestone_that_the_sheet_does_not_have_is_refused(desk):
    number = desk.to_work()
    before = desk.counts()
    try:
        refused = []
        desk.report(number, 10, reached=(1, 5))
    except Exception as error:  # noqa: BLE001  # compared below
        refused = [problem.params for problem in error.problems]
    assert (refused, desk.counts()) == ([{"positions": "5", "count": 4}], before)


def test_completing_with_open_milestones_needs_a_reason(desk):
    number = desk.to_work()
    assert desk.refusal(CompleteForm(seat=PILOT, action=number)) == ["milestones_open"]
    desk.report(number, 100, reached=(1, 2, 3, 4))
    assert desk.refusal(CompleteForm(seat=PILOT, action=number)) == []
    assert open_dues(desk) == []


def test_the_final_report_is_asked_for_with_its_last_day_and_its_delay_is_told(desk):
    number = desk.to_final_report()
    assert (desk.state(number), open_dues(desk)) == (State.FINAL_REPORT_DUE, [("final_report", None, "2026-12-04")])
    desk.post()
    desk.watch.go_to(date(2026, 11, 20))
    assert desk.settle() == [(number, "final_report", "remind_of_final_report"), (number, "final_report.reminded", "messages: 1")]
    desk.watch.go_to(date(2026, 12, 6), hour=23)
    assert desk.settle() == []
    desk.watch.go_to(date(2026, 12, 7), hour=8)
    assert desk.settle() == [(number, "final_report", "note_delay"), (number, "final_report.delayed", "messages: 2")]


def test_a_final_report_may_come_in_parts_and_closes_the_action_once_complete(desk):
    number = desk.to_final_report()
    desk.ask(FinalReportForm(seat=PILOT, action=number, results="Dix lieux partagés"))
    assert [step[1] for step in desk.settle()] == ["final_report.filed"]
    assert desk.state(number) is State.FINAL_REPORT_DUE
    desk.ask(FinalReportForm(seat=PILOT, action=number, lessons="Commencer par les règles"))
    assert [step[1:] for step in desk.settle()] == [("final_report.filed", "close"), ("action.closed", "messages: 9")]
    assert ([row.kind for row in desk.rows(Report)], open_dues(desk)) == (["final_results", "final_lessons"], [])


def test_an_empty_final_report_is_refused(desk):
    number = desk.to_final_report()
    assert desk.refusal(FinalReportForm(seat=PILOT, action=number)) == ["final_report_empty"]


def test_abandoning_ends_everything_that_was_to_fall_due(desk):
    number = desk.to_work()
    desk.ask(AbandonForm(seat=CLERK, action=number, reason="Financement perdu"))
    desk.watch.go_to(date(2030, 1, 1))
    assert ([step[1] for step in desk.settle() if step[0] == number], open_dues(desk)) == (["action.abandoned"], [])


def test_the_lead_alone_does_not_abandon(desk):
    number = desk.to_work()
    assert desk.refusal(AbandonForm(seat=PILOT, action=number, reason="Financement perdu")) == ["not_allowed"]


def test_past_milestones_of_an_action_registered_under_way_are_not_chased(desk):
    desk.watch.go_to(date(2028, 1, 10))
    desk.ask(propose_form(form=RegisterForm, reference="Délibération 2025-41", reason="Déjà en cours"))
    assert [due for due in open_dues(desk) if due[0] == "milestone"] == MILESTONES[2:]


def test_a_milestone_noted_before_a_suspension_is_not_noted_again_after_it(desk):
    number = desk.to_work()
    desk.watch.go_to(date(2027, 4, 16))
    desk.settle()
    desk.ask(SuspendForm(seat=CLERK, action=number, reason="Travaux"))
    desk.ask(ResumeForm(seat=CLERK, action=number))
    desk.settle()
    assert desk.topics(number).count("milestone.passed") == 1


def test_several_years_late_each_thing_that_fell_due_happens_once(desk):
    number = desk.to_work()
    desk.watch.go_to(date(2029, 7, 2))
    desk.settle()
    assert {topic: desk.topics(number).count(topic) for topic in ("milestone.passed", "progress.requested", "action.neglected")} == {
        "milestone.passed": 4,
        "progress.requested": 1,
        "action.neglected": 1,
    }
