"""What an audit reads: every table that the log accounts for, as stored text, some actions at a time, so that a long log needs little memory."""

import sqlite3
from collections import defaultdict, namedtuple
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from typing import Any, cast
from uuid import UUID

import sqlalchemy as sa

from models.integrity import ACTION, Stored
from models.tables import Action, Attachment, Decision, Event, Milestone, Opinion, Report, Review, Words, table
from services.log import stored

_ACTION, _EVENT, _REVIEW, _OPINION = table(Action), table(Event), table(Review), table(Opinion)
_PAGE = 400
_EVENTS_AT_ONCE = 4_000
_END = 2**62
ROWS: Mapping[str, sa.Table] = {
    rows.name: rows for rows in (table(row) for row in (Review, Decision, Report, Milestone, Attachment, Words))
}
"""The tables whose rows belong to an action directly; opinions belong to one through their review."""
_SHAPES: Mapping[str, Any] = {
    rows.name: namedtuple("Row", [*rows.columns.keys(), *(["action_id"] if rows is _OPINION else [])])  # noqa: PYI024  # as the table
    for rows in (*ROWS.values(), _OPINION, _ACTION)
}


@dataclass(frozen=True, slots=True)
class Span:
    """The actions whose ids lie between two others, and all that is stored of them, by the action's id."""

    actions: Sequence[Any]
    events: Mapping[int, Sequence[Stored]]
    rows: Mapping[str, Mapping[int, Sequence[Any]]]


def spans(connection: sa.Connection) -> Iterator[Span]:
    """Every action in the order of ids, in spans that leave no id out: what belongs to no action is found too."""
    after = -_END
    while True:
        page = _few([_SHAPES[_ACTION.name]._make(row) for row in _raw(connection, _actions(connection.dialect.name), after)])
        upto = page[-1].id if page else _END
        yield _span(connection, page, after, upto)
        if not page:
            return
        after = upto


def _few(page: list[Any]) -> list[Any]:
    """As many actions as have no more events together than are read at once, but at least one."""
    total = 0
    for n, action in enumerate(page):
        total += action.version
        if total > _EVENTS_AT_ONCE and n:
            return page[:n]
    return page


def _span(connection: sa.Connection, actions: Sequence[Any], after: int, upto: int) -> Span:
    dialect = connection.dialect.name
    events: dict[int, list[Stored]] = defaultdict(list)
    for event in _raw(connection, _events(dialect), after, upto):
        events[event[ACTION]].append(event)
    rows = {name: _grouped(connection, name, after, upto) for name in (*ROWS, _OPINION.name)}
    return Span(actions, events, rows)


def _grouped(connection: sa.Connection, name: str, after: int, upto: int) -> Mapping[int, Sequence[Any]]:
    grouped: dict[int, list[Any]] = defaultdict(list)
    shape = _SHAPES[name]
    for row in map(shape._make, _raw(connection, _rows(connection.dialect.name, name), after, upto)):
        grouped[row.action_id].append(row)
    return grouped


def _raw(connection: sa.Connection, statement: str, after: int, upto: int = _END) -> list[Any]:
    """What the driver gives: a long log is read a third faster so."""
    asked = statement.format(after=int(after), upto=int(upto))
    try:
        return list(connection.exec_driver_sql(asked).cursor.fetchall())
    except sqlite3.OperationalError:
        with _any_text(connection):
            return list(connection.exec_driver_sql(asked).cursor.fetchall())


@contextmanager
def _any_text(connection: sa.Connection) -> Iterator[None]:
    """SQLite gives back text that is not UTF-8 any more, since a bit of the file has changed, with marks where it is wrong."""
    driver: Any = connection.connection.dbapi_connection
    usual, driver.text_factory = driver.text_factory, lambda raw: raw.decode(errors="replace")
    try:
        yield
    finally:
        driver.text_factory = usual


@lru_cache
def _actions(dialect: str) -> str:
    later = _ACTION.c.id > sa.literal_column("{after}")
    return f"{sa.select(*_texts(dialect, _ACTION)).select_from(_ACTION).where(later).order_by(_ACTION.c.id)} LIMIT {_PAGE}"


@lru_cache
def _events(dialect: str) -> str:
    apart = [_text(dialect, _EVENT.c[name]) for name in ("position", "action_id", "convention", "hash")]
    return str(sa.select(*apart, *stored(dialect)).select_from(_EVENT).where(_within(_EVENT)).order_by(_EVENT.c.action_id, _EVENT.c.seq))


@lru_cache
def _rows(dialect: str, name: str) -> str:
    if name == _OPINION.name:
        joined = _OPINION.join(_REVIEW, _REVIEW.c.id == _OPINION.c.review_id)
        return str(sa.select(*_texts(dialect, _OPINION), _text(dialect, _REVIEW.c.action_id)).select_from(joined).where(_within(_REVIEW)))
    return str(sa.select(*_texts(dialect, ROWS[name])).select_from(ROWS[name]).where(_within(ROWS[name])))


def _within(rows: sa.Table) -> sa.ColumnElement[bool]:
    """The rows of the actions between two ids, which are put in where the braces are."""
    return sa.and_(rows.c.action_id > sa.literal_column("{after}"), rows.c.action_id <= sa.literal_column("{upto}"))


def homeless(connection: sa.Connection) -> int:
    """How many opinions belong to no review."""
    query = sa.select(sa.func.count()).select_from(_OPINION.outerjoin(_REVIEW, _REVIEW.c.id == _OPINION.c.review_id))
    return int(connection.execute(query.where(_REVIEW.c.id.is_(None))).scalar_one())


def _texts(dialect: str, rows: sa.Table) -> list[sa.ColumnElement[Any]]:
    return [_text(dialect, column) for column in rows.columns]


def _text(dialect: str, column: sa.Column[Any]) -> sa.ColumnElement[Any]:
    """A column as the stored text: days as ``YYYY-MM-DD``, ids in hexadecimal, moments in UTC, yes and no as 1 and 0."""
    name = f'"{column.table.name}"."{column.name}"'
    kind = column.type.impl_instance if isinstance(column.type, sa.types.TypeDecorator) else column.type
    written = "{}" if dialect == "sqlite" else _ON_POSTGRES.get(kind.python_type, "{}")
    return cast("sa.ColumnElement[Any]", sa.literal_column(written.format(name)).label(column.name))


_ON_POSTGRES: Mapping[type, str] = {
    UUID: "replace({}::text, '-', '')",
    date: "{}::text",
    datetime: "to_char({} AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS.US')",
    dict: "{}::text",
    bool: "{}::int",
}
"""How PostgreSQL writes what SQLite stores as that text already."""
