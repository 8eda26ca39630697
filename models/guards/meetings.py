"""Conditions on the attendance of a body that examines an action in a meeting."""

from models.commands import Command, RecordAttendance, RecordOpinion
from models.errors import Problem
from models.facts import Facts
from models.guards.table import guard
from models.meetings import MeetingState
from models.meetings.rules import CALLED, Attendance, Called, attend, misnamed, misrepresented
from models.proxies import of_giver
from models.review.rules import CONCEALED, Presence
from models.review.votes import ATTENDING


def called_for(facts: Facts, command: RecordAttendance) -> Called:
    """Who attends, as the command says; where it names nobody, as when the meeting opened, as far as they are asked in this review."""
    named = Called(command.present, command.remote, command.represented, command.excused)
    meeting, review = facts.meeting(command.meeting), facts.latest(command.body)
    if any(named.by_seat()) or meeting is None or review is None:
        return named
    kept = {name: tuple(seat for seat in getattr(meeting.called, name) if seat in review.electorate) for name in CALLED}
    return Called(**kept)


def attendance_for(facts: Facts, command: RecordAttendance) -> Attendance:
    """How each seat of the review attends; the holders are those of the proxies that stand in it."""
    review = facts.latest(command.body)
    holders = {proxy.giver: proxy.holder for proxy in facts.proxies(command.body) if proxy.lasts(facts.today)}
    return attend(called_for(facts, command), review.electorate if review else (), holders, facts.recused(command.body))


@guard
def meeting_in_session(facts: Facts, command: Command) -> Problem | None:
    """Attendance is that of an open meeting of the body, on whose agenda the action is."""
    if not isinstance(command, RecordAttendance):
        return None
    meeting = facts.meeting(command.meeting)
    if meeting is None:
        return Problem("meeting_unknown", {"number": command.meeting, "near": "-"}) if command.meeting else Problem("meeting_none_open")
    if meeting.body != command.body:
        return Problem("meeting_of_other_body", {"number": meeting.number, "body": meeting.body})
    if meeting.state is not MeetingState.OPEN:
        return Problem("meeting_not_open", {"number": meeting.number, "meeting_state": meeting.state})
    if command.occurred_on < meeting.held_on:
        return Problem("attendance_too_early", {"number": meeting.number, "day": meeting.held_on.isoformat()})
    return None if facts.number in meeting.actions else Problem("agenda_without", {"number": meeting.number})


@guard
def attendance_named(facts: Facts, command: Command) -> Problem | None:
    """Each seat that is named has a vote in this review, and is named once."""
    review = facts.latest(command.body)
    if not isinstance(command, RecordAttendance) or review is None:
        return None
    return next(misnamed(called_for(facts, command), review.electorate), None)


@guard
def attendance_represented(facts: Facts, command: Command) -> Problem | None:
    """Whoever is represented gave a proxy in this review, to somebody who is there in person and holds no more than the charter allows."""
    if not isinstance(command, RecordAttendance):
        return None
    attendance, rules = attendance_for(facts, command), facts.rules(command.body)
    represented = [seat for seat, presence in attendance.seats.items() if presence is Presence.REPRESENTED]
    without = [seat for seat in represented if of_giver(facts.proxies(command.body), seat, facts.today) is None]
    if without:
        return Problem("representation_unfounded", {"seats": ", ".join(without)})
    return next(misrepresented(attendance, rules.proxies_per_holder if rules else 0), None)


@guard
def attendance_kept(facts: Facts, command: Command) -> Problem | None:
    """Attendance ends where some was noted."""
    review = facts.latest(command.body)
    return None if review is not None and review.attended else Problem("attendance_none", {"body": command.body or "-"})


@guard
def somebody_attends(facts: Facts, command: Command) -> Problem | None:
    """A body in which nobody attends examines nothing."""
    meeting = facts.meeting(command.meeting) if isinstance(command, RecordAttendance) else None
    if not isinstance(command, RecordAttendance) or meeting is None or meeting.state is not MeetingState.OPEN:
        return None
    there = any(presence in ATTENDING for presence in attendance_for(facts, command).seats.values())
    return None if there else Problem("attendance_nobody")


@guard
def voters_attend_or_reason(facts: Facts, command: Command) -> Problem | None:
    """Whoever voted in the meeting and is then noted as away loses that vote: not without a reason."""
    review = facts.latest(command.body)
    if not isinstance(command, RecordAttendance) or review is None or not review.attended or command.reason:
        return None
    now = attendance_for(facts, command)
    struck = [
        seat for seat in facts.said(command.body) if seat not in review.away and now.seats.get(seat) not in ATTENDING | {Presence.RECUSED}
    ]
    return Problem("attendance_strikes", {"seats": ", ".join(struck)}) if struck else None


@guard
def secret_voters_attend(facts: Facts, command: Command) -> Problem | None:
    """A vote in a secret ballot cannot be told from the others: whoever cast one cannot be away."""
    if not isinstance(command, RecordAttendance):
        return None
    attendance = attendance_for(facts, command)
    cast = [seat for seat, said in facts.said(command.body).items() if said.value == CONCEALED]
    gone = [seat for seat in cast if attendance.seats.get(seat, Presence.RECUSED) not in ATTENDING | {Presence.RECUSED}]
    return Problem("secret_voters_away", {"seats": ", ".join(gone)}) if gone else None


@guard
def voter_attends(facts: Facts, command: Command) -> Problem | None:
    """Who does not attend the meeting in which an action is examined has no vote in it."""
    review = facts.latest(command.body)
    gone = isinstance(command, RecordOpinion) and review is not None and command.voter in review.away
    return Problem("voter_away", {"seat": command.voter}) if gone and isinstance(command, RecordOpinion) else None
