"""What a review still lacks, thing by thing, and who is still awaited in a meeting."""

from models.errors import Problem
from models.review.lacks import lacks, weight_lacking
from models.review.majority import tally
from models.review.rules import OpinionValue, Presence, ReviewRules
from models.review.votes import Vote, awaited

FOR, AGAINST = OpinionValue.FAVOURABLE, OpinionValue.UNFAVOURABLE


def rules(**changes):
    usual = {"opinion_delay": 20, "delay_unit": "working_days", "opinions": tuple(OpinionValue), "majority": "simple"}
    return ReviewRules(**{"decides": "recorded", "silence": "not_counted", **usual, **changes})


def votes(*opinions, **more):
    return tuple(Vote(f"S-{n}", opinion, partner="ville", **more) for n, opinion in enumerate(opinions, 1))


def codes(found):
    return [problem.code for problem in found]


def test_a_second_convocation_lacks_no_quorum_and_a_first_one_does():
    asked = rules(quorum="1/2", second_convocation="without_quorum")
    attending = votes(FOR, None, None, presence=Presence.ABSENT)[1:]
    here = (Vote("S-1", FOR, partner="ville", presence=Presence.PRESENT), *attending)
    assert codes(lacks(here, asked)) == ["review_lacks.quorum"]
    assert codes(lacks(here, asked, second=True)) == []


def test_the_chairs_casting_vote_leaves_nothing_lacking_in_a_tie():
    asked = rules(casting_vote=True)
    tie = (Vote("S-1", FOR, chair=True), Vote("S-2", AGAINST))
    assert lacks(tie, asked) == ()
    assert codes(lacks((Vote("S-1", FOR), Vote("S-2", AGAINST, chair=True)), asked)) == ["review_lacks.weight"]


def test_a_consensus_names_those_who_object_and_nobody_where_nobody_does():
    asked = rules(majority="consensus")
    assert lacks(votes(FOR, AGAINST, AGAINST), asked)[-1] == Problem("review_lacks.consensus", {"seats": "S-2, S-3"})
    assert lacks(votes(None, None), asked)[-1] == Problem("review_lacks.consensus", {"seats": "-"})


def test_an_absolute_majority_of_all_seats_does_not_grow_with_those_who_answer():
    asked, given = rules(majority="absolute"), votes(*[FOR] * 3, *[AGAINST] * 4, *[None] * 2)
    assert weight_lacking(tally(given, asked), asked) == 2
    cast = rules(majority="absolute", majority_of="cast")
    assert weight_lacking(tally(given, cast), cast) == 2


def test_whoever_is_represented_is_awaited_as_long_as_the_holder_is_there():
    here = Vote("S-1", None, presence=Presence.PRESENT)
    given = Vote("S-2", None, presence=Presence.REPRESENTED, holder="S-1")
    assert awaited((here, given), rules()) == (True, True)
    gone = Vote("S-1", None, presence=Presence.EXCUSED)
    assert awaited((gone, given), rules()) == (False, False)


def test_a_majority_of_those_present_grows_with_those_who_come_to_vote():
    asked, given = rules(majority_of="present"), votes(FOR, AGAINST, AGAINST, AGAINST)
    assert weight_lacking(tally(given, asked), asked) == 3
