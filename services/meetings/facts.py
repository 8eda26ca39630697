"""What guards look at of a meeting, and which meeting a form means that names none."""

import sqlalchemy as sa

from models.errors import Conflict, Problem, Refused
from models.facts import MeetingFacts
from models.meetings import MeetingState
from models.meetings.rules import CALLED, Called
from models.review.rules import Presence
from models.tables import Action, AgendaItem, Meeting, table
from services.meetings.lookups import numbered
from services.work import Work

_ACTION, _ITEM, _MEETING = table(Action), table(AgendaItem), table(Meeting)


def meeting_facts(work: Work, number: str) -> MeetingFacts | None:
    """A meeting as guards see it, or None if there is none of this number."""
    row = work.connection.execute(sa.select(_MEETING).where(numbered(work, number))).first()
    if row is None:
        return None
    listed = sa.select(_ACTION.c.number).join(_ITEM, _ITEM.c.action_id == _ACTION.c.id).where(_ITEM.c.meeting_id == row.id)
    actions = frozenset(work.connection.execute(listed).scalars())
    seats = (row.attendance or {}).get("seats", {})
    named = {name: tuple(seat for seat, presence in seats.items() if presence == Presence(name)) for name in CALLED}
    return MeetingFacts(row.number, row.body, MeetingState(row.state), actions, Called(**named), row.held_on, row.second_of is not None)


def hold_open(work: Work, number: str) -> None:
    """Keep a meeting from closing until this transaction ends. Raises Conflict if somebody is about to change it, or has just done so.

    (On PostgreSQL; on SQLite writers stand in line anyway.) Nobody is waited for: whoever closes a meeting holds it, then its actions, while
    this transaction holds the action already.
    """
    query = sa.select(_MEETING.c.state).where(numbered(work, number))
    state = work.connection.execute(query.with_for_update(read=True, skip_locked=True)).scalar()
    if state != MeetingState.OPEN:
        raise Conflict(Problem("meeting_busy", {"number": number}))


def meetings_in_session(work: Work, action: str) -> list[tuple[str, str]]:
    """The open meetings on whose agenda an action is, each with its body."""
    query = (
        sa.select(_MEETING.c.number, _MEETING.c.body)
        .join(_ITEM, _ITEM.c.meeting_id == _MEETING.c.id)
        .join(_ACTION, _ACTION.c.id == _ITEM.c.action_id)
        .where(_MEETING.c.convention == work.convention, _MEETING.c.state == MeetingState.OPEN, _ACTION.c.number == action)
        .order_by(_MEETING.c.id)
    )
    return [(row.number, row.body) for row in work.connection.execute(query)]


def meeting_meant(work: Work, action: str, body: str) -> str | None:
    """The open meeting of a body on whose agenda an action is, if there is one. Refuses where there are several."""
    found = [number for number, owner in meetings_in_session(work, action.strip().upper()) if owner == body]
    if len(found) > 1:
        raise Refused.because("meetings_several", "meeting", meetings=", ".join(found))
    return found[0] if found else None
