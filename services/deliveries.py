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
from uuid import UUID

import sqlalchemy as sa

from models.errors import NotFound, Problem, Refused
from models.events import Stage
from models.prepared import Prepared
from models.tables import Delivery, table
from notifications.apprise_adapter import Gateway
from notifications.catalogue import DIGEST, OF_MEETINGS
from notifications.channels import ChannelError
from notifications.message import DeliveryError, Receipt
from services.bootstrap import App
from services.faults import told_safely
from services.folding import fold, follow
from services.sending import Post, Row, Unsent, send, way_out
from services.sending_digest import send_digest
from services.sending_meetings import send_of_meeting
from services.wakes import sendable

_LOG = logging.getLogger("passerelle.deliveries")
_DELIVERY = table(Delivery)
BATCH = 50
WAITING, SENDING = timedelta(seconds=30), timedelta(seconds=180)
"""How long a claim lasts: short while the message waits for its turn, since another sender may then take it over without harm;
longer than one message can take once it is leaving."""
_FIRST_PAUSE, _LONGEST_PAUSE, _GIVE_UP_AFTER = timedelta(minutes=5), timedelta(hours=6), timedelta(days=2)

_MINE = _DELIVERY.c.id == sa.bindparam("delivery_")
_CLAIMED = _MINE & (_DELIVERY.c.claimed_until == sa.bindparam("claim_")) & (_DELIVERY.c.state == sa.bindparam("state_"))
_ANNOUNCE = Prepared(_DELIVERY.update().where(_CLAIMED).values(attempts=_DELIVERY.c.attempts + 1), "state", "claimed_until")
_BECAME = ("state", "code", "answer", "reason", "claimed_until")
_SETTLE, _POSTPONE = (Prepared(_DELIVERY.update().where(_MINE), *_BECAME, moment) for moment in ("settled_at", "not_before"))
Gate = Callable[[], str | None]


@dataclass(frozen=True, slots=True)
class Settled:
    """What became of a delivery."""

    id: UUID
    state: str
    code: int | None = None
    answer: str | None = None
    not_before: datetime | None = None
    reason: str | None = None


def deliver(app: App, *, gate: Gate, stage: Stage | None, seconds: float | None) -> tuple[dict[str, int], str | None]:
    """Send what waits (of one stage, or all), until nothing can be sent now, ``seconds`` have passed or ``gate`` answers.

    Returns how many deliveries reached each state, and the answer of the gate.
    """
    counts: Counter[str] = Counter()
    begun = time.monotonic()
    if stage is None:
        fold(app)
    with way_out(app) as gateway:
        while seconds is None or time.monotonic() - begun < seconds:
            stopped = gate()
            if stopped is not None:
                return dict(counts), stopped
            batch, lost = _claim(app, sa.true() if stage is None else _DELIVERY.c.stage == stage)
            counts.update(["uncertain"] * lost)
            if not batch:
                break
            counts.update(_send_batch(app, gateway, batch, until=None if seconds is None else begun + seconds))
    return dict(counts), None


def deliver_one(app: App, delivery: UUID) -> None:
    """Send one message now, if nobody is at it; recorded as any other, and left to be tried again if it cannot leave."""
    with way_out(app) as gateway:
        batch, _ = _claim(app, _DELIVERY.c.id == delivery)
        for _ in _send_batch(app, gateway, batch, until=None):
            pass


def _claim(app: App, which: sa.ColumnElement[bool]) -> tuple[list[Row], int]:
    """Take the oldest deliveries that may be sent now. Those found half-sent, their sender dead, become uncertain; says how many."""
    wall = app.clock.wall()
    free = sendable(wall) & which
    half_sent = _DELIVERY.c.state == "sending"
    chosen = sa.select(_DELIVERY.c.id).where(free & ~half_sent).order_by(_DELIVERY.c.not_before, _DELIVERY.c.created_at).limit(BATCH)
    with app.db.write() as connection:
        lost = {"state": "uncertain", "answer": "the sender died before the answer was recorded", "settled_at": wall}
        found = connection.execute(_DELIVERY.update().where(free & half_sent).values(**lost)).rowcount
        mine = _DELIVERY.c.id.in_(connection.execute(chosen.with_for_update(skip_locked=True)).scalars().all())
        connection.execute(_DELIVERY.update().where(mine).values(claimed_until=wall + WAITING))
        query = sa.select(_DELIVERY).where(mine).order_by(_DELIVERY.c.not_before, _DELIVERY.c.created_at)
        return list(connection.execute(query).mappings().all()), found


def _send_batch(app: App, gateway: Gateway, batch: list[Row], until: float | None) -> Iterator[str]:
    """Send one by one; the commit that records one answer also announces the next sending."""
    post = Post(app, gateway)
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
            became = {
                "delivery_": previous.id,
                "state": previous.state,
                "code": previous.code,
                "answer": previous.answer,
                "reason": previous.reason,
                "claimed_until": None,
            }
            if previous.state == "retrying":
                _POSTPONE.run(connection, **became, not_before=previous.not_before)
            else:
                _SETTLE.run(connection, **became, settled_at=wall)
                follow(
                    connection,
                    previous.id,
                    state=previous.state,
                    code=previous.code,
                    answer=previous.answer,
                    reason=previous.reason,
                    settled_at=wall,
                )
        if following is None:
            return False
        ours = {"delivery_": following["id"], "claim_": following["claimed_until"], "state_": following["state"]}
        return _ANNOUNCE.run(connection, **ours, state="sending", claimed_until=wall + SENDING).rowcount == 1


def _sender_of(row: Row) -> Callable[[Post, Row], Receipt | Unsent]:
    if row["message"] == DIGEST:
        return send_digest
    return send_of_meeting if row["message"] in OF_MEETINGS else send


def _attempt(post: Post, row: Row) -> Settled:
    try:
        receipt = _sender_of(row)(post, row)
    except DeliveryError as error:
        return _after(post.app, row, error)
    except ChannelError as error:
        return Settled(row["id"], "dead", answer=str(error))
    except Exception as error:  # noqa: BLE001  # a delivery that cannot be written must not stop the others; its row says why
        fault = told_safely(error)
        _LOG.error("delivery %s cannot be written: %s", row["id"], fault)  # the trace could quote a person
        return _after(post.app, row, DeliveryError(str(fault)))
    if isinstance(receipt, Unsent):
        return Settled(row["id"], "cancelled", answer="no longer asked for", reason=receipt.reason)
    return Settled(row["id"], "sent", receipt.code, receipt.text)


def _after(app: App, row: Row, error: DeliveryError) -> Settled:
    """Uncertain, dead, or again later: 5 minutes, tripling up to 6 hours, for 2 days."""
    if error.uncertain:
        return Settled(row["id"], "uncertain", error.code, error.text)
    wall = app.clock.wall()
    if error.permanent or wall - row["created_at"] > _GIVE_UP_AFTER:
        return Settled(row["id"], "dead", error.code, error.text)
    pause = min(_FIRST_PAUSE * 3 ** row["attempts"], _LONGEST_PAUSE)
    return Settled(row["id"], "retrying", error.code, error.text, wall + pause)


def resend(app: App, delivery: UUID) -> None:
    """Let a dead or uncertain delivery go out again, because a person decided so. Refuses one that is on its way or arrived."""
    with app.db.write() as connection:
        row = connection.execute(sa.select(_DELIVERY.c.state).where(_DELIVERY.c.id == delivery)).first()
        if row is None:
            raise NotFound(Problem("delivery_unknown", {"delivery": str(delivery)}))
        if row.state not in ("dead", "uncertain"):
            raise Refused.because("delivery_not_resendable", delivery_state=row.state)
        again = {
            "state": "ready",
            "not_before": app.clock.wall(),
            "claimed_until": None,
            "settled_at": None,
            "created_at": app.clock.wall(),
        }
        connection.execute(_DELIVERY.update().where(_DELIVERY.c.id == delivery).values(**again))
