"""When made-up people do things: at their hours, on working days, never while they are away, and the same for the same seed."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from builders import ROOT, real_charter
from hypothesis import given
from hypothesis import strategies as st

from models.errors import Refused
from services.calendars import calendar_of
from services.simulation.cast import cast_for
from services.simulation.manners import USUAL, Absences, Answering, Asking, Manners, Taking, read_manners
from services.simulation.office import Office, heeds, time_taken, times_away
from services.timelapse.seeds import seeded

OFFICE = Office((9, 11, 14, 16), calendar_of(real_charter()), ZoneInfo("Europe/Paris"))
MOMENTS = st.datetimes(datetime(2026, 1, 1), datetime(2029, 12, 1)).map(lambda moment: moment.replace(tzinfo=UTC))  # noqa: DTZ001


@given(MOMENTS, st.floats(0, 60))
def test_people_act_later_at_one_of_their_hours_on_a_working_day(moment, days):
    after = OFFICE.after(moment, days)
    assert after > moment
    assert OFFICE.calendar.is_working(OFFICE.day_of(after))
    assert after.astimezone(OFFICE.zone).hour in OFFICE.hours


@given(MOMENTS, st.floats(0, 30), st.floats(0, 30))
def test_who_takes_longer_acts_no_earlier(moment, one, other):
    shorter, longer = sorted((one, other))
    assert OFFICE.after(moment, shorter) <= OFFICE.after(moment, longer)


@given(st.integers(0, 10_000), st.integers(0, 8), st.integers(0, 4))
def test_nobody_acts_while_away_and_absences_stand_apart_in_order(seed, weeks, summer):
    away = times_away(Absences(weeks_a_year=weeks, in_summer=summer), date(2026, 1, 1), date(2028, 12, 31), seeded(seed))
    assert all(before[1] < after[0] for before, after in pairwise(away))
    assert all(first.weekday() == 0 and last.weekday() == 6 for first, last in away)
    for first, _ in away:
        back = OFFICE.back_from(away[:1], OFFICE.at(first + timedelta(days=1)))
        assert not (away[0][0] <= OFFICE.day_of(back) <= away[0][1])


def test_shares_say_which_message_is_heeded():
    answering = Answering(median_days=1, heeded=(0.5, 0.3))
    drawn = [heeds(answering, seeded(7, number)) for number in range(4_000)]
    shares = [drawn.count(each) / len(drawn) for each in (0, 1, None)]
    assert shares == pytest.approx([0.5, 0.3, 0.2], abs=0.03)


def test_half_take_less_than_the_median_and_without_spread_all_take_it():
    taken = [time_taken(Taking(median_days=8, spread=0.7), seeded(7, number)) for number in range(4_000)]
    assert sum(days < 8 for days in taken) / len(taken) == pytest.approx(0.5, abs=0.03)
    assert time_taken(Taking(median_days=8, spread=0), seeded(1)) == 8


def test_the_model_that_is_shipped_says_what_holds_without_one():
    shipped = read_manners(ROOT / "deploy/simulation/people.yaml")
    assert shipped == Manners(answering=USUAL)
    assert set(USUAL) == set(Asking)


def test_every_mistake_of_a_model_is_told_at_once_where_it_stands(tmp_path):
    path = tmp_path / "people.yaml"
    path.write_text(
        "hours: [11, 9]\n"
        "answering:\n  opinion: {median_days: 0, heeded: [0.8, 0.5]}\n  smoke: {median_days: 1, heeded: [1]}\n"
        "opinions: {favourable: 0.5}\nwork: {months: [9, 3]}\nsessions: {every_months: 2, every_months: 3}\nunknown: 1\n",
        encoding="utf-8",
    )
    with pytest.raises(Refused) as refused:
        read_manners(path)
    told = {(problem.code, problem.where.split(":")[1]) for problem in refused.value.problems}
    assert {
        ("validation.more_than", "3"),
        ("validation.choice", "4"),
        ("validation.shares_whole", "5"),
        ("validation.range_backwards", "6"),
        ("charter.key_twice", "7"),
        ("validation.unknown_field", "8"),
    } <= told


@pytest.mark.parametrize("text", ["- one\n", "just words\n"])
def test_a_file_that_describes_nobody_is_refused(tmp_path, text):
    path = tmp_path / "people.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(Refused, match="not_manners"):
        read_manners(path)


@given(st.integers(24, 400))
def test_so_many_persons_as_asked_sit_in_every_body_with_a_chair_and_a_secretary(persons):
    cast = cast_for(real_charter(), persons, date(2026, 1, 1))
    assert len(cast.people) == persons
    roles = {(seat.body, seat.role) for person in cast.people for seat in person.seats}
    for body in real_charter().bodies:
        assert {(body.code, "chair"), (body.code, "secretary"), (body.code, "member")} <= roles
    assert all(person.email.endswith(".example") for person in cast.people)
    assert cast.leads


def test_too_few_persons_are_refused_with_how_many_are_needed():
    with pytest.raises(Refused, match="too_few_persons"):
        cast_for(real_charter(), 23, date(2026, 1, 1))
