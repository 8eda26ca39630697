"""What holds of the arithmetic of a review, whatever the votes, the attendance and the rules."""

from collections import Counter
from dataclasses import replace
from fractions import Fraction
from itertools import product

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from models.review.electorate import Elector, freeze, thaw, vacancies
from models.review.lacks import lacks, weight_lacking
from models.review.majority import Tally, weight_needed
from models.review.quorum import quorum_needed
from models.review.rules import OpinionValue, Presence, ReviewRules
from models.review.verdict import Verdict, is_settled, reach_verdict
from models.review.votes import ATTENDING, Vote, awaited, electors

PARTNERS = ("city", "university")
OPINIONS = st.one_of(st.none(), st.sampled_from(OpinionValue))


@st.composite
def ballots(draw, most=9, heaviest=5):
    """Seats with names of their own; some opinions given by the holder of a proxy, in a meeting or in writing."""
    size = draw(st.integers(0, most))
    in_meeting = draw(st.booleans())
    votes = []
    for n in range(size):
        presence = draw(st.sampled_from(Presence)) if in_meeting else None
        holder = draw(st.one_of(st.none(), st.integers(0, size - 1))) if presence in (None, Presence.REPRESENTED) else None
        votes.append(
            Vote(
                f"S{n}",
                draw(OPINIONS),
                draw(st.integers(1, heaviest)),
                chair=draw(st.booleans()),
                partner=draw(st.sampled_from(PARTNERS)),
                recused=draw(st.sampled_from([False, False, False, True])),
                presence=presence,
                holder=None if holder is None or holder == n else f"S{holder}",
            )
        )
    return tuple(votes)


@st.composite
def every_rule(draw, **fixed):
    values = {
        "decides": "verdict",
        "opinion_delay": 15,
        "delay_unit": "working_days",
        "opinions": tuple(OpinionValue),
        "majority": draw(st.sampled_from(["simple", "absolute", "two_thirds", "consensus"])),
        "majority_of": draw(st.sampled_from([None, "cast", "present", "seats"])),
        "silence": draw(st.sampled_from(["favourable", "unfavourable", "not_counted"])),
        "quorum": draw(st.sampled_from([None, 1, 4, "1/2", "2/3"])),
        "quorum_by": draw(st.sampled_from(["body", "partner"])),
        "vacant_seats": draw(st.sampled_from(["left_out", "counted"])),
        "second_convocation": draw(st.sampled_from(["same_quorum", "without_quorum"])),
        "parity": draw(st.booleans()),
        "abstentions_count": draw(st.booleans()),
        "casting_vote": draw(st.booleans()),
        "proxy_holder": draw(st.sampled_from(["present", "voting"])),
    }
    return ReviewRules(**values | fixed)


VACANT = st.dictionaries(st.sampled_from(PARTNERS), st.integers(1, 3))
WORTH = {"no_quorum": 0, "unfavourable": 1, "adjournment": 2, "with_reservations": 3, "favourable": 3}


def worth(votes, rules, vacant):
    return WORTH[reach_verdict(votes, rules, vacant).result]


@given(ballot=ballots(), rules=every_rule(), vacant=VACANT, data=st.data())
def test_the_order_of_the_votes_does_not_matter(ballot, rules, vacant, data):
    mixed = tuple(data.draw(st.permutations(ballot)))
    assert reach_verdict(mixed, rules, vacant) == reach_verdict(ballot, rules, vacant)


@given(ballot=ballots(), rules=every_rule(), vacant=VACANT, weight=st.integers(1, 5))
def test_one_more_favourable_vote_of_a_partner_never_worsens_the_result(ballot, rules, vacant, weight):
    counted = {vote.partner for vote in electors(ballot, rules)}
    assume(counted)
    more = Vote("more", OpinionValue.FAVOURABLE, weight, partner=min(counted), presence=Presence.PRESENT if ballot[0].presence else None)
    assert worth((*ballot, more), rules, vacant) >= worth(ballot, rules, vacant)


@given(ballot=ballots(), rules=every_rule(), vacant=VACANT, data=st.data())
def test_a_seat_that_rallies_never_worsens_the_result(ballot, rules, vacant, data):
    assume(ballot)
    n = data.draw(st.integers(0, len(ballot) - 1))
    assume(ballot[n].opinion not in (OpinionValue.ADJOURNMENT, OpinionValue.NO_PART))
    assume(all(vote.holder != ballot[n].seat for vote in ballot))  # with a holder who votes, what others gave them counts too
    rallied = replace(ballot[n], opinion=OpinionValue.FAVOURABLE)
    assert worth((*ballot[:n], rallied, *ballot[n + 1 :]), rules, vacant) >= worth(ballot, rules, vacant)


@given(ballot=ballots(), rules=every_rule(), vacant=VACANT, factor=st.integers(2, 7))
def test_weights_matter_only_in_proportion(ballot, rules, vacant, factor):
    heavier = tuple(replace(vote, weight=vote.weight * factor) for vote in ballot)
    assert reach_verdict(heavier, rules, vacant).result == reach_verdict(ballot, rules, vacant).result


@given(ballot=ballots(), rules=every_rule(), vacant=VACANT, second=st.booleans())
def test_the_figures_add_up(ballot, rules, vacant, second):
    verdict = reach_verdict(ballot, rules, vacant, second=second)
    voting = electors(ballot, rules)
    counted = verdict.in_favour + verdict.against + verdict.adjourn + verdict.abstained
    assert counted <= sum(vote.weight for vote in voting)
    assert len(voting) + verdict.recused == len(ballot)
    assert verdict.answered == sum(vote.opinion is not None for vote in voting)
    assert verdict.there <= verdict.seats - verdict.vacant
    if rules.quorum_by == "body":
        assert verdict.quorum_reached == (verdict.there >= verdict.quorum_needed)
    assert (verdict.result == "no_quorum") != verdict.quorum_reached
    assert Verdict.of(verdict.as_payload()) == verdict


@given(ballot=ballots(), rules=every_rule(), vacant=VACANT)
def test_who_is_out_has_no_influence_but_on_those_whose_proxy_they_hold(ballot, rules, vacant):
    out = {vote.seat for vote in ballot if vote.out}
    assume(not any(vote.holder in out for vote in ballot))
    silenced = tuple(replace(vote, opinion=OpinionValue.NO_PART, weight=99, chair=True) if vote.out else vote for vote in ballot)
    assert reach_verdict(silenced, rules, vacant) == reach_verdict(ballot, rules, vacant)


@given(ballot=ballots(), rules=every_rule())
def test_a_vote_by_proxy_counts_only_through_a_holder_who_takes_part(ballot, rules):
    known = {vote.seat: vote for vote in ballot}
    counted = {vote.seat for vote in electors(ballot, rules) if vote.holder and vote.opinion is not None}
    for seat in counted:
        holder = known[known[seat].holder]
        assert not holder.out
        assert holder.presence in (None, Presence.PRESENT, Presence.REMOTE)
        assert rules.proxy_holder == "present" or holder.opinion is not None


@given(ballot=ballots(), rules=every_rule())
def test_nobody_is_counted_twice_nor_without_taking_part(ballot, rules):
    voting = electors(ballot, rules)
    assert max(Counter(vote.seat for vote in voting).values(), default=1) == 1
    assert all(vote.presence is None or vote.presence in ATTENDING or vote.opinion is None for vote in voting)


@settings(max_examples=300)
@given(ballot=ballots(most=6, heaviest=3), rules=every_rule(), vacant=VACANT, data=st.data())
def test_closing_early_never_changes_the_result(ballot, rules, vacant, data):
    offered = data.draw(st.sets(st.sampled_from(OpinionValue), max_size=3)) | {OpinionValue.FAVOURABLE, OpinionValue.UNFAVOURABLE}
    rules = rules.model_copy(update={"opinions": tuple(sorted(offered))})
    waiting = [n for n, still in enumerate(awaited(ballot, rules)) if still]
    assume(len(waiting) <= 3)
    results = set()
    for answers in product((None, *rules.opinions), repeat=len(waiting)):
        completed = list(ballot)
        for n, answer in zip(waiting, answers, strict=True):
            completed[n] = replace(ballot[n], opinion=answer)
        results.add(reach_verdict(completed, rules, vacant).result)
    if is_settled(ballot, rules, vacant):
        assert results == {reach_verdict(ballot, rules, vacant).result}
    elif not any(vote.holder for vote in ballot):
        assert len(results) > 1


@given(seats=st.integers(0, 200), share=st.fractions(Fraction(1, 100), 1, max_denominator=100))
def test_a_quorum_is_the_fewest_seats_that_make_up_the_share(seats, share):
    needed = quorum_needed(f"{share.numerator}/{share.denominator}", seats)
    assert (needed >= share * seats, needed - 1 < share * seats) == (True, True)


ELECTORS = st.builds(Elector, st.uuids().map(str), st.sampled_from(PARTNERS), st.integers(1, 9), st.booleans())


@given(electorate=st.lists(ELECTORS, unique_by=lambda elector: elector.seat))
def test_an_electorate_comes_back_as_it_was_frozen(electorate):
    assert thaw([elector.seat for elector in electorate], freeze(electorate, PARTNERS), PARTNERS) == tuple(electorate)


@given(electorate=st.lists(ELECTORS), composition=st.dictionaries(st.sampled_from(PARTNERS), st.integers(0, 9)))
def test_vacant_seats_are_those_of_the_composition_that_nobody_holds(electorate, composition):
    held = Counter(elector.partner for elector in electorate)
    assert vacancies(composition, electorate) == {
        partner: seats - held[partner] for partner, seats in composition.items() if seats - held[partner] > 0
    }


@given(ballot=ballots(), rules=every_rule(), vacant=VACANT)
def test_nothing_is_missing_exactly_when_all_have_answered_and_the_result_is_favourable(ballot, rules, vacant):
    complete = not any(awaited(ballot, rules))
    carried = reach_verdict(ballot, rules, vacant).result in ("favourable", "with_reservations")
    assert (lacks(ballot, rules, vacant) == ()) == (complete and carried)


@given(base=st.integers(0, 60), favour=st.integers(0, 60), rules=every_rule(majority="simple"))
def test_the_missing_weight_is_the_least_that_would_carry(base, favour, rules):
    favour = min(favour, base)
    count = Tally(favour, base - favour, 0, 0, base)
    more, grows = weight_lacking(count, rules), rules.majority_of != "seats"
    carries = [favour + n >= weight_needed(base + (n if grows else 0), rules) for n in range(more + 1)]
    assert carries == [False] * more + [True]


def test_each_thing_missing_names_the_seats_or_the_number_that_would_mend_it():
    votes = (
        Vote("V1", OpinionValue.FAVOURABLE, partner="city"),
        Vote("V2", OpinionValue.UNFAVOURABLE, partner="city"),
        Vote("U1", partner="university"),
        Vote("U2", partner="university"),
        Vote("U3", recused=True, partner="university"),
    )
    common = {
        "decides": "verdict",
        "opinion_delay": 15,
        "delay_unit": "working_days",
        "opinions": tuple(OpinionValue),
        "silence": "not_counted",
    }
    strict = ReviewRules(**common, majority="simple", quorum="3/4", parity=True)
    assert [(lack.code, dict(lack.params)) for lack in lacks(votes, strict)] == [
        ("review_lacks.answers", {"count": 2, "seats": "U1, U2"}),
        ("review_lacks.quorum", {"count": 1, "there": 2, "needed": 3}),
        ("review_lacks.weight", {"count": 1, "favour": 1, "base": 2}),
        ("review_lacks.college", {"partner": "city", "favour": 1, "base": 2}),
        ("review_lacks.college", {"partner": "university", "favour": 0, "base": 0}),
    ]
    together = ReviewRules(**common, majority="consensus", quorum="1/2", quorum_by="partner")
    assert [(lack.code, dict(lack.params)) for lack in lacks(votes, together)][1:] == [
        ("review_lacks.quorum_of_partner", {"count": 1, "there": 0, "needed": 1, "partner": "university"}),
        ("review_lacks.consensus", {"seats": "V2"}),
    ]
