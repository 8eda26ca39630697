"""What a stage has to deal with now: the events it has not reacted to and the deadlines that have fallen."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

import sqlalchemy as sa

from models.events import Stage
from models.prepared import Prepared
from models.tables import Action, Deadline, Event, Reaction, table
from services.bootstrap import App
from services.wakes import fallen_due, may_be_tried

_EVENT, _REACTION, _DEADLINE, _ACTION = table(Event), table(Reaction), table(Deadline), table(Action)
CHUNK = 200
"""As many items at most are dealt with in one transaction."""
_STAGE: sa.BindParameter[str] = sa.bindparam("stage_", type_=sa.String)
_NOW = cast("datetime", sa.bindparam("now_", type_=_DEADLINE.c.due_at.type))
_WALL = cast("datetime", sa.bindparam("wall_", type_=_DEADLINE.c.not_before.type))
_MOST: sa.ColumnElement[int] = sa.literal_column(str(CHUNK))
_EVENTS = (
    sa.select(_EVENT, _EVENT.c.owed.label("stage"), sa.func.coalesce(_REACTION.c.tries, 0).label("tries"), _ACTION.c.number)
    .join(_ACTION, _ACTION.c.id == _EVENT.c.action_id)
    .outerjoin(_REACTION, _REACTION.c.position == _EVENT.c.position)
    .where(_EVENT.c.owed == _STAGE, may_be_tried(_WALL))
    .order_by(_EVENT.c.position)
    .limit(_MOST)
)
_DUES = (
    sa.select(_DEADLINE, sa.func.coalesce(_ACTION.c.number, _DEADLINE.c.about).label("number"))
    .outerjoin(_ACTION, _ACTION.c.id == _DEADLINE.c.action_id)
    .where(_DEADLINE.c.stage == _STAGE, fallen_due(_NOW, _WALL))
    .order_by(_DEADLINE.c.due_at, _DEADLINE.c.id)
    .limit(_MOST)
)
_OWED, _FALLEN = Prepared(_EVENTS), Prepared(_DUES)
_ANY_EVENT = (
    sa.select(_EVENT.c.position)
    .outerjoin(_REACTION, _REACTION.c.position == _EVENT.c.position)
    .where(_EVENT.c.owed == _STAGE, may_be_tried(_WALL))
)
_ANY_DUE = sa.select(_DEADLINE.c.id).where(_DEADLINE.c.stage == _STAGE, fallen_due(_NOW, _WALL))
_ANYTHING = Prepared(sa.select(sa.exists(_ANY_EVENT) | sa.exists(_ANY_DUE)))


@dataclass(frozen=True, slots=True)
class Item:
    """One event or one deadline that awaits its stage."""

    row: Mapping[Any, Any]
    is_event: bool

    @property
    def topic(self) -> str:
        """What happened, or what has fallen due."""
        return str(self.row["topic"] if self.is_event else self.row["kind"])


def anything(app: App, stage: Stage) -> bool:
    """Whether something awaits the stage: one question, and no writer waits for it."""
    now, wall = app.clock.now(), app.clock.wall()
    with app.db.read() as connection:
        return bool(_ANYTHING.scalar(connection, stage_=stage, now_=now, wall_=wall))


def waiting(app: App, connection: sa.Connection, stage: Stage) -> list[Item]:
    """What awaits the stage: deadlines in the order of their days, then events in the order of the log."""
    asked = {"stage_": stage, "now_": app.clock.now(), "wall_": app.clock.wall()}
    found = [Item(row._asdict(), is_event=False) for row in _FALLEN.all(connection, **asked)]
    if len(found) < CHUNK:
        del asked["now_"]
        found += [Item(row._asdict(), is_event=True) for row in _OWED.all(connection, **asked)]
    return found[:CHUNK]


def claim(app: App, connection: sa.Connection, stage: Stage) -> list[Item]:
    """The same, for this transaction alone (on PostgreSQL; on SQLite writers stand in line anyway).

    Their actions are held first, in one order: a command holds its action before it touches a deadline, so neither waits for the other
    in a circle. What another run has in hand is left to it.
    """
    if app.db.is_sqlite:
        return waiting(app, connection, stage)
    asked = {"stage_": stage, "now_": app.clock.now(), "wall_": app.clock.wall()}
    held = _hold_actions(connection, asked)
    events = _EVENTS.where(_EVENT.c.action_id.in_(held)).with_for_update(of=_EVENT)
    mine = _DEADLINE.c.action_id.is_(None) | _DEADLINE.c.action_id.in_(held)
    dues = _DUES.where(mine).with_for_update(of=_DEADLINE, skip_locked=True)
    found = [Item(row, is_event=False) for row in connection.execute(dues, asked).mappings().all()]
    if len(found) < CHUNK:
        found += [Item(row, is_event=True) for row in connection.execute(events, asked).mappings().all()]
    return found[:CHUNK]


def _hold_actions(connection: sa.Connection, asked: Mapping[str, Any]) -> Sequence[int]:
    concerned = sa.union(*(sa.select(query.subquery().c.action_id) for query in (_EVENTS, _DUES)))
    held = sa.select(_ACTION.c.id).where(_ACTION.c.id.in_(concerned)).order_by(_ACTION.c.id).with_for_update()
    return connection.execute(held, asked).scalars().all()
