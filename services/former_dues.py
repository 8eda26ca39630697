"""What the release before has planned finds its place on the ladders: its workers may have written it while this release was set up.

It planned the reminder of a review as a deadline of its own, and knew no other ladder.
"""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import sqlalchemy as sa

from models.ladders import place_on
from models.prepared import Prepared
from models.tables import Deadline, table
from services.bootstrap import App
from services.charter_store import conventions
from services.deadline_kinds import FORMER_REMINDER, NATURE, Kind, ladder_of, next_moment
from services.work import Work, open_work

_DEADLINE = table(Deadline)
_OPEN = _DEADLINE.c.settled_at.is_(None)
_CHASED = tuple(kind for kind, nature in NATURE.items() if nature.chased is not None and kind is not Kind.REVIEW_END)
_ONE = _DEADLINE.c.id == sa.bindparam("deadline_")
_PLACE = Prepared(_DEADLINE.update().where(_ONE), "rung", "due_at")
_END = Prepared(_DEADLINE.update().where(_ONE), "settled_at", "outcome")


def place_everywhere(app: App) -> None:
    """Do so for every convention, each in a transaction of its own; costs one question where there is nothing to place."""
    with app.db.read() as connection:
        known = conventions(connection)
    for convention in known:
        with app.db.write() as connection:
            _place(open_work(app, connection, convention))


def adopt_reminder(work: Work, reminder: Mapping[Any, Any]) -> None:
    """Let the review whose reminder this is remind by itself, at the moment of the reminder."""
    mine = (_DEADLINE.c.action_id == reminder["action_id"]) & (_DEADLINE.c.body == reminder["body"]) & (_DEADLINE.c.kind == Kind.REVIEW_END)
    once = {"rung": 0, "due_at": reminder["due_at"], "tries": 0, "not_before": None, "outcome": None}
    work.connection.execute(_DEADLINE.update().where(mine, _OPEN, _DEADLINE.c.rung < 0).values(**once))
    _END.run(work.connection, deadline_=reminder["id"], settled_at=work.now, outcome="one with its review")


def _place(work: Work) -> None:
    """The rung of today is still to come: whoever waited for it is reminded. A review without a reminder has none to come."""
    mine = (_DEADLINE.c.convention == work.convention) & _OPEN & (_DEADLINE.c.rung < 0) & _DEADLINE.c.kind.in_((FORMER_REMINDER, *_CHASED))
    rows = work.connection.execute(sa.select(_DEADLINE).where(mine)).mappings().all()
    for row in rows:
        if row["kind"] == FORMER_REMINDER:
            adopt_reminder(work, row)
        elif row["kind"] in _CHASED:
            kind = Kind(row["kind"])
            place = place_on(ladder_of(kind, work.charter), row["due_on"], work.today - timedelta(days=1), work.calendar)
            _PLACE.run(work.connection, deadline_=row["id"], rung=place.rung, due_at=next_moment(work, kind, row["due_on"], place))
