"""School holidays in a charter: what is published, what the charter adds, and that nothing is taken for granted."""

from datetime import date
from functools import partial

import pytest
from builders import changed_charter, real_charter

from models.errors import Refused
from services.calendars import calendar_of
from services.charters import read_charter
from services.wording import Wording

NO_DEADLINE = {"zone": "B", "effect": "no_deadline"}
KNOWN = "2028-08-31"
"""The last day of holidays that vacances-scolaires-france 0.12.0 knows."""
LATER = [
    {"first": "2028-10-21", "last": "2028-11-05"},
    {"first": "2029-07-07", "last": "2029-09-02"},
    {"first": "2030-07-06", "last": "2030-09-01"},
]


@pytest.fixture
def read(tmp_path):
    def with_school(**school):
        return read_charter(changed_charter(tmp_path / "charter.yaml", lambda it: it["calendar"].update(school_holidays=school)))

    return partial(with_school, **NO_DEADLINE)


def refused(read, **school):
    with pytest.raises(Refused) as caught:
        read(**school)
    return [(problem.code, problem.where.rpartition(":")[2], problem) for problem in caught.value.problems]


def test_without_the_key_school_holidays_are_days_like_any_other():
    assert calendar_of(real_charter()).holidays == frozenset()


def test_a_charter_that_outlasts_what_is_published_has_to_say_what_holds_then(read):
    [(code, where, problem)] = refused(read)
    assert (code, where) == ("charter.school_unknown", "calendar.school_holidays")
    assert problem.params == {"zone": "B", "until": KNOWN, "years": "2028, 2029, 2030"}
    said = Wording("en").say_problem(problem)
    assert "the school holidays of zone B are published until 2028-08-31 only: give those of 2028, 2029, 2030" in said
    assert "2028-08-31)." in Wording("fr").say_problem(problem)


@pytest.mark.parametrize(
    ("school", "missing"),
    [
        ({"later": LATER[:1]}, "2029, 2030"),
        ({"later": LATER[1:]}, "2028"),
        ({"until": "2029-06-30"}, "2028, 2029"),
        ({"later": [{"first": "2026-07-04", "last": "2026-08-31"}, *LATER]}, "2027, 2028"),
        ({"until": "2029-06-30", "later": LATER[:1]}, "2029"),
        ({"later": [{"first": "2028-07-01", "last": "2028-08-15"}, *LATER[1:]]}, "2028"),
    ],
)
def test_every_year_that_is_not_published_needs_a_period(read, school, missing):
    [(_, _, problem)] = refused(read, **school)
    assert problem.params["years"] == missing


@pytest.mark.parametrize("school", [{"until": KNOWN}, {"later": LATER}, {"until": "2028-12-31", "later": LATER[:1]}])
def test_a_charter_that_says_so_is_taken(read, school):
    assert read(**school).calendar.school_holidays is not None


def test_periods_of_the_charter_alone_hold_from_the_first_of_them_on(read):
    own = [{"first": "2028-02-01", "last": "2028-02-04"}, *LATER]
    found = calendar_of(read(later=own)).holidays
    assert date(2028, 1, 2) in found
    assert {day for day in found if date(2028, 1, 3) <= day < date(2028, 10, 1)} == {date(2028, 2, day) for day in range(1, 5)}
    assert date(2030, 9, 1) in found


def test_no_school_holidays_count_after_the_day_that_the_charter_names(read):
    found = calendar_of(read(until="2027-01-01")).holidays
    assert max(found) == date(2027, 1, 1)
    assert min(found) == date(2024, 1, 1)


def test_closed_school_holidays_are_days_on_which_nobody_works(read):
    calendar = calendar_of(read(effect="closed", until=KNOWN))
    assert calendar.holidays == frozenset()
    assert not calendar.is_working(date(2027, 2, 22))
    assert calendar.is_working(date(2027, 2, 15))


@pytest.mark.parametrize(
    ("school", "code", "where"),
    [
        ({"zone": "D", "until": KNOWN}, "validation.choice", "calendar.school_holidays.zone"),
        ({"effect": "maybe", "until": KNOWN}, "validation.choice", "calendar.school_holidays.effect"),
        ({"until": "2020-01-01"}, "charter.ends_before_start", "calendar.school_holidays.until"),
        (
            {"until": KNOWN, "later": [{"first": "2028-05-02", "last": "2028-05-01"}]},
            "charter.ends_before_start",
            "calendar.school_holidays.later.1.last",
        ),
        (
            {"until": KNOWN, "later": [{"first": "2040-05-02", "last": "2040-05-03"}]},
            "charter.period_outside_years",
            "calendar.school_holidays.later.1",
        ),
    ],
)
def test_what_is_wrong_is_told_where_it_stands(read, school, code, where):
    assert [(found, place) for found, place, _ in refused(read, **school)] == [(code, where)]


def test_the_effect_has_no_default(tmp_path):
    file = changed_charter(tmp_path / "charter.yaml", lambda it: it["calendar"].update(school_holidays={"zone": "B", "until": KNOWN}))
    with pytest.raises(Refused) as caught:
        read_charter(file)
    assert [problem.code for problem in caught.value.problems] == ["validation.missing"]


def test_own_periods_within_what_is_published_need_a_period_of_each_year_from_then_on(read):
    own = [{"first": "2027-07-05", "last": "2027-08-30"}, {"first": "2028-07-05", "last": "2028-08-30"}]
    assert [problem.params["years"] for _, _, problem in refused(read, later=own, until="2029-01-31")] == ["2028, 2029"]
    assert read(later=own, until=KNOWN).calendar.school_holidays is not None
