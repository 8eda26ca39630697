"""Items that failed five times: set aside with their reason until a person decides."""

from typing import Any
from uuid import UUID

import sqlalchemy as sa

from models.errors import NotFound, Problem
from models.tables import Action, Deadline, Event, Reaction, table
from services.bootstrap import App
from services.wakes import TRIES

_ACTION, _DEADLINE, _EVENT, _REACTION = table(Action), table(Deadline), table(Event), table(Reaction)
_PARKED_DUE = _DEADLINE.c.settled_at.is_(None) & (_DEADLINE.c.tries >= sa.literal_column(str(TRIES)))
"""To the letter as in the index."""


def list_parked(app: App, convention: str | None = None) -> list[dict[str, Any]]:
    """Everything set aside, of one convention or of all: its name (an event's id, or ``deadline-N``), stage, action, what it is, tries and the reason."""
    events = (
        sa.select(_EVENT.c.id, _REACTION.c.stage, _ACTION.c.number, _EVENT.c.topic, _REACTION.c.tries, _REACTION.c.reason)
        .join(_REACTION, _REACTION.c.position == _EVENT.c.position)
        .join(_ACTION, _ACTION.c.id == _EVENT.c.action_id)
        .where(_REACTION.c.state == "parked", sa.true() if convention is None else _EVENT.c.convention == convention)
        .order_by(_EVENT.c.position)
    )
    dues = (
        sa.select(
            _DEADLINE.c.id,
            _DEADLINE.c.stage,
            sa.func.coalesce(_ACTION.c.number, _DEADLINE.c.about),
            _DEADLINE.c.kind,
            _DEADLINE.c.tries,
            _DEADLINE.c.outcome,
        )
        .outerjoin(_ACTION, _ACTION.c.id == _DEADLINE.c.action_id)
        .where(_PARKED_DUE, sa.true() if convention is None else _DEADLINE.c.convention == convention)
        .order_by(_DEADLINE.c.id)
    )
    names = ("item", "stage", "action", "what", "tries", "reason")
    with app.db.read() as connection:
        found = [dict(zip(names, (str(row[0]), *row[1:]), strict=True)) for row in connection.execute(events)]
        found += [dict(zip(names, (f"deadline-{row[0]}", *row[1:]), strict=True)) for row in connection.execute(dues)]
    return found


def count_parked(connection: sa.Connection, convention: str) -> int:
    """How much of a convention is set aside."""
    parked = sa.select(_REACTION.c.position).where(_REACTION.c.state == sa.literal_column("'parked'"))
    events = sa.select(sa.func.count()).where(_EVENT.c.position.in_(parked), _EVENT.c.convention == convention)
    dues = sa.select(sa.func.count()).where(_PARKED_DUE, _DEADLINE.c.convention == convention)
    return sum(int(connection.execute(query).scalar_one()) for query in (events, dues))


def retry_parked(app: App, item: str) -> None:
    """Let an item be tried again, from the first try. Raises NotFound if it is not parked."""
    _change(app, item, {"state": "pending"}, {})


def drop_parked(app: App, item: str) -> None:
    """Give an item up: its stage owes it nothing any more, and the row says so. Raises NotFound if it is not parked."""
    _change(app, item, {"state": "dropped", "settled_at": app.clock.wall()}, {"settled_at": app.clock.now(), "outcome": "dropped"})


def _change(app: App, item: str, event_values: dict[str, Any], due_values: dict[str, Any]) -> None:
    again = {"tries": 0, "not_before": app.clock.wall()}
    with app.db.write() as connection:
        if item.startswith("deadline-") and item.removeprefix("deadline-").isdigit():
            mine = _PARKED_DUE & (_DEADLINE.c.id == int(item.removeprefix("deadline-")))
            changed = connection.execute(_DEADLINE.update().where(mine).values(**again | due_values)).rowcount
        else:
            changed = _change_reaction(connection, _as_id(item), again | event_values)
        if not changed:
            raise NotFound(Problem("item_unknown", {"item": item}))


def _change_reaction(connection: sa.Connection, event: UUID, values: dict[str, Any]) -> int:
    """Change a parked reaction; if it is to be tried again, its stage owes the event something once more."""
    named = sa.select(_EVENT.c.position).where(_EVENT.c.id == event).scalar_subquery()
    parked = (_REACTION.c.state == "parked") & (_REACTION.c.position == named)
    stage = connection.execute(sa.select(_REACTION.c.stage).where(parked)).scalar()
    if stage is not None and values["state"] == "pending":
        connection.execute(_EVENT.update().where(_EVENT.c.id == event).values(owed=stage))
    return connection.execute(_REACTION.update().where(parked).values(**values)).rowcount


def _as_id(item: str) -> UUID:
    try:
        return UUID(item)
    except ValueError:
        raise NotFound(Problem("item_unknown", {"item": item})) from None
