"""A restored home is held: people may look and act, but no stage takes a step and no message leaves, until an operator lets it go on.

Between the backup and its restoration the first home lived on: it reacted, and its mails arrived. A restored home that went on by itself
would do all of that a second time. The hold is the stages' own leases, taken for good: every run finds its stage busy, and no wake is sent.
"""

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from models.tables import Lease, Wake, table
from services.leases import FOR_GOOD
from services.wakes import STAGES

_LEASE, _WAKE = table(Lease), table(Wake)
_HOLDER = "restored"
_OURS = _LEASE.c.holder.startswith(f"{_HOLDER} ")


@dataclass(frozen=True, slots=True)
class Held:
    """A home that is held: since which backup, and whether the first home was at rest then."""

    taken_at: datetime
    at_rest: bool


def hold(connection: sa.Connection, at: datetime, taken_at: datetime, *, at_rest: bool) -> None:
    """Hold a home that was just restored: nothing of the first home's leases and wakes is left, every stage is taken."""
    connection.execute(_LEASE.delete())
    connection.execute(_WAKE.delete())
    holder = f"{_HOLDER} {taken_at.isoformat()} {'rest' if at_rest else 'work'}"
    connection.execute(_LEASE.insert(), [{"name": f"stage:{stage}", "holder": holder, "expires_at": at + FOR_GOOD} for stage in STAGES])


def held(connection: sa.Connection) -> Held | None:
    """Since when and how this home is held, or None."""
    holder = connection.execute(sa.select(_LEASE.c.holder).where(_OURS)).scalars().first()
    if holder is None:
        return None
    _, taken_at, how = holder.split(" ")
    return Held(datetime.fromisoformat(taken_at), how == "rest")


def let_go(connection: sa.Connection) -> None:
    """Give every stage free."""
    connection.execute(_LEASE.delete().where(_OURS))
