"""The last day to convene a meeting, held against the rule by which a convocation is accepted."""

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from models.deadlines import Calendar
from models.errors import Problem
from models.meetings.rules import Notice, convene_by, give_notice
from models.review.rules import ReviewRules

DAYS = st.dates(date(2026, 1, 1), date(2031, 12, 31))
CLOSED = st.frozensets(st.integers(0, 40), max_size=25)


def rules_with(notice):
    return ReviewRules.model_construct(notice_days=notice, urgent_notice_days=None)


@given(held_on=DAYS, notice=st.integers(1, 60), closed=CLOSED)
def test_on_the_last_day_the_notice_is_long_enough_and_on_the_next_working_day_it_is_not(held_on, notice, closed):
    calendar = Calendar(frozenset(held_on - timedelta(days=notice + back) for back in closed))
    rules, last = rules_with(notice), convene_by(rules_with(notice), held_on, calendar).day
    assert calendar.is_working(last)
    assert give_notice(rules, last, held_on, urgent=False) == Notice((held_on - last).days - 1, notice)
    following = calendar.count_on(last, 1)
    assert isinstance(give_notice(rules, following, held_on, urgent=False), Problem)


@given(held_on=DAYS)
def test_without_a_rule_there_is_no_last_day(held_on):
    assert convene_by(rules_with(None), held_on, Calendar()) is None
