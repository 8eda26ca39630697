"""The calendar of a convention: public holidays and closing weeks, as the charter says."""

from datetime import date, timedelta
from functools import lru_cache

import holidays

from models.charter import CalendarRules, Charter
from models.deadlines import Calendar


def calendar_of(charter: Charter) -> Calendar:
    """Return the closed days of the convention's years, the year before and the year after; computed once for the same rules."""
    convention = charter.convention
    return _calendar(charter.calendar, convention.starts_on.year - 1, convention.ends_on.year + 1)


@lru_cache(maxsize=64)
def _calendar(rules: CalendarRules, first_year: int, last_year: int) -> Calendar:
    public = holidays.country_holidays(rules.holidays, subdiv=rules.subdivision, years=range(first_year, last_year + 1))
    return Calendar(frozenset(public) | _closing_days(rules), frozenset(rules.no_deadline_on))


def _closing_days(rules: CalendarRules) -> frozenset[date]:
    return frozenset(
        period.first + timedelta(days=offset) for period in rules.closing_weeks for offset in range((period.last - period.first).days + 1)
    )
