"""What an audit reads: every table that the log accounts for, as stored text, some actions at a time, so that a long log needs little memory."""

import sqlite3
from collections import defaultdict, namedtuple
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from typing import Any, NamedTuple, cast
from uuid import UUID

import sqlalchemy as sa

from models.integrity import ACTION, Stored
from models.tables import (
    Action,
    Attachment,
    Blocker,
    Conflict,
    Decision,
    Deliberation,
    EarlyOpinion,
    Event,
    Milestone,
    Opinion,
    Proxy,
    Report,
    Reservation,
    Review,
    Words,
    table,
)
from services.log import stored

_ACTION, _EVENT, _REVIEW, _OPINION = table(Action), table(Event), table(Review), table(Opinion)
_PAGE = 1_000
_EVENTS_AT_ONCE = 4_000
_END = 2**62
OWNER, KEY, PLAIN = 0, 1, 2
LAYOUT: Mapping[str, tuple[str, ...]] = {
    "review": (
        "id",
        "body",
        "opened_on",
        "closed_on",
        "round",
        "due_on",
        "electorate",
        "frozen",
        "charter_id",
        "verdict",
        "urn",
        "recused",
        "attendance",
        "convention",
    ),
    "opinion": ("event_id", "review_id", "seat", "value", "given_on", "words_id", "superseded", "holder"),
    "decision": (
        *("event_id", "review_id", "body", "number", "revision", "outcome", "decided_on", "words_id", "reference", "superseded"),
        "convention",
    ),
    "report": ("event_id", "kind", "percent", "words_id", "reported_on", "superseded"),
    "early_opinion": ("event_id", "body", "seat", "value", "given_on", "words_id", "review_id", "superseded"),
    "conflict": ("event_id", "seat", "declared_on", "withdrawn_on", "words_id"),
    "reservation": ("number", "review_id", "seat", "raised_on", "due_on", "blocks", "lifted_on", "words_id", "lapsed_on"),
    "blocker": ("number", "seat", "body", "since", "raised_on", "words_id", "lifted_on", "lifted_words_id"),
    "deliberation": ("event_id", "partner", "outcome", "decided_on", "document", "reference", "superseded"),
    "proxy": ("event_id", "review_id", "giver", "holder", "given_on", "until", "revoked_on"),
    "attachment": ("sha256", "media_type", "size", "file_name", "added_at"),
    "milestone": ("position", "title", "due_on", "reached_on"),
    "words": ("id", "convention", "kind", "author_seat", "salt", "body"),
}
"""How a row lies in what is read: the id of its action first, then these columns, in the order in which ``models.replay`` lists them."""
_ROWS: Mapping[str, sa.Table] = {
    rows.name: rows
    for rows in (
        table(row)
        for row in (
            Review,
            Opinion,
            Decision,
            Report,
            EarlyOpinion,
            Conflict,
            Proxy,
            Reservation,
            Blocker,
            Deliberation,
            Attachment,
            Milestone,
            Words,
        )
    )
}
_Action = namedtuple("_Action", _ACTION.columns.keys())  # type: ignore[misc]  # noqa: PYI024  # the columns of the table


Line = tuple[Any, ...]
"""A row as ``LAYOUT`` puts it: plain tuples, which cost the least to make and to compare."""


@dataclass(frozen=True, slots=True)
class Span:
    """The actions whose ids lie between two others, and all that is stored of them, by the action's id."""

    actions: Sequence[Any]
    events: Mapping[int, Sequence[Stored]]
    rows: Mapping[str, Mapping[int, Sequence[Line]]]


class Range(NamedTuple):
    """The actions whose ids are above ``after`` and not above ``upto``."""

    after: int = -_END
    upto: int = _END


EVERY = Range()


def spans(connection: sa.Connection, within: Range = EVERY) -> Iterator[Span]:
    """Every action of a range in the order of ids, in spans that leave no id out: what belongs to no action is found too."""
    after = within.after
    while True:
        page = _few([_Action._make(row) for row in _raw(connection, _actions(connection.dialect.name), after, within.upto)])
        upto = page[-1].id if page else within.upto
        yield _span(connection, page, after, upto)
        if not page:
            return
        after = upto


_STAND = "SELECT count(*), max(position) FROM event"
_MIDDLE = "SELECT id FROM action ORDER BY id LIMIT 1 OFFSET (SELECT count(*) / 2 FROM action)"


class Stand(NamedTuple):
    """How far the log had come when somebody looked: two who see the same see the same log."""

    events: int
    last: int


def stand(connection: sa.Connection) -> Stand:
    """How far the log has come."""
    events, last = connection.exec_driver_sql(_STAND).one()
    return Stand(events, last or 0)


def halves(connection: sa.Connection) -> tuple[Range, Range]:
    """All actions, in two ranges of as many each."""
    middle = connection.exec_driver_sql(_MIDDLE).scalar() or 0
    return Range(upto=middle), Range(after=middle)


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
    events = _grouped(_raw(connection, _events(dialect), after, upto), ACTION)
    rows = {name: _grouped(_raw(connection, _rows(dialect, name), after, upto), OWNER) for name in LAYOUT}
    return Span(actions, events, rows)


def _grouped(rows: Sequence[Line], owner: int) -> Mapping[int, Sequence[Line]]:
    """Rows by the action they belong to."""
    grouped: dict[int, list[Line]] = defaultdict(list)
    for row in rows:
        grouped[row[owner]].append(row)
    return grouped


def _raw(connection: sa.Connection, statement: str, after: int, upto: int = _END) -> Sequence[Line]:
    """What the driver gives: a long log is read a third faster so."""
    asked = statement.format(after=int(after), upto=int(upto))
    try:
        return connection.exec_driver_sql(asked).cursor.fetchall()
    except sqlite3.OperationalError:
        with _any_text(connection):
            return connection.exec_driver_sql(asked).cursor.fetchall()


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
    later = sa.and_(_ACTION.c.id > sa.literal_column("{after}"), _ACTION.c.id <= sa.literal_column("{upto}"))
    texts = [_text(dialect, column) for column in _ACTION.columns]
    return f"{sa.select(*texts).select_from(_ACTION).where(later).order_by(_ACTION.c.id)} LIMIT {_PAGE}"


@lru_cache
def _events(dialect: str) -> str:
    apart = [_text(dialect, _EVENT.c[name]) for name in ("position", "action_id", "convention", "hash")]
    return str(sa.select(*apart, *stored(dialect)).select_from(_EVENT).where(_within(_EVENT)).order_by(_EVENT.c.action_id, _EVENT.c.seq))


@lru_cache
def _rows(dialect: str, name: str) -> str:
    rows = _ROWS[name]
    owner, found = (_REVIEW, rows.join(_REVIEW, _REVIEW.c.id == rows.c.review_id)) if rows is _OPINION else (rows, rows)
    apart = [_text(dialect, owner.c.action_id), *(_text(dialect, rows.c[column]) for column in LAYOUT[name])]
    query = sa.select(*apart).select_from(found).where(_within(owner))
    # Of two rows for one event the later one is the stranger. SQLite reads them in that order; PostgreSQL has to be told.
    told = name == "milestone" or dialect != "sqlite"
    return str(query.order_by(owner.c.action_id, *rows.primary_key) if told else query)


def _within(rows: sa.Table) -> sa.ColumnElement[bool]:
    """The rows of the actions between two ids, which are put in where the braces are."""
    return sa.and_(rows.c.action_id > sa.literal_column("{after}"), rows.c.action_id <= sa.literal_column("{upto}"))


def homeless(connection: sa.Connection) -> int:
    """How many opinions belong to no review."""
    query = sa.select(sa.func.count()).select_from(_OPINION.outerjoin(_REVIEW, _REVIEW.c.id == _OPINION.c.review_id))
    return int(connection.execute(query.where(_REVIEW.c.id.is_(None))).scalar_one())


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
