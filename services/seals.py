"""Sealing what an older release wrote: its events carry no hash until this release chains them."""

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from models.chain import genesis, link
from models.database import Database
from models.prepared import Prepared
from models.tables import Action, Event, table
from services.log import read_log

_ACTION, _EVENT = table(Action), table(Event)
_AT_ONCE = 200
_SEAL = Prepared(_EVENT.update().where(_EVENT.c.action_id == sa.bindparam("action_"), _EVENT.c.seq == sa.bindparam("seq_")), "hash")
_HEAD = Prepared(_ACTION.update().where(_ACTION.c.id == sa.bindparam("action_")), "head", "sealed")


def head_of(connection: sa.Connection, row: Any) -> bytes:
    """The end of an action's chain, after sealing what an older release has added to it."""
    if row.sealed == row.version and row.head is not None:
        return bytes(row.head)
    return _seal(connection, row)


def seal_all(db: Database) -> int:
    """Seal every event that an older release left without a hash, in short transactions; how many actions were sealed."""
    count = 0
    while rows := _seal_some(db):
        count += rows
    return count


def _seal_some(db: Database) -> int:
    unsealed = sa.select(_ACTION).where(sa.text("sealed < version")).order_by(_ACTION.c.id).limit(_AT_ONCE)
    with db.write() as connection:
        rows: Sequence[Any] = connection.execute(unsealed.with_for_update()).all()
        for row in rows:
            _seal(connection, row)
    return len(rows)


def _seal(connection: sa.Connection, row: Any) -> bytes:
    head = bytes(row.head) if row.head is not None else genesis(row.convention, row.number)
    for event in read_log(connection, row.id, after=row.sealed):
        head = link(head, event)
        _SEAL.run(connection, action_=row.id, seq_=event.seq, hash=head)
    _HEAD.run(connection, action_=row.id, head=head, sealed=row.version)
    return head
