"""More than two hundred deadlines with their sources, and the same again by another library."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from itertools import islice
from pathlib import Path

import holidays
import pytest
from dateutil import tz
from dateutil.easter import easter
from dateutil.relativedelta import relativedelta
from dateutil.rrule import DAILY, FR, MO, TH, TU, WE, rrule, rruleset
from hypothesis import given
from hypothesis import strategies as st
from ruamel.yaml import YAML

from models.charter import SchoolEffect, SchoolHolidays
from models.deadlines import Calendar, Delay, DelayUnit, Weekday, deadline, end_of_day, reckon
from services.calendars import calendar_of
from services.charters import read_charter
from services.clock import local_day
from services.work import night_after

CHARTER = read_charter(Path(__file__).parents[2] / "deploy/charters/villeneuve-dascq-lille.yaml")
PUBLIC = calendar_of(CHARTER.model_copy(update={"calendar": CHARTER.calendar.model_copy(update={"closing_weeks": ()})}))
GROUPS = YAML(typ="safe").load(Path(__file__).parent / "cases/deadlines.yaml")
CASES = [pytest.param(case, id=f"{case['start']} {case['amount']} {case['unit']}") for group in GROUPS for case in group["cases"]]
NIGHTS = [
    pytest.param(case["day"], case["zone"], datetime.fromisoformat(case["end"]), id=f"{case['zone']} {case['day']}")
    for group in YAML(typ="safe").load(Path(__file__).parent / "cases/ends_of_days.yaml")
    for case in group["cases"]
]
FIXED = ((1, 1), (5, 1), (5, 8), (7, 14), (8, 15), (11, 1), (11, 11), (12, 25))
AFTER_EASTER = (1, 39, 50)

days = st.dates(date(2025, 1, 1), date(2030, 12, 31))
amounts = st.integers(-200, 200)
calendars = st.builds(
    Calendar,
    st.frozensets(st.dates(date(2024, 6, 1), date(2031, 12, 31)), max_size=80),
    st.frozensets(st.sampled_from(Weekday), max_size=4),
    st.frozensets(st.dates(date(2024, 6, 1), date(2031, 12, 31)), max_size=80),
)


def closed_of(case):
    first, last = case.get("closed", (date.max, date.min))
    return {first + timedelta(days=offset) for offset in range((last - first).days + 1)}


def others(case):
    """The days closed by another library: Easter's own, the fixed ones, and the closing weeks."""
    years = range(2023, 2034)
    moving = {easter(year) + timedelta(days=offset) for year in years for offset in AFTER_EASTER}
    return moving | {date(year, *day) for year in years for day in FIXED} | closed_of(case)


def with_school(zone, effect=SchoolEffect.NO_DEADLINE):
    """The public calendar with the school holidays of a zone, as far as they are published."""
    school = SchoolHolidays(zone=zone, effect=effect, until=date(2028, 8, 31))
    rules = CHARTER.calendar.model_copy(update={"closing_weeks": (), "school_holidays": school})
    return calendar_of(CHARTER.model_copy(update={"calendar": rules}))


def school_of(case):
    """The school holidays of a zone by another library; none where the case names no zone."""
    named = {"subdiv": f"Zone {case['zone']}", "years": range(2026, 2029), "categories": ("school",)} if "zone" in case else {}
    return set(holidays.country_holidays("FR", **named)) if named else set()


def worked(start, closed, step):
    """The working days after a day, or before it, one by one, by dateutil's rules of recurrence."""
    found = rruleset()
    begin = start + timedelta(days=1) if step > 0 else start - timedelta(days=400)
    until = start + timedelta(days=400) if step > 0 else start - timedelta(days=1)
    found.rrule(rrule(DAILY, byweekday=(MO, TU, WE, TH, FR), dtstart=datetime.combine(begin, datetime.min.time()), until=until))
    for day in closed:
        found.exdate(datetime.combine(day, datetime.min.time()))
    listed = [moment.date() for moment in found]
    return listed if step > 0 else listed[::-1]


def by_another_library(case):
    start, amount, closed = case["start"], case["amount"], others(case)
    step, school = (-1, set()) if amount < 0 else (1, school_of(case))
    if case["unit"] == "working_days":
        end = next(islice(worked(start, closed, amount), abs(amount) - 1, None))
    else:
        span = {"months": relativedelta(months=amount), "clear_days": timedelta(days=amount + 1), "calendar_days": timedelta(days=amount)}
        end = start + span[case["unit"]]
    return worked(end - timedelta(days=step), closed | school, step)[0]


@pytest.mark.parametrize("case", CASES)
def test_a_deadline_is_the_one_of_its_source_and_of_another_library(case):
    public = with_school(case["zone"]) if "zone" in case else PUBLIC
    calendar = replace(public, closed=public.closed | closed_of(case))
    assert deadline(case["start"], Delay(case["amount"], case["unit"]), calendar) == case["end"] == by_another_library(case)


@pytest.mark.parametrize("case", [param for param in CASES if "at" in param.values[0]])
def test_an_act_belongs_to_the_day_that_it_is_there_at_whatever_hour_it_comes(case):
    at = datetime.fromisoformat(case["at"])
    assert local_day(at, "Europe/Paris") == case["start"] == at.astimezone(tz.gettz("Europe/Paris")).date()


def test_there_are_enough_of_them_and_each_group_says_where_it_is_from():
    assert len(CASES) >= 200
    assert all(group["source"] for group in GROUPS)


@pytest.mark.parametrize("zone", "ABC")
def test_the_school_holidays_are_those_of_another_library_but_for_the_bridge_of_ascension_and_edges(zone):
    """One counts the days after Ascension as holidays and the first day of September, the other the last day of school."""
    first, last = date(2026, 6, 1), date(2028, 8, 31)
    ours = {day for day in with_school(zone).holidays if first <= day <= last}
    theirs = {day for day in school_of({"zone": zone}) if first <= day <= last}
    bridges = {easter(year) + timedelta(days=offset) for year in (2027, 2028) for offset in range(39, 43)}
    assert ours ^ theirs <= bridges | {date(2027, 9, 1), date(2028, 7, 4)}


def test_a_delay_runs_over_school_holidays_and_a_reminder_may_fall_in_them():
    calendar = with_school("B")
    assert reckon(date(2026, 10, 16), Delay(12, "working_days"), calendar)[2:] == (date(2026, 11, 3), date(2026, 11, 3))
    assert deadline(date(2026, 11, 2), Delay(-3, "working_days"), calendar) == date(2026, 10, 28)
    assert calendar.is_working(date(2026, 10, 28))
    closed = with_school("B", SchoolEffect.CLOSED)
    assert deadline(date(2026, 11, 2), Delay(-3, "working_days"), closed) == date(2026, 10, 14)
    assert next(reckon(date(2026, 10, 16), Delay(1, "working_days"), closed).left_out(closed)) == date(2026, 10, 19)


@given(days, amounts, st.sampled_from(DelayUnit), calendars)
def test_holidays_move_a_term_on_and_never_a_day_that_is_counted(start, amount, unit, calendar):
    without = replace(calendar, holidays=frozenset())
    found, plain = reckon(start, Delay(amount, unit), calendar), reckon(start, Delay(amount, unit), without)
    assert found.counted == plain.counted
    assert found.day >= plain.day
    assert found.put_off(calendar) is (found.day > plain.day)
    assert not plain.put_off(without)


@pytest.mark.parametrize("year", range(2025, 2032))
def test_the_day_on_which_the_clock_changes_ends_when_another_library_says(year):
    """The last Sundays of March and October (directive 2000/84/EC), and the days around them."""
    paris = tz.gettz("Europe/Paris")
    for month in (3, 10):
        sunday = date(year, month, 31) - timedelta(days=(date(year, month, 31).weekday() + 1) % 7)
        for day in (sunday + timedelta(days=offset) for offset in (-1, 0, 1)):
            last = datetime(day.year, day.month, day.day, 23, 59, 59, tzinfo=paris)
            assert end_of_day(day, "Europe/Paris") == last.astimezone(tz.UTC)


@pytest.mark.parametrize(("day", "zone", "end"), NIGHTS)
def test_a_day_ends_when_the_next_begins_there_even_if_its_last_hour_comes_twice_or_not_at_all(day, zone, end):
    assert (end_of_day(day, zone), night_after(day, zone)) == (end, end + timedelta(seconds=1))
    there = tz.gettz(zone)
    assert [moment.astimezone(there).date() for moment in (end, night_after(day, zone))] == [day, day + timedelta(days=1)]


@given(days, amounts.filter(bool), calendars)
def test_counting_ends_where_walking_day_by_day_ends(start, amount, calendar):
    step = timedelta(days=1 if amount > 0 else -1)
    day, left = start, abs(amount)
    while left:
        day += step
        left -= calendar.is_working(day)
    assert reckon(start, Delay(amount, DelayUnit.WORKING_DAYS), calendar).counted == day


@given(days, amounts, st.sampled_from(DelayUnit), calendars)
def test_no_delay_ends_on_a_closed_or_a_spared_day_nor_is_it_moved_further_than_needed(start, amount, unit, calendar):
    found = reckon(start, Delay(amount, unit), calendar)
    may_end = calendar.is_working if amount < 0 else calendar.may_end
    assert may_end(found.day)
    first, last = sorted((found.counted, found.day))
    passed = {first + timedelta(days=offset) for offset in range((last - first).days + 1)} - {found.day}
    assert not any(may_end(day) for day in passed)
    assert (found.day >= found.counted) is (amount >= 0 or found.day == found.counted)


@given(days, amounts, calendars)
def test_what_was_left_out_makes_up_the_difference_to_weekdays(start, amount, calendar):
    found = reckon(start, Delay(amount, DelayUnit.WORKING_DAYS), calendar)
    first, last = sorted((found.start, found.counted))
    weekdays = [first + timedelta(days=n) for n in range((last - first).days + 1) if (first + timedelta(days=n)).weekday() < 5]
    away = {day for day in (*found.left_out(calendar), start) if day in weekdays}
    assert sum(day not in away for day in weekdays) == (abs(amount) if amount else 0)


def test_a_calendar_that_spares_every_weekday_is_refused():
    with pytest.raises(ValueError, match="no weekday"):
        Calendar(frozenset(), frozenset(Weekday))
