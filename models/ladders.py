"""Ladders of reminders: on which days somebody is chased for what has not been done, and who is told, rung by rung. Pure, as the charter writes them."""

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from enum import StrEnum
from typing import NamedTuple

from pydantic import ConfigDict, Field
from pydantic.dataclasses import dataclass

from models.deadlines import Calendar
from models.errors import Problem
from models.texts import Rules


class Chased(StrEnum):
    """What people are chased for: each may have a ladder of its own."""

    OPINION = "opinion"
    COMPLETION = "completion"
    MILESTONE = "milestone"
    PROGRESS = "progress"
    FINAL_REPORT = "final_report"
    RESERVATION = "reservation"
    CONVOCATION = "convocation"
    FOLLOW_UP = "follow_up"
    SEAT_END = "seat_end"
    CONVENTION_END = "convention_end"


class Level(StrEnum):
    """Who is told on a rung, from the bottom to the top.

    ``owner``: whoever has to act. ``group_secretary``, ``chair``: of the body concerned, or that leads the action, else of the technical committee.
    ``technical``, ``steering``: the secretaries of these committees.
    """

    OWNER = "owner"
    GROUP_SECRETARY = "group_secretary"
    CHAIR = "chair"
    TECHNICAL = "technical"
    STEERING = "steering"


_HEIGHT = {level: height for height, level in enumerate(Level)}


@dataclass(frozen=True, slots=True, config=ConfigDict(extra="forbid"))
class Rung:
    """One step: so many working days after the last day, or before it (negative), or on it (0); and who is told then."""

    days: int = Field(ge=-250, le=250, description="Working days after the last day; negative: before it; 0: on it.")
    to: tuple[Level, ...] = Field(min_length=1, max_length=len(Level), description="Who is told.")

    def falls_on(self, due_on: date, calendar: Calendar) -> date:
        """The working day on which this rung has come; "on the last day" is the one before, if nobody works on that."""
        if self.days == 0:
            return due_on if calendar.is_working(due_on) else calendar.count_on(due_on, -1)
        return calendar.count_on(due_on, self.days)


Ladder = tuple[Rung, ...]


class Ladders(Rules):
    """The ladders that a charter sets in place of the built-in ones. An empty one: nobody is chased for this."""

    opinion: Ladder | None = Field(default=None, max_length=20, description="Opinions; absent: once, as the rules of each body say.")
    completion: Ladder | None = Field(default=None, max_length=20, description="Returned proposals to complete.")
    milestone: Ladder | None = Field(default=None, max_length=20, description="Milestones.")
    progress: Ladder | None = Field(default=None, max_length=20, description="Answers to a request for progress.")
    final_report: Ladder | None = Field(default=None, max_length=20, description="Final reports.")
    reservation: Ladder | None = Field(default=None, max_length=20, description="Reservations to lift.")
    convocation: Ladder | None = Field(default=None, max_length=20, description="Meetings to convene in time.")
    follow_up: Ladder | None = Field(default=None, max_length=20, description="Approved actions to start.")
    seat_end: Ladder | None = Field(default=None, max_length=20, description="Seats that end.")
    convention_end: Ladder | None = Field(default=None, max_length=20, description="The end of the convention.")

    def of(self, chased: Chased) -> Ladder:
        """The ladder for this: the charter's, else the built-in one."""
        own: Ladder | None = getattr(self, chased)
        return BUILT_IN[chased] if own is None else own


_OWNER, _SECRETARY, _CHAIR, _TECHNICAL, _STEERING = Level
BUILT_IN: Mapping[Chased, Ladder] = {
    Chased.OPINION: (),
    Chased.COMPLETION: (Rung(-5, (_OWNER,)), Rung(1, (_OWNER, _TECHNICAL))),
    Chased.MILESTONE: (Rung(-5, (_OWNER,)), Rung(1, (_OWNER,)), Rung(10, (_OWNER, _SECRETARY)), Rung(20, (_CHAIR,))),
    Chased.PROGRESS: (
        Rung(1, (_OWNER,)),
        Rung(6, (_OWNER, _SECRETARY)),
        Rung(15, (_OWNER, _CHAIR)),
        Rung(25, (_TECHNICAL,)),
        Rung(40, (_STEERING,)),
    ),
    Chased.FINAL_REPORT: (Rung(-10, (_OWNER,)), Rung(1, (_OWNER, _SECRETARY)), Rung(10, (_OWNER, _CHAIR)), Rung(25, (_STEERING,))),
    Chased.RESERVATION: (Rung(-5, (_OWNER,)), Rung(1, (_OWNER, _SECRETARY)), Rung(15, (_OWNER, _CHAIR)), Rung(30, (_TECHNICAL,))),
    Chased.CONVOCATION: (Rung(-5, (_OWNER,)), Rung(0, (_OWNER, _CHAIR))),
    Chased.FOLLOW_UP: (Rung(0, (_OWNER,)), Rung(10, (_OWNER, _SECRETARY)), Rung(30, (_TECHNICAL,))),
    Chased.SEAT_END: (Rung(-40, (_OWNER,)), Rung(-10, (_OWNER, _CHAIR)), Rung(0, (_OWNER, _TECHNICAL))),
    Chased.CONVENTION_END: (Rung(-240, (_STEERING,)), Rung(-120, (_TECHNICAL, _STEERING)), Rung(-40, (_TECHNICAL, _STEERING))),
}
"""What holds where a charter says nothing. For opinions each body says itself when it reminds."""


class Place(NamedTuple):
    """Where a deadline stands on its ladder: how many rungs are behind, and the day of the next; None where there is none left."""

    rung: int
    next_on: date | None


class Step(NamedTuple):
    """A rung that has come: its number from 1, who is told, and by how many working days it lies after the last day."""

    rung: int
    to: tuple[Level, ...]
    days: int


def days_of(ladder: Ladder, due_on: date, calendar: Calendar) -> list[date]:
    """The days of its rungs, which never go back."""
    return [rung.falls_on(due_on, calendar) for rung in ladder]


def place_at(ladder: Ladder, rung: int, due_on: date, calendar: Calendar) -> Place:
    """Where a deadline stands with so many rungs behind; none are where an older release, which knew no ladders, wrote less."""
    behind = max(rung, 0)
    return Place(behind, ladder[behind].falls_on(due_on, calendar) if behind < len(ladder) else None)


def place_on(ladder: Ladder, due_on: date, day: date, calendar: Calendar) -> Place:
    """Where a deadline stands that is set on ``day``: rungs of that day or before it are not climbed any more, since people have just been told."""
    return place_at(ladder, bisect_right(days_of(ladder, due_on, calendar), day), due_on, calendar)


def climb(ladder: Ladder, due_on: date, rung: int, day: date, calendar: Calendar) -> tuple[Step | None, Place]:
    """The step to take on ``day``, with ``rung`` rungs behind, and where the deadline stands after it.

    However many rungs have come since, one step is taken: the last of them, told to everybody whom they name. None where no rung has come, or only
    such as come before a day that is past.
    """
    place = place_on(ladder, due_on, day, calendar)
    if place.rung <= rung:
        return None, place._replace(rung=rung)
    missed = [each for each in ladder[rung : place.rung] if each.days >= 0 or day <= due_on]
    if not missed:
        return None, place
    named = {level for each in missed for level in each.to}
    return Step(place.rung, tuple(level for level in Level if level in named), missed[-1].days), place


def amiss(ladders: Ladders) -> Iterator[Problem]:
    """What cannot stand in the ladders of a charter: rungs out of order, somebody named twice, a ladder that climbs down. ``where``: from ``chasing`` on."""
    for chased in Chased:
        ladder: Ladder | None = getattr(ladders, chased)
        yield from _rungs_amiss(ladder or (), f"chasing.{chased}")
        if chased is Chased.OPINION:
            yield from (_too_late(rung, f"chasing.{chased}.{n}.days") for n, rung in enumerate(ladder or ()) if rung.days > 0)


def _rungs_amiss(ladder: Sequence[Rung], where: str) -> Iterator[Problem]:
    for n, rung in enumerate(ladder):
        if len({*rung.to}) < len(rung.to):
            yield Problem("charter.repeated_code", {"given": next(each for each in rung.to if rung.to.count(each) > 1)}, f"{where}.{n}.to")
        if n and rung.days <= ladder[n - 1].days:
            yield Problem("charter.rungs_out_of_order", {"days": rung.days, "before": ladder[n - 1].days}, f"{where}.{n}.days")
        if n and _top(rung.to) < _top(ladder[n - 1].to):
            yield Problem(
                "charter.ladder_climbs_down", {"to": ", ".join(rung.to), "before": ", ".join(ladder[n - 1].to)}, f"{where}.{n}.to"
            )


def _top(levels: Iterable[Level]) -> int:
    return max(_HEIGHT[level] for level in levels)


def _too_late(rung: Rung, where: str) -> Problem:
    return Problem("charter.rung_after_closing", {"days": rung.days}, where)
