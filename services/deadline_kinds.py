"""What may fall due: one table of its kinds, and the deadlines of each kind as they are planned."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from enum import StrEnum
from typing import Any, NamedTuple
from uuid import UUID

from models.charter import ActionSheet, BodyKind, Cadence, Charter, ReviewRules
from models.deadlines import Delay, DelayUnit, deadline
from models.events import Stage, Topic
from models.ladders import Chased, Ladder, Level, Place, Rung, place_on
from models.lifecycle import STATES_OF, TRANSITIONS, State, Verb
from services.news import NEWS, begun_on, last_day_of
from services.work import Due, Work, morning_of, night_after


class Kind(StrEnum):
    """The kinds of deadlines: those of actions, and the last three, which belong to none."""

    COMPLETION = "completion"
    REVIEW_END = "review_end"
    RESERVATION = "reservation"
    FOLLOW_UP = "follow_up"
    MILESTONE = "milestone"
    PROGRESS = "progress"
    PROGRESS_REPORT = "progress_report"
    NEGLECT = "neglect"
    FINAL_REPORT = "final_report"
    CONVOCATION = "convocation"
    SEAT_END = "seat_end"
    CONVENTION_END = "convention_end"


class Nature(NamedTuple):
    """What a kind of deadline is.

    ``live_in``: it is settled as soon as its action leaves these states; none: it belongs to no action. ``falls``: what its stage does when it falls, by night or in the morning.
    ``chased``: whose ladder it is climbed on; ``before``, ``after``: what a rung notes up to its last day, and after it.
    """

    stage: Stage
    live_in: frozenset[State]
    falls: Verb | None = None
    by_night: bool = False
    chased: Chased | None = None
    before: Verb | None = None
    after: Verb | None = None


_IN_REVIEW = frozenset({State.TECHNICAL_REVIEW, State.STEERING_REVIEW})
_AT_WORK = frozenset({State.IN_PROGRESS})
_NO_ACTION: frozenset[State] = frozenset()
_RESERVABLE = frozenset(state for state in STATES_OF[Verb.NOTE_RESERVATION] if state is not None)
_P, _C, _I, _R = Stage

NATURE: dict[Kind, Nature] = {
    Kind.COMPLETION: Nature(
        _P, frozenset({State.RETURNED}), chased=Chased.COMPLETION, before=Verb.REMIND_OF_COMPLETION, after=Verb.NOTE_INCOMPLETE
    ),
    Kind.REVIEW_END: Nature(
        *(_C, _IN_REVIEW, Verb.CLOSE_REVIEW),
        by_night=True,
        chased=Chased.OPINION,
        before=Verb.REMIND_VOTERS,
    ),
    Kind.RESERVATION: Nature(_C, _RESERVABLE, chased=Chased.RESERVATION, before=Verb.REMIND_OF_RESERVATION, after=Verb.NOTE_RESERVATION),
    Kind.FOLLOW_UP: Nature(
        _I, frozenset({State.APPROVED}), chased=Chased.FOLLOW_UP, before=Verb.REMIND_TO_START, after=Verb.NOTE_NOT_STARTED
    ),
    Kind.MILESTONE: Nature(_I, _AT_WORK, chased=Chased.MILESTONE, before=Verb.REMIND_OF_MILESTONE, after=Verb.NOTE_MILESTONE),
    Kind.PROGRESS: Nature(_I, _AT_WORK, Verb.REQUEST_PROGRESS),
    Kind.PROGRESS_REPORT: Nature(_I, _AT_WORK, chased=Chased.PROGRESS, before=Verb.REMIND_OF_PROGRESS, after=Verb.NOTE_SILENCE),
    Kind.NEGLECT: Nature(_I, _AT_WORK, Verb.NOTE_NEGLECT),
    Kind.FINAL_REPORT: Nature(
        *(_R, frozenset({State.FINAL_REPORT_DUE})),
        chased=Chased.FINAL_REPORT,
        before=Verb.REMIND_OF_FINAL_REPORT,
        after=Verb.NOTE_DELAY,
    ),
    Kind.CONVOCATION: Nature(_C, _NO_ACTION, chased=Chased.CONVOCATION),
    Kind.SEAT_END: Nature(_C, _NO_ACTION, chased=Chased.SEAT_END),
    Kind.CONVENTION_END: Nature(_C, _NO_ACTION, chased=Chased.CONVENTION_END),
}
"""The whole table: nothing else decides what becomes of a deadline."""

LIVE_IN: dict[Kind, frozenset[State]] = {kind: nature.live_in for kind, nature in NATURE.items() if nature.live_in}
UNLESS = "no longer needed"
FORMER_REMINDER = "review_reminder"
"""The release before planned the reminder of a review as a deadline of its own."""


def topics_of(nature: Nature) -> frozenset[Topic]:
    """The events that rungs of such a deadline write."""
    return frozenset(move.topic for move in TRANSITIONS.values() if move.verb in (nature.before, nature.after))


def delay_of_review(kind: Kind, rules: ReviewRules) -> Delay | None:
    """How long a review, or a reservation raised in it, runs by the rules of its body; None where they give no delay."""
    if kind is Kind.REVIEW_END:
        return Delay(rules.opinion_delay, rules.delay_unit)
    return None if rules.reservation_days is None else Delay(rules.reservation_days, DelayUnit.CALENDAR_DAYS)


def delay_of_news(kind: Kind, cadence: Cadence, sheet: ActionSheet | None = None) -> Delay | None:
    """How long a kind of deadline for those who carry the action with this sheet out runs; None where the charter gives no delay."""
    if kind is Kind.PROGRESS:
        return Delay(cadence.months_between(sheet), DelayUnit.MONTHS)
    days = {
        Kind.COMPLETION: cadence.completion_days,
        Kind.FOLLOW_UP: cadence.start_days,
        Kind.PROGRESS_REPORT: cadence.progress_grace_days,
        Kind.NEGLECT: cadence.days_of_silence(sheet),
        Kind.FINAL_REPORT: cadence.final_report_days,
    }[kind]
    return None if days is None else Delay(days, DelayUnit.CALENDAR_DAYS)


def heard_late(work: Work, kind: Kind, asked_on: date, heard_on: date) -> date | None:
    """The last day of what was asked for on a day, for those who heard of it on a later one; None where the first one stays."""
    delay = delay_of_news(kind, work.charter.cadence) if heard_on > asked_on else None
    return None if delay is None else deadline(heard_on, delay, work.calendar)


def grace(cadence: Cadence) -> Delay:
    """How long nobody is asked for news of a new action, nor said to give none."""
    return Delay(cadence.new_action_grace_days, DelayUnit.CALENDAR_DAYS)


def ladder_of(kind: Kind, charter: Charter, rules: ReviewRules | None = None) -> Ladder:
    """The rungs on which a kind of deadline is chased. ``rules``: those of the review, which may say when it reminds.

    A charter's ladder for opinions holds for every body whose rules do not say.
    """
    chased = NATURE[kind].chased
    if chased is None:
        return ()
    if chased is Chased.OPINION and rules is not None and rules.reminder_days_before is not None:
        return (Rung(-rules.reminder_days_before, (Level.OWNER,)),)
    return charter.chasing.of(chased)


def next_moment(work: Work, kind: Kind, due_on: date, place: Place) -> datetime | None:
    """When something is next to be done about a deadline that stands there on its ladder; None: never."""
    nature = NATURE[kind]
    if place.next_on is not None:
        return morning_of(place.next_on, work.timezone)
    if nature.falls is None:
        return None
    return night_after(due_on, work.timezone) if nature.by_night else morning_of(due_on, work.timezone)


class _About(NamedTuple):
    """What a deadline is about: which one of its kind, whose, and the event that asks for it."""

    subject: int | None = None
    body: str | None = None
    asked_by: UUID | None = None


def _due(work: Work, kind: Kind, due_on: date, about: _About = _About(), rules: ReviewRules | None = None) -> Due:  # noqa: B008  # a constant
    place = place_on(ladder_of(kind, work.charter, rules), due_on, work.today, work.calendar)
    falls = next_moment(work, kind, due_on, place)
    return Due(kind, NATURE[kind].stage, due_on, falls, place.rung, **about._asdict())


def review_end(work: Work, opened_on: date, rules: ReviewRules) -> date:
    """The last day to answer in a review opened on this day."""
    return deadline(opened_on, Delay(rules.opinion_delay, rules.delay_unit), work.calendar)


def last_extension(work: Work, opened_on: date, rules: ReviewRules) -> date | None:
    """The last day that a review opened on this day may be extended to; None where its rules allow no extension."""
    if rules.longest_extension is None:
        return None
    return deadline(review_end(work, opened_on, rules), Delay(rules.longest_extension, rules.delay_unit), work.calendar)


def review_due(work: Work, body: str, due_on: date, rules: ReviewRules) -> Due:
    """The end of a review, and the reminders before it that are still to come."""
    return _due(work, Kind.REVIEW_END, due_on, _About(body=body), rules)


def news_dues(
    work: Work, action_id: int, sheet: ActionSheet | None, since: date, kinds: Iterable[Kind] = (Kind.PROGRESS, Kind.NEGLECT)
) -> Iterable[Due]:
    """The next request for progress, and the day after which silence is neglect, counted from this day, in the rhythm of the action."""
    for kind in kinds:
        delay = delay_of_news(kind, work.charter.cadence, sheet)
        if delay is not None:
            yield _due(work, kind, _after_grace(work, action_id, since, deadline(since, delay, work.calendar)))


def _after_grace(work: Work, action_id: int, since: date, due_on: date) -> date:
    """The same day, or the first on which a new action is not left alone any more. One that begins in this very transaction does so on ``since``."""
    left_alone = grace(work.charter.cadence)
    if due_on >= deadline(since, left_alone, work.calendar):  # it cannot have begun later than there was news of it
        return due_on
    return max(due_on, deadline(begun_on(work.connection, action_id, work.timezone) or since, left_alone, work.calendar))


def dues_from_news(work: Work, action_id: int, sheet: ActionSheet | None, heard_on: date | None = None) -> Iterable[Due]:
    """The same, each counted from the newest day of news and of its own requests or reminders. ``heard_on``: the day of the news that is being recorded, which may be older."""
    for kind, topics in RUNS_FROM.items():
        yield from news_dues(work, action_id, sheet, _newest(work, action_id, topics, heard_on), [Kind(kind)])


def _newest(work: Work, action_id: int, topics: tuple[Topic, ...], heard_on: date | None) -> date:
    if heard_on == work.today:  # the log tells of no later day
        return heard_on
    known = last_day_of(work.connection, action_id, topics, work.timezone)
    return max((day for day in (heard_on, known) if day is not None), default=work.today)


RUNS_FROM: Mapping[str, tuple[Topic, ...]] = {
    Kind.PROGRESS: (*NEWS, Topic.PROGRESS_REQUESTED),
    Kind.NEGLECT: (*NEWS, Topic.ACTION_NEGLECTED),
}
"""The events of an action from the newest day of which each of these delays runs."""


ASKED_FOR = frozenset({Kind.COMPLETION, Kind.FOLLOW_UP, Kind.PROGRESS_REPORT, Kind.FINAL_REPORT})
"""Kinds of what an event asks for: they run from the day of its recording, or from that on which who is asked heard of it."""


def asked_due(work: Work, kind: Kind, since: date, asked_by: UUID | None = None) -> Due | None:
    """What is asked for on this day of those who propose an action or carry it out, with its last day; None where the charter gives none."""
    delay = delay_of_news(kind, work.charter.cadence)
    return None if delay is None else _due(work, kind, deadline(since, delay, work.calendar), _About(asked_by=asked_by))


def milestone_due(work: Work, position: int, due_on: date) -> Due:
    """The day of a milestone."""
    return _due(work, Kind.MILESTONE, due_on, _About(subject=position))


def reservation_end(work: Work, since: date, rules: ReviewRules) -> date | None:
    """The last day to lift a reservation that was raised on this day; None where its rules give none."""
    delay = delay_of_review(Kind.RESERVATION, rules)
    return None if delay is None else deadline(since, delay, work.calendar)


def reservation_due(work: Work, number: int, body: str, due_on: date) -> Due:
    """The last day to lift a reservation."""
    return _due(work, Kind.RESERVATION, due_on, _About(subject=number, body=body))


def group_of(charter: Charter, body: str | None, sheet: Any) -> str:
    """The body whose secretary and chair stand above the owner: the one concerned, that which leads the action, or the technical committee."""
    known = {each.code for each in charter.bodies}
    return next((code for code in (body, (sheet or {}).get("lead_body")) if code in known), charter.body_of_kind(BodyKind.TECHNICAL).code)
