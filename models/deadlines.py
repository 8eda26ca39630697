"""When something falls due: pure functions of a day, a delay and a calendar. ``reckon`` is the only one that computes a deadline."""

from bisect import bisect_right
from calendar import monthrange
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from functools import cached_property
from typing import NamedTuple
from zoneinfo import ZoneInfo

_SATURDAY = 5
_LAST_SECOND = time(23, 59, 59, fold=1)  # where clocks go back at midnight, it comes twice, and the second time ends the day
_DAY = timedelta(days=1)


class DelayUnit(StrEnum):
    """What a delay is counted in. Of clear days ("jours francs") neither the first nor the last is counted: such a delay ends on the day after them."""

    WORKING_DAYS = "working_days"
    CALENDAR_DAYS = "calendar_days"
    CLEAR_DAYS = "clear_days"
    MONTHS = "months"


class Weekday(StrEnum):
    """The working days of a week, in their order."""

    MONDAY = "monday"
    TUESDAY = "tuesday"
    WEDNESDAY = "wednesday"
    THURSDAY = "thursday"
    FRIDAY = "friday"


_WEEK = tuple(Weekday)


@dataclass(frozen=True, slots=True)
class Delay:
    """So many working days, calendar days, clear days or months; a negative amount counts backwards ("three working days before")."""

    amount: int
    unit: DelayUnit | str

    def __post_init__(self) -> None:
        """Accept the unit by its name, and refuse any other name."""
        object.__setattr__(self, "unit", DelayUnit(self.unit))


@dataclass(frozen=True)
class Calendar:
    """The days on which nobody works besides Saturdays and Sundays, public holidays and closing weeks, and the days on which no delay ends.

    ``spared`` are weekdays, ``holidays`` days on which people work as on any other, such as school holidays. Delays are counted over both as over
    any other day; one weekday must be left on which they may end.
    """

    closed: frozenset[date] = frozenset()
    spared: frozenset[Weekday] = frozenset()
    holidays: frozenset[date] = frozenset()

    def __post_init__(self) -> None:
        """Refuse to spare every weekday: no delay would ever end."""
        if len(self.spared) == len(_WEEK):
            raise ValueError("a delay may end on no weekday at all")

    def is_working(self, day: date) -> bool:
        """Whether people work on this day."""
        return day.weekday() < _SATURDAY and day not in self.closed

    def may_end(self, day: date) -> bool:
        """Whether a term may fall on this day."""
        return day not in self.holidays and self._suits(day)

    def puts_off(self, day: date) -> bool:
        """Whether a term might fall on this day but for the holidays."""
        return day in self.holidays and self._suits(day)

    def _suits(self, day: date) -> bool:
        return self.is_working(day) and (not self.spared or _WEEK[day.weekday()] not in self.spared)

    def count_on(self, day: date, amount: int) -> date:
        """The working day that is so many working days after a day, or before it (``amount`` < 0); that day itself is not counted."""
        ordinal = day.toordinal()
        wanted = self._worked_until(ordinal) + amount if amount > 0 else self._worked_until(ordinal - 1) + amount + 1
        return date.fromordinal(self._nth_worked(wanted))

    def worked_between(self, first: date, last: date) -> int:
        """How many working days there are after the first day, up to the last; negative if that comes before."""
        return self._worked_until(last.toordinal()) - self._worked_until(first.toordinal())

    @cached_property
    def _bars(self) -> list[int]:
        """The closed days that are no Saturdays or Sundays, in order."""
        return sorted(day.toordinal() for day in self.closed if day.weekday() < _SATURDAY)

    def _worked_until(self, ordinal: int) -> int:
        """How many working days there are up to a day, counted from the first of all days, which is a Monday."""
        weeks, rest = divmod(ordinal - 1, 7)
        return weeks * 5 + min(rest + 1, 5) - bisect_right(self._bars, ordinal)

    def _nth_worked(self, wanted: int) -> int:
        """The first day up to which there are so many working days: found from below, since each closed day found moves it on."""
        barred, found = -1, 0
        while (met := bisect_right(self._bars, found)) != barred:
            barred = met
            weeks, rest = divmod(wanted + barred - 1, 5)
            found = weeks * 7 + rest + 1
        return found


class Reckoning(NamedTuple):
    """How a deadline was computed: the delay runs from ``start``, by itself it ends on ``counted``, and it was moved from there to ``day``."""

    start: date
    delay: Delay
    counted: date
    day: date

    def left_out(self, calendar: Calendar) -> Iterator[date]:
        """The closed days that a delay of working days ran over without counting them; Saturdays and Sundays go without saying."""
        if self.delay.unit is DelayUnit.WORKING_DAYS:
            first, last = sorted((self.start, self.counted))
            yield from (day for day in _between(first, last) if day in calendar.closed and day.weekday() < _SATURDAY)

    def put_off(self, calendar: Calendar) -> bool:
        """Whether holidays moved it on: it might have ended earlier but for them."""
        return any(calendar.puts_off(self.counted + timedelta(days=offset)) for offset in range((self.day - self.counted).days))


def reckon(start: date, delay: Delay, calendar: Calendar) -> Reckoning:
    """Compute the day on which a delay that runs from ``start`` ends; it is always a working day, and a term none of the days that are spared.

    The day of the act is not counted. Working days skip Saturdays, Sundays and closed days. The other units count every day; a month end is clamped
    (31 January and one month: the last of February). Clear days end on the day after the last of them (CGCT, art. L2121-12). A delay that would end
    on a day on which none may end is moved to the next one on which it may; one that counts backwards is no term, and is moved to the working day before
    where it would not end on one. A delay of nothing ends on ``start`` itself, or on the next working day; one of no clear day, on the day after.

    Raises OverflowError or ValueError beyond the years that a date may have.
    """
    counted = _COUNTING[DelayUnit(delay.unit)](start, delay.amount, calendar)
    step, may_end = (-_DAY, calendar.is_working) if delay.amount < 0 else (_DAY, calendar.may_end)
    day = counted
    while not may_end(day):
        day += step
    return Reckoning(start, delay, counted, day)


def deadline(start: date, delay: Delay, calendar: Calendar) -> date:
    """The day on which a delay ends, as ``reckon`` computes it."""
    return reckon(start, delay, calendar).day


def left_over(stopped_on: date, due_on: date, unit: DelayUnit | str, calendar: Calendar) -> Delay | None:
    """What was left of a delay that stopped on a day before its last one: working days, or else calendar days; None if nothing was left.

    Counted from the day on which it goes on, these days end where they would have ended without the stop, if it goes on on the very day.
    """
    if DelayUnit(unit) is DelayUnit.WORKING_DAYS:
        days = calendar.worked_between(stopped_on, due_on)
        return Delay(days, DelayUnit.WORKING_DAYS) if days > 0 else None
    days = (due_on - stopped_on).days
    return Delay(days, DelayUnit.CALENDAR_DAYS) if days > 0 else None


def end_of_day(day: date, timezone: str) -> datetime:
    """Return the instant at which ``day`` ends, the last 23:59:59 of it in ``timezone``, in UTC: until then a deadline is met."""
    return datetime.combine(day, _LAST_SECOND, ZoneInfo(timezone)).astimezone(UTC)


def _count_working_days(start: date, amount: int, calendar: Calendar) -> date:
    return calendar.count_on(start, amount) if amount else start


def _count_days(start: date, amount: int, _calendar: Calendar) -> date:
    return start + timedelta(days=amount)


def _count_clear_days(start: date, amount: int, _calendar: Calendar) -> date:
    return start + timedelta(days=amount - 1 if amount < 0 else amount + 1)


def _count_months(start: date, amount: int, _calendar: Calendar) -> date:
    years, month = divmod(start.month - 1 + amount, 12)
    last = monthrange(start.year + years, month + 1)[1]
    return date(start.year + years, month + 1, min(start.day, last))


_COUNTING = {
    DelayUnit.WORKING_DAYS: _count_working_days,
    DelayUnit.CALENDAR_DAYS: _count_days,
    DelayUnit.CLEAR_DAYS: _count_clear_days,
    DelayUnit.MONTHS: _count_months,
}


def _between(first: date, last: date) -> Iterator[date]:
    return (first + timedelta(days=offset) for offset in range(1, (last - first).days + 1))
