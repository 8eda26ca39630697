"""What the relay asks the database: what to publish, which stages have something to do, and which wakes are out."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple, cast
from uuid import UUID

import sqlalchemy as sa

from models.database import Database
from models.events import Stage
from models.prepared import Prepared
from models.tables import Action, Deadline, Delivery, Event, Home, Reaction, Sweep, Wake, table
from services.pacing import fits
from services.stopping import may_leave
from services.webhooks.due import receivers_due

_EVENT, _ACTION, _REACTION, _DEADLINE = table(Event), table(Action), table(Reaction), table(Deadline)
_DELIVERY, _HOME, _WAKE, _SWEEP = table(Delivery), table(Home), table(Wake), table(Sweep)
DELIVERIES = "deliveries"
STAGES: tuple[str, ...] = (*Stage, DELIVERIES)
"""The four stages and the catching-up of deliveries: each has a flow that can be woken."""
UNSENT = ("ready", "retrying", "sending")
"""The states of a delivery that is on its way."""
_UNSENT = _DELIVERY.c.state.in_([sa.literal_column(f"'{state}'") for state in UNSENT])
"""Spelt out as in the index of these: to a parameter SQLite would not apply it."""
WAITING = ("scheduled", "held")
"""The states of a delivery that waits for a better hour."""
WAITS = _DELIVERY.c.state.in_([sa.literal_column(f"'{state}'") for state in WAITING])
"""That a delivery waits so; spelt out as in the index of these."""
NOT_GONE = (_UNSENT, WAITS & _DELIVERY.c.folded_into.is_(None))
"""Deliveries on their way, and those that wait by themselves: each as in an index of its own."""
ANY_STAGE = _DEADLINE.c.stage.in_([sa.literal_column(f"'{stage}'") for stage in Stage])
"""Said although it is always so: the index begins with the stage, and only what has fallen due is then looked at, not all that will."""
_UNPUBLISHED = Prepared(
    sa.select(_EVENT, _ACTION.c.number.label("action"))
    .join(_ACTION, _ACTION.c.id == _EVENT.c.action_id)
    .where(_EVENT.c.published_at.is_(None))
    .order_by(_EVENT.c.position)
    .limit(sa.bindparam("limit_", type_=sa.Integer))
)
TRIES = 5
"""After so many failures an item is parked."""


def unpublished(db: Database, limit: int) -> list[dict[str, Any]]:
    """The oldest events that Prefect has not heard of, in order, at most ``limit``."""
    with db.read() as connection:
        return [row._asdict() for row in _UNPUBLISHED.all(connection, limit_=limit)]


def all_unpublished(connection: sa.Connection) -> list[dict[str, Any]]:
    """Every event that Prefect has not heard of, in order."""
    query = sa.select(_EVENT).where(_EVENT.c.published_at.is_(None)).order_by(_EVENT.c.position)
    return [row._asdict() for row in connection.execute(query)]


def mark_published(db: Database, ids: Iterable[UUID], at: datetime, also: Callable[[sa.Connection], object] = lambda _: None) -> None:
    """Prefect has taken these. ``also``: what follows from it, in the same transaction."""
    with db.write() as connection:
        connection.execute(_EVENT.update().where(_EVENT.c.id.in_(list(ids))).values(published_at=at))
        also(connection)


def may_be_tried(wall: datetime) -> sa.ColumnElement[bool]:
    """Of events joined with the failures of their reactions: those that never failed, or long enough ago."""
    return _REACTION.c.not_before.is_(None) | (_REACTION.c.not_before <= wall)


def fallen_due(now: datetime, wall: datetime) -> sa.ColumnElement[bool]:
    """Deadlines that have fallen, are not settled and may be tried now."""
    tried = _DEADLINE.c.not_before.is_(None) | (_DEADLINE.c.not_before <= wall)
    return _DEADLINE.c.settled_at.is_(None) & (_DEADLINE.c.due_at <= now) & (_DEADLINE.c.tries < TRIES) & tried


def sendable(wall: datetime) -> sa.ColumnElement[bool]:
    """Deliveries that may be sent now: nobody is at them, or whoever was has died; nobody stopped them, and the relay has room.

    One never tried waits for no moment, whatever the clock.
    """
    free = _DELIVERY.c.claimed_until.is_(None) | (_DELIVERY.c.claimed_until < wall)
    return _UNSENT & ((_DELIVERY.c.state == "ready") | (_DELIVERY.c.not_before <= wall)) & free & may_leave() & fits(wall)


def waiting_due(now: datetime) -> sa.ColumnElement[bool]:
    """Deliveries that waited for a better hour, which has come."""
    return WAITS & (_DELIVERY.c.not_before <= now) & _DELIVERY.c.folded_into.is_(None)


def _owed(wall: datetime) -> sa.Select[tuple[str, int]]:
    joined = _EVENT.outerjoin(_REACTION, _REACTION.c.position == _EVENT.c.position)
    query = sa.select(_EVENT.c.owed, sa.func.count()).select_from(joined)
    return query.where(_EVENT.c.owed.is_not(None), may_be_tried(wall)).group_by(_EVENT.c.owed)


def _fallen(now: datetime, wall: datetime) -> sa.Select[tuple[str, int]]:
    return sa.select(_DEADLINE.c.stage, sa.func.count()).where(ANY_STAGE, fallen_due(now, wall)).group_by(_DEADLINE.c.stage)


_NOW, _WALL = (cast("datetime", sa.bindparam(name)) for name in ("now_", "wall_"))
_BY_STAGE = (Prepared(_owed(_WALL)), Prepared(_fallen(_NOW, _WALL)))
_SENDING = Prepared(sa.select(sa.func.count()).select_from(_DELIVERY).where(sendable(_WALL)))
_LEAVING = Prepared(
    sa.select(
        sa.exists(sa.select(_DELIVERY.c.id).where(sendable(_WALL))).label("sendable"),
        sa.exists(sa.select(_DELIVERY.c.id).where(waiting_due(_NOW))).label("waited"),
        sa.exists(sa.select(_HOME.c.id).where(_HOME.c.stopped_at.is_not(None))).label("stopped"),
    )
)
_WAITED = Prepared(sa.select(sa.func.count()).select_from(_DELIVERY).where(waiting_due(_NOW)))


def work(db: Database, now: datetime, wall: datetime) -> dict[str, int]:
    """How many items each stage has to deal with now; stages with none are absent."""
    moments = {"now_": now, "wall_": wall}
    counts: dict[str, int] = {}
    with db.read() as connection:
        for asked, given in zip(_BY_STAGE, ({"wall_": wall}, moments), strict=True):
            for stage, number in asked.all(connection, **given):
                counts[stage] = counts.get(stage, 0) + number
        sending = _SENDING.scalar(connection, wall_=wall) + _WAITED.scalar(connection, now_=now) + len(receivers_due(connection, wall))
    return counts | ({DELIVERIES: sending} if sending else {})


class Leaving(NamedTuple):
    """Whether there is a message to send now, one whose better hour has come, and a stop of all messages."""

    sendable: bool
    waited: bool
    stopped: bool


def leaving(db: Database, now: datetime, wall: datetime) -> Leaving:
    """What a sender finds, by one question."""
    with db.read() as connection:
        return Leaving(*map(bool, _LEAVING.first(connection, now_=now, wall_=wall)))


@dataclass(frozen=True, slots=True)
class WakeRow:
    """The last wake of a stage."""

    stage: str
    sent_at: datetime
    attempts: int


def wakes(db: Database) -> dict[str, WakeRow]:
    """The last wakes by stage."""
    with db.read() as connection:
        return {row.stage: WakeRow(row.stage, row.sent_at, row.attempts) for row in connection.execute(sa.select(_WAKE))}


def note_wake(db: Database, stage: str, wake_id: UUID, at: datetime, attempts: int) -> None:
    """Remember that a wake was sent."""
    values = {"wake_id": wake_id, "sent_at": at, "attempts": attempts}
    with db.write() as connection:
        if not connection.execute(_WAKE.update().where(_WAKE.c.stage == stage).values(**values)).rowcount:
            connection.execute(_WAKE.insert().values(stage=stage, **values))


def forget_wake(db: Database, stage: str) -> None:
    """The stage has nothing left to do: its next wake starts afresh."""
    with db.write() as connection:
        connection.execute(_WAKE.delete().where(_WAKE.c.stage == stage))


def record_sweep(db: Database, stage: str, at: datetime) -> None:
    """Remember when a stage was last swept by its schedule."""
    with db.write() as connection:
        if not connection.execute(_SWEEP.update().where(_SWEEP.c.stage == stage).values(swept_at=at)).rowcount:
            connection.execute(_SWEEP.insert().values(stage=stage, swept_at=at))
