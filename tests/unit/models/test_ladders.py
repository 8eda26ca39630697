from datetime import date, timedelta
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.deadlines import Calendar
from models.ladders import BUILT_IN, Chased, Ladders, Level, Place, Rung, Step, amiss, climb, days_of, place_on

OPEN = Calendar()
FRIDAY = date(2027, 3, 5)
OWNER, SECRETARY, CHAIR, TECHNICAL, STEERING = Level
LADDER = (Rung(-3, (OWNER,)), Rung(0, (OWNER,)), Rung(1, (OWNER, SECRETARY)), Rung(5, (CHAIR,)))

days = st.dates(date(2026, 1, 1), date(2030, 12, 31))
levels = st.lists(st.sampled_from(list(Level)), min_size=1, max_size=5, unique=True).map(tuple)


@st.composite
def ladders(draw):
    """Rungs in the order of their days, none of which climbs down."""
    offsets = sorted(draw(st.sets(st.integers(-30, 40), max_size=8)))
    tops = sorted(draw(st.lists(st.sampled_from(range(5)), min_size=len(offsets), max_size=len(offsets))))
    return tuple(Rung(offset, (list(Level)[top],)) for offset, top in zip(offsets, tops, strict=True))


@st.composite
def calendars(draw):
    closed = draw(st.sets(days, max_size=40))
    return Calendar(frozenset(closed))


def test_rungs_fall_on_working_days_around_the_last_day():
    assert days_of(LADDER, FRIDAY, OPEN) == [date(2027, 3, 2), FRIDAY, date(2027, 3, 8), date(2027, 3, 12)]


def test_the_day_of_a_rung_is_climbed_once():
    step, place = climb(LADDER, FRIDAY, 0, date(2027, 3, 2), OPEN)
    assert (step, place) == (Step(1, (OWNER,), -3), Place(1, FRIDAY))
    assert climb(LADDER, FRIDAY, place.rung, date(2027, 3, 4), OPEN) == (None, Place(1, FRIDAY))


def test_whoever_is_told_late_climbs_no_rung_whose_day_has_come():
    assert place_on(LADDER, FRIDAY, date(2027, 3, 2), OPEN) == Place(1, FRIDAY)
    assert place_on(LADDER, FRIDAY, date(2027, 3, 1), OPEN) == Place(0, date(2027, 3, 2))


def test_three_days_without_a_sweep_cost_one_reminder_to_everybody_named_meanwhile():
    step, place = climb(LADDER, FRIDAY, 1, date(2027, 3, 12), OPEN)
    assert (step, place) == (Step(4, (OWNER, SECRETARY, CHAIR), 5), Place(4, None))


def test_nobody_is_reminded_of_a_day_that_is_past():
    assert climb((Rung(-3, (OWNER,)), Rung(5, (OWNER,))), FRIDAY, 0, date(2027, 3, 8), OPEN) == (None, Place(1, date(2027, 3, 12)))


def test_a_clock_that_goes_back_climbs_nothing_twice():
    assert climb(LADDER, FRIDAY, 3, date(2027, 3, 1), OPEN)[0] is None
    assert climb(LADDER, FRIDAY, 3, date(2027, 3, 1), OPEN)[1].rung == 3


@given(ladders(), days, calendars())
def test_the_days_of_a_ladder_never_go_down(ladder, due_on, calendar):
    found = days_of(ladder, due_on, calendar)
    assert all(earlier <= later for earlier, later in pairwise(found))
    assert all(calendar.is_working(day) for day in found)


@given(ladders(), days, calendars(), st.lists(st.integers(0, 40), max_size=30))
def test_each_rung_is_climbed_at_most_once_whenever_somebody_looks(ladder, due_on, calendar, gaps):
    rung, day, climbed = 0, due_on - timedelta(days=90), []
    for gap in gaps:
        day += timedelta(days=gap)
        step, place = climb(ladder, due_on, rung, day, calendar)
        if step is not None:
            climbed.append(step.rung)
        assert place.rung >= rung
        assert place.next_on is None or place.next_on > day
        rung = place.rung
    assert climbed == sorted(set(climbed))


@settings(max_examples=30)
@given(ladders(), days, calendars())
def test_looking_every_day_climbs_every_rung_on_its_own_day(ladder, due_on, calendar):
    expected = {day: rung for rung, day in enumerate(days_of(ladder, due_on, calendar), 1)}
    rung, first = 0, due_on - timedelta(days=110)
    for offset in range(250):
        day = first + timedelta(days=offset)
        step, place = climb(ladder, due_on, rung, day, calendar)
        assert (step.rung if step else None) == expected.get(day)
        rung = place.rung
    assert rung == len(ladder)


@given(ladders())
def test_a_ladder_in_order_has_nothing_amiss(ladder):
    assert list(amiss(Ladders(progress=ladder))) == []


@pytest.mark.parametrize("chased", list(Chased))
def test_the_built_in_ladders_are_sound(chased):
    assert list(amiss(Ladders(**{chased.value: BUILT_IN[chased]}))) == []
    assert Ladders().of(chased) == BUILT_IN[chased]


@pytest.mark.parametrize(
    ("ladder", "found"),
    [
        ((Rung(3, (OWNER,)), Rung(3, (OWNER,))), ("charter.rungs_out_of_order", "chasing.progress.1.days")),
        ((Rung(3, (CHAIR,)), Rung(5, (OWNER,))), ("charter.ladder_climbs_down", "chasing.progress.1.to")),
        ((Rung(3, (OWNER, OWNER)),), ("charter.repeated_code", "chasing.progress.0.to")),
    ],
)
def test_a_ladder_that_makes_no_sense_says_where(ladder, found):
    assert [(problem.code, problem.where) for problem in amiss(Ladders(progress=ladder))] == [found]


def test_nobody_is_reminded_of_an_opinion_after_its_review_has_closed():
    assert [(problem.code, problem.where) for problem in amiss(Ladders(opinion=(Rung(1, (OWNER,)),)))] == [
        ("charter.rung_after_closing", "chasing.opinion.0.days")
    ]


def test_an_empty_ladder_chases_nobody():
    assert Ladders(progress=()).of(Chased.PROGRESS) == ()
    assert place_on((), FRIDAY, FRIDAY, OPEN) == Place(0, None)
