"""When people do things: pure functions of a moment, a calendar, and what is drawn by chance."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from math import ceil, exp
from zoneinfo import ZoneInfo

from models.deadlines import Calendar
from services.simulation.manners import Absences, Answering, Taking
from services.timelapse.seeds import Random

_DAY = timedelta(days=1)
_WEEK = timedelta(days=7)
_SUMMER = (7, 8)
"""The months in which the long leave begins; its first week."""


@dataclass(frozen=True)
class Office:
    """The hours of the working days at which people do things."""

    hours: tuple[int, ...]
    calendar: Calendar
    zone: ZoneInfo

    def at(self, day: date, slot: int = 0) -> datetime:
        """The moment of one of the hours of a day."""
        return datetime.combine(day, time(self.hours[slot]), self.zone).astimezone(UTC)

    def day_of(self, moment: datetime) -> date:
        """The day that people would write."""
        return moment.astimezone(self.zone).date()

    def working(self, day: date) -> date:
        """The first working day that is not before a day."""
        while not self.calendar.is_working(day):
            day += _DAY
        return day

    def after(self, moment: datetime, days: float) -> datetime:
        """The hour at which so many working days, at least one of their hours, have passed since a moment."""
        local = moment.astimezone(self.zone)
        begun = self.calendar.is_working(local.date())
        passed = sum(hour <= local.hour for hour in self.hours) if begun else 0
        offset, slot = divmod(passed + max(ceil(days * len(self.hours)), 1) - 1, len(self.hours))
        first = local.date() if begun else self.working(local.date())
        return self.at(self.calendar.count_on(first, offset) if offset else first, slot)

    def back_from(self, away: Iterable[tuple[date, date]], moment: datetime) -> datetime:
        """The moment itself, or the same hour of the first working day after an absence that it falls into."""
        day = self.day_of(moment)
        for first, last in away:
            if first <= day <= last:
                return self.at(self.working(last + _DAY), self.hours.index(moment.astimezone(self.zone).hour))
        return moment


def time_taken(taking: Taking, chance: Random) -> float:
    """How many working days something takes."""
    return taking.median_days * exp(taking.spread * chance.gauss(0, 1))


def heeds(answering: Answering, chance: Random) -> int | None:
    """Which message somebody heeds: 0 the first, 1 the first reminder, ...; None if they never answer."""
    drawn = chance.random()
    for number, share in enumerate(answering.heeded):
        drawn -= share
        if drawn < 0:
            return number
    return None


def times_away(absences: Absences, first: date, last: date, chance: Random) -> tuple[tuple[date, date], ...]:
    """When somebody is away between two days, Monday to Sunday, in order, no two at once: weeks that meet are one absence."""
    mondays: set[date] = set()
    for year in range(first.year, last.year + 1):
        long = min(absences.in_summer, absences.weeks_a_year)
        begun = _monday(date(year, chance.choice(_SUMMER), chance.randint(1, 20)))
        weeks = {begun + week * _WEEK for week in range(long)}
        while len(weeks) < absences.weeks_a_year:
            weeks.add(_monday(date(year, 1, 4)) + chance.randrange(51) * _WEEK)
        mondays |= weeks
    return tuple(span for span in _joined(sorted(mondays)) if first <= span[0] and span[1] <= last)


def _monday(day: date) -> date:
    return day - timedelta(days=day.weekday())


def _joined(mondays: list[date]) -> list[tuple[date, date]]:
    spans: list[tuple[date, date]] = []
    for monday in mondays:
        begun = spans.pop()[0] if spans and spans[-1][1] + _DAY == monday else monday
        spans.append((begun, monday + _WEEK - _DAY))
    return spans
