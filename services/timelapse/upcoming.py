"""The next moment at which something becomes due, whatever it is: no kind of deadline or message is known here."""

from collections.abc import Iterator
from datetime import datetime
from typing import cast

import sqlalchemy as sa

from models.events import Stage
from models.prepared import Prepared
from models.tables import Deadline, Delivery, Event, Reaction, table
from services.bootstrap import App
from services.wakes import TRIES, UNSENT, WAITING

_DEADLINE, _DELIVERY, _EVENT, _REACTION = table(Deadline), table(Delivery), table(Event), table(Reaction)
_NOW = cast("datetime", sa.bindparam("now_"))


def _first(column: sa.ColumnElement[datetime], *conditions: sa.ColumnElement[bool]) -> Prepared:
    return Prepared(sa.select(column).where(column > _NOW, *conditions).order_by(column).limit(sa.literal_column("1")))


def _states(names: tuple[str, ...]) -> sa.ColumnElement[bool]:
    """Spelt out, as the indexes have them."""
    return _DELIVERY.c.state.in_([sa.literal_column(f"'{name}'") for name in names])


_OPEN = _DEADLINE.c.settled_at.is_(None) & (_DEADLINE.c.tries < sa.literal_column(str(TRIES)))
_OWED = sa.exists().where(_EVENT.c.position == _REACTION.c.position, _EVENT.c.owed.is_not(None))
_QUESTIONS = (
    *(_first(_DEADLINE.c.due_at, _OPEN, _DEADLINE.c.stage == sa.literal_column(f"'{stage}'")) for stage in Stage),
    _first(_DEADLINE.c.not_before, _OPEN, _DEADLINE.c.due_at <= _NOW),
    _first(_DELIVERY.c.not_before, _states(WAITING), _DELIVERY.c.folded_into.is_(None)),
    _first(_DELIVERY.c.not_before, _states(UNSENT), _DELIVERY.c.state != sa.literal_column("'ready'")),
    _first(_DELIVERY.c.claimed_until, _states(UNSENT)),
    _first(_REACTION.c.not_before, _OWED),
)


def next_due(app: App) -> datetime | None:
    """The first moment after now at which a deadline falls, a message that waits may leave, or what failed is tried again; None if none is known."""
    return min(_moments(app), default=None)


def _moments(app: App) -> Iterator[datetime]:
    now = app.clock.now()
    with app.db.read() as connection:
        for question in _QUESTIONS:
            if (row := question.first(connection, now_=now)) is not None:
                yield row[0]
