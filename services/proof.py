"""The proof that nobody was forgotten: what each event called for when it was reacted to, held against what was written and what became of it.

Every event of which people are told has its count (``Fanout``), written in the transaction of its reaction. A release that kept no count may have
reacted to earlier events, and during a change-over to some later ones: only what was recorded since then has to have one.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from typing import Any, NamedTuple
from uuid import UUID

import sqlalchemy as sa

from models.tables import Action, Delivery, Event, Fanout, Reaction, table
from notifications.catalogue import SILENT
from services.bootstrap import App
from services.charter_store import conventions
from services.meter import committed_at
from services.operators import tell_operators
from services.wakes import UNSENT, WAITING
from services.work import open_work

_ACTION, _DELIVERY, _EVENT = table(Action), table(Delivery), table(Event)
_FANOUT, _REACTION = table(Fanout), table(Reaction)
_CHANGE_OVER = timedelta(hours=1)
_TOO_LONG = timedelta(days=1)
_NAMED = 20


@dataclass(frozen=True, slots=True)
class Gap:
    """An event whose deliveries cannot be answered for. ``expected`` None: nobody counted them. ``written``: those that its reaction wrote."""

    event: UUID
    action: str
    seq: int
    topic: str
    expected: int | None
    written: int


@dataclass(frozen=True, slots=True)
class Proof:
    """What a look over all events found. ``events`` and ``deliveries``: counted ones.

    ``waiting``: events that their stage has owed something for more than a day. ``overdue``: deliveries that should have left a day ago.
    """

    events: int
    deliveries: int
    gaps: tuple[Gap, ...]
    waiting: tuple[str, ...]
    overdue: int

    @property
    def whole(self) -> bool:
        """Whether everybody was told, or is about to be."""
        return not (self.gaps or self.waiting or self.overdue)


def prove(app: App) -> Proof:
    """Hold every event's count against its deliveries, and look for what has waited too long."""
    wall = app.clock.wall()
    with app.db.read() as connection:
        totals = sa.select(sa.func.count(), sa.func.coalesce(sa.func.sum(_FANOUT.c.expected), 0)).select_from(_FANOUT)
        events, deliveries = connection.execute(totals).one()
        waiting = tuple(_waiting(connection, wall - _TOO_LONG))
        overdue = connection.execute(_overdue(wall - _TOO_LONG, app.clock.now() - _TOO_LONG)).scalar_one()
        return Proof(events, int(deliveries), tuple(gaps(connection, wall)), waiting, overdue)


def prove_daily(app: App) -> Proof | None:
    """Prove it, and tell the operators once a day what is missing, if anything is; None while no convention is loaded."""
    with app.db.read() as connection:
        known = conventions(connection)
    if not known:
        return None
    found = prove(app)
    if not found.whole:
        with app.db.write() as connection:
            work = open_work(app, connection, known[0])
            day = work.today.isoformat()
            counts = {"gaps": len(found.gaps), "waiting": len(found.waiting), "overdue": found.overdue}
            named = {"events": some(named_as(gap.action, gap.seq) for gap in found.gaps), "late": some(found.waiting)}
            tell_operators(work, "telling", key=day, details={"day": day, **counts, **named})
    return found


def gaps(connection: sa.Connection, wall: datetime, which: sa.ColumnElement[bool] | None = None) -> Iterable[Gap]:
    """The events (or ``which`` of them) that were reacted to without a count, or whose deliveries are not as many as were counted.

    What is still owed, or was set aside after it failed, is told elsewhere.
    """
    since = _since(connection)
    for row in connection.execute(_suspicious(since, which)).mappings():
        if row["expected"] is not None or (since is not None and since.moment <= committed_at(row) <= wall):
            yield Gap(row["id"], row["number"], row["seq"], row["topic"], row["expected"], row["written"])


class _Since(NamedTuple):
    """From which moment and after which position on events must have their count."""

    moment: datetime
    position: int


def _since(connection: sa.Connection) -> _Since | None:
    """An hour after the first count; None where there is none yet.

    What lies in the log before an event that was counted until then is older, whatever its date: the first release did not say by how much
    its clock was ahead.
    """
    first: datetime | None = connection.execute(sa.select(sa.func.min(_FANOUT.c.resolved_at))).scalar()
    if first is None:
        return None
    known = sa.select(sa.func.max(_EVENT.c.position)).join(_FANOUT, _FANOUT.c.event_id == _EVENT.c.id)
    last = connection.execute(known.where(_FANOUT.c.resolved_at < first + _CHANGE_OVER)).scalar_one()
    return _Since(first + _CHANGE_OVER, last)


def by_the_reaction() -> sa.ColumnElement[bool]:
    """Of deliveries about an event: those that its reaction wrote. Their keys begin with the event's id; what came later is called after something else."""
    named = sa.func.replace(sa.cast(_DELIVERY.c.event_id, sa.String), "-", "")
    return sa.func.substr(sa.func.replace(_DELIVERY.c.unique_key, "-", ""), 1, 33) == named + ":"


def named_as(action: str, seq: int) -> str:
    """An event by its action and its place there."""
    return f"{action} ({seq})"


def some(names: Iterable[str]) -> str:
    """The first of these names in one line; a dash for none."""
    listed = iter(names)
    shown = ", ".join(islice(listed, _NAMED))
    return f"{shown}, …" if next(listed, None) is not None else shown or "-"


def _suspicious(since: _Since | None, which: sa.ColumnElement[bool] | None) -> sa.Select[Any]:
    """The events that may be gaps. A rehearsal's clock is only ever ahead, so ``recorded_at`` leaves out none that was written since."""
    mine = _DELIVERY.c.event_id.is_not(None) if which is None else _DELIVERY.c.event_id.in_(sa.select(_EVENT.c.id).where(which))
    written = (
        sa.select(_DELIVERY.c.event_id, sa.func.count().label("number"))
        .where(mine, by_the_reaction())
        .group_by(_DELIVERY.c.event_id)
        .subquery()
    )
    number = sa.func.coalesce(written.c.number, 0)
    counted = sa.false() if since is None else (_EVENT.c.recorded_at >= since.moment) & (_EVENT.c.position > since.position)
    uncounted = _FANOUT.c.expected.is_(None) & counted
    return (
        sa.select(_EVENT.c.id, _EVENT.c.seq, _EVENT.c.topic, _EVENT.c.recorded_at, _EVENT.c.ahead, _ACTION.c.number)
        .add_columns(_FANOUT.c.expected, number.label("written"))
        .join(_ACTION, _ACTION.c.id == _EVENT.c.action_id)
        .outerjoin(_FANOUT, _FANOUT.c.event_id == _EVENT.c.id)
        .outerjoin(written, written.c.event_id == _EVENT.c.id)
        .outerjoin(_REACTION, _REACTION.c.position == _EVENT.c.position)
        .where(_EVENT.c.topic.not_in(SILENT), _EVENT.c.owed.is_(None), uncounted | (_FANOUT.c.expected != number))
        .where(_REACTION.c.state.is_(None) | (_REACTION.c.state == "done"), sa.true() if which is None else which)
        .order_by(_EVENT.c.position)
    )


def _waiting(connection: sa.Connection, before: datetime) -> Iterable[str]:
    query = (
        sa.select(_EVENT.c.recorded_at, _EVENT.c.ahead, _EVENT.c.seq, _ACTION.c.number)
        .join(_ACTION, _ACTION.c.id == _EVENT.c.action_id)
        .where(_EVENT.c.owed.is_not(None))
        .order_by(_EVENT.c.position)
    )
    return [named_as(row["number"], row["seq"]) for row in connection.execute(query).mappings() if committed_at(row) < before]


def _overdue(wall: datetime, now: datetime) -> sa.Select[tuple[int]]:
    """What is told in a digest is late if the digest is, and then counts with it; it is late at once if the digest is over."""
    digest = _DELIVERY.alias()
    alone, leaving = (
        _DELIVERY.c.folded_into.is_(None),
        sa.exists().where(digest.c.id == _DELIVERY.c.folded_into, digest.c.state.in_(UNSENT)),
    )
    late = _DELIVERY.c.state.in_(UNSENT) & (_DELIVERY.c.not_before < wall)
    waiting = _DELIVERY.c.state.in_(WAITING) & sa.case((alone, _DELIVERY.c.not_before < now), else_=~leaving)
    return sa.select(sa.func.count()).select_from(_DELIVERY).where(late | waiting)
