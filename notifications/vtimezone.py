"""A time zone as calendars take it: what its clocks do in some years, in as few lines as say it (RFC 5545, section 3.6.5)."""

from calendar import monthrange
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta, tzinfo
from functools import cache
from typing import NamedTuple
from zoneinfo import ZoneInfo

from icalendar import Timezone, TimezoneDaylight, TimezoneStandard

_DAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")


class _Rule(NamedTuple):
    """A change of the clocks, as it comes back: offsets before and after, the new name, and at what time of which day of the year."""

    before: timedelta
    after: timedelta
    name: str
    month: int
    day: str
    clock: str


def timezone_around(name: str, year: int) -> Timezone:
    """The zone of this name, good for any moment of the year. Changes that come back each year are told as a rule."""
    return timezone_between(name, year, year)


@cache
def timezone_between(name: str, first: int, last: int) -> Timezone:
    """The same, good for any moment from the first year to the last."""
    zone, found = ZoneInfo(name), dict[_Rule, list[datetime]]()
    years = range(first - 1, last + 2)
    for moment in _changes(zone, years):
        rule, onset = _rule(zone, moment)
        found.setdefault(rule, []).append(onset)
    whole = Timezone()
    whole.add("tzid", name)
    yearly = bool(found) and all(len(onsets) == len(years) for onsets in found.values())
    for observance in _yearly(found) if yearly else _one_by_one(zone, years, found):
        whole.add_component(observance)
    return whole


def _changes(zone: tzinfo, years: range) -> Iterator[datetime]:
    """The first moments after each change of the clocks, in these years."""
    moment, end = datetime(years.start, 1, 1, tzinfo=UTC), datetime(years.stop, 1, 1, tzinfo=UTC)
    while moment < end:
        following = moment + timedelta(days=1)
        if _offset(zone, moment) != _offset(zone, following):
            yield _turn(zone, moment, following)
        moment = following


def _turn(zone: tzinfo, before: datetime, after: datetime) -> datetime:
    """The minute at which the clocks change between these two moments."""
    while after - before > timedelta(minutes=1):
        middle = before + timedelta(minutes=(after - before) // timedelta(minutes=2))
        before, after = (before, middle) if _offset(zone, middle) != _offset(zone, before) else (middle, after)
    return after


def _offset(zone: tzinfo, moment: datetime) -> timedelta:
    return moment.astimezone(zone).utcoffset() or timedelta()


def _rule(zone: tzinfo, moment: datetime) -> tuple[_Rule, datetime]:
    """The rule of a change, and its onset by the clock that ends there."""
    before, after = _offset(zone, moment - timedelta(minutes=1)), _offset(zone, moment)
    onset = (moment + before).replace(tzinfo=None)
    return _Rule(before, after, moment.astimezone(zone).tzname() or "", onset.month, _day_of_month(onset.date()), f"{onset:%H:%M}"), onset


def _day_of_month(day: date) -> str:
    """``-1SU`` for the last Sunday of a month, ``2SU`` for its second."""
    last = day.day + len(_DAYS) > monthrange(day.year, day.month)[1]
    return f"{-1 if last else (day.day - 1) // len(_DAYS) + 1}{_DAYS[day.weekday()]}"


def _yearly(found: dict[_Rule, list[datetime]]) -> Iterator[TimezoneStandard | TimezoneDaylight]:
    for rule, onsets in found.items():
        observance = _observance(rule.before, rule.after, rule.name, onsets[0])
        observance.add("rrule", {"freq": "yearly", "bymonth": rule.month, "byday": rule.day})
        yield observance


def _one_by_one(zone: tzinfo, years: range, found: dict[_Rule, list[datetime]]) -> Iterator[TimezoneStandard | TimezoneDaylight]:
    """Each change by its date, and what holds until the first of them."""
    first = datetime(years.start, 1, 1, tzinfo=UTC)
    start = first.astimezone(zone)
    offset = _offset(zone, first)
    yield _observance(offset, offset, start.tzname() or "", start.replace(tzinfo=None))
    for rule, onsets in found.items():
        yield from (_observance(rule.before, rule.after, rule.name, onset) for onset in onsets)


def _observance(before: timedelta, after: timedelta, name: str, onset: datetime) -> TimezoneStandard | TimezoneDaylight:
    observance = TimezoneDaylight() if after > before else TimezoneStandard()
    observance.add("dtstart", onset)
    observance.add("tzoffsetfrom", before)
    observance.add("tzoffsetto", after)
    observance.add("tzname", name)
    return observance
