"""What stands in the way of actions, as it is read: the blockers of an action, and those that wait for the help of a body."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from models.lifecycle import STATES_OF, Verb
from models.prepared import ALL, Prepared, PreparedAmong, among
from models.tables import Action, Blocker, Words, table

_ACTION, _BLOCKER = table(Action), table(Blocker)
_SAID, _LIFTED = table(Words).alias("said"), table(Words).alias("lifted")
_STANDING = Prepared(
    sa.select(_BLOCKER.c.number, _BLOCKER.c.body)
    .where(_BLOCKER.c.action_id == sa.bindparam("action_"), _BLOCKER.c.lifted_on.is_(None))
    .order_by(_BLOCKER.c.number)
)
_COLUMNS = ("number", "seat", "body", "since", "raised_on", "lifted_on")
_TOLD = (
    sa.select(
        *(_BLOCKER.c[name] for name in _COLUMNS),
        _SAID.c.body.label("words"),
        _LIFTED.c.body.label("how"),
        _LIFTED.c.author_seat.label("lifted_by"),
        _ACTION.c.state,
    )
    .join(_ACTION, _ACTION.c.id == _BLOCKER.c.action_id)
    .outerjoin(_SAID, _SAID.c.id == _BLOCKER.c.words_id)
    .outerjoin(_LIFTED, _LIFTED.c.id == _BLOCKER.c.lifted_words_id)
)
_OF_ACTION = Prepared(_TOLD.where(_BLOCKER.c.action_id == sa.bindparam("action_")).order_by(_BLOCKER.c.number))
_ALIVE = frozenset(state for state in STATES_OF[Verb.LIFT_BLOCKER] if state is not None)
"""The states of actions in which a blocker means anything."""
Row = Mapping[str, Any]


_FEW = sa.select(_BLOCKER.c.id).where(_BLOCKER.c.lifted_on.is_(None))
"""Those that stand, apart, so that SQLite begins with them and not with the actions in these states."""
_WAITING = PreparedAmong(
    _TOLD.add_columns(_BLOCKER.c.action_id, _ACTION.c.number.label("action"), _ACTION.c.sheet["title"].as_string().label("title"))
    .where(_BLOCKER.c.id.in_(_FEW), _ACTION.c.convention == sa.bindparam("convention_"), among(_ACTION.c.state, sorted(_ALIVE)))
    .order_by(_BLOCKER.c.since, _ACTION.c.number, _BLOCKER.c.number)
    .limit(sa.bindparam("most_", type_=sa.Integer)),
    _BLOCKER.c.body,
)


def standing_blockers(connection: sa.Connection, action_id: int) -> Mapping[int, str]:
    """The blockers of an action that were not lifted: the body that each asks for help, by number."""
    return {row.number: row.body for row in _STANDING.all(connection, action_=action_id)}


def blockers_of(connection: sa.Connection, action_id: int) -> Sequence[Row]:
    """Every blocker of an action, by number; ``standing``: open, lifted, or left as it was by an action whose work has ended."""
    return [_told(row._asdict()) for row in _OF_ACTION.all(connection, action_=action_id)]


def blockers_standing(connection: sa.Connection, convention: str, bodies: Collection[str], *, at_most: int | None = None) -> Sequence[Row]:
    """The blockers that ask these bodies for help and stand, the oldest first; each with its ``action`` and ``title``."""
    rows = _WAITING.all(connection, bodies, convention_=convention, most_=ALL if at_most is None else at_most)
    return [_told(row._asdict()) for row in rows]


def _told(row: Mapping[Any, Any]) -> Row:
    known = {name: value for name, value in row.items() if name != "state"}
    return {**known, "standing": "lifted" if row["lifted_on"] else "open" if row["state"] in _ALIVE else "left"}
