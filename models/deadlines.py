"""When something falls due: pure functions of a day, a delay and a calendar. ``deadline`` is the only one that computes a deadline."""

from calendar import monthrange
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

_SATURDAY = 5
_LAST_SECOND = time(23, 59, 59)


class DelayUnit(StrEnum):
    """What a delay is counted in."""

    WORKING_DAYS = "working_days"
    CALENDAR_DAYS = "calendar_days"
    MONTHS = "months"


@dataclass(frozen=True, slots=True)
class Delay:
    """So many working days, calendar days or months; a negative amount counts backwards ("three working days before")."""

    amount: int
    unit: DelayUnit | str

    def __post_init__(self) -> None:
        """Accept the unit by its name, and refuse any other name."""
        object.__setattr__(self, "unit", DelayUnit(self.unit))


@dataclass(frozen=True, slots=True)
class Calendar:
    """The days on which nobody works besides Saturdays and Sundays: public holidays and closing weeks."""

    closed: frozenset[date] = frozenset()

    def is_working(self, day: date) -> bool:
        """Whether people work on this day."""
        return day.weekday() < _SATURDAY and day not in self.closed


def deadline(start: date, delay: Delay, calendar: Calendar) -> date:
    """Return the day on which a delay that runs from ``start`` ends; it is always a working day.

    The day of the act is not counted. Working days skip Saturdays, Sundays and closed days. Calendar days and months count every day,
    a month end is clamped (31 January and one month: the last of February), and a delay that would end on a closed day ends on the next
    working day (on the one before if it counts backwards). A delay of nothing ends on ``start`` itself, or on the next working day.
    """
    if delay.unit is DelayUnit.WORKING_DAYS:
        return _count_working_days(start, delay.amount, calendar)
    end = _add_months(start, delay.amount) if delay.unit is DelayUnit.MONTHS else start + timedelta(days=delay.amount)
    return _nearest_working_day(end, calendar, _direction(delay.amount))


def end_of_day(day: date, timezone: str) -> datetime:
    """Return the instant at which ``day`` ends, 23:59:59 in ``timezone``, in UTC: until then a deadline is met."""
    return datetime.combine(day, _LAST_SECOND, ZoneInfo(timezone)).astimezone(UTC)


def _count_working_days(start: date, amount: int, calendar: Calendar) -> date:
    step = _direction(amount)
    day = start if amount else _nearest_working_day(start, calendar, step)
    for _ in range(abs(amount)):
        day = _nearest_working_day(day + step, calendar, step)
    return day


def _nearest_working_day(day: date, calendar: Calendar, step: timedelta) -> date:
    while not calendar.is_working(day):
        day += step
    return day


def _direction(amount: int) -> timedelta:
    return timedelta(days=-1 if amount < 0 else 1)


def _add_months(day: date, amount: int) -> date:
    years, month = divmod(day.month - 1 + amount, 12)
    last = monthrange(day.year + years, month + 1)[1]
    return date(day.year + years, month + 1, min(day.day, last))
