"""Assumptions as people type them."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.assumptions import SHAPES, Act, Assumption, read_assumption, read_day
from models.errors import Refused

NAMES = {"avis": Act.OPINION, "jalon-atteint": Act.REACHED, "achevement": Act.COMPLETE}


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("A-2026-001:opinion:COTECH-04=2027-03-04", ("A-2026-001", Act.OPINION, ("COTECH-04",), date(2027, 3, 4), None, None)),
        (
            " a-2026-001 : avis : COTECH-04 : unfavourable = 4/3/2027 ",
            ("A-2026-001", Act.OPINION, ("COTECH-04", "unfavourable"), date(2027, 3, 4), None, None),
        ),
        ("A-2026-001:Jalon atteint:2=+5j", ("A-2026-001", Act.REACHED, ("2",), None, None, 5)),
        ("A-2026-001:milestone:2=+30", ("A-2026-001", Act.MILESTONE, ("2",), None, None, 30)),
        ("A-2026-001:review-end:cotech=+5 d", ("A-2026-001", Act.REVIEW_END, ("cotech",), None, None, 5)),
        ("A-2026-001:Achèvement=2027-1-5", ("A-2026-001", Act.COMPLETE, (), date(2027, 1, 5), None, None)),
        ("pilote:absent=2027-02-01..15/02/2027", ("pilote", Act.ABSENT, (), date(2027, 2, 1), date(2027, 2, 15), None)),
        ("COPIL-S-2026-001:day=2027-02-01", ("COPIL-S-2026-001", Act.MEETING_DAY, (), date(2027, 2, 1), None, None)),
    ],
)
def test_what_is_typed_is_read(typed, found):
    read = read_assumption(typed, NAMES)
    assert (read.subject, read.act, read.details, read.day, read.last, read.later) == found
    assert read.typed == typed


@pytest.mark.parametrize(
    ("typed", "code", "told"),
    [
        ("", "assume.shape", "A-2026-001:opinion"),
        ("A-2026-001", "assume.shape", "A-2026-001"),
        ("A-2026-001=2027-01-01", "assume.shape", "A-2026-001"),
        ("A-2026-001:opinion:COTECH-04", "assume.shape", "A-2026-001"),
        (":opinion:COTECH-04=2027-01-01", "assume.shape", ""),
        ("A-2026-001:avsi:COTECH-04=2027-01-01", "assume.act", "avis"),
        ("A-2026-001:progres=2027-01-01", "assume.act", "progress"),
        ("A-2026-001:opinion=2027-01-01", "assume.details.opinion", ""),
        ("A-2026-001:opinion:=2027-01-01", "assume.details.opinion", ""),
        ("A-2026-001:start:now=2027-01-01", "assume.details.start", ""),
        ("A-2026-001:opinion:A:B:C=2027-01-01", "assume.details.opinion", ""),
        ("A-2026-001:progress=demain", "assume.day", "demain"),
        ("A-2026-001:progress=2027-02-30", "assume.day", "2027-02-30"),
        ("A-2026-001:progress=+99999", "assume.day", "+99999"),
        ("A-2026-001:progress=-5", "assume.day", "-5"),
        ("A-2026-001:start=+5", "assume.not_due", ""),
        ("pilote:absent=2027-02-01", "assume.period", "2027-02-01"),
        ("pilote:absent=2027-02-01..", "assume.day", ""),
        ("pilote:absent=2027-02-15..2027-02-01", "assume.backwards", "2027-02-15"),
    ],
)
def test_what_cannot_be_read_is_refused_with_its_remedy(typed, code, told):
    with pytest.raises(Refused) as refused:
        read_assumption(typed, NAMES)
    (problem,) = refused.value.problems
    assert problem.code == code
    assert told in str(problem.params)
    assert problem.where == ("" if code == "assume.shape" else typed)


def test_every_act_has_a_shape():
    assert SHAPES.keys() == set(Act)


@given(st.text(max_size=40))
def test_whatever_is_typed_is_read_or_refused(typed):
    try:
        read = read_assumption(typed, NAMES)
    except Refused:
        return
    assert isinstance(read, Assumption)
    assert (read.day is None) is (read.later is not None)


@given(st.dates())
def test_a_day_is_read_as_it_is_written(day):
    assert read_day(day.isoformat()) == day
    assert read_day(f"{day.day}/{day.month}/{day.year:04}") == day


@pytest.mark.parametrize("text", ["", "2027", "31/2/2027", "2027-13-01", "1/1/27", "0/0/0000", "²/1/2027"])
def test_what_is_no_day_is_none(text):
    assert read_day(text) is None
