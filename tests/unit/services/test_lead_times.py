"""From which day on somebody is told ahead of a last day."""

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from models.deadlines import Calendar
from services.foretelling import comes
from services.preferences import LEAD_DAYS

DAYS = st.dates(date(2026, 1, 1), date(2030, 12, 31))
CALENDARS = st.builds(Calendar, closed=st.frozensets(DAYS, max_size=20))
LEADS = st.sampled_from(LEAD_DAYS)


def told_from(due_on, lead_days, calendar):
    """The first day on which it is told."""
    return next(day for n in range(90, -1, -1) if comes(due_on, lead_days, day := due_on - timedelta(days=n), calendar))


@given(DAYS, LEADS, CALENDARS)
def test_it_is_told_from_a_working_day_on_until_the_last_day_and_no_later(due_on, lead_days, calendar):
    first = told_from(due_on, lead_days, calendar)
    assert calendar.is_working(first)
    days = [first + timedelta(days=n) for n in range((due_on - first).days + 1)]
    assert all(comes(due_on, lead_days, day, calendar) for day in days)
    assert not comes(due_on, lead_days, first - timedelta(days=1), calendar)
    assert not comes(due_on, lead_days, due_on + timedelta(days=1), calendar)


@given(DAYS, LEADS, CALENDARS)
def test_that_many_working_days_are_left_on_the_first_of_them(due_on, lead_days, calendar):
    left = calendar.worked_between(told_from(due_on, lead_days, calendar), due_on)
    assert left == (lead_days if calendar.is_working(due_on) else lead_days - 1)


@given(DAYS, LEADS, CALENDARS)
def test_on_a_working_day_nothing_comes_that_ends_beyond_as_many_working_days(today, lead_days, calendar):
    if calendar.is_working(today):
        beyond = calendar.count_on(today, lead_days) + timedelta(days=1)
        assert not any(comes(beyond + timedelta(days=n), lead_days, today, calendar) for n in range(10))
