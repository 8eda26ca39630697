"""The calendar of a convention: public and school holidays and closing weeks, as the charter says."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import date, timedelta
from functools import lru_cache

import holidays
from vacances_scolaires_france import SchoolHolidayDates

from models.charter import CalendarRules, Charter, Convention, Period, SchoolEffect, SchoolHolidays
from models.deadlines import Calendar
from models.errors import Problem


def calendar_of(charter: Charter) -> Calendar:
    """Return the closed days of the convention's years, the year before and the year after; computed once for the same rules."""
    convention = charter.convention
    return _calendar(charter.calendar, convention.starts_on.year - 1, convention.ends_on.year + 1)


@lru_cache(maxsize=64)
def _calendar(rules: CalendarRules, first_year: int, last_year: int) -> Calendar:
    public = holidays.country_holidays(rules.holidays, subdiv=rules.subdivision, years=range(first_year, last_year + 1))
    closed, school = frozenset(public) | _days_of(rules.closing_weeks), rules.school_holidays
    apart = _school_days(school, first_year, last_year) if school is not None else frozenset()
    if school is not None and school.effect is SchoolEffect.CLOSED:
        closed, apart = closed | apart, frozenset()
    return Calendar(closed, frozenset(rules.no_deadline_on), apart)


def _days_of(periods: Iterable[Period]) -> frozenset[date]:
    return frozenset(period.first + timedelta(days=offset) for period in periods for offset in range((period.last - period.first).days + 1))


def _school_days(school: SchoolHolidays, first_year: int, last_year: int) -> frozenset[date]:
    """The published days up to the charter's own periods, and these."""
    own = _own_from(school)
    zone = _published().zone_key(school.zone)
    published = {day for day, row in _published().data.items() if row[zone] and day < own and first_year <= day.year <= last_year}
    return frozenset(day for day in published | _days_of(school.later) if school.until is None or day <= school.until)


def school_amiss(rules: CalendarRules, convention: Convention) -> Iterator[Problem]:
    """What a charter has to say of school holidays because they are not published as far as the convention lasts: nothing is taken for granted."""
    school = rules.school_holidays
    if school is None:
        return
    published, end = _published_until(), min(convention.ends_on, school.until or date.max)
    own, after = _own_from(school), published + timedelta(days=1)
    alone = [*_by_year(own, min(published, end)), *_by_year(after, end)]
    bare = dict.fromkeys(str(first.year) for first, last in alone if not _touched(school.later, first, last))
    if bare:
        told = {"zone": school.zone.value, "until": published.isoformat(), "years": ", ".join(bare)}
        yield Problem("charter.school_unknown", told, "calendar.school_holidays")


def _by_year(first: date, last: date) -> Iterator[tuple[date, date]]:
    """Days from the first to the last, year by year; nothing if they end before they begin."""
    for year in range(first.year, last.year + 1) if first <= last else ():
        yield max(first, date(year, 1, 1)), min(last, date(year, 12, 31))


def _own_from(school: SchoolHolidays) -> date:
    """The day from which the charter's own periods alone hold."""
    return min((period.first for period in school.later if period.first <= period.last), default=date.max)


def _touched(periods: Iterable[Period], first: date, last: date) -> bool:
    return any(period.first <= last and period.last >= first for period in periods)


def _published_until() -> date:
    """The last day of holidays that is published: the days after it are only not known to be holidays."""
    known: Mapping[date, object] = _published().data
    return max(known)


@lru_cache(maxsize=1)
def _published() -> SchoolHolidayDates:
    return SchoolHolidayDates()
