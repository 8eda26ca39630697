"""Who has not answered: the open reviews of each body against its seats, when and by whom each was last asked, and why some cannot be chased today.

A fixed number of questions.
"""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import cached_property, lru_cache
from typing import Any, NamedTuple

import sqlalchemy as sa

from models.chasing import Bar
from models.columns import UtcMinute
from models.events import Topic
from models.meetings.rules import away
from models.prepared import Prepared, among
from models.tables import ASKED_AND_SENT, Action, Delivery, Event, Person, Review, Seat, table
from services.bootstrap import App
from services.clock import local_day
from services.lookups import ANSWERED, VOTING_ROLES, most_urgent, named_bodies
from services.reach import reaches
from services.recusals import RECUSAL_COLUMNS, recused_in
from services.wakes import UNSENT, WAITING
from services.wanted import ASKING
from services.work import Work, open_work

_ACTION, _DELIVERY, _EVENT = table(Action), table(Delivery), table(Event)
_PERSON, _REVIEW, _SEAT = table(Person), table(Review), table(Seat)
AT_MOST = 100
"""Reviews of one body that are looked through unless somebody asks for more, the most urgent first; ``Matrix.total`` says how many there are."""
MANY = 1_000
"""Above this nobody counts on: it is said that there are more."""

_WHO_WHEN = sa.type_coerce(_DELIVERY.c.person_id, sa.String) + sa.literal_column("'='") + UtcMinute(_DELIVERY.c.settled_at)
_TOLD = (
    sa.select(sa.func.aggregate_strings(_WHO_WHEN, ","))
    .where(_DELIVERY.c.event_id == _EVENT.c.id, ASKED_AND_SENT)
    .scalar_subquery()
    .label("told")
)
_CHASED = _EVENT.c.topic == sa.literal_column(f"'{Topic.REVIEW_CHASED}'")
_WAITS = (
    sa.select(sa.func.aggregate_strings(sa.cast(_DELIVERY.c.person_id, sa.String), ","))
    .where(_DELIVERY.c.event_id == _EVENT.c.id, among(_DELIVERY.c.state, (*UNSENT, *WAITING)))
    .scalar_subquery()
)
_ASKING = (_EVENT.c.action_id == _REVIEW.c.action_id) & (_EVENT.c.body == _REVIEW.c.body) & (_EVENT.c.occurred_on >= _REVIEW.c.opened_on)


@lru_cache
def _totals(bodies: int) -> Prepared:
    """How many open reviews each of so many bodies has: counted up to ``MANY`` and one."""
    return Prepared(sa.union_all(*(_total(n) for n in range(bodies))))


def _total(n: int) -> sa.Select[tuple[str, int]]:
    body: sa.BindParameter[str] = sa.bindparam(f"body_{n}_", type_=_REVIEW.c.body.type)
    here = (_REVIEW.c.convention == sa.bindparam("convention_")) & (_REVIEW.c.body == body) & _REVIEW.c.closed_on.is_(None)
    most: sa.ColumnElement[int] = sa.literal_column(str(MANY + 1))
    opened = sa.select(_REVIEW.c.body).where(here).limit(most).subquery()
    return sa.select(opened.c.body, sa.func.count().label("total")).group_by(opened.c.body)


@lru_cache
def _asking(bodies: int, at_most: int) -> tuple[Prepared, Prepared]:
    """The most urgent open reviews of so many bodies, and the events by which somebody was asked in them: only these reviews are read, however many there are."""
    shown = most_urgent(bodies, at_most)
    found = (
        sa.select(
            _ACTION.c.number,
            _ACTION.c.sheet["title"].as_string().label("title"),
            *RECUSAL_COLUMNS,
            *(_REVIEW.c[name] for name in ("round", "due_on")),
            ANSWERED.label("given"),
        )
        .join(_ACTION, _ACTION.c.id == _REVIEW.c.action_id)
        .where(shown)
        .order_by(_REVIEW.c.due_on, _REVIEW.c.id)
    )
    sent = (
        sa.select(
            _REVIEW.c.id,
            _TOLD,
            *(_EVENT.c[name] for name in ("topic", "actor", "occurred_on")),
            sa.case((_CHASED, _EVENT.c.payload)).label("chase"),
            sa.case((_CHASED, _WAITS)).label("waits"),
        )
        .outerjoin(_EVENT, _ASKING & among(_EVENT.c.topic, sorted(ASKING)))
        .where(shown)
        .order_by(_EVENT.c.position)
    )
    # An outer join, so that SQLite begins with the few open reviews, however long the log.
    return Prepared(found), Prepared(sent)


_HELD = Prepared(
    sa.select(_SEAT.c.code, _SEAT.c.body, _SEAT.c.person_id, _PERSON.c.name)
    .join(_PERSON, _PERSON.c.id == _SEAT.c.person_id)
    .where(_SEAT.c.convention == sa.bindparam("convention_"), among(_SEAT.c.role, sorted(VOTING_ROLES)))
)


class Ask(NamedTuple):
    """How a seat was last asked: by which event, on which day, by whom (``system`` or the seat of a secretary). ``waits``: whether the message is still to leave."""

    topic: str
    day: date
    by: str
    waits: bool = False


@dataclass(frozen=True)
class Line:
    """One open review of ``total`` of its body: who takes part and attends, who of them has not answered, and in which minute (UTC) they were last asked.

    ``asks``: how each of them was; ``bars``: who of them cannot be chased today, and why.
    """

    number: str
    title: str
    body: str
    round: int
    due_on: date
    asked: tuple[str, ...]
    awaited: tuple[str, ...]
    last: Mapping[str, str]
    total: int
    asks: Mapping[str, Ask]
    bars: Mapping[str, Bar]

    @cached_property
    def reachable(self) -> tuple[str, ...]:
        """The seats that may be chased today."""
        return tuple(seat for seat in self.awaited if seat not in self.bars)


@dataclass(frozen=True, slots=True)
class Member:
    """A seat that has not answered somewhere: in how many reviews, the first day they end, and when it was last asked.

    ``last``: how; ``to_chase``: in how many of these reviews it may be chased today; ``bar``: why it may not, where that is none.
    """

    seat: str
    holder: str
    awaited: int
    first_due: date
    last_asked: date | None
    last: Ask | None = None
    to_chase: int = 0
    bar: Bar | None = None


@dataclass(frozen=True)
class Matrix:
    """The open reviews of one body, the most urgent first. ``names``: who holds each seat."""

    body: str
    lines: tuple[Line, ...]
    names: Mapping[str, str]
    timezone: str

    def asked_on(self, line: Line, seat: str) -> date | None:
        """The day on which a seat was last asked; None if no message has left."""
        return _day(line.last.get(seat), self.timezone)

    @property
    def total(self) -> int:
        """How many open reviews the body has, shown here or not: ``MANY`` and one where nobody counted on."""
        return self.lines[0].total

    @cached_property
    def seats(self) -> tuple[str, ...]:
        """Every seat that is asked somewhere."""
        return tuple(sorted({seat for line in self.lines for seat in line.asked}))

    @cached_property
    def members(self) -> tuple[Member, ...]:
        """Who has not answered, those with the most urgent reviews first."""
        count, may = Counter[str](), Counter[str]()
        first: dict[str, date] = {}
        last: dict[str, str] = {}
        asks: dict[str, Ask] = {}
        bars: dict[str, Bar] = {}
        for line in reversed(self.lines):
            count.update(line.awaited)
            may.update(line.reachable)
            first |= dict.fromkeys(line.awaited, line.due_on)
            last |= {seat: minute for seat, minute in line.last.items() if minute > last.get(seat, "")}
            asks |= {seat: ask for seat, ask in line.asks.items() if seat not in asks or ask.day > asks[seat].day}
            bars |= line.bars
        found = (
            Member(
                *(seat, self.names.get(seat, ""), count[seat], day, _day(last.get(seat), self.timezone)),
                *(asks.get(seat), may[seat], None if may[seat] else bars.get(seat)),
            )
            for seat, day in first.items()
        )
        return tuple(sorted(found, key=lambda member: (member.first_due, member.seat)))

    @cached_property
    def to_chase(self) -> int:
        """How many answers may be chased today."""
        return sum(len(line.reachable) for line in self.lines)


def matrices(app: App, convention: str, bodies: Collection[str], *, at_most: int = AT_MOST) -> list[Matrix]:
    """The matrix of each of these bodies that has an open review, in their order; of each the ``at_most`` most urgent reviews."""
    with app.db.read() as connection:
        work = open_work(app, connection, convention)
        held = _HELD.all(connection, convention_=convention)
        lines = [*_lines(work, {row.code: str(row.person_id) for row in held}, bodies, at_most)] if bodies else []
    names = {row.code: row.name for row in held}
    by_body = {body: tuple(line for line in lines if line.body == body) for body in bodies}
    return [Matrix(body, mine, names, work.timezone) for body, mine in by_body.items() if mine]


def _lines(work: Work, people: Mapping[str, str], bodies: Collection[str], at_most: int) -> Iterator[Line]:
    """The open reviews; ``people``: who holds each seat, as messages name them."""
    sent: dict[int, _Told] = {}
    named = named_bodies(bodies)
    found, asking = _asking(len(named), at_most)
    for n, row in enumerate(asking.all(work.connection, convention_=work.convention, **named)):
        if row.topic is not None:
            sent.setdefault(row.id, _Told()).add(n, row, work.timezone)
    rows = found.all(work.connection, convention_=work.convention, **named)
    totals = {row.body: row.total for row in _totals(len(named)).all(work.connection, convention_=work.convention, **named)}
    out, reach = recused_in(work, rows), reaches(work, rows)
    for row in rows:
        given = frozenset((row.given or "").split(","))
        gone = {*out[row.id], *away(row.attendance)} if row.attendance else out[row.id]
        asked = tuple(seat for seat in row.electorate if seat not in gone)
        awaited = tuple(seat for seat in asked if seat not in given)
        told = sent.get(row.id, _NOBODY)
        last = {seat: told.minutes[people[seat]] for seat in awaited if people.get(seat) in told.minutes}
        asks = {seat: ask for seat in awaited if (ask := told.ask(seat, people.get(seat, ""))) is not None}
        bars = reach[row.id].bars(awaited)
        yield Line(row.number, row.title, row.body, row.round, row.due_on, asked, awaited, last, totals[row.body], asks, bars)


class _Told:
    """By whom and when the seats of a review were asked, gathered event by event, in their order."""

    def __init__(self) -> None:
        self.minutes: dict[str, str] = {}
        self._asks: dict[str, tuple[int, Ask]] = {}
        self._chases: dict[str, tuple[int, Ask]] = {}
        self._waits: set[tuple[int, str]] = set()

    def add(self, n: int, row: Any, timezone: str) -> None:
        """Take the next event: who was told of it in which minute, and whom it names if it is a chase."""
        each = iter(row.told.replace("=", ",").split(",") if row.told else ())
        told = dict(zip(each, each, strict=True))
        self.minutes |= told
        if row.chase is not None:
            self._chases |= dict.fromkeys(row.chase["seats"], (n, Ask(row.topic, row.occurred_on, row.actor)))
            self._waits |= {(n, person) for person in (row.waits or "").split(",")}
            return
        days = {minute: (n, Ask(row.topic, _day(minute, timezone) or row.occurred_on, row.actor)) for minute in {*told.values()}}
        self._asks |= {person: days[minute] for person, minute in told.items()}

    def ask(self, seat: str, person: str) -> Ask | None:
        """The last time that a seat was asked: chased by somebody, or told by a message that left."""
        told, chased = self._asks.get(person), self._chases.get(seat)
        if chased is None or (told is not None and told[0] > chased[0]):
            return told[1] if told else None
        return chased[1]._replace(waits=(chased[0], person) in self._waits)


_NOBODY = _Told()


def _day(minute: str | None, timezone: str) -> date | None:
    """The day of a minute where the convention is."""
    return local_day(datetime.fromisoformat(minute).replace(tzinfo=UTC), timezone) if minute else None
