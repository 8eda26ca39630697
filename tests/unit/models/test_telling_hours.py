"""When what can wait leaves, by hand-made cases and by properties of every plan."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.deadlines import Calendar
from models.telling.hours import AT_ONCE, Choice, Hours, Place, Rhythm, Standing, next_digest, plan
from models.telling.reasons import Reason

PARIS = ZoneInfo("Europe/Paris")
EASTER_MONDAY = date(2026, 4, 6)
CALENDAR = Calendar(frozenset({EASTER_MONDAY, date(2026, 12, 25)}))


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=PARIS).astimezone(UTC)


def place(text: str, window: int = 0) -> Place:
    return Place(at(text), "Europe/Paris", CALENDAR, window)


def patient(person: Standing, here: Place):
    return plan(person, here, optional=False, patient=True)


def test_without_any_wish_everything_leaves_at_once():
    assert patient(Standing(), place("2026-03-03 03:00")) == AT_ONCE


def test_what_cannot_wait_is_never_put_off_whatever_was_chosen():
    silent = Standing(
        Hours(Rhythm.WEEKLY, quiet_from=0, quiet_until=23, days_off=True, at_most=0), told_today=9, snoozed_until=date(2030, 1, 1)
    )
    assert plan(silent, place("2026-03-01 03:00"), optional=False, patient=False) == AT_ONCE


@pytest.mark.parametrize(
    ("hours", "now", "leaves"),
    [
        (Hours(quiet_from=20, quiet_until=7), "2026-03-03 19:59", None),
        (Hours(quiet_from=20, quiet_until=7), "2026-03-03 20:00", "2026-03-04 07:00"),
        (Hours(quiet_from=20, quiet_until=7), "2026-03-04 06:59", "2026-03-04 07:00"),
        (Hours(quiet_from=20, quiet_until=7), "2026-03-04 07:00", None),
        (Hours(quiet_from=12, quiet_until=14), "2026-03-03 13:30", "2026-03-03 14:00"),
        (Hours(quiet_from=9, quiet_until=9), "2026-03-03 09:30", None),
        (Hours(days_off=True), "2026-03-06 23:00", None),
        (Hours(days_off=True), "2026-03-07 10:00", "2026-03-09 08:00"),
        (Hours(days_off=True, hour=10), "2026-04-04 10:00", "2026-04-07 10:00"),
        (Hours(days_off=True, quiet_from=18, quiet_until=9), "2026-04-03 18:30", "2026-04-07 09:00"),
        # The clocks go forward at 2 in the morning of 29 March 2026, a Sunday, and back on 25 October.
        (Hours(quiet_from=22, quiet_until=6), "2026-03-28 23:30", "2026-03-29 06:00"),
        (Hours(quiet_from=22, quiet_until=6), "2026-10-24 23:30", "2026-10-25 06:00"),
    ],
)
def test_quiet_hours_and_days_off_hold_what_can_wait_until_they_are_over(hours, now, leaves):
    found = patient(Standing(hours), place(now))
    assert (found.at, found.state) == ((at(leaves), "held") if leaves else (None, "ready"))


@pytest.mark.parametrize(
    ("hours", "now", "leaves"),
    [
        (Hours(Rhythm.DAILY), "2026-03-03 07:59", "2026-03-03 08:00"),
        (Hours(Rhythm.DAILY), "2026-03-03 08:00", "2026-03-04 08:00"),
        (Hours(Rhythm.DAILY, hour=17, days_off=True), "2026-03-06 17:30", "2026-03-09 17:00"),
        (Hours(Rhythm.DAILY, hour=9, days_off=True, quiet_from=20, quiet_until=7), "2026-03-06 17:30", "2026-03-09 09:00"),
        (Hours(Rhythm.DAILY, hour=6, days_off=True, quiet_from=20, quiet_until=7), "2026-03-06 17:30", "2026-03-09 07:00"),
        (Hours(Rhythm.WEEKLY, hour=9, weekday=0), "2026-03-03 12:00", "2026-03-09 09:00"),
        (Hours(Rhythm.WEEKLY, hour=9, weekday=0, days_off=True), "2026-04-03 12:00", "2026-04-07 09:00"),
    ],
)
def test_the_digest_leaves_at_its_hour_and_on_its_day(hours, now, leaves):
    found = patient(Standing(hours), place(now))
    assert (found.state, found.at, found.reason) == ("held", at(leaves), Reason.DIGEST)


def test_what_can_wait_waits_for_somebody_who_is_away():
    person = Standing(Hours(days_off=True), away=((date(2026, 4, 1), date(2026, 4, 3)), (date(2026, 4, 7), date(2026, 4, 8))))
    found = patient(person, place("2026-04-02 11:00"))
    assert (found.state, found.at, found.reason) == ("held", at("2026-04-09 08:00"), Reason.AWAY)


def test_beyond_so_many_a_day_the_rest_is_folded_into_the_next_digest():
    person = Standing(Hours(at_most=3), told_today=2)
    assert patient(person, place("2026-03-03 11:00")) == AT_ONCE
    found = patient(replace(person, told_today=3), place("2026-03-03 11:00"))
    assert (found.state, found.at, found.reason) == ("held", at("2026-03-04 08:00"), Reason.TOO_MANY)


def test_a_kind_that_somebody_wants_no_more_is_not_sent_unless_it_is_mandatory():
    person = Standing(choice=Choice.NEVER)
    assert plan(person, place("2026-03-03 11:00"), optional=True, patient=True) == ("suppressed", None, Reason.KIND_OFF)
    assert plan(person, place("2026-03-03 11:00"), optional=False, patient=True) == AT_ONCE


def test_a_kind_may_be_chosen_apart_from_the_rhythm():
    weekly = Hours(Rhythm.WEEKLY)
    assert patient(Standing(weekly, Choice.NOW), place("2026-03-03 11:00")) == AT_ONCE
    assert patient(Standing(Hours(), Choice.DIGEST), place("2026-03-03 11:00")).reason is Reason.DIGEST


def test_a_muted_action_is_silent_but_for_what_is_mandatory():
    person = Standing(muted=True)
    assert plan(person, place("2026-03-03 11:00"), optional=True, patient=True).reason is Reason.ACTION_MUTED
    assert plan(person, place("2026-03-03 11:00"), optional=False, patient=True) == AT_ONCE


def test_a_snoozed_action_is_heard_of_again_on_the_morning_that_was_chosen():
    person = Standing(snoozed_until=date(2026, 3, 10))
    assert patient(person, place("2026-03-03 11:00")) == ("scheduled", at("2026-03-10 08:00"), Reason.SNOOZED)
    assert patient(person, place("2026-03-10 07:00")) == AT_ONCE


def test_within_the_window_an_act_may_still_be_undone():
    assert patient(Standing(), place("2026-03-03 11:00", 5)) == ("scheduled", at("2026-03-03 11:05"), Reason.WINDOW)
    assert patient(Standing(Hours(quiet_from=11, quiet_until=12)), place("2026-03-03 10:58", 5)).at == at("2026-03-03 12:00")


HOURS = st.builds(
    Hours,
    st.sampled_from(Rhythm),
    hour=st.integers(0, 23),
    weekday=st.integers(0, 6),
    quiet_from=st.none() | st.integers(0, 23),
    quiet_until=st.none() | st.integers(0, 23),
    days_off=st.booleans(),
    at_most=st.none() | st.integers(0, 3),
)
DAYS = st.dates(date(2026, 1, 1), date(2026, 12, 31))
AWAY = st.lists(st.tuples(DAYS, st.integers(0, 40)).map(lambda p: (p[0], p[0] + timedelta(days=p[1]))), max_size=3).map(tuple)
STANDINGS = st.builds(Standing, HOURS, st.none() | st.sampled_from(Choice), st.integers(0, 4), AWAY, st.booleans(), st.none() | DAYS)
_FIRST, _LAST = (datetime(2026, month, 1) for month in (1, 12))  # noqa: DTZ001  # Hypothesis adds the zone itself
MOMENTS = st.datetimes(_FIRST, _LAST, timezones=st.just(UTC))


@given(STANDINGS, MOMENTS, st.integers(0, 30), st.booleans())
def test_whatever_is_put_off_leaves_later_and_at_a_moment_that_suits(person, now, window, optional):
    here = Place(now, "Europe/Paris", CALENDAR, window)
    found = plan(person, here, optional=optional, patient=True)
    assert (found.at is None) == (found.state in ("ready", "suppressed"))
    assert (found.reason is None) == (found.state == "ready")
    if found.at is not None:
        assert found.at > now
        rested = Standing(replace(person.hours, rhythm=Rhythm.AT_ONCE, at_most=None), Choice.NOW, away=person.away)
        assert patient(rested, replace(here, now=found.at, window_minutes=0)) == AT_ONCE


@given(STANDINGS, MOMENTS, MOMENTS)
def test_whoever_waits_longer_is_not_told_before_whoever_came_first(person, one, other):
    first, second = sorted((one, other))
    assert next_digest(person, Place(first, "Europe/Paris", CALENDAR)) <= next_digest(person, Place(second, "Europe/Paris", CALENDAR))
