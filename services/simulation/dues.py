"""What persons were to do by a day, and when they did it, read from the log: opinions, news of progress, milestones, final reports."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import sqlalchemy as sa

from models.charter import Charter
from models.events import Topic
from models.tables import Action, Milestone, Opinion, Person, Review, Seat, table
from services.simulation.figures import Silence

_ACTION, _MILESTONE, _OPINION = table(Action), table(Milestone), table(Opinion)
_PERSON, _REVIEW, _SEAT = table(Person), table(Review), table(Seat)
OPINION, PROGRESS, MILESTONE, FINAL_REPORT = "opinion", "progress", "milestone", "final_report"
KINDS = (OPINION, PROGRESS, MILESTONE, FINAL_REPORT)


@dataclass(frozen=True, slots=True)
class Thing:
    """Something that a person was to do. ``done_on`` None: not done."""

    kind: str
    person: str
    number: str
    due_on: date
    done_on: date | None

    @property
    def fate(self) -> str:
        """Whether it was done in time, late, or never."""
        if self.done_on is None:
            return "never"
        return "in_time" if self.done_on <= self.due_on else "late"


def things_due(connection: sa.Connection, charter: Charter, events: Sequence[Any]) -> Iterator[Thing]:
    """Everything that fell due or will. What nobody has to do any longer, as the action ended, is left out."""
    yield from _opinions(connection)
    leads = {row.number: row.lead or "" for row in connection.execute(sa.select(_ACTION.c.number, _LEAD))}
    yield from _milestones(connection, leads)
    by_action: dict[str, list[Any]] = defaultdict(list)
    for event in events:
        by_action[event.number].append(event)
    grace, report = timedelta(days=charter.cadence.progress_grace_days), timedelta(days=charter.cadence.final_report_days)
    for number, told in by_action.items():
        yield from _answered(
            told, Topic.PROGRESS_REQUESTED, Topic.PROGRESS_REPORTED, Thing(PROGRESS, leads[number], number, date.min, None), grace
        )
        yield from _answered(
            told, Topic.FINAL_REPORT_REQUESTED, Topic.FINAL_REPORT_FILED, Thing(FINAL_REPORT, leads[number], number, date.min, None), report
        )


def bodies_silent(connection: sa.Connection, charter: Charter) -> Iterator[Silence]:
    """By body, how many opinions were asked for in reviews that are closed, and how many never came."""
    given = (
        sa.select(_OPINION.c.review_id, sa.func.count(sa.distinct(_OPINION.c.seat)).label("given"))
        .group_by(_OPINION.c.review_id)
        .subquery()
    )
    query = sa.select(_REVIEW.c.body, _REVIEW.c.electorate, given.c.given).outerjoin(given, given.c.review_id == _REVIEW.c.id)
    asked: dict[str, int] = defaultdict(int)
    answered: dict[str, int] = defaultdict(int)
    for row in connection.execute(query.where(_REVIEW.c.closed_on.is_not(None))):
        asked[row.body] += len(row.electorate)
        answered[row.body] += row.given or 0
    for body in charter.bodies:
        if body.code in asked:
            name = body.name.of(charter.convention.languages[0])
            yield Silence(body=body.code, name=name, asked=asked[body.code], missing=asked[body.code] - answered[body.code])


_LEAD = _ACTION.c.sheet["lead_person"].as_string().label("lead")


def _opinions(connection: sa.Connection) -> Iterator[Thing]:
    """Every seat that was asked, whoever answered for it."""
    first = (
        sa.select(_OPINION.c.review_id, _OPINION.c.seat, sa.func.min(_OPINION.c.given_on).label("given_on"))
        .group_by(_OPINION.c.review_id, _OPINION.c.seat)
        .subquery()
    )
    given = {(row.review_id, row.seat): row.given_on for row in connection.execute(sa.select(first))}
    holders = dict(
        connection.execute(sa.select(_SEAT.c.code, _PERSON.c.code).join(_PERSON, _PERSON.c.id == _SEAT.c.person_id)).tuples().all()
    )
    query = sa.select(_REVIEW.c.id, _REVIEW.c.electorate, _REVIEW.c.due_on, _ACTION.c.number).join(
        _ACTION, _ACTION.c.id == _REVIEW.c.action_id
    )
    for row in connection.execute(query.order_by(_REVIEW.c.id)):
        for seat in row.electorate:
            yield Thing(OPINION, holders[seat], row.number, row.due_on, given.get((row.id, seat)))


def _milestones(connection: sa.Connection, leads: dict[str, str]) -> Iterator[Thing]:
    """The milestones of actions that were carried out to the end, or are under way."""
    query = sa.select(_ACTION.c.number, _MILESTONE.c.due_on, _MILESTONE.c.reached_on).join(_ACTION, _ACTION.c.id == _MILESTONE.c.action_id)
    alive = _ACTION.c.state.in_(("in_progress", "suspended", "completed", "final_report_due", "closed"))
    for row in connection.execute(query.where(alive).order_by(_ACTION.c.number, _MILESTONE.c.position)):
        yield Thing(MILESTONE, leads[row.number], row.number, row.due_on, row.reached_on)


def _answered(events: Sequence[Any], asks: Topic, answers: Topic, thing: Thing, within: timedelta) -> Iterator[Thing]:
    """Each request, answered by what comes before the next one."""
    asked: date | None = None
    for event in events:
        if event.topic == asks:
            if asked is not None:
                yield Thing(thing.kind, thing.person, thing.number, asked + within, None)
            asked = event.occurred_on
        elif event.topic == answers and asked is not None:
            yield Thing(thing.kind, thing.person, thing.number, asked + within, event.occurred_on)
            asked = None
    if asked is not None and not _ended(events):
        yield Thing(thing.kind, thing.person, thing.number, asked + within, None)


def _ended(events: Sequence[Any]) -> bool:
    return (
        events[-1].after in ("abandoned", "completed", "closed", "withdrawn", "final_report_due")
        and events[-1].topic != Topic.FINAL_REPORT_REQUESTED
    )
