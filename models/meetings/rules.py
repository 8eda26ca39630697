"""What a meeting must keep to: its notice in clear days, and an attendance that names each seat once."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from models.deadlines import Calendar, Delay, DelayUnit, Reckoning, reckon
from models.errors import Problem
from models.review.electorate import Elector
from models.review.quorum import QuorumCheck, check_quorum
from models.review.rules import Presence, ReviewRules
from models.review.votes import ATTENDING, IN_PERSON, Vote, electors


def clear_days(sent_on: date, held_on: date) -> int:
    """The days between a convocation and its meeting, neither that of its sending nor that of the meeting counted (CGCT, art. L2121-11 and L2121-12)."""
    return (held_on - sent_on).days - 1


@dataclass(frozen=True, slots=True)
class Notice:
    """The notice of a convocation: clear days given, and those that the charter asks for (0: no rule)."""

    days: int
    needed: int
    urgent: bool = False

    def as_payload(self) -> dict[str, int | bool]:
        """The figures as the log keeps them."""
        return {"days": self.days, "needed": self.needed} | ({"urgent": True} if self.urgent else {})


def give_notice(rules: ReviewRules, sent_on: date, held_on: date, *, urgent: bool) -> Notice | Problem:
    """The notice of a convocation that is sent on a day, or why it may not be sent.

    Urgency, which needs a reason, shortens the notice only where the charter says by how much (``urgent_notice_days``).
    """
    days, usual = clear_days(sent_on, held_on), rules.notice_days or 0
    if held_on < sent_on:
        return Problem("meeting_past", {"day": held_on.isoformat(), "today": sent_on.isoformat()})
    if rules.notice_days is None or days >= usual:
        return Problem("urgency_not_needed", {"days": max(days, 0), "needed": usual}) if urgent else Notice(max(days, 0), usual)
    least = rules.urgent_notice_days
    if urgent and least is not None and days >= least:
        return Notice(days, least, urgent=True)
    needed = usual if least is None or not urgent else least
    told: dict[str, str | int] = {"days": max(days, 0), "needed": needed, "day": first_day(sent_on, needed).isoformat()}
    if urgent and least is None:
        return Problem("urgency_not_provided", told)
    return Problem("notice_too_short" if least is None or urgent else "notice_too_short_or_urgent", told | {"least": least or 0})


def first_day(sent_on: date, needed: int) -> date:
    """The first day on which a meeting may be held, convened on ``sent_on``."""
    return sent_on + timedelta(days=needed + 1)


def convene_by(rules: ReviewRules, held_on: date, calendar: Calendar) -> Reckoning | None:
    """The last day on which a meeting can be convened with its usual notice, always a working day; None where there is no rule."""
    if rules.notice_days is None:
        return None
    return reckon(held_on, Delay(-rules.notice_days, DelayUnit.CLEAR_DAYS), calendar)


@dataclass(frozen=True, slots=True)
class Attendance:
    """How each seat attends, by code; ``holders``: for a represented seat, the seat that holds its proxy."""

    seats: Mapping[str, Presence]
    holders: Mapping[str, str]


CALLED = ("present", "remote", "represented", "excused")
"""The lists of an attendance as it is called out, in commands and forms; whoever is in none of them is absent."""


@dataclass(frozen=True, slots=True)
class Called:
    """An attendance as it was called out, seat by seat."""

    present: tuple[str, ...] = ()
    remote: tuple[str, ...] = ()
    represented: tuple[str, ...] = ()
    excused: tuple[str, ...] = ()

    def by_seat(self) -> Iterator[tuple[str, Presence]]:
        """Each seat that was named, and as what."""
        for name in CALLED:
            yield from ((seat, Presence(name)) for seat in getattr(self, name))


def attend(called: Called, seats: Collection[str], holders: Mapping[str, str], recused: Collection[str] = ()) -> Attendance:
    """The attendance of these seats: as called out, absent where nothing was said, recused where the seat takes no part."""
    said = dict(called.by_seat())
    every = {seat: Presence.RECUSED if seat in recused else said.get(seat, Presence.ABSENT) for seat in seats}
    return Attendance(every, {giver: holder for giver, holder in holders.items() if every.get(giver) is Presence.REPRESENTED})


def held_validly(attendance: Attendance, checks: Iterable[QuorumCheck]) -> bool:
    """Whether a meeting can examine anything: its quorum is reached, and somebody attends, even where no quorum is asked for."""
    return all(check.reached for check in checks) and any(presence in ATTENDING for presence in attendance.seats.values())


def away(attendance: Mapping[str, Any] | None) -> frozenset[str]:
    """The seats that do not attend, of an attendance as a review keeps it; none in a written procedure."""
    kept: Mapping[str, str] = (attendance or {}).get("seats", {})
    return frozenset(seat for seat, presence in kept.items() if Presence(presence) not in ATTENDING | {Presence.RECUSED})


def misnamed(called: Called, seats: Collection[str]) -> Iterator[Problem]:
    """What is wrong with the names that were called out: seats that have no vote here, or that were called twice."""
    named = [seat for seat, _ in called.by_seat()]
    strangers = [seat for seat in dict.fromkeys(named) if seat not in seats]
    if strangers:
        yield Problem("attendance_unknown", {"seats": ", ".join(strangers), "asked": ", ".join(seats)})
    twice = [seat for seat in dict.fromkeys(named) if named.count(seat) > 1]
    if twice:
        yield Problem("attendance_twice", {"seats": ", ".join(twice)})


def misrepresented(attendance: Attendance, limit: int) -> Iterator[Problem]:
    """What is wrong with those who are represented: by somebody who is not there in person, or who holds too many proxies."""
    for giver, holder in attendance.holders.items():
        if not holder:
            yield Problem("holder_unnamed", {"seat": giver})
        elif attendance.seats.get(holder) not in IN_PERSON:
            yield Problem("holder_not_there", {"seat": giver, "holder": holder})
    for holder in dict.fromkeys(attendance.holders.values()):
        if holder and list(attendance.holders.values()).count(holder) > limit:
            yield Problem("proxies_too_many", {"seat": holder, "limit": limit})


def pairs(represented: Iterable[str]) -> dict[str, str]:
    """``GIVER=HOLDER`` as a mapping; a giver who is named twice keeps the last one, and is told to be named twice elsewhere."""
    return {giver: holder for giver, _, holder in (pair.partition("=") for pair in represented)}


def votes_at_opening(seats: Iterable[Elector], attendance: Attendance) -> tuple[Vote, ...]:
    """The voting seats of a body that opens a meeting: nobody has said anything yet."""
    holders, present = attendance.holders, attendance.seats
    return tuple(
        Vote(one.seat, None, one.weight, one.chair, one.partner, presence=present[one.seat], holder=holders.get(one.seat)) for one in seats
    )


def quorum_in_session(votes: Iterable[Vote], rules: ReviewRules, vacant: Mapping[str, int], *, second: bool) -> tuple[QuorumCheck, ...]:
    """The quorum of a body in session. A proxy counts as soon as its holder is there, also where its vote will wait for theirs."""
    votes = tuple(votes)
    partners = dict.fromkeys((*(vote.partner for vote in votes), *vacant))
    return check_quorum(electors(votes, rules.model_copy(update={"proxy_holder": "present"})), partners, rules, vacant, second=second)


def figures(checks: Iterable[QuorumCheck]) -> list[dict[str, str | int | None]]:
    """Checks as the log keeps them."""
    return [
        {"partner": check.partner, "seats": check.seats, "vacant": check.vacant, "there": check.there, "needed": check.needed}
        for check in checks
    ]
