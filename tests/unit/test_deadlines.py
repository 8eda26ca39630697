from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.deadlines import Calendar, Delay, DelayUnit, deadline, end_of_day, reckon
from services.calendars import calendar_of
from services.charters import read_charter

CHARTER = read_charter(Path(__file__).parents[2] / "deploy/charters/villeneuve-dascq-lille.yaml")
CALENDAR = calendar_of(CHARTER)
FRENCH_HOLIDAYS = {
    2025: "0101 0421 0501 0508 0529 0609 0714 0815 1101 1111 1225",
    2026: "0101 0406 0501 0508 0514 0525 0714 0815 1101 1111 1225",
    2027: "0101 0329 0501 0506 0508 0517 0714 0815 1101 1111 1225",
    2028: "0101 0417 0501 0508 0525 0605 0714 0815 1101 1111 1225",
    2029: "0101 0402 0501 0508 0510 0521 0714 0815 1101 1111 1225",
    2030: "0101 0422 0501 0508 0530 0610 0714 0815 1101 1111 1225",
    2031: "0101 0414 0501 0508 0522 0602 0714 0815 1101 1111 1225",
}

days = st.dates(date(2025, 1, 1), date(2031, 6, 30))
closed_days = st.frozensets(st.dates(date(2024, 6, 1), date(2032, 6, 30)), max_size=60)
calendars = st.builds(Calendar, closed_days, holidays=closed_days)
units = st.sampled_from(DelayUnit)


def working(start, amount):
    return deadline(start, Delay(amount, DelayUnit.WORKING_DAYS), CALENDAR)


def calendar_days(start, amount):
    return deadline(start, Delay(amount, DelayUnit.CALENDAR_DAYS), CALENDAR)


def months(start, amount):
    return deadline(start, Delay(amount, DelayUnit.MONTHS), CALENDAR)


@pytest.mark.parametrize("year", FRENCH_HOLIDAYS)
def test_the_calendar_holds_the_official_french_holidays(year):
    without_closings = CHARTER.model_copy(update={"calendar": CHARTER.calendar.model_copy(update={"closing_weeks": ()})})
    found = sorted(f"{day:%m%d}" for day in calendar_of(without_closings).closed if day.year == year)
    assert found == FRENCH_HOLIDAYS[year].split()


def test_the_calendar_covers_the_years_of_the_convention_and_one_more_on_each_side():
    assert sorted({day.year for day in CALENDAR.closed}) == [2024, 2025, 2026, 2027, 2028, 2029, 2030, 2031]


def test_closing_weeks_are_closed_from_the_first_to_the_last_day():
    assert [CALENDAR.is_working(date(2027, 8, day)) for day in (2, 6, 13)] == [False, False, False]
    assert [CALENDAR.is_working(day) for day in (date(2027, 7, 30), date(2027, 8, 16))] == [True, True]


def test_the_same_rules_give_the_same_calendar_without_computing_it_again():
    assert calendar_of(CHARTER) is CALENDAR


@pytest.mark.parametrize(
    ("start", "amount", "end"),
    [
        (date(2026, 6, 22), 1, date(2026, 6, 23)),  # the day of the act is not counted
        (date(2026, 6, 19), 1, date(2026, 6, 22)),  # over a week-end
        (date(2026, 7, 13), 1, date(2026, 7, 15)),  # over the 14th of July
        (date(2026, 5, 7), 2, date(2026, 5, 12)),  # over the 8th of May and a week-end
        (date(2026, 5, 13), 1, date(2026, 5, 15)),  # over Ascension Day
        (date(2026, 6, 1), 15, date(2026, 6, 22)),
        (date(2026, 12, 22), 2, date(2027, 1, 4)),  # over the closing at the end of the year
        (date(2026, 6, 20), 0, date(2026, 6, 22)),  # nothing, from a Saturday
        (date(2026, 6, 22), 0, date(2026, 6, 22)),
        (date(2026, 6, 22), -3, date(2026, 6, 17)),
        (date(2026, 7, 15), -1, date(2026, 7, 13)),
        (date(2028, 2, 28), 1, date(2028, 2, 29)),
    ],
)
def test_working_days_skip_week_ends_and_closed_days(start, amount, end):
    assert working(start, amount) == end


@pytest.mark.parametrize(
    ("start", "amount", "end"),
    [
        (date(2026, 6, 22), 10, date(2026, 7, 2)),
        (date(2026, 6, 22), 5, date(2026, 6, 29)),  # a Saturday becomes the Monday
        (date(2026, 7, 4), 10, date(2026, 7, 15)),  # the 14th of July becomes the 15th
        (date(2026, 6, 24), -3, date(2026, 6, 19)),  # backwards, a Sunday becomes the Friday
    ],
)
def test_calendar_days_that_end_on_a_closed_day_move_to_a_working_day(start, amount, end):
    assert calendar_days(start, amount) == end


@pytest.mark.parametrize(
    ("start", "amount", "end"),
    [
        (date(2027, 1, 31), 1, date(2027, 3, 1)),  # the 28th of February is a Sunday
        (date(2028, 1, 31), 1, date(2028, 2, 29)),
        (date(2027, 8, 31), 6, date(2028, 2, 29)),
        (date(2027, 3, 31), -1, date(2027, 2, 26)),
        (date(2026, 9, 15), 6, date(2027, 3, 15)),
        (date(2027, 5, 30), 7, date(2028, 1, 3)),  # the end of the year is closed
    ],
)
def test_months_are_clamped_to_month_ends_and_moved_to_a_working_day(start, amount, end):
    assert months(start, amount) == end


@pytest.mark.parametrize(
    ("day", "end"),
    [
        (date(2027, 1, 15), datetime(2027, 1, 15, 22, 59, 59, tzinfo=UTC)),
        (date(2027, 7, 15), datetime(2027, 7, 15, 21, 59, 59, tzinfo=UTC)),
        (date(2027, 3, 27), datetime(2027, 3, 27, 22, 59, 59, tzinfo=UTC)),
        (date(2027, 3, 28), datetime(2027, 3, 28, 21, 59, 59, tzinfo=UTC)),  # summer time begins
        (date(2027, 10, 30), datetime(2027, 10, 30, 21, 59, 59, tzinfo=UTC)),
        (date(2027, 10, 31), datetime(2027, 10, 31, 22, 59, 59, tzinfo=UTC)),  # summer time ends
    ],
)
def test_a_day_ends_at_its_last_second_in_paris_whatever_the_season(day, end):
    assert end_of_day(day, "Europe/Paris") == end


def test_a_delay_knows_its_unit_by_name_and_refuses_another():
    assert Delay(3, "working_days") == Delay(3, DelayUnit.WORKING_DAYS)
    with pytest.raises(ValueError, match="fortnights"):
        Delay(3, "fortnights")


@given(days, st.integers(-60, 60), units, calendars)
def test_a_deadline_is_always_a_working_day(start, amount, unit, calendar):
    assert calendar.is_working(deadline(start, Delay(amount, unit), calendar))


@given(days, st.integers(1, 60), units, calendars)
def test_a_delay_ends_after_the_act_and_a_negative_one_before(start, amount, unit, calendar):
    assert deadline(start, Delay(-amount, unit), calendar) < start < deadline(start, Delay(amount, unit), calendar)


@given(days, st.integers(0, 60), units, calendars)
def test_a_longer_delay_never_ends_earlier(start, amount, unit, calendar):
    assert deadline(start, Delay(amount, unit), calendar) <= deadline(start, Delay(amount + 1, unit), calendar)


@given(days, st.integers(0, 60), units, calendars)
def test_a_later_act_never_has_an_earlier_deadline(start, amount, unit, calendar):
    assert deadline(start, Delay(amount, unit), calendar) <= deadline(start + timedelta(days=1), Delay(amount, unit), calendar)


@given(days, st.integers(1, 60), calendars)
def test_exactly_that_many_working_days_lie_between_the_act_and_the_deadline(start, amount, calendar):
    end = reckon(start, Delay(amount, DelayUnit.WORKING_DAYS), calendar).counted
    between = (start + timedelta(days=offset) for offset in range(1, (end - start).days + 1))
    assert sum(calendar.is_working(day) for day in between) == amount


@given(days, st.integers(1, 60), calendars)
def test_counting_working_days_forth_and_back_returns_to_a_working_day(start, amount, calendar):
    there = deadline(start, Delay(0, DelayUnit.WORKING_DAYS), calendar)
    forth = deadline(there, Delay(amount, DelayUnit.WORKING_DAYS), calendar)
    assert deadline(forth, Delay(-amount, DelayUnit.WORKING_DAYS), calendar) == there


@given(days, st.integers(1, 60), units, closed_days, st.sampled_from([0, 1]))
def test_closing_one_more_day_never_brings_a_deadline_forward(start, amount, unit, closed, offset):
    end = deadline(start, Delay(amount, unit), Calendar(closed))
    assert end <= deadline(start, Delay(amount, unit), Calendar(closed | {end - timedelta(days=offset)}))
