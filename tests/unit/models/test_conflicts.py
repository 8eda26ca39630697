"""Who takes no part, as a pure function: the rule, the persons, the seats that they hold."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.conflicts import Cause, ConflictKind, out, read, recused, written

PROPOSER, COLLEAGUE, DECLARED = 1, 2, 3
RULES = tuple(Cause)
PERSONS = st.sets(st.integers(1, 9))


@pytest.mark.parametrize(
    ("rule", "causes"),
    [
        (Cause.DECLARED, {DECLARED: Cause.DECLARED}),
        (Cause.PROPOSER, {DECLARED: Cause.DECLARED, PROPOSER: Cause.PROPOSER}),
        (Cause.PROPOSERS_BODY, {DECLARED: Cause.DECLARED, PROPOSER: Cause.PROPOSER, COLLEAGUE: Cause.PROPOSERS_BODY}),
    ],
)
def test_the_rule_of_the_charter_says_how_far_it_goes(rule, causes):
    assert out([DECLARED], PROPOSER, [PROPOSER, COLLEAGUE], rule) == causes


def test_whoever_has_several_causes_is_told_the_first():
    assert out([PROPOSER, COLLEAGUE], PROPOSER, [COLLEAGUE], Cause.PROPOSERS_BODY) == dict.fromkeys((PROPOSER, COLLEAGUE), Cause.DECLARED)


def test_what_the_system_proposed_keeps_nobody_out():
    assert out([], None, [], Cause.PROPOSERS_BODY) == {}


@given(PERSONS, st.none() | st.integers(1, 9), PERSONS)
def test_a_stricter_rule_keeps_nobody_in_whom_a_milder_one_keeps_out(declared, proposer, colleagues):
    kept_out = [set(out(declared, proposer, colleagues, rule)) for rule in RULES]
    assert kept_out[0] <= kept_out[1] <= kept_out[2]


def test_every_seat_of_a_person_takes_no_part_and_no_other():
    holders = {"A-1": 3, "A-2": 4, "A-3": 3, "B-1": 3}
    assert list(recused(["A-1", "A-2", "A-3", "A-4"], holders, {3: Cause.DECLARED}).items()) == [
        ("A-1", Cause.DECLARED),
        ("A-3", Cause.DECLARED),
    ]


@given(st.sampled_from(ConflictKind), st.none() | st.text(min_size=1))
def test_what_is_written_is_read_back(kind, words):
    assert read(written(kind, words)) == (kind, words)
