"""The log as its hash chain covers it: the stored text of each column, on either kind of database."""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import sqlalchemy as sa

from models.chain import FIELDS
from models.prepared import Prepared
from models.tables import Event, table

_EVENT = table(Event)
_AS_TEXT: Mapping[str, Mapping[str, str]] = {
    "sqlite": {"digest": "CASE WHEN event.digest IS NOT NULL THEN lower(hex(event.digest)) END"},
    "postgresql": {
        "id": "replace(event.id::text, '-', '')",
        "cause": "replace(event.cause::text, '-', '')",
        "occurred_on": "event.occurred_on::text",
        "recorded_at": "to_char(event.recorded_at AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS.US')",
        "payload": "event.payload::text",
        "digest": "encode(event.digest, 'hex')",
    },
}
"""What of ``models.chain.FIELDS`` is not stored as the very text that is hashed, and how each database writes it so."""


def stored(dialect: str) -> list[sa.ColumnElement[Any]]:
    """The columns that a hash covers, in its order, as the stored text."""
    texts = _AS_TEXT[dialect]
    return [sa.literal_column(texts.get(name, f'event."{name}"')).label(name) for name in FIELDS]


@lru_cache
def _of_action(dialect: str) -> Prepared:
    mine = (_EVENT.c.action_id == sa.bindparam("action_")) & (_EVENT.c.seq > sa.bindparam("after_"))
    return Prepared(sa.select(*stored(dialect)).select_from(_EVENT).where(mine).order_by(_EVENT.c.seq))


def read_log(connection: sa.Connection, action_id: int, *, after: int = 0) -> list[Any]:
    """The events of an action from the one after ``after``, in order: one named tuple each, whose cells are what ``models.chain.link`` takes."""
    return _of_action(connection.dialect.name).all(connection, action_=action_id, after_=after)
