"""Settling a meeting: its day, its place, its agenda. Planned at first, changed until somebody is convened; ``moving`` tells what changes then."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, NamedTuple, cast

import sqlalchemy as sa

from models.errors import Problem, Refused
from models.meetings import MeetingState
from models.meetings.commands import ChangeMeeting, MeetingCommand, PlanMeeting, UpdateAgenda
from models.tables import AgendaItem, Meeting, table
from services.meetings.agenda import Awaiting, Item, awaiting, chosen, items_of
from services.meetings.lookups import find_meeting, keep_text, meeting_body, texts_by_kind
from services.work import SYSTEM, Work

_ITEM, _MEETING = table(AgendaItem), table(Meeting)


@dataclass(frozen=True, slots=True)
class Done:
    """The payload of the event, columns of the meeting to set, and where it leads where the table leaves a choice."""

    payload: dict[str, Any]
    columns: Mapping[str, Any] = field(default_factory=dict)
    target: MeetingState | None = None


class Settled(NamedTuple):
    """When and where a meeting is held, and who says so."""

    held_on: date
    starts_at: str
    place: str | None
    link: str | None
    author: str | None


def plan(work: Work, command: MeetingCommand, _row: Any, meeting_id: int) -> Done:
    """Settle date, time, place and agenda of a new meeting."""
    asked = cast("PlanMeeting", command)
    settled = Settled(asked.held_on, asked.starts_at, asked.place, asked.link, asked.actor.seat)
    problems = list(unsettled(work, settled))
    if asked.second_of is None:
        Refused.unless_empty(problems)
        return _settle(work, settled, meeting_id, [*_actions(work, asked.body, asked.actions), *_titles(asked.items or ())])
    first = find_meeting(work, asked.second_of)
    Refused.unless_empty((*problems, *_not_second(work, asked, first)))
    done = _settle(work, settled, meeting_id, items_of(work.connection, first.id))
    return Done({**done.payload, "second_of": first.number}, {**done.columns, "second_of": first.number})


def resettle(work: Work, command: MeetingCommand, row: Any, meeting_id: int) -> Done:
    """Settle it anew; what is not said stays, but for a change that is ``whole``. A second convocation keeps the agenda of the first."""
    asked = cast("ChangeMeeting", command)
    settled = settled_anew(asked, row, {} if asked.whole else texts_by_kind(work.connection, row))
    problems = list(unsettled(work, settled, row.second_of))
    if asked.urgency is not None:
        problems.append(Problem("urgency_without_day", {}, "urgency"))
    if row.second_of is not None and (asked.actions or asked.items):
        problems.append(Problem("second_same_agenda", {"number": row.second_of}, "actions"))
    Refused.unless_empty(problems)
    present = items_of(work.connection, meeting_id)
    if row.second_of is not None:
        return _settle(work, settled, meeting_id, present)
    actions = _actions(work, row.body, asked.actions) if asked.actions is not None else [item for item in present if item.number]
    texts = _titles(asked.items or ()) if asked.whole or asked.items is not None else [item for item in present if not item.number]
    return _settle(work, settled, meeting_id, [*actions, *texts])


def update(work: Work, command: MeetingCommand, row: Any, meeting_id: int) -> Done:
    """Take actions off an agenda, and put others at its end; all else stays as it is. Of both only what is still so: an action off because it awaits the body no longer, another on because it does."""
    asked = cast("UpdateAgenda", command)
    kept = texts_by_kind(work.connection, row)
    known, present = awaiting(work, row.body), items_of(work.connection, meeting_id)
    settled = Settled(row.held_on, row.starts_at, kept.get("place"), kept.get("link"), SYSTEM)
    added = [entry_of(known[number]) for number in asked.added if number in known and not known[number].listed]
    staying = [item for item in present if item.number not in asked.removed or item.number in known]
    return _settle(work, settled, meeting_id, [*staying, *added])


def settled_anew(asked: ChangeMeeting, row: Any, kept: Mapping[str, str]) -> Settled:
    """When and where a meeting is held after a change; ``kept``: where it was, for what the change does not say."""
    return Settled(
        asked.held_on or row.held_on,
        asked.starts_at or row.starts_at,
        asked.place or kept.get("place"),
        asked.link or kept.get("link"),
        asked.actor.seat,
    )


def _actions(work: Work, body: str, numbers: Sequence[str] | None) -> list[Item]:
    return [entry_of(one) for one in chosen(work, body, numbers)]


def entry_of(one: Awaiting) -> Item:
    """What awaits a body, as an item to be put on an agenda."""
    return Item(0, one.number, None, one.action_id, follows=one.follows, silent_since=one.silent_since)


def _titles(titles: Sequence[str]) -> list[Item]:
    return [Item(0, None, title) for title in titles]


def unsettled(work: Work, settled: Settled, second_of: str | None = None) -> Iterator[Problem]:
    """What is wrong with a day and place; a second convocation, once planned, stays after the meeting whose quorum was missed."""
    if settled.held_on < work.today:
        yield Problem("meeting_past", {"day": settled.held_on.isoformat(), "today": work.today.isoformat()}, "held_on")
    if settled.place is None and settled.link is None:
        yield Problem("meeting_nowhere", {}, "place")
    first = find_meeting(work, second_of) if second_of is not None else None
    if first is not None and settled.held_on <= first.held_on:
        yield Problem("second_too_soon", {"number": first.number, "day": first.held_on.isoformat()}, "held_on")


def _not_second(work: Work, asked: PlanMeeting, first: Any) -> Iterator[Problem]:
    """Why a meeting may not be the second convocation of another."""
    _, rules = meeting_body(work, asked.body)
    if first.body != asked.body:
        yield Problem("second_of_other_body", {"number": first.number, "body": first.body}, "second_of")
    elif first.state != MeetingState.INQUORATE:
        yield Problem("second_without_need", {"number": first.number, "meeting_state": first.state}, "second_of")
    elif rules.second_convocation != "without_quorum":
        yield Problem("second_not_provided", {"body": asked.body}, "second_of")
    if asked.actions or asked.items:
        yield Problem("second_same_agenda", {"number": first.number}, "actions")
    if asked.held_on <= first.held_on:
        yield Problem("second_too_soon", {"number": first.number, "day": first.held_on.isoformat()}, "held_on")
    known = second_convocation(work, first.number)
    if known is not None:
        yield Problem("second_already", {"number": first.number, "second": known}, "second_of")


def second_convocation(work: Work, number: str) -> str | None:
    """The second convocation of a meeting, unless it was cancelled."""
    another = (_MEETING.c.convention == work.convention) & (_MEETING.c.second_of == number)
    found: str | None = work.connection.execute(
        sa.select(_MEETING.c.number).where(another, _MEETING.c.state != MeetingState.CANCELLED)
    ).scalar()
    return found


def _settle(work: Work, settled: Settled, meeting_id: int, items: Sequence[Item]) -> Done:
    """Write the agenda, and keep the texts; what was settled before is replaced."""
    if not items:
        raise Refused.because("agenda_empty", "actions")
    held = keep_settled(work, settled, meeting_id)
    work.connection.execute(_ITEM.delete().where(_ITEM.c.meeting_id == meeting_id))
    told = [_enter(work, meeting_id, position, item, settled.author) for position, item in enumerate(items, 1)]
    return Done({**held.payload, "items": told}, held.columns)


def keep_settled(work: Work, settled: Settled, meeting_id: int) -> Done:
    """Keep when and where a meeting is held."""
    place_id, place = keep_text(work, meeting_id, "place", settled.author, settled.place)
    link_id, link = keep_text(work, meeting_id, "link", settled.author, settled.link)
    days = {"held_on": settled.held_on.isoformat(), "starts_at": settled.starts_at}
    columns = {"held_on": settled.held_on, "starts_at": settled.starts_at, "place_id": place_id, "link_id": link_id}
    return Done({**days, **place, **link}, columns)


def _enter(work: Work, meeting_id: int, position: int, item: Item, author: str | None) -> dict[str, str]:
    """Write an item; returns what the log says of it."""
    words_id, told = (
        (None, {"action": str(item.number)}) if item.number else keep_text(work, meeting_id, "title", author, item.title or "-")
    )
    values = {"action_id": item.action_id, "words_id": words_id, "follows": item.follows, "silent_since": item.silent_since}
    work.connection.execute(_ITEM.insert().values(meeting_id=meeting_id, position=position, **values))
    since = {"silent_since": item.silent_since.isoformat()} if item.silent_since else {}
    return {**told, **({"follows": item.follows} if item.follows else {}), **since}
