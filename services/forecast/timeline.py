"""Where things lie along a line of time: months, weeks, days not worked, and marks that would lie on each other."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import groupby
from typing import NamedTuple

from babel.dates import format_date

from services.forecast.rows import Mark

_LOCALE = {"fr": "fr_FR", "en": "en_GB"}


@dataclass(frozen=True, slots=True)
class Timeline:
    """The days from ``first`` to ``until``, both included, from left to right: each is one wide. ``share``: how much of the page they take."""

    first: date
    until: date
    share: float

    @property
    def days(self) -> int:
        """How many days there are."""
        return (self.until - self.first).days + 1

    def start(self, day: date) -> int:
        """Where a day begins."""
        return (day - self.first).days

    def middle(self, day: date) -> float:
        """Where the mark of a day lies."""
        return self.start(day) + 0.5

    def on_page(self, width: float) -> float:
        """How much of the page so many days take."""
        return width * self.share / self.days

    def months(self) -> Iterator[date]:
        """The first day, and the first of each month after it."""
        yield self.first
        day = (self.first.replace(day=1) + timedelta(days=32)).replace(day=1)
        while day <= self.until:
            yield day
            day = (day + timedelta(days=32)).replace(day=1)

    def mondays(self) -> Iterable[int]:
        """Where each week begins."""
        return range(-self.first.weekday() % 7, self.days, 7)

    def spans(self, days: Iterable[date]) -> Iterator[tuple[int, int]]:
        """From where to where these days reach: those that follow each other are one span."""
        for _, run in groupby(enumerate(sorted(days)), key=lambda pair: pair[1] - timedelta(days=pair[0])):
            period = [day for _, day in run]
            yield self.start(period[0]), self.start(period[-1]) + 1

    def named(self, language: str, most: int, letter: float) -> list[tuple[int, str]]:
        """Where to write which month, ``most`` of them at most; shorter where the next one is near, a letter being so wide."""
        months = list(self.months())
        shown = months[:: -(-len(months) // most)]
        ends = [*(self.start(day) for day in shown[1:]), self.days + 31]
        names: list[str] = []
        for day, end in zip(shown, ends, strict=True):
            names.append(_name(day, language, self.on_page(end - self.start(day)) / letter, dated=day.month == 1 or not any(names)))
        return [(self.start(day), name) for day, name in zip(shown, names, strict=True)]


def _name(day: date, language: str, letters: float, *, dated: bool) -> str:
    """A month, and its year if it is to be ``dated``, as long as there is room for."""
    patterns = ("LLLL y", "LLL y", "LLL yy", "LLL") if dated else ("LLLL", "LLL")
    names = (format_date(day, pattern, locale=_LOCALE[language]) for pattern in patterns)
    return next((name for name in names if len(name) <= letters), "")


class Lane(NamedTuple):
    """Where a mark lies in its row: in the lane of this number, of so many."""

    number: int
    of: int

    @property
    def offset(self) -> float:
        """How far from the middle of the row, in rows."""
        return (self.number - (self.of - 1) / 2) * min(0.3, 0.72 / self.of)


def lanes_of(marks: Sequence[Mark], near: float) -> list[Lane]:
    """The lane of each mark, in the order of time: marks nearer than so many days lie below each other."""
    return [Lane(number, max(numbers) + 1) for crowd in _crowds(marks, near) for numbers in [_numbers(crowd, near)] for number in numbers]


def _numbers(crowd: Sequence[Mark], near: float) -> list[int]:
    last: list[date] = []
    numbers = []
    for mark in crowd:
        number = next((n for n, day in enumerate(last) if (mark.day - day).days >= near), len(last))
        last[number : number + 1] = [mark.day]
        numbers.append(number)
    return numbers


def _crowds(marks: Sequence[Mark], near: float) -> Iterator[list[Mark]]:
    crowd: list[Mark] = []
    for mark in marks:
        if crowd and (mark.day - crowd[-1].day).days >= near:
            yield crowd
            crowd = []
        crowd.append(mark)
    if crowd:
        yield crowd
