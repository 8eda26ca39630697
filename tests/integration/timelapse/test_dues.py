"""What a simulation calls late is what is late in the home that it lived in: by the last days that people were told."""

from datetime import date, timedelta

import pytest
from builders import CLERK

from services.forms import AbandonForm, CompleteForm, FinalReportForm, ResumeForm, SuspendForm
from services.simulation.dues import FINAL_REPORT, PROGRESS, things_due


def due(desk, kind):
    """What fell due of this kind: its last day, and what came of it."""
    with desk.app.db.read() as connection:
        return [(thing.due_on, thing.fate) for thing in things_due(connection) if thing.kind == kind]


def asked_for_news(desk) -> tuple[str, date]:
    """An action that was asked for news fifteen days before a Saturday, and the last day of the answer."""
    desk.watch.go_to(date(2026, 10, 23))
    number = desk.to_work()
    desk.watch.go_to(date(2027, 4, 23))
    desk.settle()
    [answer] = desk.dues(kind="progress_report")
    assert answer.due_on == date(2027, 5, 10) > date(2027, 4, 23) + timedelta(days=15)
    return number, answer.due_on


@pytest.mark.parametrize(("days", "fate"), [(0, "in_time"), (1, "late")])
def test_news_on_the_last_day_that_was_told_are_in_time_and_a_day_later_late(light_desk, days, fate):
    number, due_on = asked_for_news(light_desk)
    assert due(light_desk, PROGRESS) == [(due_on, "never")]
    light_desk.watch.go_to(due_on + timedelta(days=days))
    light_desk.report(number)
    assert due(light_desk, PROGRESS) == [(due_on, fate)]


@pytest.mark.parametrize(("days", "fate"), [(0, "in_time"), (1, "late")])
def test_a_final_report_on_the_last_day_that_was_told_is_in_time_and_a_day_later_late(light_desk, days, fate):
    light_desk.watch.go_to(date(2026, 10, 28))
    number = light_desk.to_final_report()
    [report] = light_desk.dues(kind="final_report")
    assert report.due_on > light_desk.today + timedelta(days=60)
    light_desk.watch.go_to(report.due_on + timedelta(days=days))
    light_desk.ask(FinalReportForm(seat=CLERK, action=number, results="Résultats"))
    assert due(light_desk, FINAL_REPORT) == [(report.due_on, "never")]
    light_desk.ask(FinalReportForm(seat=CLERK, action=number, lessons="Leçons"))
    assert due(light_desk, FINAL_REPORT) == [(report.due_on, fate)]


def test_an_answer_that_stays_awaited_over_the_next_request_is_due_once(light_desk):
    number, due_on = asked_for_news(light_desk)
    light_desk.watch.go_to(date(2027, 10, 25))
    light_desk.settle()
    assert light_desk.topics(number).count("progress.requested") == 2
    assert due(light_desk, PROGRESS) == [(due_on, "never")]


@pytest.mark.parametrize("form", [CompleteForm, AbandonForm])
def test_news_that_nobody_has_to_give_any_longer_are_neither_late_nor_missing(light_desk, form):
    number, due_on = asked_for_news(light_desk)
    light_desk.watch.go_to(due_on + timedelta(days=3))
    light_desk.ask(form(seat=CLERK, action=number, reason="Motif"))
    assert due(light_desk, PROGRESS) == []


def test_news_are_not_missing_while_an_action_sleeps_and_are_due_on_their_day_again_when_it_wakes(light_desk):
    number, due_on = asked_for_news(light_desk)
    light_desk.ask(SuspendForm(seat=CLERK, action=number, reason="Travaux"))
    assert due(light_desk, PROGRESS) == []
    light_desk.ask(ResumeForm(seat=CLERK, action=number))
    assert due(light_desk, PROGRESS) == [(due_on, "never")]


def test_news_are_due_by_the_day_on_which_who_is_asked_heard_of_it(light_desk):
    number = light_desk.to_work()
    light_desk.watch.go_to(date(2027, 4, 5))
    light_desk.settle()
    light_desk.watch.go_to(date(2027, 4, 23))
    light_desk.post()
    light_desk.settle()
    assert [row.told_on for row in light_desk.dues(kind="progress_report")] == [date(2027, 4, 23)]
    light_desk.watch.go_to(date(2027, 5, 10))
    light_desk.report(number)
    assert due(light_desk, PROGRESS) == [(date(2027, 5, 10), "in_time")]
