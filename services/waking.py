"""Deadlines that are kept, woken and ended as a sheet changes or an action sleeps: a row of the same day stays the same row, with all that waits for it."""

from typing import Any, NamedTuple

import sqlalchemy as sa

from models.ladders import place_at
from models.prepared import Prepared
from models.tables import Deadline, Milestone, table
from services.deadline_kinds import UNLESS, Kind, ladder_of, milestone_due, next_moment
from services.work import Work, plan

_DEADLINE, _MILESTONE = table(Deadline), table(Milestone)
_ACTION: sa.BindParameter[int] = sa.bindparam("action_")
_ONE = _DEADLINE.c.id == sa.bindparam("deadline_")
_OF_MILESTONES = Prepared(
    sa.select(*(_DEADLINE.c[name] for name in ("id", "subject", "due_on", "rung", "settled_at")))
    .where(_DEADLINE.c.action_id == _ACTION, _DEADLINE.c.kind == Kind.MILESTONE)
    .order_by(_DEADLINE.c.id)
)
_STILL = Prepared(
    sa.select(_MILESTONE.c.position, _MILESTONE.c.due_on).where(_MILESTONE.c.action_id == _ACTION, _MILESTONE.c.reached_on.is_(None))
)
_ASLEEP = Prepared(
    sa.select(*(_DEADLINE.c[name] for name in ("id", "due_on", "rung")))
    .where(_DEADLINE.c.action_id == _ACTION, _DEADLINE.c.kind == Kind.PROGRESS_REPORT, _DEADLINE.c.outcome == UNLESS)
    .order_by(_DEADLINE.c.id.desc())
)
_OPEN_ANSWER = Prepared(
    sa.select(_DEADLINE.c.due_on).where(
        _DEADLINE.c.action_id == _ACTION, _DEADLINE.c.kind == Kind.PROGRESS_REPORT, _DEADLINE.c.settled_at.is_(None)
    )
)
_WAKE = Prepared(_DEADLINE.update().where(_ONE), "settled_at", "settled_by", "outcome", "due_at")
_END = Prepared(_DEADLINE.update().where(_ONE), "settled_at", "outcome")
_ANSWERED = Prepared(
    _DEADLINE.update().where(_DEADLINE.c.action_id == _ACTION, _DEADLINE.c.kind == Kind.PROGRESS_REPORT, _DEADLINE.c.outcome == UNLESS),
    "outcome",
)


class _Kept(NamedTuple):
    id: int
    rung: int
    is_open: bool


def plan_milestones(work: Work, action_id: int) -> None:
    """Bring the deadlines of milestones in step with the sheet, but for those reached.

    One of the same day keeps its row, or takes it up again: no reminder is said twice, and none that waits is lost. Days that are gone end.
    """
    rows = {
        (row.subject, row.due_on): _Kept(row.id, row.rung, row.settled_at is None)
        for row in _OF_MILESTONES.all(work.connection, action_=action_id)
    }
    wanted = [(row.position, row.due_on) for row in _STILL.all(work.connection, action_=action_id)]
    for day in (day for day in wanted if day in rows and not rows[day].is_open):
        _wake(work, Kind.MILESTONE, rows[day].id, day[1], rows[day].rung)
    for day, row in rows.items():
        if row.is_open and day not in wanted:
            _END.run(work.connection, deadline_=row.id, settled_at=work.now, outcome="planned anew")
    plan(work, action_id, [milestone_due(work, *day) for day in wanted if day not in rows])


def wake_answer(work: Work, action_id: int) -> None:
    """Let an answer that was awaited when an action fell asleep be awaited again, where its chase had come to."""
    asleep = _ASLEEP.first(work.connection, action_=action_id)
    if asleep is not None:
        _wake(work, Kind.PROGRESS_REPORT, asleep.id, asleep.due_on, asleep.rung)


def answered_asleep(work: Work, action_id: int) -> None:
    """An answer that comes while an action sleeps is not awaited again."""
    _ANSWERED.run(work.connection, action_=action_id, outcome="reported")


def awaited_answer(work: Work, action_id: int) -> Any:
    """The last day of the answer that is awaited; None if none is."""
    return _OPEN_ANSWER.scalar(work.connection, action_=action_id)


def _wake(work: Work, kind: Kind, deadline: int, due_on: Any, rung: int) -> None:
    """What was missed meanwhile is said at once, in one step."""
    place = place_at(ladder_of(kind, work.charter), rung, due_on, work.calendar)
    _WAKE.run(
        work.connection, deadline_=deadline, settled_at=None, settled_by=None, outcome=None, due_at=next_moment(work, kind, due_on, place)
    )
