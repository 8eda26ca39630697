"""What is overdue in a convention, and what falls due soon: how much there is, the first of it, and all of it a page at a time."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import NamedTuple

import sqlalchemy as sa

from models.prepared import Prepared, among
from models.tables import Deadline, table
from services.bootstrap import App
from services.clock import local_day
from services.deadline_kinds import Kind
from services.finding import PAGE
from services.own_deadlines import Asked, open_deadlines
from services.reach import OWED_KINDS
from services.work import Work, open_work

_DEADLINE = table(Deadline)
SOON_DAYS = 14
MANY = 1_000
"""Above this nobody counts on: it is said that there are more."""
_KINDS = (Kind.REVIEW_END, *OWED_KINDS)
_OPEN = (
    (_DEADLINE.c.convention == sa.bindparam("convention_"))
    & _DEADLINE.c.settled_at.is_(None)
    & _DEADLINE.c.action_id.is_not(None)
    & among(_DEADLINE.c.kind, _KINDS)
    & (_DEADLINE.c.due_on >= sa.bindparam("first_", type_=_DEADLINE.c.due_on.type))
    & (_DEADLINE.c.due_on <= sa.bindparam("last_", type_=_DEADLINE.c.due_on.type))
)
_COUNTED = sa.select(_DEADLINE.c.id).where(_OPEN).limit(sa.literal_column(str(MANY + 1))).subquery()
_COUNT = Prepared(sa.select(sa.func.count()).select_from(_COUNTED))
_SHOWN = Prepared(
    sa.select(_DEADLINE.c.id)
    .where(_OPEN)
    .order_by(_DEADLINE.c.due_on, _DEADLINE.c.id)
    .limit(sa.bindparam("limit_", type_=sa.Integer))
    .offset(sa.bindparam("offset_", type_=sa.Integer))
)


class When(StrEnum):
    """Which deadlines: those whose last day is past, or that fall in the next two weeks."""

    LATE = "late"
    SOON = "soon"


class Dues(NamedTuple):
    """The first of some deadlines, those that end first on top, and how many there are: ``MANY`` and one where nobody counted on."""

    rows: Sequence[Asked]
    total: int


@dataclass(frozen=True, slots=True)
class DuePage:
    """One page of deadlines, and how many there are."""

    rows: Sequence[Asked]
    total: int
    page: int
    timezone: str

    @property
    def pages(self) -> int:
        """How many pages there are, at least one."""
        return max(-(-self.total // PAGE), 1)

    def next_on(self, one: Asked) -> object:
        """The day on which something is next done about a deadline; None where nothing more is planned."""
        falls = one.due["due_at"]
        return local_day(falls, self.timezone) if falls is not None and one.due["kind"] != Kind.REVIEW_END else None


def dues(work: Work, when: When, *, at_most: int, skip: int = 0) -> Dues:
    """So many of these deadlines: three questions, however many there are."""
    first, last = work.today, work.today + timedelta(days=SOON_DAYS)
    if when is When.LATE:
        first, last = work.today.min, work.today - timedelta(days=1)
    span = {"convention_": work.convention, "first_": first, "last_": last}
    total = int(_COUNT.scalar(work.connection, **span))
    ids = [row.id for row in _SHOWN.all(work.connection, **span, limit_=at_most, offset_=skip)] if total else []
    found = {one.due["id"]: one for one in open_deadlines(work, _DEADLINE.c.id.in_(ids))} if ids else {}
    return Dues([found[each] for each in ids if each in found], total)


def due_page(app: App, convention: str, when: When, page: int) -> DuePage:
    """A page of these deadlines; the last one for a number beyond it."""
    with app.db.read() as connection:
        work = open_work(app, connection, convention)
        total = dues(work, when, at_most=0).total
        shown = min(max(page, 1), max(-(-total // PAGE), 1))
        found = dues(work, when, at_most=PAGE, skip=(shown - 1) * PAGE)
        return DuePage(found.rows, found.total, shown, work.timezone)
