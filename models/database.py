"""One database of record, SQLite or PostgreSQL: short write transactions, plain reads."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from orjson import loads
from sqlalchemy import event
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, DBAPIError

from models.chain import document_text
from models.errors import Refused
from models.folding import folded_or_none
from models.prepared import translated

_BUSY_MILLISECONDS = 10_000
_CHECKPOINT = "wal_autocheckpoint=2000"
"""Pages of 4 KiB in the write-ahead log before they move to the database: pages written many times move once."""
_AT_ONCE = 48
"""Transactions of one process at a time: as many as a web server has threads, and some more. Each is opened when it is needed."""
_LOOK = "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY"


class Database:
    """The engine behind ``url``. Writers on SQLite queue up (BEGIN IMMEDIATE): a read that later writes can never fail half-way."""

    def __init__(self, url: str, *, durable: bool = True) -> None:
        """Prepare the engine; nothing is opened yet. Refuses an unknown kind of database.

        ``durable``: False on SQLite for what may be lost with the machine, as a scratch copy may.
        """
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
        self.engine = sa.create_engine(
            parsed,
            connect_args=patience,
            hide_parameters=True,
            json_serializer=document_text,
            json_deserializer=loads,
            pool_size=_AT_ONCE,
        )
        if self.is_sqlite:
            event.listen(self.engine, "connect", prepare_sqlite)
            if not durable:
                event.listen(self.engine, "connect", _wait_for_no_disk)
            event.listen(self.engine, "begin", _leave_begin_to_us)
        self._idle: list[sa.Connection] = []
        self._closings = 0
        self._beginnings = ("BEGIN IMMEDIATE", "BEGIN") if self.is_sqlite else (None, _LOOK)

    def write(self) -> AbstractContextManager[sa.Connection]:
        """One transaction: committed at the end, undone on any exception (or by ``undo``)."""
        return _Transaction(self, self._beginnings[0], _commit)

    def read(self) -> AbstractContextManager[sa.Connection]:
        """A consistent look; nothing is written."""
        return _Transaction(self, self._beginnings[1], undo)

    @contextmanager
    def undone(self) -> Iterator["Database"]:
        """The same database for one trial: whatever is written there is seen there, and nowhere else, and nothing of it stays.

        Until the trial ends, others wait to write on SQLite, and on PostgreSQL where they want the rows that it touched.
        """
        with _Transaction(self, self._beginnings[0], undo) as connection:
            if not self.is_sqlite:  # a trial gives way to whoever really acts, before PostgreSQL looks for a circle
                connection.exec_driver_sql("SET LOCAL lock_timeout = '300ms'")
            yield _Trial(self, connection)

    def lend(self, begin: str | None) -> tuple[sa.Connection, int]:
        """A connection with a transaction at work, and its mark. Those given back are lent again as they are: most of a small command's cost."""
        connection, closings = self._idle_one() or self.engine.connect(), self._closings
        try:
            if begin is not None:
                _carry_out(connection, begin)
        except BaseException as error:
            self.take_back(connection, closings, error)
            raise
        return connection, closings

    def _idle_one(self) -> sa.Connection | None:
        try:
            return self._idle.pop()
        except IndexError:
            return None

    def keep(self, connection: sa.Connection, closings: int) -> None:
        """Lend it again later, unless everything was closed meanwhile."""
        if closings == self._closings:
            self._idle.append(connection)
        else:
            _discard(connection)

    def take_back(self, connection: sa.Connection, closings: int, error: BaseException) -> None:
        """After a failure: undo, and trust none of the idle connections once the server has gone."""
        try:
            undo(connection)
        except DBAPIError:
            connection.invalidate()
        if connection.invalidated or (isinstance(error, DBAPIError) and error.connection_invalidated):
            _discard(connection)
            self.close()
        else:
            self.keep(connection, closings)

    @property
    def missing(self) -> bool:
        """Whether this is an SQLite file that does not exist: connecting would create it."""
        return self.is_sqlite and not Path(self.engine.url.database or "").is_file()

    def close(self) -> None:
        """Give every connection back; one that is lent closes when its transaction ends."""
        self._closings += 1
        while (connection := self._idle_one()) is not None:
            _discard(connection)
        self.engine.dispose()


class _Trial(Database):
    """A database whose transactions are parts of one that is never committed; each of them is undone by itself if it fails."""

    def __init__(self, whole: Database, connection: sa.Connection) -> None:
        self.is_sqlite, self.engine, self._connection = whole.is_sqlite, whole.engine, connection

    def write(self) -> AbstractContextManager[sa.Connection]:
        return _Part(self._connection)

    def read(self) -> AbstractContextManager[sa.Connection]:
        return nullcontext(self._connection)

    def close(self) -> None:
        """The whole gives the connection back."""


class _Part(AbstractContextManager[sa.Connection]):
    """A part of a transaction."""

    __slots__ = ("_connection",)

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection

    def __enter__(self) -> sa.Connection:
        _carry_out(self._connection, "SAVEPOINT part")
        return self._connection

    def __exit__(self, _kind: object, error: BaseException | None, _trace: object) -> None:
        if error is not None:
            _carry_out(self._connection, "ROLLBACK TO SAVEPOINT part")
        _carry_out(self._connection, "RELEASE SAVEPOINT part")


class _Transaction(AbstractContextManager[sa.Connection]):
    """A connection that is lent for one transaction, which ``end`` ends."""

    __slots__ = ("_begin", "_db", "_end", "_lent")

    def __init__(self, db: Database, begin: str | None, end: Callable[[sa.Connection], None]) -> None:
        self._db, self._begin, self._end = db, begin, end

    def __enter__(self) -> sa.Connection:
        self._lent = self._db.lend(self._begin)
        return self._lent[0]

    def __exit__(self, _kind: object, error: BaseException | None, _trace: object) -> None:
        if error is None:
            try:
                self._end(self._lent[0])
            except BaseException as fault:
                self._db.take_back(*self._lent, fault)
                raise
            self._db.keep(*self._lent)
        else:
            self._db.take_back(*self._lent, error)


def _discard(connection: sa.Connection) -> None:
    """Close it for good: the pool that it came from may be gone."""
    connection.invalidate()
    connection.close()


def _carry_out(connection: sa.Connection, statement: str) -> None:
    """Begin and end by the driver: every command passes here. Core, where it is used, joins the transaction it finds."""
    driver: Any = connection.connection.dbapi_connection
    try:
        driver.commit() if statement == "COMMIT" else driver.cursor().execute(statement)
    except connection.dialect.loaded_dbapi.Error as error:
        raise translated(error, connection) from error


def _commit(connection: sa.Connection) -> None:
    if connection.in_transaction():
        connection.commit()
    else:
        _carry_out(connection, "COMMIT")


def undo(connection: sa.Connection) -> None:
    """Undo everything, whether Core took part or only the driver."""
    connection.rollback()
    driver: Any = connection.connection.dbapi_connection
    try:
        driver.rollback()
    except connection.dialect.loaded_dbapi.Error as error:
        raise translated(error, connection) from error


def prepare_sqlite(connection: Any, _record: Any) -> None:
    """Set up a fresh connection of the driver as every one of ours is: durable, guarded, patient."""
    connection.isolation_level = None
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", f"busy_timeout={_BUSY_MILLISECONDS}", _CHECKPOINT):
        connection.execute(f"PRAGMA {pragma}").fetchone()
    connection.create_function("folded", 1, folded_or_none, deterministic=True)


def _wait_for_no_disk(connection: Any, _record: Any) -> None:
    """Commits are handed to the system, which writes them when it likes."""
    connection.execute("PRAGMA synchronous=OFF")


def _leave_begin_to_us(_connection: sa.Connection) -> None:
    """SQLite begins in ``write`` and ``read``: the driver must not begin by itself."""
