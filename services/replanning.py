"""When the ladders or the calendar of a charter change: what is open waits for the next rung of the ladders in force, in the transaction that loads them."""

from datetime import timedelta
from typing import Any

import sqlalchemy as sa

from models.bulk import Bulk
from models.ladders import Ladder, Place, place_at, place_on
from models.tables import Action, Deadline, Review, table
from services.deadline_kinds import NATURE, Kind, ladder_of, next_moment
from services.work import Work, morning_of

_ACTION, _DEADLINE, _REVIEW = table(Action), table(Deadline), table(Review)
_MOVE = Bulk(_DEADLINE, "rung", "due_at", key="id")
_CHASED = [kind for kind, nature in NATURE.items() if nature.chased is not None and nature.live_in and kind is not Kind.REVIEW_END]


def replan(work: Work) -> None:
    """Plan the next step of every open deadline of actions anew. Last days stay as they were promised, and no rung is climbed for what is past.

    A step that has come and was not taken yet is left to the sweep, which takes it by the ladders in force.
    """
    _hold_actions(work)
    for kind in _CHASED:
        _replan_alike(work, kind)
    _replan_reviews(work)


def _waits(work: Work) -> sa.ColumnElement[bool]:
    to_come = _DEADLINE.c.due_at.is_(None) | (_DEADLINE.c.due_at > work.now)
    return (_DEADLINE.c.convention == work.convention) & _DEADLINE.c.settled_at.is_(None) & _DEADLINE.c.action_id.is_not(None) & to_come


def _hold_actions(work: Work) -> None:
    """An action is held before its deadlines, in the order of everybody who holds several."""
    concerned = sa.select(_DEADLINE.c.action_id).where(_waits(work), _DEADLINE.c.kind.in_((*_CHASED, Kind.REVIEW_END)))
    work.connection.execute(sa.select(_ACTION.c.id).where(_ACTION.c.id.in_(concerned)).order_by(_ACTION.c.id).with_for_update()).all()


def _replan_alike(work: Work, kind: Kind) -> None:
    """Those of a kind that share their last day and their place take the next step together."""
    ladder, mine = ladder_of(kind, work.charter), _waits(work) & (_DEADLINE.c.kind == kind)
    for due_on, rung in work.connection.execute(sa.select(_DEADLINE.c.due_on, _DEADLINE.c.rung).where(mine).distinct()).all():
        place = _place(work, ladder, due_on, rung)
        same = mine & (_DEADLINE.c.due_on == due_on) & (_DEADLINE.c.rung == rung)
        values = {"rung": place.rung, "due_at": next_moment(work, kind, due_on, place)}
        work.connection.execute(_DEADLINE.update().where(same).values(**values))


def _replan_reviews(work: Work) -> None:
    """Reviews remind as the rules say that they were opened under."""
    joined = (_REVIEW.c.action_id == _DEADLINE.c.action_id) & (_REVIEW.c.body == _DEADLINE.c.body) & _REVIEW.c.closed_on.is_(None)
    query = (
        sa.select(_DEADLINE.c.id, _DEADLINE.c.due_on, _DEADLINE.c.rung, _DEADLINE.c.body, _REVIEW.c.charter_id)
        .join(_REVIEW, joined)
        .where(_waits(work), _DEADLINE.c.kind == Kind.REVIEW_END)
    )
    moves = []
    for row in work.connection.execute(query).all():
        body = work.charter_of(row.charter_id).body(row.body)
        ladder = ladder_of(Kind.REVIEW_END, work.charter, body.rules if body is not None else None)
        place = _place(work, ladder, row.due_on, row.rung)
        moves.append({"id": row.id, "rung": place.rung, "due_at": next_moment(work, Kind.REVIEW_END, row.due_on, place)})
    _MOVE.run(work.connection, moves)


def _place(work: Work, ladder: Ladder, due_on: Any, rung: int) -> Place:
    """No rung is taken back, whatever the ladder is now; one of today is still to come before the hour at which reminders go out."""
    day = work.today if work.now >= morning_of(work.today, work.timezone) else work.today - timedelta(days=1)
    return place_at(ladder, max(place_on(ladder, due_on, day, work.calendar).rung, rung), due_on, work.calendar)
