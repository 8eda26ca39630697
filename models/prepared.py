"""Hot statements: written in SQLAlchemy Core, compiled once for each kind of database, carried out by the driver itself.

Core spends several times as long on preparing a small statement as SQLite on running it; this keeps its types and leaves out the rest.
"""

from collections import namedtuple
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from functools import partial
from operator import itemgetter
from typing import Any, Protocol

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

Convert = Callable[[Any], Any] | None


ALL = 2**31 - 1
"""As many rows as a statement may be asked for: what a bound limit says where there is none."""
JOURNEY = "journey"
"""Where a connection keeps what travels together, if anything does."""


class Touched(Protocol):
    """What a statement without an answer leaves."""

    rowcount: int


class Cursor(Touched, Protocol):
    """A cursor of a driver."""

    def execute(self, statement: str, parameters: Any) -> Any:
        """Carry out a statement."""

    def executemany(self, statement: str, parameters: Any) -> Any:
        """Carry out a statement for each of several rows."""

    def fetchone(self) -> tuple[Any, ...] | None:
        """The next row."""

    def fetchall(self) -> list[tuple[Any, ...]]:
        """Every row that is left."""


class Form:
    """A statement as one kind of database takes it. ``travels``: it may wait for others (see ``models.journeys``)."""

    def __init__(self, statement: Any, columns: tuple[str, ...], dialect: sa.Dialect, *, as_text: bool) -> None:
        compiled = statement.compile(dialect=dialect, column_keys=list(columns) or None)
        self.sql = compiled.string
        self.travels = dialect.name == "postgresql"
        self._fixed = {name: value for name, value in compiled.construct_params(_check=False).items() if value is not None}
        names: list[str] | None = compiled.positiontup
        converters = {} if as_text else {name: _to_driver(bound.type, dialect) for bound, name in compiled.bind_names.items()}
        self._converters = [(name, convert) for name, convert in converters.items() if convert]
        self._order = _in_order(names) if names else None
        selected = list(getattr(statement, "exported_columns", ()))
        self.width = len(selected)
        self._readers = [(n, reader) for n, column in enumerate(selected) if (reader := _from_driver(column.type, dialect))]
        self._make = _row_of([column.key for column in selected])

    def bind(self, values: dict[str, Any]) -> Any:
        """What the driver takes: by position on SQLite, by name on PostgreSQL. ``values`` is changed."""
        if self._fixed:
            values = self._fixed | values
        for name, convert in self._converters:
            value = values[name]
            if value is not None:
                values[name] = convert(value)
        return values if self._order is None else self._order(values)

    def row(self, raw: tuple[Any, ...]) -> Any:
        """A row in the types of its columns."""
        if not self._readers:
            return self._make(raw)
        cells = list(raw)
        for n, convert in self._readers:
            if cells[n] is not None:
                cells[n] = convert(cells[n])
        return self._make(cells)


def _in_order(names: list[str]) -> Callable[[dict[str, Any]], tuple[Any, ...]]:
    in_order = itemgetter(*names)
    return in_order if len(names) > 1 else lambda values: (in_order(values),)


def _row_of(columns: list[str]) -> Callable[[Iterable[Any]], Any]:
    """Makes named tuples as ``_make`` does, without counting the cells again: a statement always answers with all of its columns."""
    return partial(tuple.__new__, namedtuple("Row", columns, rename=True))  # noqa: PYI024  # its columns are known at run time only


def _to_driver(kind: sa.types.TypeEngine[Any], dialect: sa.Dialect) -> Convert:
    convert: Convert = kind.dialect_impl(dialect).bind_processor(dialect)
    if convert is not None and dialect.name == "sqlite" and isinstance(kind, sa.Date):
        return date.isoformat  # what SQLAlchemy stores, four times as fast
    return convert


def _from_driver(kind: sa.types.TypeEngine[Any], dialect: sa.Dialect) -> Convert:
    return kind.dialect_impl(dialect).result_processor(dialect, None)


class Prepared:
    """A statement that is carried out often. ``columns``: what an insert or update sets; conditions take ``sa.bindparam``.

    ``as_text``: values come as the text that the database stores or understands, and go in as they are.

    Values go in by name, all of them; rows come out as named tuples in the types of their columns. Errors are SQLAlchemy's.
    """

    def __init__(self, statement: Any, *columns: str, as_text: bool = False) -> None:
        """Nothing is compiled before the first use."""
        self._statement, self._columns, self._as_text = statement, columns, as_text
        self._forms: dict[str, Form] = {}

    def first(self, connection: sa.Connection, **values: Any) -> Any:
        """The first row, or None."""
        form = self.form(connection.dialect)
        raw = _ask(connection, form, values).fetchone()
        return None if raw is None else form.row(raw)

    def all(self, connection: sa.Connection, **values: Any) -> list[Any]:
        """Every row."""
        form = self.form(connection.dialect)
        return [form.row(raw) for raw in _ask(connection, form, values).fetchall()]

    def scalar(self, connection: sa.Connection, **values: Any) -> Any:
        """The first cell of the first row; None without one."""
        row = self.first(connection, **values)
        return None if row is None else row[0]

    def run(self, connection: sa.Connection, **values: Any) -> Touched:
        """Carry out a statement without an answer; how many rows it touched is known at once, or when its journey ends."""
        form = self.form(connection.dialect)
        journey = connection.info.get(JOURNEY) if form.travels else None
        return carry_out(connection, form.sql, form.bind(values)) if journey is None else journey.take_along(self, values)

    def now(self, connection: sa.Connection, values: dict[str, Any]) -> Cursor:
        """Carry it out at once; ``values`` is changed."""
        form = self.form(connection.dialect)
        return carry_out(connection, form.sql, form.bind(values))

    def run_all(self, connection: sa.Connection, rows: Iterable[Mapping[str, Any]]) -> None:
        """Carry it out for each row."""
        form = self.form(connection.dialect)
        if form.travels:
            _arrive(connection)
        try:
            _driver(connection).cursor().executemany(form.sql, [form.bind(dict(row)) for row in rows])
        except connection.dialect.loaded_dbapi.Error as error:
            raise translated(error, connection) from error

    def form(self, dialect: sa.Dialect) -> Form:
        """The statement as this kind of database takes it."""
        form = self._forms.get(dialect.name)
        if form is None:
            form = self._forms[dialect.name] = Form(self._statement, self._columns, dialect, as_text=self._as_text)
        return form

    @property
    def writes(self) -> str:
        """The table that it changes."""
        return str(self._statement.table.name)


class Journey(Protocol):
    """Statements that wait to travel together: see ``models.journeys``."""

    def take_along(self, statement: Prepared, values: dict[str, Any]) -> Touched:
        """Let a statement wait for the others."""

    def arrive(self) -> None:
        """Carry out what waits."""


def _ask(connection: sa.Connection, form: Form, values: dict[str, Any]) -> Cursor:
    if form.travels:
        _arrive(connection)
    return carry_out(connection, form.sql, form.bind(values))


def _arrive(connection: sa.Connection) -> None:
    """What was taken along comes first."""
    journey: Journey | None = connection.info.get(JOURNEY)
    if journey is not None:
        journey.arrive()


def carry_out(connection: sa.Connection, sql: str, parameters: Any) -> Cursor:
    """Let the driver carry out a statement."""
    try:
        cursor: Cursor = _driver(connection).execute(sql, parameters)
    except connection.dialect.loaded_dbapi.Error as error:
        raise translated(error, connection) from error
    return cursor


def _driver(connection: sa.Connection) -> Any:
    """The driver's own connection: sqlite3's or psycopg's."""
    return connection.connection.dbapi_connection


def translated(error: Exception, connection: sa.Connection) -> BaseException:
    """A driver's error as SQLAlchemy would raise it, without the values: what people wrote must not be in it."""
    dialect = connection.dialect
    lost = dialect.is_disconnect(error, connection.connection.dbapi_connection, None)  # type: ignore[arg-type]  # the driver's own
    return DBAPIError.instance(
        None, None, error, dialect.loaded_dbapi.Error, hide_parameters=True, connection_invalidated=lost, dialect=dialect
    )


class PreparedAmong:
    """A question about several values of a column. A few are spelt out, with room to spare, and stay prepared; many are left to Core."""

    _FEW = 64

    def __init__(self, statement: sa.Select[Any], column: sa.ColumnElement[Any]) -> None:
        """``statement`` asks all else; its own values are bound by name."""
        self._statement, self._column = statement, column
        self._prepared: dict[int, Prepared] = {}

    def all(self, connection: sa.Connection, values: Iterable[Any], **more: Any) -> Sequence[Any]:
        """Every row whose column holds one of the values; none without a value."""
        wanted = list(values)
        if not wanted:
            return []
        if len(wanted) > self._FEW:
            return connection.execute(self._statement.where(self._column.in_(wanted)), more).all()
        room = 1 << (len(wanted) - 1).bit_length()
        named = {f"one_{n}": wanted[min(n, len(wanted) - 1)] for n in range(room)}
        return self._with(room).all(connection, **named, **more)

    def _with(self, room: int) -> Prepared:
        if room not in self._prepared:
            named: list[sa.BindParameter[Any]] = [sa.bindparam(f"one_{n}") for n in range(room)]
            self._prepared[room] = Prepared(self._statement.where(among(self._column, named)))
        return self._prepared[room]


def insert(rows: sa.Table, *columns: str) -> Prepared:
    """The insert of a row that gives these columns."""
    return Prepared(rows.insert(), *columns)


def among(column: sa.ColumnElement[Any], values: Iterable[Any]) -> sa.ColumnElement[bool]:
    """That a column holds one of these: an ``IN`` of Core is only spelt out when it is carried out, too late for a prepared statement."""
    return sa.or_(*(column == value for value in values))
