"""Where the actions of a convention stand now: how many in each state, and which has been there longest. Two or three questions, however long the log."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import sqlalchemy as sa

from models.lifecycle import State
from models.prepared import Prepared, among
from models.tables import Action, Event, table
from services.bootstrap import App
from services.bottlenecks import WAITING_STATES, Waiting
from services.readers import Reader, visible_to
from services.work import open_work

_ACTION, _EVENT = table(Action), table(Event)
_MINE: sa.BindParameter[str] = sa.bindparam("convention_")
_COUNTS = Prepared(
    sa.select(_ACTION.c.state, sa.func.count().label("count")).where(_ACTION.c.convention == _MINE).group_by(_ACTION.c.state)
)
_ENTERED = (
    sa.select(sa.func.max(_EVENT.c.occurred_on))
    .where(_EVENT.c.action_id == _ACTION.c.id, _EVENT.c.after == _ACTION.c.state, _EVENT.c.before.is_distinct_from(_EVENT.c.after))
    .scalar_subquery()
)
_SINCE = (
    sa.select(_ACTION.c.state, _ACTION.c.number, _ACTION.c.sheet["title"].as_string().label("title"), _ENTERED.label("since"))
    .where(_ACTION.c.convention == _MINE, among(_ACTION.c.state, WAITING_STATES))
    .subquery()
)
_PLACE = sa.func.row_number().over(partition_by=_SINCE.c.state, order_by=(_SINCE.c.since, _SINCE.c.number))
_RANKED = sa.select(_SINCE, _PLACE.label("place")).subquery()
_OLDEST = Prepared(sa.select(*(_RANKED.c[name] for name in ("state", "number", "title", "since"))).where(_RANKED.c.place == 1))


@dataclass(frozen=True, slots=True)
class InState:
    """How many actions are in a state, and which of them has waited longest; None where nothing waits, or nothing can leave it any more."""

    state: State
    count: int
    oldest: Waiting | None


def standing_now(app: App, convention: str, reader: Reader) -> tuple[date, Sequence[InState]]:
    """The day of the convention, and every state in the order of a life. Of drafts, only those that the reader may read, and none by name but to secretaries."""
    with app.db.read() as connection:
        today = open_work(app, connection, convention).today
        counts = {row.state: row.count for row in _COUNTS.all(connection, convention_=convention)}
        oldest = {row.state: row for row in _OLDEST.all(connection, convention_=convention)}
        if not reader.is_secretary:
            counts[State.DRAFT], oldest[State.DRAFT] = _drafts_of(connection, convention, reader), None
    return today, [InState(state, counts.get(state, 0), _waiting(oldest.get(state), today)) for state in State]


def _drafts_of(connection: sa.Connection, convention: str, reader: Reader) -> int:
    mine = (_ACTION.c.convention == convention) & (_ACTION.c.state == State.DRAFT) & visible_to(reader)
    return connection.execute(sa.select(sa.func.count()).select_from(_ACTION).where(mine)).scalar_one()


def _waiting(row: object, today: date) -> Waiting | None:
    if row is None:
        return None
    number, title, since = (getattr(row, name) for name in ("number", "title", "since"))
    return Waiting(number, title, since, (today - since).days)
