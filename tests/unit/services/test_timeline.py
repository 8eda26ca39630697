"""Where things lie along a line of time."""

from datetime import date, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifications.kinds import Kind
from services.forecast.rows import Mark, Standing
from services.forecast.timeline import Timeline, lanes_of

YEAR = Timeline(date(2026, 11, 30), date(2027, 11, 30), 0.7)


def mark(day, kind=Kind.ASKED):
    return Mark(date(2027, 1, 1) + timedelta(days=day), kind, Standing(), 1, None, None)


@given(st.lists(st.integers(0, 60), max_size=30).map(sorted), st.floats(0.5, 9))
def test_marks_in_one_lane_are_never_too_near(days, near):
    marks = [mark(day) for day in days]
    lanes = lanes_of(marks, near)
    assert len(lanes) == len(marks)
    for number in {lane.number for lane in lanes}:
        mine = [each.day for each, lane in zip(marks, lanes, strict=True) if lane.number == number]
        assert all((later - earlier).days >= near for earlier, later in pairwise(mine))
    assert all(abs(lane.offset) <= 0.5 and lane.number < lane.of for lane in lanes)


def test_a_mark_by_itself_lies_in_the_middle_of_its_row():
    assert [lane.offset for lane in lanes_of([mark(1), mark(20)], 4)] == [0, 0]


def test_months_go_by_name_and_by_year_where_that_begins():
    half = Timeline(date(2026, 11, 30), date(2027, 5, 30), 0.7)
    assert [name for _, name in half.named("fr", 14, 0.0062)] == ["", "décembre 2026", "janvier 2027", "février", "mars", "avril", "mai"]
    assert [name for _, name in YEAR.named("fr", 14, 0.0062)][:4] == ["", "déc. 2026", "janv. 27", "février"]


@pytest.mark.parametrize("days", [1, 20, 400, 3_650])
def test_there_are_never_more_months_than_there_is_room_for(days):
    line = Timeline(date(2027, 1, 15), date(2027, 1, 15) + timedelta(days=days - 1), 0.7)
    named = line.named("en", 14, 0.0062)
    assert line.days == days
    assert 1 <= len(named) <= 14
    assert [start for start, _ in named] == sorted({start for start, _ in named})


def test_days_that_follow_each_other_are_one_span():
    days = [date(2026, 12, 25), date(2026, 12, 24), date(2027, 1, 1)]
    assert list(YEAR.spans(days)) == [(24, 26), (32, 33)]


def test_weeks_begin_on_mondays():
    assert {(YEAR.first + timedelta(days=start)).weekday() for start in YEAR.mondays()} == {0}
