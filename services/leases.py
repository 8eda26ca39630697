"""Roles that only one process or run may have: one row each, taken by compare-and-set, lost by letting it expire."""

from datetime import datetime, timedelta
from typing import cast

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from models.database import Database
from models.prepared import Prepared, insert
from models.tables import Lease, table

_LEASE = table(Lease)
FOR_GOOD = timedelta(days=36_525)
"""A lease this long ends only when its holder gives it back."""
_NAME, _HOLDER = sa.bindparam("name_", type_=sa.String), sa.bindparam("holder_", type_=sa.String)
_WALL, _BEYOND, _FAR = (cast("datetime", sa.bindparam(name, type_=_LEASE.c.expires_at.type)) for name in ("wall_", "beyond_", "far_"))
_ENDED = (_LEASE.c.expires_at < _WALL) | sa.between(_LEASE.c.expires_at, _BEYOND, _FAR)
_OURS = (_LEASE.c.name == _NAME) & (_LEASE.c.holder == _HOLDER)
_TAKE = Prepared(_LEASE.update().where(_LEASE.c.name == _NAME, (_LEASE.c.holder == _HOLDER) | _ENDED), "holder", "expires_at")
_KNOWN = Prepared(sa.select(_LEASE.c.name).where(_LEASE.c.name == _NAME))
_FIRST = insert(_LEASE, "name", "holder", "expires_at")
_RENEW = Prepared(_LEASE.update().where(_OURS), "expires_at")
_RELEASE = Prepared(_LEASE.delete().where(_OURS))


def take(db: Database, name: str, holder: str, wall: datetime, seconds: float) -> bool:
    """Take or prolong a lease; False if somebody else holds it and has not let it expire.

    One that would last more than twice as long as ``seconds`` was taken before the clock was set back: it counts as expired.
    """
    span = timedelta(seconds=seconds)
    expires = wall + span
    try:
        with db.write() as connection:
            ours = {"name_": name, "holder_": holder, "holder": holder, "expires_at": expires}
            if _TAKE.run(connection, **ours, wall_=wall, beyond_=wall + 2 * span, far_=wall + FOR_GOOD / 2).rowcount:
                return True
            if _KNOWN.first(connection, name_=name) is not None:
                return False
            _FIRST.run(connection, name=name, holder=holder, expires_at=expires)
    except IntegrityError:  # somebody else took it first, on PostgreSQL
        return False
    return True


def renew(db: Database, name: str, holder: str, wall: datetime, seconds: float) -> bool:
    """Prolong a lease that is still ours; False if it was lost."""
    with db.write() as connection:
        ours = {"name_": name, "holder_": holder}
        return _RENEW.run(connection, **ours, expires_at=wall + timedelta(seconds=seconds)).rowcount == 1


def release(db: Database, name: str, holder: str) -> None:
    """Give a lease back; nothing happens if it is not ours."""
    with db.write() as connection:
        _RELEASE.run(connection, name_=name, holder_=holder)


def held(connection: sa.Connection, name: str, wall: datetime) -> bool:
    """Whether somebody holds a lease now."""
    return connection.execute(sa.select(_LEASE.c.name).where(_LEASE.c.name == name, _LEASE.c.expires_at >= wall)).first() is not None
