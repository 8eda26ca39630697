"""What may fall due, in which states it still matters, and what the stage does then."""

from collections.abc import Iterable
from datetime import date
from enum import StrEnum

import sqlalchemy as sa

from models.charter import Cadence, ReviewRules
from models.deadlines import Delay, DelayUnit, deadline
from models.events import Stage
from models.lifecycle import STATES_OF, State, Verb
from models.prepared import Prepared
from models.tables import Deadline, Milestone, table
from services.work import Due, Work, plan

_DEADLINE, _MILESTONE = table(Deadline), table(Milestone)


class Kind(StrEnum):
    """The kinds of deadlines."""

    REVIEW_END = "review_end"
    REVIEW_REMINDER = "review_reminder"
    MILESTONE = "milestone"
    PROGRESS = "progress"
    NEGLECT = "neglect"
    FINAL_REPORT = "final_report"
    RESERVATION = "reservation"


_IN_REVIEW = frozenset({State.TECHNICAL_REVIEW, State.STEERING_REVIEW})
_AT_WORK = frozenset({State.IN_PROGRESS})
_RESERVABLE = frozenset(state for state in STATES_OF[Verb.NOTE_RESERVATION] if state is not None)

LIVE_IN: dict[Kind, frozenset[State]] = {
    Kind.REVIEW_END: _IN_REVIEW,
    Kind.REVIEW_REMINDER: _IN_REVIEW,
    Kind.MILESTONE: _AT_WORK,
    Kind.PROGRESS: _AT_WORK,
    Kind.NEGLECT: _AT_WORK,
    Kind.FINAL_REPORT: frozenset({State.FINAL_REPORT_DUE}),
    Kind.RESERVATION: _RESERVABLE,
}
"""A deadline is settled as soon as its action leaves these states."""

WHEN_DUE: dict[Kind, Verb] = {
    Kind.REVIEW_END: Verb.CLOSE_REVIEW,
    Kind.REVIEW_REMINDER: Verb.REMIND_VOTERS,
    Kind.MILESTONE: Verb.NOTE_MILESTONE,
    Kind.PROGRESS: Verb.REQUEST_PROGRESS,
    Kind.NEGLECT: Verb.NOTE_NEGLECT,
    Kind.FINAL_REPORT: Verb.NOTE_DELAY,
    Kind.RESERVATION: Verb.NOTE_RESERVATION,
}
"""What the stage does when a deadline falls."""

REVIEW_KINDS = (Kind.REVIEW_END, Kind.REVIEW_REMINDER)
"""The deadlines of a review."""

UNLESS = "no longer needed"


def delay_of_review(kind: Kind, rules: ReviewRules) -> Delay | None:
    """How long a kind of deadline of a review, or of a reservation raised in it, runs by the rules of its body; None where they give none."""
    if kind is Kind.REVIEW_END:
        return Delay(rules.opinion_delay, rules.delay_unit)
    if kind is Kind.REVIEW_REMINDER:
        return None if rules.reminder_days_before is None else Delay(-rules.reminder_days_before, DelayUnit.WORKING_DAYS)
    return None if rules.reservation_days is None else Delay(rules.reservation_days, DelayUnit.CALENDAR_DAYS)


def delay_of_news(kind: Kind, cadence: Cadence) -> Delay:
    """How long a kind of deadline for those who carry an action out runs."""
    if kind is Kind.PROGRESS:
        return Delay(cadence.progress_months, DelayUnit.MONTHS)
    days = cadence.neglected_after_days if kind is Kind.NEGLECT else cadence.final_report_days
    return Delay(days, DelayUnit.CALENDAR_DAYS)


def _end(work: Work, start: date, delay: Delay | None) -> date | None:
    return None if delay is None else deadline(start, delay, work.calendar)


def review_end(work: Work, opened_on: date, rules: ReviewRules) -> date:
    """The last day to answer in a review opened on this day."""
    return deadline(opened_on, Delay(rules.opinion_delay, rules.delay_unit), work.calendar)


def last_extension(work: Work, opened_on: date, rules: ReviewRules) -> date | None:
    """The last day that a review opened on this day may be extended to; None where its rules allow no extension."""
    if rules.longest_extension is None:
        return None
    return deadline(review_end(work, opened_on, rules), Delay(rules.longest_extension, rules.delay_unit), work.calendar)


def review_dues(work: Work, body: str, due_on: date, rules: ReviewRules) -> Iterable[Due]:
    """The end of a review, and the reminder before it."""
    yield Due(Kind.REVIEW_END, Stage.COMMITTEE_REVIEW, due_on, body=body)
    before = _end(work, due_on, delay_of_review(Kind.REVIEW_REMINDER, rules))
    if before is not None:
        yield Due(Kind.REVIEW_REMINDER, Stage.COMMITTEE_REVIEW, before, body=body, evening=False)


def news_dues(work: Work, since: date) -> Iterable[Due]:
    """The next request for progress, and the day after which silence is neglect, counted from the last news."""
    for kind in (Kind.PROGRESS, Kind.NEGLECT):
        due_on = deadline(since, delay_of_news(kind, work.charter.cadence), work.calendar)
        yield Due(kind, Stage.IMPLEMENTATION, due_on, evening=False)


_ACTION: sa.BindParameter[int] = sa.bindparam("action_")
_NOTED = Prepared(
    sa.select(_DEADLINE.c.subject, _DEADLINE.c.due_on).where(
        _DEADLINE.c.action_id == _ACTION, _DEADLINE.c.kind == Kind.MILESTONE, _DEADLINE.c.outcome == Verb.NOTE_MILESTONE
    )
)
_STILL = Prepared(
    sa.select(_MILESTONE.c.position, _MILESTONE.c.due_on).where(_MILESTONE.c.action_id == _ACTION, _MILESTONE.c.reached_on.is_(None))
)


def plan_milestones(work: Work, action_id: int) -> None:
    """Plan the day of every milestone that is not reached, but for the days that were noted already."""
    past = {(row.subject, row.due_on) for row in _NOTED.all(work.connection, action_=action_id)}
    days = [(row.position, row.due_on) for row in _STILL.all(work.connection, action_=action_id)]
    plan(work, action_id, [milestone_due(*day) for day in days if day not in past])


def milestone_due(position: int, due_on: date) -> Due:
    """The day of a milestone."""
    return Due(Kind.MILESTONE, Stage.IMPLEMENTATION, due_on, subject=position)


def final_report_due(work: Work, asked_on: date) -> Due:
    """The last day for the final report."""
    return Due(
        Kind.FINAL_REPORT, Stage.REPORTING, deadline(asked_on, delay_of_news(Kind.FINAL_REPORT, work.charter.cadence), work.calendar)
    )


def reservation_end(work: Work, since: date, rules: ReviewRules) -> date | None:
    """The last day to lift a reservation that was raised, or last chased, on this day; None where its rules give none."""
    return _end(work, since, delay_of_review(Kind.RESERVATION, rules))


def reservation_due(number: int, body: str, due_on: date) -> Due:
    """The last day to lift a reservation."""
    return Due(Kind.RESERVATION, Stage.COMMITTEE_REVIEW, due_on, subject=number, body=body)
