"""Named kinds of columns, so that the tables read as prose."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import sqlite
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement
from sqlmodel import Field
from sqlmodel.sql.sqltypes import UTCDateTime


def document(**options: Any) -> Any:
    """A JSON document."""
    return Field(sa_type=sa.JSON, **options)


_WITHOUT_FRACTION: sa.types.TypeEngine[Any] = sqlite.DATETIME(truncate_microseconds=True)  # type: ignore[no-untyped-call]  # SQLAlchemy's


class WholeSecond(UTCDateTime):
    """A moment of which nobody asks for a fraction of a second: SQLite stores moments as text, and spares seven bytes of it."""

    cache_ok = True

    def load_dialect_impl(self, dialect: sa.Dialect) -> sa.types.TypeEngine[Any]:
        """On SQLite, text that ends with the seconds."""
        return dialect.type_descriptor(_WITHOUT_FRACTION if dialect.name == "sqlite" else self.impl_instance)

    def process_bind_param(self, value: datetime | None, dialect: sa.Dialect) -> datetime | None:
        """The same second on every database."""
        moment = super().process_bind_param(value, dialect)
        return None if moment is None else moment.replace(microsecond=0)


class UtcMinute(FunctionElement[str]):
    """A moment as text, cut off at the minute, in UTC: ``2026-10-05 09:30``, the same on every database."""

    inherit_cache = True
    type = sa.String()


@compiles(UtcMinute, "sqlite")
def _stored(element: UtcMinute, compiler: SQLCompiler, **kw: Any) -> str:
    return f"substr({compiler.process(element.clauses, **kw)}, 1, 16)"


@compiles(UtcMinute, "postgresql")
def _spelt(element: UtcMinute, compiler: SQLCompiler, **kw: Any) -> str:
    return f"to_char({compiler.process(element.clauses, **kw)} AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI')"
