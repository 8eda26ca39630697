"""What a stage has to deal with now: the events it has not reacted to and the deadlines that have fallen."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from models.events import Stage
from models.tables import Action, Deadline, Event, Reaction, table
from services.bootstrap import App
from services.wakes import fallen_due, may_be_tried

_EVENT, _REACTION, _DEADLINE, _ACTION = table(Event), table(Reaction), table(Deadline), table(Action)
CHUNK = 200
"""As many items at most are dealt with in one transaction."""


@dataclass(frozen=True, slots=True)
class Item:
    """One event or one deadline that awaits its stage."""

    row: Mapping[Any, Any]
    is_event: bool

    @property
    def topic(self) -> str:
        """What happened, or what has fallen due."""
        return str(self.row["topic"] if self.is_event else self.row["kind"])


def waiting(app: App, connection: sa.Connection, stage: Stage) -> list[Item]:
    """What awaits the stage: events in the order of the log, then deadlines in the order of their days."""
    return _items(connection, _events(app, stage), _dues(app, stage))


def claim(app: App, connection: sa.Connection, stage: Stage) -> list[Item]:
    """The same, for this transaction alone (on PostgreSQL; on SQLite writers stand in line anyway).

    Their actions are held first, in one order: a command holds its action before it touches a deadline, so neither waits for the other
    in a circle. What another run has in hand is left to it.
    """
    events, dues = _events(app, stage), _dues(app, stage)
    if not app.db.is_sqlite:
        held = _hold_actions(connection, events, dues)
        events = events.where(_EVENT.c.action_id.in_(held)).with_for_update(of=_EVENT)
        dues = dues.where(_DEADLINE.c.action_id.in_(held)).with_for_update(of=_DEADLINE, skip_locked=True)
    return _items(connection, events, dues)


def _hold_actions(connection: sa.Connection, *queries: sa.Select[Any]) -> Sequence[int]:
    concerned = sa.union(*(sa.select(query.subquery().c.action_id) for query in queries))
    held = sa.select(_ACTION.c.id).where(_ACTION.c.id.in_(concerned)).order_by(_ACTION.c.id).with_for_update()
    return connection.execute(held).scalars().all()


def _items(connection: sa.Connection, events: sa.Select[Any], dues: sa.Select[Any]) -> list[Item]:
    found = [Item(row, is_event=True) for row in connection.execute(events).mappings().all()]
    found += [Item(row, is_event=False) for row in connection.execute(dues).mappings().all()]
    return found[:CHUNK]


def _events(app: App, stage: Stage) -> sa.Select[Any]:
    return (
        sa.select(_EVENT, _EVENT.c.owed.label("stage"), sa.func.coalesce(_REACTION.c.tries, 0).label("tries"), _ACTION.c.number)
        .join(_ACTION, _ACTION.c.id == _EVENT.c.action_id)
        .outerjoin(_REACTION, _REACTION.c.position == _EVENT.c.position)
        .where(_EVENT.c.owed == stage, may_be_tried(app.clock.wall()))
        .order_by(_EVENT.c.position)
        .limit(CHUNK)
    )


def _dues(app: App, stage: Stage) -> sa.Select[Any]:
    return (
        sa.select(_DEADLINE, _ACTION.c.number)
        .join(_ACTION, _ACTION.c.id == _DEADLINE.c.action_id)
        .where(_DEADLINE.c.stage == stage, fallen_due(app.clock.now(), app.clock.wall()))
        .order_by(_DEADLINE.c.due_at, _DEADLINE.c.id)
        .limit(CHUNK)
    )
