"""What waits to be posted, as conditions: the database says it, whoever asks."""

from datetime import datetime
from typing import cast

import sqlalchemy as sa

from models.prepared import Prepared
from models.tables import Webhook, WebhookDelivery, table
from services.stopping import nothing_stopped

_HOOK, _ROW = table(Webhook), table(WebhookDelivery)
ON, PAUSED, OFF = "on", "paused", "off"
READY, RETRYING, SENDING, SENT, DEAD = "ready", "retrying", "sending", "sent", "dead"
WAITING = _ROW.c.state.in_([sa.literal_column(f"'{state}'") for state in (READY, RETRYING, SENDING)])
"""Spelt out as in the index of these."""


def due(wall: datetime) -> sa.ColumnElement[bool]:
    """Posts that may be tried now: one never tried at once, whatever the clock; one that was being tried when its sender died, again."""
    free = _ROW.c.claimed_until.is_(None) | (_ROW.c.claimed_until < wall)
    return WAITING & ((_ROW.c.state == sa.literal_column("'ready'")) | (_ROW.c.not_before <= wall)) & free


def receiving(wall: datetime) -> sa.ColumnElement[bool]:
    """Receivers that may be posted to now: neither paused, off, nor left alone for a while, and no stop of all messages stands."""
    rested = _HOOK.c.rest_until.is_(None) | (_HOOK.c.rest_until <= wall)
    return (_HOOK.c.state == sa.literal_column(f"'{ON}'")) & rested & nothing_stopped()


_WALL = cast("datetime", sa.bindparam("wall_"))
_ANYTHING = sa.exists(sa.select(_ROW.c.id).where(_ROW.c.webhook_id == _HOOK.c.id, due(_WALL)))
_FIRST = Prepared(sa.select(_HOOK.c.id).where(receiving(_WALL), _ANYTHING).order_by(_HOOK.c.failures, _HOOK.c.id))


def receivers_due(connection: sa.Connection, wall: datetime) -> list[int]:
    """The receivers to which something may be posted now, those that work before those that failed last."""
    return [row.id for row in _FIRST.all(connection, wall_=wall)]


def is_off(connection: sa.Connection, receiver: int) -> bool:
    """Whether a receiver was switched off, and still is."""
    return connection.execute(sa.select(_HOOK.c.id).where(_HOOK.c.id == receiver, _HOOK.c.state == OFF)).first() is not None
