"""Lists that programs read a slice at a time: by the keys of the last row that they have, so that nothing is skipped or told twice while rows come."""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, NamedTuple

import sqlalchemy as sa

from models.errors import Refused

_KEY = "key_"
Row = Mapping[str, Any]


class Slice(NamedTuple):
    """Some rows. ``next``: after what the following ones come; None where there are no more. ``behind``: how many could not be looked at yet."""

    rows: Sequence[Row]
    next: str | None
    behind: int = 0


def slice_of(
    connection: sa.Connection, query: sa.Select[Any], keys: Sequence[sa.Column[Any]], after: str, limit: int, *, ascending: bool = False
) -> Slice:
    """The rows of a query after a place, in the order of these keys, which together name one row; refuses a place that no slice gave."""
    ordered = query.order_by(*(key.asc() if ascending else key.desc() for key in keys))
    if after:
        here, there = (
            sa.tuple_(*keys),
            sa.tuple_(*(sa.literal(value, key.type) for key, value in zip(keys, place_of(after, keys), strict=True))),
        )
        ordered = ordered.where(here > there if ascending else here < there)
    return cut(connection, ordered.limit(limit + 1), keys, limit)


def cut(connection: sa.Connection, query: sa.Select[Any], keys: Sequence[sa.Column[Any]], limit: int) -> Slice:
    """So many rows of a query in its order, of which it finds one more if there is one."""
    named = query.add_columns(*(key.label(f"{_KEY}{place}") for place, key in enumerate(keys)))
    found = [dict(row) for row in connection.execute(named).mappings()]
    shown = found[:limit]
    last = [shown[-1][f"{_KEY}{place}"] for place in range(len(keys))] if len(found) > limit else None
    return Slice([{name: value for name, value in row.items() if not name.startswith(_KEY)} for row in shown], _named(last))


def _named(last: Sequence[Any] | None) -> str | None:
    """A place as the reader is given it."""
    if last is None:
        return None
    written = json.dumps([value.isoformat() if isinstance(value, date) else value for value in last])
    return urlsafe_b64encode(written.encode()).decode().rstrip("=")


def place_of(after: str, keys: Sequence[sa.Column[Any]]) -> list[Any]:
    """The keys of a place as ``next`` names it. Refuses one that no slice gave."""
    try:
        values = json.loads(urlsafe_b64decode(f"{after}{'=' * (-len(after) % 4)}".encode("ascii")))
        return [_read(key, value) for key, value in zip(keys, values, strict=True)]
    except (ValueError, TypeError):
        raise Refused.because("cursor_unknown", "after") from None


def _read(key: sa.Column[Any], value: Any) -> Any:
    kind = date if isinstance(key.type, sa.Date) else int if isinstance(key.type, sa.Integer) else str
    read: Any = date.fromisoformat(value) if kind is date else value
    odd = (isinstance(read, int) and not 0 <= read < 1 << 63) or (isinstance(read, str) and b"\0" in read.encode())
    if type(read) is not kind or odd:
        raise ValueError(value)
    return read
