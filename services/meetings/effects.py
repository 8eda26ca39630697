"""What each verb changes of a meeting, inside the command's transaction; each refuses with every condition that is not met."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

import sqlalchemy as sa

from models.commands import Actor, Command
from models.errors import Problem, Refused
from models.lifecycle import Verb
from models.meetings import MeetingState, MeetingVerb
from models.meetings.commands import CancelMeeting, CloseMeeting, ConveneMeeting, MeetingCommand, OpenMeeting, PlanMeeting, Settled
from models.meetings.rules import (
    Called,
    attend,
    figures,
    give_notice,
    held_validly,
    misnamed,
    misrepresented,
    pairs,
    quorum_in_session,
    votes_at_opening,
)
from models.review.electorate import vacancies
from models.tables import AgendaItem, Meeting, table
from services.dispatch import handle
from services.lookups import voting_seats
from services.meetings.agenda import Item, attended_reviews, awaiting, chosen, items_of, undecided
from services.meetings.convocation import convene_members, tell_cancelled
from services.meetings.lookups import find_meeting, keep_text, meeting_body
from services.work import Work

_ITEM, _MEETING = table(AgendaItem), table(Meeting)


@dataclass(frozen=True, slots=True)
class Done:
    """The payload of the event, columns of the meeting to set, and where it leads where the table leaves a choice."""

    payload: dict[str, Any]
    columns: Mapping[str, Any] = field(default_factory=dict)
    target: MeetingState | None = None


def plan(work: Work, command: MeetingCommand, _row: Any, meeting_id: int) -> Done:
    """Settle date, time, place and agenda of a new meeting."""
    asked = cast("PlanMeeting", command)
    problems = list(_unsettled(work, asked))
    if asked.second_of is None:
        Refused.unless_empty(problems)
        entries = [Item(0, one.number, None, one.action_id, follows=one.follows) for one in chosen(work, asked.body, asked.actions)]
        return _settle(work, asked, meeting_id, [*entries, *(Item(0, None, title) for title in asked.items)])
    first = find_meeting(work, asked.second_of)
    Refused.unless_empty((*problems, *_not_second(work, asked, first)))
    done = _settle(work, asked, meeting_id, items_of(work.connection, first.id))
    return Done({**done.payload, "second_of": first.number}, {**done.columns, "second_of": first.number})


def change(work: Work, command: MeetingCommand, row: Any, meeting_id: int) -> Done:
    """Settle it anew; the agenda of a second convocation stays that of the first."""
    asked = cast("Settled", command)
    problems = list(_unsettled(work, asked))
    if row.second_of is not None:
        if asked.actions is not None or asked.items:
            problems.append(Problem("second_same_agenda", {"number": row.second_of}, "actions"))
        Refused.unless_empty(problems)
        return _settle(work, asked, meeting_id, items_of(work.connection, meeting_id))
    Refused.unless_empty(problems)
    entries = [Item(0, one.number, None, one.action_id, follows=one.follows) for one in chosen(work, row.body, asked.actions)]
    return _settle(work, asked, meeting_id, [*entries, *(Item(0, None, title) for title in asked.items)])


def _unsettled(work: Work, asked: Settled) -> Iterator[Problem]:
    if asked.held_on < work.today:
        yield Problem("meeting_past", {"day": asked.held_on.isoformat(), "today": work.today.isoformat()}, "held_on")
    if asked.place is None and asked.link is None:
        yield Problem("meeting_nowhere", {}, "place")


def _not_second(work: Work, asked: PlanMeeting, first: Any) -> Iterator[Problem]:
    """Why a meeting may not be the second convocation of another."""
    _, rules = meeting_body(work, asked.body)
    if first.body != asked.body:
        yield Problem("second_of_other_body", {"number": first.number, "body": first.body}, "second_of")
    elif first.state != MeetingState.INQUORATE:
        yield Problem("second_without_need", {"number": first.number, "meeting_state": first.state}, "second_of")
    elif rules.second_convocation != "without_quorum":
        yield Problem("second_not_provided", {"body": asked.body}, "second_of")
    if asked.actions is not None or asked.items:
        yield Problem("second_same_agenda", {"number": first.number}, "actions")
    if asked.held_on <= first.held_on:
        yield Problem("second_too_soon", {"number": first.number, "day": first.held_on.isoformat()}, "held_on")
    known = _second(work, first.number)
    if known is not None:
        yield Problem("second_already", {"number": first.number, "second": known}, "second_of")


def _second(work: Work, number: str) -> str | None:
    """The second convocation of a meeting, unless it was cancelled."""
    another = (_MEETING.c.convention == work.convention) & (_MEETING.c.second_of == number)
    found: str | None = work.connection.execute(
        sa.select(_MEETING.c.number).where(another, _MEETING.c.state != MeetingState.CANCELLED)
    ).scalar()
    return found


def _settle(work: Work, asked: Settled, meeting_id: int, items: Sequence[Item]) -> Done:
    """Write the agenda, and keep the texts; what was settled before is replaced."""
    if not items:
        raise Refused.because("agenda_empty", "actions")
    author = asked.actor.seat
    place_id, place = keep_text(work, meeting_id, "place", author, asked.place)
    link_id, link = keep_text(work, meeting_id, "link", author, asked.link)
    work.connection.execute(_ITEM.delete().where(_ITEM.c.meeting_id == meeting_id))
    told = [_enter(work, meeting_id, position, item, author) for position, item in enumerate(items, 1)]
    days = {"held_on": asked.held_on.isoformat(), "starts_at": asked.starts_at}
    columns = {"held_on": asked.held_on, "starts_at": asked.starts_at, "place_id": place_id, "link_id": link_id}
    return Done({**days, **place, **link, "items": told}, columns)


def _enter(work: Work, meeting_id: int, position: int, item: Item, author: str | None) -> dict[str, str]:
    """Write an item; returns what the log says of it."""
    words_id, told = (
        (None, {"action": str(item.number)}) if item.number else keep_text(work, meeting_id, "title", author, item.title or "-")
    )
    values = {"action_id": item.action_id, "words_id": words_id, "follows": item.follows}
    work.connection.execute(_ITEM.insert().values(meeting_id=meeting_id, position=position, **values))
    return {**told, **({"follows": item.follows} if item.follows else {})}


def convene(work: Work, command: MeetingCommand, row: Any, meeting_id: int) -> Done:
    """Send the convocation to everybody who sits in the body, if its notice is long enough and its agenda still awaits the body."""
    asked = cast("ConveneMeeting", command)
    _, rules = meeting_body(work, row.body)
    notice = give_notice(rules, work.today, row.held_on, urgent=asked.urgency is not None)
    problems = [notice] if isinstance(notice, Problem) else []
    known, items = awaiting(work, row.body), items_of(work.connection, meeting_id)
    stale = [item.number for item in items if item.number is not None and item.number not in known]
    if stale and row.second_of is None:
        problems.append(Problem("agenda_stale", {"actions": ", ".join(stale), "number": row.number}))
    if not voting_seats(work, row.body, row.held_on):
        problems.append(Problem("body_unseated", {"body": row.body}))
    Refused.unless_empty(problems)
    _, urgency = keep_text(work, meeting_id, "urgency", asked.actor.seat, asked.urgency)
    told = convene_members(work, row)
    said = {} if isinstance(notice, Problem) else notice.as_payload()
    columns = {"charter_id": work.charter_id, "convened_on": work.today, "notice": said}
    return Done({"notice": said, "charter": work.charter_id, "told": told, **urgency}, columns)


def open_meeting(work: Work, command: MeetingCommand, row: Any, _meeting_id: int) -> Done:
    """Note who attends and check the quorum; without it nothing is examined."""
    asked = cast("OpenMeeting", command)
    body, rules = meeting_body(work, row.body, row.charter_id)
    if work.today < row.held_on:
        raise Refused.because("meeting_to_come", day=row.held_on.isoformat(), today=work.today.isoformat())
    Refused.unless_empty(_under_way(work, row))
    seats = voting_seats(work, row.body, row.held_on)
    holders = pairs(asked.represented)
    called = Called(asked.present, asked.remote, tuple(pair.split("=", 1)[0] for pair in asked.represented), asked.excused)
    codes = [one.seat for one in seats]
    attendance = attend(called, codes, holders)
    problems = [*misnamed(called, codes), *misrepresented(attendance, rules.proxies_per_holder)]
    if asked.represented and rules.proxies_per_holder == 0:
        problems = [*misnamed(called, codes), Problem("proxies_not_allowed", {"body": row.body})]
    if not any(called.by_seat()):
        problems.append(Problem("attendance_nobody", {}, "present"))
    Refused.unless_empty(problems)
    second = row.second_of is not None
    votes = votes_at_opening(seats, attendance)
    checks = quorum_in_session(votes, rules, vacancies(body.seats, seats), second=second)
    there = {"seats": dict(attendance.seats), "holders": dict(attendance.holders)}
    columns = {"attendance": there, "quorum": figures(checks)}
    return Done(dict(columns), columns, MeetingState.OPEN if held_validly(attendance, checks) else MeetingState.INQUORATE)


def _under_way(work: Work, row: Any) -> Iterator[Problem]:
    """Why who attended the opening can no longer be put right: an item was examined, or the body is convened a second time."""
    examined = [number for number, meeting, _ in attended_reviews(work, row.body) if meeting == row.number]
    if examined:
        yield Problem("meeting_under_way", {"actions": ", ".join(examined)})
    second = _second(work, row.number)
    if second is not None:
        yield Problem("second_already", {"number": row.number, "second": second})


def close(work: Work, command: MeetingCommand, row: Any, meeting_id: int) -> Done:
    """Close a meeting that dealt with its agenda; without a reason it does not close over an item that is undecided."""
    asked = cast("CloseMeeting", command)
    left = undecided(work, row, items_of(work.connection, meeting_id))
    if left and asked.reason is None:
        raise Refused.because("agenda_undecided", actions=", ".join(left))
    for number, meeting, body in attended_reviews(work, row.body):
        if meeting == row.number:
            _end_attendance(work, asked, number, body)
    _, reason = keep_text(work, meeting_id, "reason", asked.actor.seat, asked.reason)
    return Done({"undecided": left, **reason})


def _end_attendance(work: Work, asked: CloseMeeting, number: str, body: str) -> None:
    """An open review that was examined in the meeting goes on without its attendance."""
    handle(
        work,
        Command(
            verb=Verb.END_ATTENDANCE,
            convention=work.convention,
            action=number,
            actor=Actor(via=asked.actor.via),
            occurred_on=work.today,
            key=f"{asked.key}/{number}",
            body=body,
        ),
    )


def cancel(work: Work, command: MeetingCommand, row: Any, meeting_id: int) -> Done:
    """Cancel a meeting; whoever was convened is told, with the reason."""
    asked = cast("CancelMeeting", command)
    convened = row.state == MeetingState.CONVENED
    if convened and asked.reason is None:
        raise Refused.because("reason_missing", "reason")
    _, reason = keep_text(work, meeting_id, "reason", asked.actor.seat, asked.reason)
    told = tell_cancelled(work, meeting_id) if convened else 0
    return Done({"told": told, **reason})


Effect = Callable[[Work, MeetingCommand, Any, int], Done]
EFFECTS: Mapping[MeetingVerb, Effect] = {
    MeetingVerb.PLAN: plan,
    MeetingVerb.CHANGE: change,
    MeetingVerb.CONVENE: convene,
    MeetingVerb.OPEN: open_meeting,
    MeetingVerb.CLOSE: close,
    MeetingVerb.CANCEL: cancel,
}
