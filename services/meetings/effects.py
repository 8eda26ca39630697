"""What each verb changes of a meeting, inside the command's transaction; each refuses with every condition that is not met."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, cast

from models.commands import Actor, Command
from models.errors import Problem, Refused
from models.lifecycle import Verb
from models.meetings import MeetingState, MeetingVerb
from models.meetings.commands import CancelMeeting, CloseMeeting, ConveneMeeting, MeetingCommand, OpenMeeting
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
from services.dispatch import handle
from services.lookups import voting_seats
from services.meetings.agenda import awaiting, examined_in, items_of, undecided
from services.meetings.convocation import convene_members, tell_cancelled
from services.meetings.lookups import keep_text, meeting_body
from services.meetings.moving import move
from services.meetings.settling import Done, plan, resettle, second_convocation, update
from services.work import Work


def change(work: Work, command: MeetingCommand, row: Any, meeting_id: int) -> Done:
    """Settle it anew; once people are convened its agenda stays, and they are told."""
    return (move if row.state == MeetingState.CONVENED else resettle)(work, command, row, meeting_id)


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
    examined = examined_in(work, row)
    if examined:
        yield Problem("meeting_under_way", {"actions": ", ".join(examined)})
    second = second_convocation(work, row.number)
    if second is not None:
        yield Problem("second_already", {"number": row.number, "second": second})


def close(work: Work, command: MeetingCommand, row: Any, meeting_id: int) -> Done:
    """Close a meeting that dealt with its agenda; without a reason it does not close over an item that is undecided."""
    asked = cast("CloseMeeting", command)
    left = undecided(work, row, items_of(work.connection, meeting_id))
    if left and asked.reason is None:
        raise Refused.because("agenda_undecided", actions=", ".join(left))
    for number in examined_in(work, row):
        _end_attendance(work, asked, number, row.body)
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
    told = tell_cancelled(work, row) if convened else 0
    return Done({"told": told, **reason})


Effect = Callable[[Work, MeetingCommand, Any, int], Done]
EFFECTS: Mapping[MeetingVerb, Effect] = {
    MeetingVerb.PLAN: plan,
    MeetingVerb.CHANGE: change,
    MeetingVerb.UPDATE: update,
    MeetingVerb.CONVENE: convene,
    MeetingVerb.OPEN: open_meeting,
    MeetingVerb.CLOSE: close,
    MeetingVerb.CANCEL: cancel,
}
