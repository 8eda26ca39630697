"""The relay's own limit of mails a minute, kept by all processes together: one row counts what it was given of late.

Nobody waits for room: a mail that does not fit stays as it is, and its stage is woken when there is room again.
"""

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import sqlalchemy as sa

from models.tables import Delivery, Lease, table
from models.telling.pacing import bulk_of, one_more, room_from
from notifications.catalogue import SIGN_IN
from notifications.channels import MAIL, OPERATORS
from services.work import upsert_into

_DELIVERY, _LEASE = table(Delivery), table(Lease)
_RELAY = "mails of a minute"
"""The row: ``holder`` counts the mails, and until ``expires_at`` there is no room."""
_OURS = _LEASE.c.name == _RELAY
_BY_MAIL = (MAIL, OPERATORS)
_NOTHING = datetime.fromtimestamp(0, UTC)
_LONGEST_WAIT = timedelta(minutes=2)


def takes_room(row: Mapping[Any, Any]) -> bool:
    """Whether a delivery goes over the relay."""
    return row["channel"] in _BY_MAIL


def take_room(connection: sa.Connection, row: Mapping[Any, Any], per_minute: int, wall: datetime) -> bool:
    """Count one more mail, in the transaction that announces it; False, and nothing counted, if the relay had its number in the last minute."""
    limit = per_minute if row["message"] == SIGN_IN else bulk_of(per_minute)
    first = upsert_into(connection, _LEASE).values(name=_RELAY, holder="{}", expires_at=_NOTHING)
    connection.execute(first.on_conflict_do_nothing(index_elements=["name"]))
    known = connection.execute(sa.select(_LEASE.c.holder).where(_OURS).with_for_update()).scalar_one()
    before = {int(part): count for part, count in json.loads(known).items()}
    after = one_more(before, wall.timestamp(), limit)
    free = datetime.fromtimestamp(room_from(after or before, wall.timestamp(), bulk_of(per_minute)), UTC)
    values = {"holder": json.dumps(after or before), "expires_at": free}
    connection.execute(_LEASE.update().where(_OURS).values(**values))
    return after is not None


def look_at_clock(connection: sa.Connection, wall: datetime) -> None:
    """Count anew where the clock was set back, so that the count speaks of a time to come."""
    connection.execute(_LEASE.delete().where(_OURS, _LEASE.c.expires_at > wall + _LONGEST_WAIT))


def fits(wall: datetime) -> sa.ColumnElement[bool]:
    """Deliveries for which the relay has room, as far as is known: it is asked again before each leaves."""
    full = sa.select(_LEASE.c.name).where(_LEASE.c.name == sa.literal_column(f"'{_RELAY}'"), _LEASE.c.expires_at > wall).correlate(None)
    elsewhere = _DELIVERY.c.channel.not_in([sa.literal_column(f"'{channel}'") for channel in _BY_MAIL])
    return elsewhere | (_DELIVERY.c.message == sa.literal_column(f"'{SIGN_IN}'")) | ~full.exists()
