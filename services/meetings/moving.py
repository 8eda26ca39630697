"""Changing a meeting to which people are convened: its day, hour, place or link. Its agenda stays, and everybody is told."""

from collections.abc import Iterator, Mapping
from typing import Any, cast

from models.errors import Problem, Refused
from models.meetings.commands import ChangeMeeting, MeetingCommand
from models.meetings.rules import Notice, give_notice
from services.lookups import voting_seats
from services.meetings.convocation import tell_changed
from services.meetings.lookups import keep_text, meeting_body, texts_by_kind
from services.meetings.settling import Done, Settled, keep_settled, settled_anew, unsettled
from services.work import Work


def move(work: Work, command: MeetingCommand, row: Any, meeting_id: int) -> Done:
    """Settle anew when and where it is held. Another day takes a notice of its own, as a convocation does, by the rules of the first one."""
    asked = cast("ChangeMeeting", command)
    present = texts_by_kind(work.connection, row)
    settled = settled_anew(asked, row, {} if asked.whole else present)
    notice = _notice(work, asked, row, settled)
    problems = [*unsettled(work, settled, row.second_of), *_fixed(asked, row), *_idle(asked, row, settled, present)]
    Refused.unless_empty([*problems, *([notice] if isinstance(notice, Problem) else [])])
    given = _give(work, meeting_id, asked, notice) if isinstance(notice, Notice) else Done({})
    held = keep_settled(work, settled, meeting_id)
    told = tell_changed(work, row, settled.held_on)
    return Done({**held.payload, **given.payload, "told": told}, {**held.columns, **given.columns})


def _notice(work: Work, asked: ChangeMeeting, row: Any, settled: Settled) -> Notice | Problem | None:
    """The notice of another day, or why there is none; None where the day stays, or is told to be over anyway."""
    if settled.held_on == row.held_on or settled.held_on < work.today:
        return None
    if not voting_seats(work, row.body, settled.held_on):
        return Problem("body_unseated", {"body": row.body}, "held_on")
    _, rules = meeting_body(work, row.body, row.charter_id)
    return give_notice(rules, work.today, settled.held_on, urgent=asked.urgency is not None)


def _fixed(asked: ChangeMeeting, row: Any) -> Iterator[Problem]:
    """Who is convened was sent the agenda. A page that shows the whole meeting sends an empty one, which is nothing said."""
    named = (asked.actions, asked.items)
    if any(named) if asked.whole else any(one is not None for one in named):
        yield Problem("agenda_convened", {"number": row.number}, "actions")


def _idle(asked: ChangeMeeting, row: Any, settled: Settled, present: Mapping[str, str]) -> Iterator[Problem]:
    """People are not told that nothing has changed, and a day that stays needs no urgency."""
    before = (row.held_on, row.starts_at, present.get("place"), present.get("link"))
    if before == (settled.held_on, settled.starts_at, settled.place, settled.link):
        yield Problem("meeting_unchanged", {"number": row.number})
    if asked.urgency is not None and settled.held_on == row.held_on:
        yield Problem("urgency_without_day", {}, "urgency")


def _give(work: Work, meeting_id: int, asked: ChangeMeeting, notice: Notice) -> Done:
    """What the log and the meeting keep of a notice; it names the reason of its urgency, since a meeting may have had others."""
    words_id, urgency = keep_text(work, meeting_id, "urgency", asked.actor.seat, asked.urgency)
    said = notice.as_payload() | ({"urgency_id": str(words_id)} if words_id else {})
    return Done({"notice": said, **urgency}, {"notice": said, "convened_on": work.today})
