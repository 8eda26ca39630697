"""The deadlines that belong to no action as they are read: how each day came about, when somebody is next reminded, and when they were. Reads only."""

from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from models.deadlines import Reckoning
from models.errors import NotFound, Problem
from models.meetings import MeetingState
from models.tables import Deadline, Meeting, table
from services.body_deadlines import BELONGING_TO_NONE, reckon_notice
from services.body_reminders import days_reminded
from services.bootstrap import App
from services.charter_store import the_convention
from services.deadline_kinds import Kind, ladder_of
from services.reckonings import CHARTER, MEETING, SEAT, explained, next_rung
from services.work import Work, open_work

_DEADLINE, _MEETING = table(Deadline), table(Meeting)
_COLUMNS = ("id", "kind", "about", "body", "due_on", "due_at", "rung", "told_on")
Row = dict[str, Any]


def list_terms(app: App, *, convention: str | None = None, body: str | None = None) -> list[Row]:
    """What is open of these deadlines, of a body or of all, the first day first. Raises NotFound for an unknown body."""
    with app.db.read() as connection:
        work = open_work(app, connection, the_convention(connection, convention))
        if body is not None and work.charter.body(body) is None:
            known = ", ".join(each.code for each in work.charter.bodies)
            raise NotFound(Problem("body_unknown", {"body": body, "known": known}))
        return [_told(work, row) for row in open_terms(work, sa.true() if body is None else _DEADLINE.c.body == body)]


def open_terms(work: Work, which: sa.ColumnElement[bool]) -> Sequence[Mapping[Any, Any]]:
    """The rows of those that are not settled, the first day first; of a meeting to convene, when it is held."""
    query = sa.select(*(_DEADLINE.c[name] for name in _COLUMNS), _DEADLINE.c.planned_at, _MEETING.c.held_on).outerjoin(
        _MEETING, (_MEETING.c.convention == _DEADLINE.c.convention) & (_MEETING.c.number == _DEADLINE.c.about)
    )
    mine = (_DEADLINE.c.convention == work.convention) & _DEADLINE.c.kind.in_(BELONGING_TO_NONE) & _DEADLINE.c.settled_at.is_(None)
    rows = work.connection.execute(query.where(mine, _DEADLINE.c.about.is_not(None), which).order_by(_DEADLINE.c.due_on, _DEADLINE.c.id))
    return rows.mappings().all()


def term_to_convene(work: Work, meeting: Any) -> Row | None:
    """The last day to convene a planned meeting with its usual notice, which may be past; None once it is convened, or where there is no rule."""
    if meeting.state != MeetingState.PLANNED:
        return None
    mine = (_DEADLINE.c.convention == work.convention) & (_DEADLINE.c.about == meeting.number) & _DEADLINE.c.settled_at.is_(None)
    query = sa.select(*(_DEADLINE.c[name] for name in _COLUMNS)).where(mine, _DEADLINE.c.kind == Kind.CONVOCATION)
    row = work.connection.execute(query).mappings().first()
    if row is not None:
        return _told(work, {**row, "held_on": meeting.held_on})
    found = reckon_notice(work, meeting.body, meeting.held_on)
    if found is None:
        return None
    return {"due_on": found.day, "late": found.day < work.today, "how": _explained(work, found), "ahead": None, "reminded": []}


def _told(work: Work, row: Mapping[Any, Any]) -> Row:
    """A deadline in full."""
    told = {**{name: row[name] for name in ("kind", "about", "body", "due_on")}, "late": row["due_on"] < work.today}
    ahead = next_rung(work, row, ladder_of(Kind(row["kind"]), work.charter))
    return {**told, "how": how_of(work, row), "ahead": ahead, "reminded": days_reminded(work, row["id"], row["due_on"])}


def how_of(work: Work, row: Mapping[Any, Any]) -> Row | None:
    """How its day came about, as ``Reckoner.how`` tells it; None for a meeting of a body that needs no notice any more."""
    if row["kind"] in _ORIGINS:
        return {"origin": _ORIGINS[row["kind"]]}
    found = reckon_notice(work, row["body"], row["held_on"])
    return _explained(work, found) if found is not None else None


_ORIGINS = {Kind.SEAT_END: SEAT, Kind.CONVENTION_END: CHARTER}


def _explained(work: Work, found: Reckoning) -> Row:
    return explained(found, MEETING, work.calendar)
