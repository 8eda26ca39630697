"""Who may be chased today: of the seats that a review awaits, and of those to whom an action is overdue. Pure."""

from collections.abc import Collection, Iterable, Mapping
from datetime import date
from enum import StrEnum
from typing import NamedTuple


class Bar(StrEnum):
    """Why a seat is not chased: nobody awaits it, nobody can answer for it today, or it was asked today already."""

    NOT_ASKED = "chase_not_asked"
    ANSWERED = "chase_answered"
    APART = "chase_apart"
    VACANT = "chase_vacant"
    ABSENT = "chase_absent"
    TODAY = "chase_today"


class Reach(NamedTuple):
    """What is known today of the seats of a review: those asked today already, those that nobody holds, and those whose holder is away, with nobody to answer for them."""

    asked: Collection[str] = frozenset()
    vacant: Collection[str] = frozenset()
    absent: Collection[str] = frozenset()

    def bar(self, seat: str) -> Bar | None:
        """Why a seat that is awaited is not chased; None if it may be."""
        return self.bars((seat,)).get(seat)

    def bars(self, awaited: Iterable[str]) -> Mapping[str, Bar]:
        """Which of these seats, which are awaited, are not chased, and why."""
        barred = ((Bar.TODAY, self.asked), (Bar.ABSENT, self.absent), (Bar.VACANT, self.vacant))
        if not any(seats for _, seats in barred):
            return {}
        seats_of = [*awaited]
        return {seat: bar for bar, seats in barred if seats for seat in seats_of if seat in seats}


NOBODY_KNOWN = Reach()
"""Everybody is there, and nobody was asked today."""


class Overdue(NamedTuple):
    """A deadline of an action whose last day is past: which row it is, its kind, which one of that kind, whose body, and its day."""

    id: int
    kind: str
    subject: int | None
    body: str | None
    due_on: date


def bars(seats: Iterable[str], awaited: Collection[str], reach: Reach) -> Mapping[Bar, list[str]]:
    """Which of the seats named are barred, why, in their order; those that nobody awaits are not looked at."""
    found: dict[Bar, list[str]] = {}
    for seat, bar in reach.bars(seat for seat in seats if seat in awaited).items():
        found.setdefault(bar, []).append(seat)
    return found


def chased(seats: Collection[str], awaited: Iterable[str], reach: Reach) -> tuple[str, ...]:
    """The seats that a chase reaches: of those named, or of all if none is, whoever is awaited and not barred."""
    return tuple(seat for seat in awaited if (not seats or seat in seats) and reach.bar(seat) is None)
