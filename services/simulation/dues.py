"""What persons were to do by a day, and when they did it, read from the rows of a home: opinions, news of progress, milestones, final reports."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date

import sqlalchemy as sa

from models.charter import Charter
from models.tables import Action, Deadline, Event, Milestone, Opinion, Person, Review, Seat, table
from services.deadline_kinds import Kind
from services.simulation.figures import Silence

_ACTION, _DEADLINE, _EVENT = table(Action), table(Deadline), table(Event)
_MILESTONE, _OPINION = table(Milestone), table(Opinion)
_PERSON, _REVIEW, _SEAT = table(Person), table(Review), table(Seat)
OPINION, PROGRESS, MILESTONE, FINAL_REPORT = "opinion", "progress", "milestone", "final_report"
KINDS = (OPINION, PROGRESS, MILESTONE, FINAL_REPORT)
_REPORTS: Mapping[str, str] = {Kind.PROGRESS_REPORT: PROGRESS, Kind.FINAL_REPORT: FINAL_REPORT}
_GIVEN = ("reported", "filed")
"""Outcomes of deadlines that were answered; others were called off."""


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


def things_due(connection: sa.Connection) -> Iterator[Thing]:
    """Everything that fell due or will. What nobody has to do any longer, as the action ended or sleeps, is left out."""
    yield from _opinions(connection)
    leads = {row.number: row.lead or "" for row in connection.execute(sa.select(_ACTION.c.number, _LEAD))}
    yield from _milestones(connection, leads)
    yield from _reports(connection, leads)


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


def _reports(connection: sa.Connection, leads: dict[str, str]) -> Iterator[Thing]:
    """News and final reports by the last days that were told: they count as given on the day from which nobody waited for them any more."""
    query = (
        sa.select(_ACTION.c.number, _DEADLINE.c.kind, _DEADLINE.c.due_on, _EVENT.c.occurred_on)
        .join(_ACTION, _ACTION.c.id == _DEADLINE.c.action_id)
        .outerjoin(_EVENT, _EVENT.c.id == _DEADLINE.c.settled_by)
    )
    awaited = _DEADLINE.c.settled_at.is_(None) | _DEADLINE.c.outcome.in_(_GIVEN)
    for row in connection.execute(query.where(_DEADLINE.c.kind.in_(_REPORTS), awaited).order_by(_ACTION.c.number, _DEADLINE.c.id)):
        yield Thing(_REPORTS[row.kind], leads[row.number], row.number, row.due_on, row.occurred_on)
