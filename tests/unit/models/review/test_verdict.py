"""The arithmetic of a review: short cases by the letter, and the figures that are kept."""

import pytest

from models.charter import OpinionValue, ReviewRules
from models.review.quorum import quorum_needed
from models.review.verdict import Verdict, reach_verdict
from models.review.votes import Vote

LETTERS = {
    "F": OpinionValue.FAVOURABLE,
    "R": OpinionValue.WITH_RESERVATIONS,
    "U": OpinionValue.UNFAVOURABLE,
    "J": OpinionValue.ADJOURNMENT,
    "A": OpinionValue.ABSTENTION,
    "N": OpinionValue.NO_PART,
    "-": None,
}


def rules(**changes):
    common = {"decides": "verdict", "opinion_delay": 15, "delay_unit": "working_days", "opinions": tuple(OpinionValue)}
    return ReviewRules(**common | {"majority": "simple", "silence": "not_counted"} | changes)


def votes(text):
    """``F*2`` is a favourable vote of weight 2, ``F!`` the chair's, ``-`` a silent seat."""
    return tuple(
        Vote(f"S{n}", LETTERS[part[0]], int(part.rstrip("!").partition("*")[2] or 1), "!" in part) for n, part in enumerate(text.split())
    )


CASES = [
    # simple majority of the votes cast
    ("F F U", {}, "favourable"),
    ("F R U", {}, "with_reservations"),
    ("F U", {}, "unfavourable"),
    ("F U U", {}, "unfavourable"),
    ("F J J", {}, "adjournment"),
    ("U J", {}, "unfavourable"),
    ("F U J J", {}, "adjournment"),
    ("F - - -", {}, "favourable"),
    # abstentions
    ("F A A", {}, "favourable"),
    ("F A A", {"abstentions_count": True}, "adjournment"),
    ("F F A", {"abstentions_count": True}, "favourable"),
    ("F U A A", {"abstentions_count": True}, "unfavourable"),
    ("A A", {}, "adjournment"),
    # a tie and the chair
    ("F! U", {"casting_vote": True}, "favourable"),
    ("R! U", {"casting_vote": True}, "with_reservations"),
    ("F U!", {"casting_vote": True}, "unfavourable"),
    ("F U A!", {"casting_vote": True}, "unfavourable"),
    ("F! U U", {"casting_vote": True}, "unfavourable"),
    ("F! U", {}, "unfavourable"),
    # other majorities
    ("F F - - -", {"majority": "absolute"}, "adjournment"),
    ("F F F - -", {"majority": "absolute"}, "favourable"),
    ("F F U -", {"majority": "absolute"}, "unfavourable"),
    ("F! F - -", {"majority": "absolute", "casting_vote": True}, "favourable"),
    ("F F U", {"majority": "two_thirds"}, "favourable"),
    ("F F F U U", {"majority": "two_thirds"}, "unfavourable"),
    ("F F A A", {"majority": "two_thirds"}, "favourable"),
    ("F F A A", {"majority": "two_thirds", "abstentions_count": True}, "adjournment"),
    ("F R A -", {"majority": "consensus"}, "with_reservations"),
    ("F F F U", {"majority": "consensus"}, "unfavourable"),
    ("F F F J", {"majority": "consensus"}, "adjournment"),
    ("F F A", {"majority": "consensus", "abstentions_count": True}, "adjournment"),
    # silence
    ("- - -", {"silence": "favourable"}, "favourable"),
    ("- - -", {"silence": "unfavourable"}, "unfavourable"),
    ("- - -", {"silence": "not_counted"}, "adjournment"),
    ("F - -", {"silence": "unfavourable"}, "unfavourable"),
    ("U - -", {"silence": "favourable"}, "favourable"),
    # those who take no part leave the count
    ("F F N N N", {"majority": "absolute"}, "favourable"),
    ("F N N N", {"quorum": "1/2"}, "favourable"),
    ("N N", {"quorum": "1/2"}, "adjournment"),
    ("N N", {"quorum": 1}, "no_quorum"),
    # quorum
    ("F F F - - - -", {"quorum": "1/2"}, "no_quorum"),
    ("F F F F - - -", {"quorum": "1/2"}, "favourable"),
    ("F F F - - -", {"quorum": "1/2"}, "favourable"),
    ("A A F -", {"quorum": 3}, "favourable"),
    ("F F - -", {"quorum": 3}, "no_quorum"),
    ("F - -", {"quorum": "1/2", "silence": "favourable"}, "no_quorum"),
    # weights
    ("F*3 U U", {}, "favourable"),
    ("F*2 U U", {}, "unfavourable"),
    ("F*2! U U", {"casting_vote": True}, "favourable"),
    ("F*9 - -", {"quorum": 2}, "no_quorum"),
    ("", {}, "adjournment"),
]


@pytest.mark.parametrize(("ballot", "how", "result"), CASES)
def test_a_ballot_has_its_result(ballot, how, result):
    assert reach_verdict(votes(ballot), rules(**how)).result == result


def test_the_verdict_holds_the_figures_behind_it():
    verdict = reach_verdict(votes("F*2! U*2 J A*3 N -"), rules(quorum="1/2", casting_vote=True))
    assert verdict == Verdict(
        result="unfavourable",
        seats=5,
        answered=4,
        in_favour=2,
        against=2,
        adjourn=1,
        abstained=3,
        quorum_needed=3,
        quorum_reached=True,
        casting_vote=False,
        there=4,
        base=5,
        recused=1,
    )
    assert verdict.as_payload() == {
        name: getattr(verdict, name) for name in Verdict.__slots__ if name not in ("there", "vacant", "second", "colleges", "quorums")
    }
    assert Verdict.of(verdict.as_payload()) == verdict


def test_the_verdict_says_when_the_chair_split_the_tie():
    assert [reach_verdict(votes(ballot), rules(casting_vote=True)).casting_vote for ballot in ("F! U", "F U!", "F! F")] == [
        True,
        False,
        False,
    ]


@pytest.mark.parametrize(
    ("quorum", "seats", "needed"),
    [(None, 7, 0), ("1/2", 7, 4), ("1/2", 6, 3), ("1/2", 0, 0), ("1/3", 7, 3), ("2/3", 7, 5), (5, 7, 5), (5, 2, 5)],
)
def test_a_share_of_the_seats_is_rounded_up(quorum, seats, needed):
    assert quorum_needed(quorum, seats) == needed
