"""Homes with a million things that will fall due one day, on SQLite or PostgreSQL: one action is led through the one door, the database copies it.

A copy differs from its original in nothing but what has to be its own (number, ids, hash chain), is published, and owes no stage anything.
"""

from collections.abc import Iterator
from datetime import date, timedelta
from itertools import islice
from typing import Any, NamedTuple
from uuid import UUID

import sqlalchemy as sa
from builders import CLERK

from benchmarks.homes import tidy
from benchmarks.lives import Lives
from models.chain import FIELDS, document_text, genesis, link
from models.lifecycle import Verb
from models.sheet import MilestonePlan
from models.tables import Action, Counter, Deadline, Event, Milestone, Words, table
from services.bootstrap import App
from services.clock import local_day, new_id
from services.deadline_kinds import Kind
from services.log import read_log

_ACTION, _EVENT, _COUNTER = table(Action), table(Event), table(Counter)
_DEADLINE, _MILESTONE, _WORDS = table(Deadline), table(Milestone), table(Words)
_QUARTERS = 8
_QUARTER = timedelta(days=91)
_BATCH = 5000
_OWN = sa.MetaData()
_COPY = sa.Table(
    "benchmark_copy",
    _OWN,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("number", sa.String),
    sa.Column("event", _EVENT.c.id.type),
    sa.Column("payload", _EVENT.c.payload.type),
    sa.Column("head", _ACTION.c.head.type),
    prefixes=["TEMPORARY"],
)
_TEXT = sa.Table(
    "benchmark_text",
    _OWN,
    sa.Column("copy", sa.Integer),
    sa.Column("original", _WORDS.c.id.type),
    sa.Column("fresh", _WORDS.c.id.type),
    prefixes=["TEMPORARY"],
)


class Items(NamedTuple):
    """What was loaded: open rows in ``deadline``, those of them that are due, and the actions under way that they belong to."""

    open: int
    due: int
    actions: int


def open_items(app: App, count: int, due: int = 0) -> Items:
    """Load at least ``count`` open deadlines (at most nine more), ``due`` of which fell an hour ago, each of another action.

    Actions are under way since today, with a milestone in each of eight quarters, a request for progress and a day after which silence is
    neglect: ten open deadlines each, one event, three texts. Raises ValueError where there would be fewer actions than ``due``.
    """
    number = _under_way(app)
    with app.db.write() as connection:
        original = connection.execute(sa.select(_ACTION).where(_ACTION.c.number == number)).one()
        each = _number(connection, _open(_DEADLINE.c.action_id == original.id))
        actions = -(-count // each)
        if due > actions:
            raise ValueError(f"{actions} actions cannot have {due} requests for progress due")
        _copy(connection, original, actions - 1)
        _fall(app, connection, original.id, due)
    tidy(app.db)
    return Items(actions * each, due, actions)


def _under_way(app: App) -> str:
    lives = Lives(app)
    today = local_day(app.clock.now(), "Europe/Paris")
    days = [today + quarter * _QUARTER for quarter in range(1, _QUARTERS + 1)]
    steps = tuple(MilestonePlan(title=f"Étape du trimestre {place}", due_on=day) for place, day in enumerate(days, 1))
    sheet = lives.sheet.model_copy(update={"starts_on": today, "ends_on": days[-1], "milestones": steps})
    number: str = lives.do(Verb.REGISTER_UNDER_WAY, None, CLERK, sheet=sheet, reference="CM-2026-12", reason="Reprise de l'existant").number
    return number


def _open(which: sa.ColumnElement[bool]) -> sa.ColumnElement[bool]:
    return which & _DEADLINE.c.settled_at.is_(None)


def _number(connection: sa.Connection, which: sa.ColumnElement[bool]) -> int:
    return connection.execute(sa.select(sa.func.count()).where(which)).scalar_one()


def _copy(connection: sa.Connection, original: Any, copies: int) -> None:
    """The chains are linked here; the rows are copied by the database itself."""
    done = {"owed": None, "published_at": _EVENT.c.recorded_at}
    connection.execute(_EVENT.update().where(_EVENT.c.action_id == original.id).values(**done))
    _OWN.create_all(connection)
    made = _copies(connection, original, copies)
    while batch := list(islice(made, _BATCH)):
        connection.execute(_COPY.insert(), [copy for copy, _ in batch])
        connection.execute(_TEXT.insert(), [text for _, texts in batch for text in texts])
    _spread(connection, original.id, _ACTION, _ACTION.c.id, {"id": _COPY.c.id, "number": _COPY.c.number, "head": _COPY.c.head})
    own = {"id": _COPY.c.event, "payload": _COPY.c.payload, "hash": _COPY.c.head, "action_id": _COPY.c.id, "position": None}
    _spread(connection, original.id, _EVENT, _EVENT.c.action_id, own)
    _spread(connection, original.id, _MILESTONE, _MILESTONE.c.action_id, {"action_id": _COPY.c.id})
    _spread(connection, original.id, _DEADLINE, _DEADLINE.c.action_id, {"action_id": _COPY.c.id, "id": None})
    _spread_texts(connection)
    _OWN.drop_all(connection)
    if connection.dialect.name == "postgresql":  # it has not seen the ids of the actions
        connection.execute(sa.select(sa.func.setval("action_id_seq", sa.select(sa.func.max(_ACTION.c.id)).scalar_subquery())))


def _copies(connection: sa.Connection, original: Any, copies: int) -> Iterator[tuple[dict[str, Any], list[dict[str, Any]]]]:
    """Each copy of an action with one event, and its texts."""
    [covered] = read_log(connection, original.id)
    [payload] = connection.execute(sa.select(_EVENT.c.payload).where(_EVENT.c.action_id == original.id)).scalars()
    words = connection.execute(sa.select(_WORDS.c.id).where(_WORDS.c.action_id == original.id)).scalars().all()
    largest = connection.execute(sa.select(sa.func.max(_ACTION.c.id))).scalar_one()
    prefix, last = original.number.rpartition("-")[0], int(original.number.rpartition("-")[2])
    mine = _COUNTER.c.series == prefix.replace("A-", "action:")
    connection.execute(_COUNTER.update().where(mine).values(last=last + copies))
    for step in range(1, copies + 1):
        fresh, number = {old: new_id() for old in words}, f"{prefix}-{last + step:03d}"
        copy = {"id": largest + step, "number": number, "event": new_id(), "payload": _swapped(payload, fresh)}
        copy["head"] = link(genesis(original.convention, number), _content(covered, copy))
        yield copy, [{"copy": largest + step, "original": old, "fresh": new} for old, new in fresh.items()]


def _swapped(payload: dict[str, Any], fresh: dict[UUID, UUID]) -> dict[str, Any]:
    names = {str(old): str(new) for old, new in fresh.items()}
    return {name: names.get(value, value) if isinstance(value, str) else value for name, value in payload.items()}


def _content(covered: Any, copy: dict[str, Any]) -> list[Any]:
    own = {"id": copy["event"].hex, "payload": document_text(copy["payload"])}
    return [own.get(name, cell) for name, cell in zip(FIELDS, covered, strict=True)]


def _spread(connection: sa.Connection, original: int, rows: sa.Table, key: sa.Column[Any], own: dict[str, Any]) -> None:
    """Give every copy the original's rows of a table. ``own``: what each has of its own; None is left to the database to count on."""
    columns = {column.name: own.get(column.name, column) for column in rows.c if own.get(column.name, column) is not None}
    query = sa.select(*columns.values()).select_from(rows).join(_COPY, sa.true()).where(key == original).order_by(_COPY.c.id)
    connection.execute(rows.insert().from_select(list(columns), query))


def _spread_texts(connection: sa.Connection) -> None:
    own = {"id": _TEXT.c.fresh, "action_id": _TEXT.c.copy}
    columns = {column.name: own.get(column.name, column) for column in _WORDS.c}
    query = sa.select(*columns.values()).join(_TEXT, _TEXT.c.original == _WORDS.c.id)
    connection.execute(_WORDS.insert().from_select(list(columns), query))


def _fall(app: App, connection: sa.Connection, first: int, due: int) -> None:
    """The requests for progress of so many actions, from the first on, fell an hour ago."""
    chosen = (
        sa.select(_DEADLINE.c.id)
        .where(_open((_DEADLINE.c.kind == Kind.PROGRESS) & (_DEADLINE.c.action_id >= first)))
        .order_by(_DEADLINE.c.id)
        .limit(due)
    )
    fell = app.clock.now() - timedelta(hours=1)
    day: date = local_day(fell, "Europe/Paris")
    connection.execute(_DEADLINE.update().where(_DEADLINE.c.id.in_(chosen)).values(due_at=fell, due_on=day))
