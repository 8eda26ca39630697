from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.progress import Counted, roll_up, rounded, weighed
from models.publication import Weights

OBJECTIVES = {"a": ["a1", "a2"], "b": ["b1"]}


def act(objective, percent, budget=None, axis="a", **more):
    return Counted(axis, objective, percent, None if budget is None else Decimal(budget), **more)


def shown(actions, weights=Weights.EQUAL):
    """Axis, then its objectives: what is shown of each."""
    found = roll_up(actions, OBJECTIVES, weights)["a"]
    return [rounded(part.percent) for part in (found.whole, *found.objectives.values())]


def test_equal_actions_make_an_objective_and_equal_objectives_an_axis_however_many_actions_they_have():
    actions = [act("a1", 10), act("a1", 20), act("a1", 60), act("a2", 90)]
    assert shown(actions) == [Decimal("60.0"), Decimal("30.0"), Decimal("90.0")]


def test_by_budgets_each_counts_for_its_euros():
    actions = [act("a1", 10, "300"), act("a1", 90, "100"), act("a2", 50, "1200.50")]
    assert shown(actions, Weights.BUDGET) == [Decimal("45.0"), Decimal("30.0"), Decimal("50.0")]
    assert weighed(roll_up(actions, OBJECTIVES, Weights.BUDGET)["a"].whole.weight) == Decimal("1600.50")


def test_an_objective_without_actions_does_not_count_and_says_nothing():
    assert shown([act("a1", 40)]) == [Decimal("40.0"), Decimal("40.0"), None]
    assert shown([]) == [None, None, None]


def test_an_action_without_a_report_counts_as_nought_and_is_told_and_where_there_is_none_at_all_no_figure_is():
    found = roll_up([act("a1", 80), act("a1", None), act("a2", None)], OBJECTIVES, Weights.EQUAL)["a"]
    assert (rounded(found.whole.percent), found.whole.actions, found.whole.unreported) == (Decimal("20.0"), 3, 2)
    assert (found.objectives["a2"].percent, found.objectives["a2"].actions, found.objectives["a2"].unreported) == (None, 1, 1)
    assert shown([act("a1", None)]) == [None, None, None]
    assert shown([act("a1", 0)]) == [Decimal("0.0"), Decimal("0.0"), None]


def test_by_budgets_what_has_none_does_not_count_and_is_told():
    found = roll_up([act("a1", 80, "10"), act("a1", 0, None), act("a2", 30, None)], OBJECTIVES, Weights.BUDGET)["a"]
    assert (rounded(found.whole.percent), found.whole.actions, found.whole.unweighed) == (Decimal("80.0"), 1, 2)
    assert (found.objectives["a2"].percent, found.objectives["a2"].weight) == (None, 0)
    assert shown([act("a1", 50, "0")], Weights.BUDGET) == [None, None, None]


def test_what_was_dropped_does_not_count_and_is_told():
    found = roll_up([act("a1", 80), act("a1", 10, dropped=True)], OBJECTIVES, Weights.EQUAL)["a"]
    assert (rounded(found.whole.percent), found.whole.actions, found.whole.dropped) == (Decimal("80.0"), 1, 1)


def test_actions_of_an_axis_without_an_objective_of_it_stand_together_behind_the_others():
    found = roll_up(
        [act("a1", 20), act(None, 60), act("b1", 70), act("b1", 5, axis="b"), act("x", 3, axis="gone")], OBJECTIVES, Weights.EQUAL
    )
    assert [*found["a"].objectives] == ["a1", "a2", None]
    assert (rounded(found["a"].objectives[None].percent), rounded(found["a"].whole.percent)) == (Decimal("65.0"), Decimal("42.5"))
    assert rounded(found["b"].whole.percent) == Decimal("5.0")


@pytest.mark.parametrize(("percent", "shown"), [("1/3", "0.3"), ("1/20", "0.1"), ("2001/20", "100.1"), ("49/1000", "0.0")])
def test_percentages_are_rounded_to_one_decimal_halves_upwards(percent, shown):
    assert rounded(Fraction(percent)) == Decimal(shown)


PERCENTS = st.none() | st.integers(0, 100)
BUDGETS = st.none() | st.decimals(0, 10**12, places=2)
ACTIONS = st.builds(Counted, st.sampled_from(["a", "b", None]), st.sampled_from(["a1", "a2", "b1", None]), PERCENTS, BUDGETS, st.booleans())


@given(st.lists(ACTIONS, max_size=12), st.sampled_from(Weights))
def test_a_progress_lies_between_nought_and_the_furthest_of_its_actions_and_no_action_is_lost(actions, weights):
    found = roll_up(actions, OBJECTIVES, weights)
    for axis, whole in found.items():
        mine = [action for action in actions if action.axis == axis]
        counts = whole.whole.actions + whole.whole.unweighed + whole.whole.dropped
        assert counts == len(mine)
        most = max((action.percent or 0 for action in mine if not action.dropped), default=0)
        assert whole.whole.percent is None or 0 <= whole.whole.percent <= most
