"""One database of record, SQLite or PostgreSQL: short write transactions, plain reads."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from models.errors import Refused

_BUSY_MILLISECONDS = 10_000


class Database:
    """The engine behind ``url``. Writers on SQLite queue up (BEGIN IMMEDIATE): a read that later writes can never fail half-way."""

    def __init__(self, url: str) -> None:
        """Prepare the engine; nothing is opened yet. Refuses an unknown kind of database."""
        try:
            parsed = make_url(url)
        except ArgumentError:
            raise Refused.because("database_url_unreadable") from None
        if parsed.get_backend_name() == "postgresql":
            parsed = parsed.set(drivername="postgresql+psycopg")
        elif parsed.get_backend_name() != "sqlite":
            raise Refused.because("database_kind_unknown", kind=parsed.get_backend_name())
        self.is_sqlite = parsed.get_backend_name() == "sqlite"
        patience = {"timeout": _BUSY_MILLISECONDS / 1000} if self.is_sqlite else {}
        # Errors are logged and kept as reasons: what people wrote must not be in them.
        self.engine = sa.create_engine(parsed, connect_args=patience, hide_parameters=True)
        if self.is_sqlite:
            event.listen(self.engine, "connect", _prepare_sqlite)
            event.listen(self.engine, "begin", _leave_begin_to_us)

    @contextmanager
    def write(self) -> Iterator[sa.Connection]:
        """One transaction: committed at the end, rolled back on any exception."""
        with self.engine.connect() as connection:
            begin = "BEGIN IMMEDIATE" if self.is_sqlite else None
            with connection.begin():
                if begin:
                    connection.exec_driver_sql(begin)
                yield connection

    @contextmanager
    def read(self) -> Iterator[sa.Connection]:
        """A consistent look; nothing is written."""
        with self.engine.connect() as connection, connection.begin() as transaction:
            connection.exec_driver_sql("BEGIN" if self.is_sqlite else "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            yield connection
            transaction.rollback()

    @property
    def missing(self) -> bool:
        """Whether this is an SQLite file that does not exist: connecting would create it."""
        return self.is_sqlite and not Path(self.engine.url.database or "").is_file()

    def close(self) -> None:
        """Give every connection back."""
        self.engine.dispose()


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    connection.isolation_level = None
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", f"busy_timeout={_BUSY_MILLISECONDS}"):
        connection.execute(f"PRAGMA {pragma}").fetchone()


def _leave_begin_to_us(_connection: sa.Connection) -> None:
    """SQLite begins in ``write`` and ``read``: the driver must not begin by itself."""
