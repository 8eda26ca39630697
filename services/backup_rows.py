"""Rows as lines that belong to no database: what SQLite gave, PostgreSQL takes, and back.

A table is a series of lines; a line is one row, a JSON list in the order of the columns. Every column is of one of a few kinds, named in
the manifest, so that a later release reads the lines without knowing the tables of the release that wrote them.
"""

import base64
import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from itertools import islice
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from pydantic import BaseModel
from sqlalchemy.types import TypeEngine
from sqlmodel.sql.sqltypes import AutoString, UTCDateTime

from models.errors import Fault

_AT_ONCE = 1_000


class Column(BaseModel, frozen=True):
    """A column and its kind."""

    name: str
    kind: str


class Table(BaseModel, frozen=True):
    """A table of the archive, and how many rows it holds."""

    name: str
    columns: tuple[Column, ...]
    rows: int


@dataclass(frozen=True, slots=True)
class _Kind:
    """How values of one kind are stored, written on a line and read back; a value that is absent is ``null`` in any kind."""

    store: Callable[[], TypeEngine[Any]]
    write: Callable[[Any], Any]
    read: Callable[[Any], Any]
    types: tuple[type[TypeEngine[Any]], ...]


def _same(value: Any) -> Any:
    return value


def _read_document(text: str) -> Any:
    """A JSON ``null`` that was stored is not the absence of a document."""
    value = json.loads(text)
    return sa.JSON.NULL if value is None else value


_KINDS = {
    "bytes": _Kind(sa.LargeBinary, lambda value: base64.b64encode(value).decode("ascii"), base64.b64decode, (sa.LargeBinary,)),
    "document": _Kind(lambda: sa.JSON(none_as_null=True), _same, _read_document, (sa.JSON,)),
    "id": _Kind(sa.Uuid, str, UUID, (sa.Uuid,)),
    "moment": _Kind(UTCDateTime, datetime.isoformat, datetime.fromisoformat, (UTCDateTime,)),
    "day": _Kind(sa.Date, date.isoformat, date.fromisoformat, (sa.Date,)),
    "truth": _Kind(sa.Boolean, _same, _same, (sa.Boolean,)),
    "whole": _Kind(sa.BigInteger, _same, _same, (sa.Integer,)),
    "number": _Kind(sa.Float, float, _same, (sa.Float,)),
    "text": _Kind(sa.Text, _same, _same, (sa.String, AutoString)),
}


def kind_of(column: sa.Column[Any]) -> str:
    """The kind of a column. Raises Fault for a type that no kind stands for."""
    for name, kind in _KINDS.items():
        if isinstance(column.type, kind.types):
            return name
    raise Fault(f"column {column} is of a type that no backup knows: {column.type!r}")


def columns_of(rows: sa.Table) -> tuple[Column, ...]:
    """The columns of a table of this release."""
    return tuple(Column(name=column.name, kind=kind_of(column)) for column in rows.c)


def lines_of(connection: sa.Connection, rows: sa.Table) -> Iterator[bytes]:
    """Every row of a table, ordered by its key, as a line; read a few at a time."""
    writers = [_KINDS[kind_of(column)].write for column in rows.c]
    shown = [sa.cast(column, sa.Text) if isinstance(column.type, sa.JSON) else column for column in rows.c]
    query = sa.select(*shown).order_by(*rows.primary_key.columns)
    for row in connection.execute(query, execution_options={"yield_per": _AT_ONCE}):
        values = [None if value is None else write(value) for write, value in zip(writers, row, strict=True)]
        yield json.dumps(values, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"


def load(connection: sa.Connection, table: Table, lines: Iterable[bytes]) -> int:
    """Insert the rows of an archive's table; returns how many.

    Raises:
        ValueError: a line is not a row of this table, or a kind is unknown.
    """
    if unknown := sorted({column.kind for column in table.columns} - _KINDS.keys()):
        raise ValueError(f"{table.name}: unknown kinds {unknown}")
    kinds = [_KINDS[column.kind] for column in table.columns]
    names = [column.name for column in table.columns]
    insert = sa.table(table.name, *(sa.column(name, kind.store()) for name, kind in zip(names, kinds, strict=True))).insert()
    readers = [kind.read for kind in kinds]
    loaded, waiting = 0, iter(lines)
    while batch := [_row(names, readers, line) for line in islice(waiting, _AT_ONCE)]:
        connection.execute(insert, batch)
        loaded += len(batch)
    return loaded


def _row(names: list[str], readers: list[Callable[[Any], Any]], line: bytes) -> dict[str, Any]:
    values = zip(names, readers, json.loads(line), strict=True)
    return {name: None if value is None else read(value) for name, read, value in values}


def continue_numbering(connection: sa.Connection, table: Table) -> None:
    """Let PostgreSQL number new rows after those that were loaded; SQLite does by itself."""
    if connection.dialect.name != "postgresql":
        return
    for column in table.columns:
        if column.kind == "whole" and (series := _series(connection, table, column)) is not None:
            largest = sa.select(sa.func.max(sa.column(column.name, sa.Integer))).select_from(sa.table(table.name)).scalar_subquery()
            connection.execute(sa.select(sa.func.setval(series, sa.func.coalesce(largest, 1), largest.is_not(None))))


def _series(connection: sa.Connection, table: Table, column: Column) -> str | None:
    named = connection.dialect.identifier_preparer.quote(table.name)
    return connection.execute(sa.select(sa.func.pg_get_serial_sequence(named, column.name))).scalar()
