"""The small print of the arithmetic: what a quorum may be, which figures are kept, what is left out of them."""

import pytest
from pydantic import ValidationError

from models.review.electorate import Elector, freeze, thaw
from models.review.majority import weight_needed
from models.review.quorum import QuorumCheck, check_quorum
from models.review.rules import OpinionValue, Presence, ReviewRules
from models.review.verdict import reach_verdict
from models.review.votes import Vote


def rules(**changes):
    common = {"decides": "verdict", "opinion_delay": 15, "delay_unit": "working_days", "opinions": tuple(OpinionValue)}
    return ReviewRules(**common | {"majority": "simple", "silence": "not_counted"} | changes)


@pytest.mark.parametrize(
    ("given", "kept"), [(None, None), (3, 3), ("3", 3), (1, 1), ("1/2", "1/2"), ("2/3", "2/3"), ("1/1", "1/1"), ("2/2", "2/2")]
)
def test_a_quorum_is_a_number_of_seats_or_a_share_of_them(given, kept):
    assert rules(quorum=given).quorum == kept


@pytest.mark.parametrize("given", [0, "0", -1, "0/2", "-1/2", "3/2", "0.5", 0.5, "half", "1/0", "", "4/2"])
def test_anything_else_is_no_quorum(given):
    with pytest.raises(ValidationError) as caught:
        rules(quorum=given)
    assert [(error["type"], error["msg"]) for error in caught.value.errors()] == [("quorum", "malformed")]


def two_colleges():
    said = OpinionValue.FAVOURABLE
    return (Vote("A", said, partner="city"), Vote("B", said, partner="city"), Vote("C", partner="university"))


def test_each_college_has_its_own_check():
    by_partner = rules(quorum="1/2", quorum_by="partner", vacant_seats="counted")
    checks = check_quorum(two_colleges(), ("city", "university"), by_partner, {"university": 2}, second=False)
    assert checks == (QuorumCheck("city", 2, 0, 2, 1), QuorumCheck("university", 3, 2, 0, 2))
    assert [(check.reached, check.lacking) for check in checks] == [(True, 0), (False, 2)]


def test_the_figures_name_colleges_vacant_seats_and_a_second_convocation():
    asked = rules(quorum="1/2", quorum_by="partner", vacant_seats="counted", second_convocation="without_quorum", parity=True)
    payload = reach_verdict(two_colleges(), asked, {"university": 2}, second=True).as_payload()
    assert {name: payload[name] for name in ("vacant", "second", "quorums", "colleges", "seats")} == {
        "vacant": 2,
        "second": True,
        "quorums": {"city": [2, 0], "university": [0, 0]},
        "colleges": {"city": [2, 2], "university": [0, 0]},
        "seats": 5,
    }


def test_figures_that_say_nothing_are_left_out():
    verdict = reach_verdict((Vote("A", OpinionValue.ABSTENTION),), rules())
    assert not {"base", "there", "recused", "vacant", "second", "quorums", "colleges"} & verdict.as_payload().keys()
    in_meeting = reach_verdict((Vote("A", presence=Presence.PRESENT), Vote("B", presence=Presence.ABSENT)), rules())
    assert (in_meeting.as_payload()["there"], in_meeting.answered) == (1, 0)


@pytest.mark.parametrize(
    ("majority", "needed"),
    [
        ("simple", [1, 1, 2, 2, 3, 4]),
        ("absolute", [1, 1, 2, 2, 3, 4]),
        ("two_thirds", [1, 1, 2, 2, 4, 5]),
        ("consensus", [1, 1, 2, 3, 5, 7]),
    ],
)
def test_the_least_weight_that_carries(majority, needed):
    found = [weight_needed(base, rules(majority=majority)) for base in (0, 1, 2, 3, 5, 7)]
    assert found == needed
    assert {type(weight) for weight in found} == {int}


@pytest.mark.parametrize("majority", ["simple", "two_thirds", "consensus"])
def test_a_body_of_one_decides_alone(majority):
    assert reach_verdict((Vote("A", OpinionValue.FAVOURABLE),), rules(majority=majority)).result == "favourable"


def test_only_what_is_not_usual_is_frozen():
    usual = [Elector("A", "city"), Elector("B", "university")]
    assert freeze(usual, ("city", "university")) == {"of": [0, 1]}
    unusual = [Elector("A", "university", 3), Elector("B", "city", chair=True)]
    assert freeze(unusual, ("city", "university")) == {"of": [1, 0], "chairs": [1], "weights": {"0": 3}}


def test_an_electorate_of_another_length_than_it_was_frozen_with_is_refused():
    with pytest.raises(ValueError, match="argument 2"):
        thaw(["A", "B"], {"of": [0]}, ("city",))
    with pytest.raises(ValueError, match="not in tuple"):
        freeze([Elector("A", "nowhere")], ("city",))
