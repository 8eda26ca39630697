"""Many rows written by one statement: on PostgreSQL they travel as one document; on SQLite the driver repeats a prepared statement."""

from collections.abc import Mapping, Sequence
from typing import Any

import orjson
import sqlalchemy as sa

from models.prepared import JOURNEY, Prepared, carry_out

_KEY = "key_"
Rows = Sequence[Mapping[str, Any]]


class Bulk:
    """An insert of rows that give ``columns``; with ``key``, an update of those columns in the rows that a unique column names.

    ``as_text``: values come as the text that the database stores or understands, and go in as they are.
    """

    def __init__(self, rows: sa.Table, *columns: str, key: str | None = None, as_text: bool = False) -> None:
        """Nothing is compiled before the first use."""
        self._rows, self._columns, self._key = rows, columns, key
        statement = rows.insert() if key is None else rows.update().where(rows.c[key] == sa.bindparam(_KEY))
        self._one = Prepared(statement, *columns, as_text=as_text)
        self._all: str | None = None

    def run(self, connection: sa.Connection, rows: Rows) -> None:
        """Write them all. Errors are SQLAlchemy's."""
        if not rows:
            return
        named = rows if self._key is None else [{_KEY if name == self._key else name: row[name] for name in row} for row in rows]
        if connection.dialect.name != "postgresql":
            self._one.run_all(connection, named)
            return
        if (journey := connection.info.get(JOURNEY)) is not None:
            journey.arrive()
        form = self._one.form(connection.dialect)
        bound = [form.bind(dict(row)) for row in named]
        if self._all is None:
            self._all = self._as_document(connection.dialect)
        carry_out(connection, self._all, {"rows": orjson.dumps(bound, default=_in_hex).decode()})

    def _as_document(self, dialect: sa.Dialect) -> str:
        """The statement for PostgreSQL: it reads texts out of a document and takes them for what its columns hold."""
        quote = dialect.identifier_preparer.quote
        names = {name: _KEY if name == self._key else name for name in (*((self._key,) if self._key else ()), *self._columns)}
        given = f"json_to_recordset(%(rows)s::json) AS given ({', '.join(f'{quote(own)} text' for own in names.values())})"
        values = {name: f"given.{quote(own)}::{self._rows.c[name].type.compile(dialect)}" for name, own in names.items()}
        table = quote(self._rows.name)
        if self._key is None:
            columns = ", ".join(quote(name) for name in names)
            return f"INSERT INTO {table} ({columns}) SELECT {', '.join(values.values())} FROM {given}"  # noqa: S608  # names of ours
        changes = ", ".join(f"{quote(name)} = {values[name]}" for name in self._columns)
        return f"UPDATE {table} SET {changes} FROM {given} WHERE {table}.{quote(self._key)} = {values[self._key]}"  # noqa: S608  # names of ours


def _in_hex(value: Any) -> str:
    """Bytes, also as psycopg wraps them, as PostgreSQL reads them. Raises TypeError for what no column of ours holds."""
    raw = getattr(value, "obj", value)
    if isinstance(raw, bytes):
        return f"\\x{raw.hex()}"
    raise TypeError(type(value).__name__)
