"""Who has not answered: the open reviews of each body against its seats, with the day on which each was last asked. A fixed number of questions."""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import cached_property

import sqlalchemy as sa

from models.columns import UtcMinute
from models.meetings.rules import away
from models.prepared import Prepared, among
from models.tables import ASKED_AND_SENT, Action, Delivery, Event, Person, Review, Seat, table
from services.bootstrap import App
from services.clock import local_day
from services.lookups import ANSWERED
from services.recusals import RECUSAL_COLUMNS, recused_in
from services.wanted import ASKING
from services.work import Work, open_work

_ACTION, _DELIVERY, _EVENT = table(Action), table(Delivery), table(Event)
_PERSON, _REVIEW, _SEAT = table(Person), table(Review), table(Seat)
AT_MOST = 200
"""Reviews of one body that are shown, the most urgent first; ``Matrix.total`` says how many there are."""

_RANK = sa.func.row_number().over(partition_by=_REVIEW.c.body, order_by=(_REVIEW.c.due_on, _REVIEW.c.id))
_RANKED = (
    sa.select(_REVIEW.c.id, _RANK.label("rank"), sa.func.count().over(partition_by=_REVIEW.c.body).label("total"))
    .where(_REVIEW.c.convention == sa.bindparam("convention_"), _REVIEW.c.closed_on.is_(None))
    .subquery()
)
_SHOWN = _RANKED.c.rank <= sa.literal_column(str(AT_MOST))
_OPEN = Prepared(
    sa.select(
        _ACTION.c.number,
        _ACTION.c.sheet["title"].as_string().label("title"),
        *RECUSAL_COLUMNS,
        *(_REVIEW.c[name] for name in ("round", "due_on")),
        _RANKED.c.total,
        ANSWERED.label("given"),
    )
    .join(_RANKED, _RANKED.c.id == _REVIEW.c.id)
    .join(_ACTION, _ACTION.c.id == _REVIEW.c.action_id)
    .where(_SHOWN)
    .order_by(_RANKED.c.rank)
)
_WHO_WHEN = sa.type_coerce(_DELIVERY.c.person_id, sa.String) + sa.literal_column("'='") + UtcMinute(_DELIVERY.c.settled_at)
_TOLD = (
    sa.select(sa.func.aggregate_strings(_WHO_WHEN, ","))
    .where(_DELIVERY.c.event_id == _EVENT.c.id, ASKED_AND_SENT)
    .scalar_subquery()
    .label("told")
)
_ASKING = (_EVENT.c.action_id == _REVIEW.c.action_id) & (_EVENT.c.body == _REVIEW.c.body) & (_EVENT.c.occurred_on >= _REVIEW.c.opened_on)
_SENT = Prepared(
    sa.select(_REVIEW.c.id, _TOLD)
    .join(_RANKED, _RANKED.c.id == _REVIEW.c.id)
    .outerjoin(_EVENT, _ASKING & among(_EVENT.c.topic, sorted(ASKING)))
    .where(_SHOWN)
    .order_by(_EVENT.c.position)
)
"""An outer join, so that SQLite begins with the few open reviews, however long the log."""
_HELD = Prepared(
    sa.select(_SEAT.c.code, _SEAT.c.body, _SEAT.c.person_id, _PERSON.c.name)
    .join(_PERSON, _PERSON.c.id == _SEAT.c.person_id)
    .where(_SEAT.c.convention == sa.bindparam("convention_"))
)


@dataclass(frozen=True, slots=True)
class Line:
    """One open review of ``total`` of its body: who takes part and attends, who of them has not answered, and in which minute (UTC) they were last asked."""

    number: str
    title: str
    body: str
    round: int
    due_on: date
    asked: tuple[str, ...]
    awaited: tuple[str, ...]
    last: Mapping[str, str]
    total: int


@dataclass(frozen=True, slots=True)
class Member:
    """A seat that has not answered somewhere: in how many reviews, the first day they end, and when it was last asked."""

    seat: str
    holder: str
    awaited: int
    first_due: date
    last_asked: date | None


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
        """How many open reviews the body has, shown here or not."""
        return self.lines[0].total

    @cached_property
    def seats(self) -> tuple[str, ...]:
        """Every seat that is asked somewhere."""
        return tuple(sorted({seat for line in self.lines for seat in line.asked}))

    @cached_property
    def members(self) -> tuple[Member, ...]:
        """Who has not answered, those with the most urgent reviews first."""
        count = Counter[str]()
        first: dict[str, date] = {}
        last: dict[str, str] = {}
        for line in reversed(self.lines):
            count.update(line.awaited)
            first |= dict.fromkeys(line.awaited, line.due_on)
            last |= {seat: minute for seat, minute in line.last.items() if minute > last.get(seat, "")}
        found = (
            Member(seat, self.names.get(seat, ""), count[seat], day, _day(last.get(seat), self.timezone)) for seat, day in first.items()
        )
        return tuple(sorted(found, key=lambda member: (member.first_due, member.seat)))


def matrices(app: App, convention: str, bodies: Collection[str]) -> list[Matrix]:
    """The matrix of each of these bodies that has an open review, in their order."""
    with app.db.read() as connection:
        work = open_work(app, connection, convention)
        held = _HELD.all(connection, convention_=convention)
        lines = [*_lines(work, {row.code: str(row.person_id) for row in held})]
    names = {row.code: row.name for row in held}
    by_body = {body: tuple(line for line in lines if line.body == body) for body in bodies}
    return [Matrix(body, mine, names, work.timezone) for body, mine in by_body.items() if mine]


def _lines(work: Work, people: Mapping[str, str]) -> Iterator[Line]:
    """The open reviews; ``people``: who holds each seat, as messages name them."""
    sent: dict[int, dict[str, str]] = {}
    for review, told in _SENT.all(work.connection, convention_=work.convention):
        cells = iter(told.replace("=", ",").split(",") if told else ())
        sent.setdefault(review, {}).update(zip(cells, cells, strict=True))
    rows = _OPEN.all(work.connection, convention_=work.convention)
    out = recused_in(work, rows)
    for row in rows:
        given = frozenset((row.given or "").split(","))
        gone = {*out[row.id], *away(row.attendance)} if row.attendance else out[row.id]
        asked = tuple(seat for seat in row.electorate if seat not in gone)
        awaited = tuple(seat for seat in asked if seat not in given)
        told = sent.get(row.id, {})
        last = {seat: told[people[seat]] for seat in awaited if people.get(seat) in told}
        yield Line(row.number, row.title, row.body, row.round, row.due_on, asked, awaited, last, row.total)


def _day(minute: str | None, timezone: str) -> date | None:
    """The day of a minute where the convention is."""
    return local_day(datetime.fromisoformat(minute).replace(tzinfo=UTC), timezone) if minute else None
