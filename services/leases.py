"""Roles that only one process or run may have: one row each, taken by compare-and-set, lost by letting it expire."""

from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from models.database import Database
from models.tables import Lease, table

_LEASE = table(Lease)
FOR_GOOD = timedelta(days=36_525)
"""A lease this long ends only when its holder gives it back."""


def take(db: Database, name: str, holder: str, wall: datetime, seconds: float) -> bool:
    """Take or prolong a lease; False if somebody else holds it and has not let it expire.

    One that would last more than twice as long as ``seconds`` was taken before the clock was set back: it counts as expired.
    """
    span = timedelta(seconds=seconds)
    expires = wall + span
    ended = (_LEASE.c.expires_at < wall) | sa.between(_LEASE.c.expires_at, wall + 2 * span, wall + FOR_GOOD / 2)
    try:
        with db.write() as connection:
            mine = (_LEASE.c.name == name) & ((_LEASE.c.holder == holder) | ended)
            if connection.execute(_LEASE.update().where(mine).values(holder=holder, expires_at=expires)).rowcount:
                return True
            if connection.execute(sa.select(_LEASE.c.name).where(_LEASE.c.name == name)).first():
                return False
            connection.execute(_LEASE.insert().values(name=name, holder=holder, expires_at=expires))
    except IntegrityError:  # somebody else took it first, on PostgreSQL
        return False
    return True


def renew(db: Database, name: str, holder: str, wall: datetime, seconds: float) -> bool:
    """Prolong a lease that is still ours; False if it was lost."""
    with db.write() as connection:
        mine = (_LEASE.c.name == name) & (_LEASE.c.holder == holder)
        return connection.execute(_LEASE.update().where(mine).values(expires_at=wall + timedelta(seconds=seconds))).rowcount == 1


def release(db: Database, name: str, holder: str) -> None:
    """Give a lease back; nothing happens if it is not ours."""
    with db.write() as connection:
        connection.execute(_LEASE.delete().where((_LEASE.c.name == name) & (_LEASE.c.holder == holder)))


def held(connection: sa.Connection, name: str, wall: datetime) -> bool:
    """Whether somebody holds a lease now."""
    return connection.execute(sa.select(_LEASE.c.name).where(_LEASE.c.name == name, _LEASE.c.expires_at >= wall)).first() is not None
