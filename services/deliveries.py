"""The life of a delivery: one message to one person at a time, recorded before it leaves and after it arrived.

``services.sending`` composes it and hands it over. A message whose acceptance could not be recorded is uncertain and never sent again by itself:
a person decides.
"""

import logging
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from operator import itemgetter
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from models.events import Stage
from models.prepared import Prepared
from models.tables import Delivery, table
from models.telling.reasons import Reason
from models.telling.retries import GIVE_UP_AFTER, pause_before
from notifications.catalogue import DIGEST, OF_MEETINGS
from notifications.channels import ChannelError
from notifications.message import DeliveryError, Receipt
from services.bootstrap import App
from services.faults import told_safely
from services.folding import fold, follow
from services.losses import LOST, note_loss
from services.pacing import look_at_clock, take_room, takes_room
from services.sending import AddressSuppressed, Post, Row, Unsent, send
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
    begun = time.monotonic()
    with way_out(app) as gateway:
        post = Post(app, gateway)
        while seconds is None or time.monotonic() - begun < seconds:
            stopped = gate()
            if stopped is not None:
                return dict(counts), stopped
            batch, lost = _claim(app, sa.true() if stage is None else _DELIVERY.c.stage == stage)
            counts.update(["uncertain"] * lost)
            if time.monotonic() - post.born > _FRESH_SECONDS:
                post = Post(app, gateway)
            done = Counter(_send_batch(post, batch, until=None if seconds is None else begun + seconds))
            counts += done
            if not done:  # nothing waits, the relay has no room, or messages were stopped meanwhile
                break
    return dict(counts), STOPPED if is_stopped(app) else None


def deliver_one(app: App, delivery: UUID) -> None:
    """Send one message now, if nobody is at it; recorded as any other, and left to be tried again if it cannot leave."""
    with way_out(app) as gateway:
        batch, _ = _claim(app, _DELIVERY.c.id == delivery)
        for _ in _send_batch(Post(app, gateway), batch, until=None):
            pass


def _claim(app: App, which: sa.ColumnElement[bool]) -> tuple[list[Row], int]:
    """Take the oldest deliveries that may be sent now. Those found half-sent, their sender dead, become uncertain; says how many."""
    wall = app.clock.wall()
    free = sendable(wall) & which
    half_sent = _DELIVERY.c.state == "sending"
    with app.db.write() as connection:
        chosen = sa.select(_DELIVERY).where(free & ~half_sent).order_by(*_oldest_first(connection)).limit(BATCH)
        found = _give_up_half_sent(connection, free & half_sent, wall)
        claim = {"claimed_until": wall + WAITING}
        batch = [row._asdict() | claim for row in connection.execute(chosen.with_for_update(skip_locked=True))]
        _CLAIM.run_all(connection, [{"delivery_": row["id"], **claim} for row in batch])
        return sorted(batch, key=itemgetter("not_before")), found


def _oldest_first(connection: sa.Connection) -> tuple[sa.ColumnElement[Any], ...]:
    """Those never tried first, in an order that an index gives, so that a long backlog is not sorted for each batch."""
    if connection.dialect.name == "sqlite":
        return _DELIVERY.c.state, sa.literal_column("delivery.rowid")
    return (_DELIVERY.c.not_before,)


def _give_up_half_sent(connection: sa.Connection, which: sa.ColumnElement[bool], wall: datetime) -> int:
    """Whether these arrived nobody can tell, nor what was told in them."""
    became = {"state": "uncertain", "reason": Reason.SENDER_DIED}
    lost = connection.execute(_DELIVERY.update().where(which).values(**became, settled_at=wall).returning(_DELIVERY.c.id)).scalars().all()
    for delivery in lost:
        follow(connection, delivery, {"code": None, "answer": None, **became}, wall)
    return len(lost)


def _send_batch(post: Post, batch: list[Row], until: float | None) -> Iterator[str]:
    """Send one by one; the commit that records one answer also announces the next sending."""
    app = post.app
    previous: Settled | None = None
    for row in batch:
        if until is not None and time.monotonic() >= until:
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
    if previous.state != "retrying" and previous.row["message"] == DIGEST:
        follow(connection, delivery, became, wall)


def _announce(app: App, connection: sa.Connection, following: Row, wall: datetime) -> bool:
    """Whether a delivery may leave now: it is given back where the relay has no room."""
    per_minute = app.settings.smtp_per_minute
    if per_minute is not None and takes_room(following) and not take_room(connection, following, per_minute, wall):
        connection.execute(_DELIVERY.update().where(_ours(following)).values(claimed_until=None))
        return False
    ours = {"delivery_": following["id"], "claim_": following["claimed_until"], "state_": following["state"]}
    return _ANNOUNCE.run(connection, **ours, state="sending", claimed_until=wall + SENDING).rowcount == 1


def _sender_of(row: Row) -> Callable[[Post, Row], Receipt | Unsent]:
    if row["event_id"] is not None:
        return send
    if row["message"] == DIGEST:
        return send_digest
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
