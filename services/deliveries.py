"""The life of a delivery: one message to one person at a time, recorded before it leaves and after it arrived.

``services.sending`` composes it and hands it over. A message whose acceptance could not be recorded is uncertain and never sent again by itself:
a person decides.
"""

import logging
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache, partial
from operator import itemgetter
from typing import Any, NamedTuple, cast
from uuid import UUID

import sqlalchemy as sa

from models.events import Stage
from models.prepared import Prepared
from models.tables import Delivery, table
from models.telling.reasons import Reason
from models.telling.retries import GIVE_UP_AFTER, pause_before
from notifications.catalogue import DIGESTS, OF_MEETINGS, OWN_DEADLINES
from notifications.channels import ChannelError
from notifications.message import DeliveryError, Receipt
from services.bootstrap import App
from services.faults import told_safely
from services.folding import fold, follow
from services.losses import LOST, note_loss
from services.pacing import look_at_clock, take_room, takes_room
from services.sending import AddressSuppressed, Post, Row, Unsent, send
from services.sending_ahead import send_ahead
from services.sending_alone import send_alone
from services.sending_digest import send_digest
from services.sending_meetings import send_of_meeting
from services.stopping import STOPPED, is_stopped, may_leave
from services.wakes import leaving, sendable
from services.way_out import way_out

_LOG = logging.getLogger("passerelle.deliveries")
_DELIVERY = table(Delivery)
BATCH = 50
_FRESH_SECONDS = 5.0
"""For so long what is told of an event is not read again."""
WAITING, SENDING = timedelta(seconds=30), timedelta(seconds=180)
"""How long a claim lasts: short while the message waits for its turn, since another sender may then take it over without harm;
longer than one message can take once it is leaving."""

_MINE = _DELIVERY.c.id == sa.bindparam("delivery_")
_CLAIM = Prepared(_DELIVERY.update().where(_MINE), "claimed_until")
_CLAIMED = _MINE & (_DELIVERY.c.claimed_until == sa.bindparam("claim_")) & (_DELIVERY.c.state == sa.bindparam("state_"))
_ANNOUNCE = Prepared(_DELIVERY.update().where(_CLAIMED & may_leave()).values(attempts=_DELIVERY.c.attempts + 1), "state", "claimed_until")
_GIVE_UP = Prepared(_DELIVERY.update().where(_MINE), "state", "reason", "settled_at")
_BECAME = ("state", "code", "answer", "reason", "claimed_until")
_SETTLE, _POSTPONE = (Prepared(_DELIVERY.update().where(_MINE), *_BECAME, moment) for moment in ("settled_at", "not_before"))
Gate = Callable[[], str | None]


@dataclass(frozen=True, slots=True)
class Settled:
    """What became of a delivery; ``error``: why it did not arrive, if the other side said so."""

    row: Row
    state: str
    code: int | None = None
    answer: str | None = None
    not_before: datetime | None = None
    reason: Reason | None = None
    error: DeliveryError | None = None


def deliver(app: App, *, gate: Gate, stage: Stage | None, seconds: float | None) -> tuple[dict[str, int], str | None]:
    """Send what waits (of one stage, or all), until nothing can be sent now, ``seconds`` have passed or ``gate`` answers.

    Returns how many deliveries reached each state, and the answer of the gate, or that all messages are stopped.
    """
    if app.settings.smtp_per_minute is not None:
        with app.db.write() as connection:
            look_at_clock(connection, app.clock.wall())
    found = leaving(app.db, app.clock.now(), app.clock.wall())
    if found.waited and stage is None:
        fold(app)
    elif not found.sendable:
        return {}, STOPPED if found.stopped else None
    counts: Counter[str] = Counter()
    begun = app.clock.ticks()
    with way_out(app) as gateway:
        post = Post(app, gateway)
        while seconds is None or app.clock.ticks() - begun < seconds:
            stopped = gate()
            if stopped is not None:
                return dict(counts), stopped
            batch, lost = _claim(app, stage)
            counts.update(["uncertain"] * lost)
            if app.clock.ticks() - post.born > _FRESH_SECONDS:
                post = Post(app, gateway)
            done = Counter(_send_batch(post, batch, until=None if seconds is None else begun + seconds))
            counts += done
            if not done:  # nothing waits, the relay has no room, or messages were stopped meanwhile
                break
    return dict(counts), STOPPED if is_stopped(app) else None


def deliver_one(app: App, delivery: UUID) -> None:
    """Send one message now, if nobody is at it; recorded as any other, and left to be tried again if it cannot leave."""
    with way_out(app) as gateway:
        batch, _ = _claim(app, delivery)
        for _ in _send_batch(Post(app, gateway), batch, until=None):
            pass


def _claim(app: App, which: Stage | UUID | None) -> tuple[list[Row], int]:
    """Take the oldest deliveries that may be sent now: of a stage, a single one, or of all.

    Those found half-sent, their sender dead, become uncertain; says how many.
    """
    wall = app.clock.wall()
    kind = None if which is None else "id" if isinstance(which, UUID) else "stage"
    named: dict[str, Any] = {"wall_": wall} if which is None else {"wall_": wall, "which_": which}
    with app.db.write() as connection:
        statements = _claiming(kind, connection.dialect.name)
        found = _give_up_half_sent(connection, statements.half_sent, named)
        claim = {"claimed_until": wall + WAITING}
        batch = [row._asdict() | claim for row in statements.oldest.all(connection, **named)]
        _CLAIM.run_all(connection, [{"delivery_": row["id"], **claim} for row in batch])
        return sorted(batch, key=itemgetter("not_before")), found


class _Claiming(NamedTuple):
    """What takes deliveries: those that were never handed over, the oldest first, and those that were left half-sent."""

    oldest: Prepared
    half_sent: Prepared


@lru_cache
def _claiming(kind: str | None, dialect: str) -> _Claiming:
    wall = cast("datetime", sa.bindparam("wall_", type_=_DELIVERY.c.not_before.type))
    mine = sa.true() if kind is None else _DELIVERY.c[kind] == sa.bindparam("which_")
    free, half_sent = sendable(wall) & mine, _DELIVERY.c.state == sa.literal_column("'sending'")
    chosen = sa.select(_DELIVERY).where(free & ~half_sent).order_by(*_oldest_first(dialect)).limit(sa.literal_column(str(BATCH)))
    found = sa.select(_DELIVERY.c.id).where(free & half_sent)
    return _Claiming(*(Prepared(query.with_for_update(skip_locked=True)) for query in (chosen, found)))


def _oldest_first(dialect: str) -> tuple[sa.ColumnElement[Any], ...]:
    """Those never tried first, in an order that an index gives, so that a long backlog is not sorted for each batch."""
    if dialect == "sqlite":
        return _DELIVERY.c.state, sa.literal_column("delivery.rowid")
    return (_DELIVERY.c.not_before,)


def _give_up_half_sent(connection: sa.Connection, half_sent: Prepared, named: dict[str, Any]) -> int:
    """Whether these arrived nobody can tell, nor what was told in them."""
    became = {"state": "uncertain", "reason": Reason.SENDER_DIED}
    lost = [row.id for row in half_sent.all(connection, **named)]
    for delivery in lost:
        _GIVE_UP.run(connection, delivery_=delivery, **became, settled_at=named["wall_"])
        follow(connection, delivery, {"code": None, "answer": None, **became}, named["wall_"])
    return len(lost)


def _send_batch(post: Post, batch: list[Row], until: float | None) -> Iterator[str]:
    """Send one by one; the commit that records one answer also announces the next sending."""
    app = post.app
    previous: Settled | None = None
    for row in batch:
        if until is not None and app.clock.ticks() >= until:
            _release(app, row)
        elif _record(app, previous, row):
            previous = _attempt(post, row)
            app.meter.answered(previous.state, max((app.clock.wall() - row["created_at"]).total_seconds(), 0.0))
            yield previous.state
        else:
            previous = None
    if previous is not None:
        _record(app, previous, None)


def _ours(row: Row) -> sa.ColumnElement[bool]:
    """Whether our claim still holds: one that lasted too long may have passed to another sender."""
    return sa.and_(*(_DELIVERY.c[name] == row[name] for name in ("id", "claimed_until", "state")))


def _release(app: App, row: Row) -> None:
    with app.db.write() as connection:
        connection.execute(_DELIVERY.update().where(_ours(row)).values(claimed_until=None))


def _record(app: App, previous: Settled | None, following: Row | None) -> bool:
    """Record what became of one delivery and announce the sending of the next; False if that one is no longer ours to send."""
    wall = app.clock.wall()
    with app.db.write() as connection:
        if previous is not None:
            _settle(app, connection, previous, wall)
        return following is not None and _announce(app, connection, following, wall)


def _settle(app: App, connection: sa.Connection, previous: Settled, wall: datetime) -> None:
    became = {"state": previous.state, "code": previous.code, "answer": previous.answer, "reason": previous.reason}
    delivery = previous.row["id"]
    told = {"delivery_": delivery, **became, "claimed_until": None}
    if previous.state == "retrying":
        _POSTPONE.run(connection, **told, not_before=previous.not_before)
    else:
        _SETTLE.run(connection, **told, settled_at=wall)
    if previous.state in LOST or (previous.error is not None and previous.error.of_recipient):
        note_loss(app, connection, delivery, previous.error)
    if previous.state != "retrying" and previous.row["message"] in DIGESTS:
        follow(connection, delivery, became, wall)


def _announce(app: App, connection: sa.Connection, following: Row, wall: datetime) -> bool:
    """Whether a delivery may leave now: it is given back where the relay has no room."""
    per_minute = app.settings.smtp_per_minute
    if per_minute is not None and takes_room(following) and not take_room(connection, following, per_minute, wall):
        connection.execute(_DELIVERY.update().where(_ours(following)).values(claimed_until=None))
        return False
    ours = {"delivery_": following["id"], "claim_": following["claimed_until"], "state_": following["state"]}
    return _ANNOUNCE.run(connection, **ours, state="sending", claimed_until=wall + SENDING).rowcount == 1


_LISTS: Mapping[str, Callable[[Post, Row], Receipt | Unsent]] = {**dict.fromkeys(DIGESTS, send_digest), OWN_DEADLINES: send_ahead}


def _sender_of(row: Row) -> Callable[[Post, Row], Receipt | Unsent]:
    if row["event_id"] is not None:
        return send
    if row["message"] in _LISTS:
        return _LISTS[row["message"]]
    return send_of_meeting if row["message"] in OF_MEETINGS else send_alone


def _attempt(post: Post, row: Row) -> Settled:
    try:
        receipt = _sender_of(row)(post, row)
    except AddressSuppressed:
        return Settled(row, "suppressed", reason=Reason.ADDRESS_SUPPRESSED)
    except DeliveryError as error:
        return _after(post.app, row, error)
    except ChannelError as error:
        return Settled(row, "dead", answer=str(error), reason=Reason.CHANNEL_UNSET)
    except Exception as error:  # noqa: BLE001  # a delivery that cannot be written must not stop the others; its row says why
        fault = told_safely(error)
        _LOG.error("delivery %s cannot be written: %s", row["id"], fault)  # the trace could quote a person
        return _after(post.app, row, DeliveryError(str(fault)))
    if isinstance(receipt, Unsent):
        return Settled(row, "cancelled", reason=receipt.reason)
    return Settled(row, "sent", receipt.code, receipt.text)


def _after(app: App, row: Row, error: DeliveryError) -> Settled:
    """Uncertain, dead, or again later, for two days."""
    became = partial(Settled, row, code=error.code, answer=error.text, error=error)
    wall = app.clock.wall()
    if error.uncertain:
        return became("uncertain", reason=Reason.UNANSWERED)
    if error.permanent:
        return became("dead", reason=Reason.REFUSED)
    if wall - row["created_at"] > GIVE_UP_AFTER:
        return became("dead", reason=Reason.GAVE_UP)
    return became("retrying", not_before=wall + pause_before(row["id"], row["attempts"]))
