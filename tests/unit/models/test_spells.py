"""How long things take, in days: what counts and with which age, the percentiles, and when a trend is told from chance."""

from datetime import date, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.spells import FEWEST, Direction, Seen, Spell, Window, percentile, rank_score, seen, times, trend

FIRST = date(2026, 1, 1)
TODAY = date(2026, 12, 31)
EVERYTHING = Window(None, TODAY)


def day(number):
    return FIRST + timedelta(days=number)


def one(spell, window=EVERYTHING):
    [found] = seen([spell], window)
    return found


days = st.integers(0, 364).map(day)
spells = st.builds(
    lambda begun, lasted, due: Spell(begun, None if lasted is None else begun + timedelta(days=lasted), due),
    days,
    st.none() | st.integers(0, 400),
    st.none() | days,
)
windows = st.builds(lambda one, other: Window(min(one, other), max(one, other)), days, days)


def test_what_has_ended_counts_its_days():
    assert one(Spell(day(0), day(12))) == Seen(12, day(12), open=False, late=None)


def test_what_is_open_counts_with_its_present_age_and_is_said_to_be_open():
    assert one(Spell(day(0)), Window(None, day(30))) == Seen(30, day(30), open=True, late=None)


def test_what_ended_after_the_last_day_was_still_open_then():
    assert one(Spell(day(0), day(40)), Window(None, day(30))) == Seen(30, day(30), open=True, late=None)


def test_what_ended_before_the_first_day_or_began_after_the_last_is_left_out():
    assert seen([Spell(day(0), day(9)), Spell(day(31))], Window(day(10), day(30))) == []
    assert len(seen([Spell(day(0), day(10)), Spell(day(30))], Window(day(10), day(30)))) == 2


@pytest.mark.parametrize(("ended", "late"), [(day(10), False), (day(11), True), (None, True)])
def test_late_is_what_ended_after_its_last_day_or_goes_on_beyond_it(ended, late):
    assert one(Spell(day(0), ended, due=day(10))).late is late


def test_what_is_open_before_its_last_day_is_not_late():
    assert one(Spell(day(0), None, due=day(10)), Window(None, day(10))).late is False


def test_days_written_in_afterwards_never_make_a_spell_shorter_than_none():
    assert one(Spell(day(5), day(3))).days == 0


@pytest.mark.parametrize(
    ("share", "expected"), [(50, 5), (80, 8), (90, 9), (100, 10), (1, 1)], ids=["median", "p80", "p90", "longest", "shortest"]
)
def test_percentiles_are_the_nearest_rank(share, expected):
    assert percentile(range(1, 11), share) == expected


def test_without_any_spell_there_is_no_percentile():
    found = times([])
    assert (found.count, found.median, found.p80, found.p90, found.due) == (0, None, None, None, 0)


@given(st.lists(spells, min_size=1), windows)
def test_percentiles_rise_and_are_days_that_somebody_waited(found, window):
    looked = seen(found, window)
    figures = times(looked)
    told = [figures.median, figures.p80, figures.p90]
    assert told == [None] * 3 or (told == sorted(told) and {*told} <= {spell.days for spell in looked})
    assert 0 <= figures.open <= figures.count == len(looked)
    assert 0 <= figures.late <= figures.due <= figures.count


@given(st.lists(spells), windows, st.integers(1, 60))
def test_looked_at_later_what_is_open_is_older_and_nothing_that_ended_changes(found, window, more):
    later = Window(window.since, window.until + timedelta(days=more))
    for spell in found:
        before, after = seen([spell], window), seen([spell], later)
        if before:
            assert after[0].days == before[0].days if not before[0].open else after[0].days > before[0].days or spell.ended is not None


@given(st.lists(spells), windows)
def test_the_order_in_which_spells_are_given_changes_nothing(found, window):
    assert trend(seen(found, window)) == trend(seen(found[::-1], window))
    assert times(seen(found, window)) == times(seen(found[::-1], window))


def ended(lasting, first=0, every=7):
    return [Seen(lasted, day(first + order * every), open=False, late=None) for order, lasted in enumerate(lasting)]


def test_spells_that_grow_longer_are_told_from_chance():
    found = trend(ended([10] * 10 + [20, 25] * 5))
    assert (found.direction, found.earlier, found.later) == (Direction.LONGER, 10, 20)


def test_spells_that_grow_shorter_are_told_from_chance():
    assert trend(ended([20] * 10 + [10, 11] * 5)).direction is Direction.SHORTER


def test_a_difference_that_chance_could_make_is_no_trend():
    assert trend(ended([10, 30, 20, 15, 25] * 4)).direction is Direction.STEADY
    assert trend(ended([15] * 20)).direction is Direction.STEADY


def test_with_too_few_in_a_half_nothing_is_said():
    assert trend(ended([1] * (FEWEST - 1) + [90] * FEWEST)).direction is Direction.UNKNOWN
    assert trend(ended([1] * FEWEST + [90] * FEWEST)).direction is Direction.LONGER
    assert trend(ended([5] * 40, every=0)).direction is Direction.UNKNOWN
    assert trend([]).direction is Direction.UNKNOWN


def test_what_is_open_makes_no_trend():
    young = [Seen(0, TODAY, open=True, late=None)] * 50
    assert trend(ended([10] * 20) + young).direction is Direction.STEADY


@given(st.lists(st.integers(0, 50), min_size=1), st.lists(st.integers(0, 50), min_size=1))
def test_the_comparison_of_two_halves_turns_its_sign_when_they_are_exchanged(earlier, later):
    assert rank_score(earlier, later) == pytest.approx(-rank_score(later, earlier))


def test_the_comparison_agrees_with_a_worked_case():
    """Mann and Whitney's statistic for 1..8 against 9..16 is 0 of 64: mean 32, standard deviation sqrt(64 * 17 / 12)."""
    assert rank_score(range(1, 9), range(9, 17)) == pytest.approx((32 - 0.5) / (64 * 17 / 12) ** 0.5)


@given(st.lists(spells))
def test_quarters_follow_one_another_and_hold_everything_that_ended(found):
    looked = seen(found, EVERYTHING)
    quarters = trend(looked).quarters
    assert sum(quarter.count for quarter in quarters) == sum(not spell.open for spell in looked)
    assert all((late.first - early.first).days in (90, 91, 92) for early, late in pairwise(quarters))
    assert all((quarter.median is None) == (quarter.count == 0) for quarter in quarters)
