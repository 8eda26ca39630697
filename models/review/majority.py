"""Whether a result is carried: weights in favour against what the rules measure them on."""

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction

from models.review.rules import OpinionValue, ReviewRules
from models.review.votes import FOR, Vote

_TWO_THIRDS = Fraction(2, 3)
_WITH_TIES = ("simple", "absolute")


@dataclass(frozen=True, slots=True)
class Tally:
    """Weights by opinion, silence counted as the rules declare. ``base``: what the majority is measured on."""

    favour: int
    against: int
    adjourn: int
    abstained: int
    base: int


def effective(opinion: OpinionValue | None, rules: ReviewRules) -> OpinionValue | None:
    """What an opinion counts as: silence counts as the rules declare."""
    if opinion is None and rules.silence == "favourable":
        return OpinionValue.FAVOURABLE
    if opinion is None and rules.silence == "unfavourable":
        return OpinionValue.UNFAVOURABLE
    return opinion


def tally(electors: tuple[Vote, ...], rules: ReviewRules) -> Tally:
    """Count the opinions by weight. Silence is counted only for seats that could have answered: not for those absent from a meeting."""
    weights = dict.fromkeys(OpinionValue, 0)
    for vote in electors:
        opinion = effective(vote.opinion, rules) if vote.presence is None or vote.takes_part else None
        if opinion is not None:
            weights[opinion] += vote.weight
    favour, against = weights[OpinionValue.FAVOURABLE] + weights[OpinionValue.WITH_RESERVATIONS], weights[OpinionValue.UNFAVOURABLE]
    adjourn, abstained = weights[OpinionValue.ADJOURNMENT], weights[OpinionValue.ABSTENTION]
    return Tally(favour, against, adjourn, abstained, _base(electors, favour + against + adjourn, abstained, rules))


def _base(electors: tuple[Vote, ...], decided: int, abstained: int, rules: ReviewRules) -> int:
    of = rules.majority_of or ("seats" if rules.majority == "absolute" else "cast")
    if of == "seats":
        return sum(vote.weight for vote in electors)
    if of == "present":
        return sum(vote.weight for vote in electors if vote.takes_part or (vote.presence is None and rules.silence != "not_counted"))
    return decided + (abstained if rules.abstentions_count else 0)


def weight_needed(base: int, rules: ReviewRules) -> int:
    """The least weight in favour that carries without the chair: more than half, two thirds, or all of the base; never none."""
    if rules.majority == "consensus":
        return max(base, 1)
    if rules.majority == "two_thirds":
        share = _TWO_THIRDS * base
        return max(-(-share.numerator // share.denominator), 1)
    return base // 2 + 1


def carried(electors: tuple[Vote, ...], count: Tally, rules: ReviewRules) -> tuple[bool, bool]:
    """Whether the result is carried, and whether by the chair's casting vote.

    Simple and absolute: more than half of the base; half of it with the chair in favour, where the rules give a casting vote.
    Two thirds: at least that. Consensus: all of it. Nothing is carried with nobody in favour.
    """
    splits = rules.casting_vote and rules.majority in _WITH_TIES
    by_chair = splits and 0 < 2 * count.favour == count.base and _chair_is_for(electors, rules)
    return by_chair or count.favour >= weight_needed(count.base, rules), by_chair


def _chair_is_for(electors: tuple[Vote, ...], rules: ReviewRules) -> bool:
    return any(vote.chair and effective(vote.opinion, rules) in FOR for vote in electors)


def colleges(electors: tuple[Vote, ...], partners: Iterable[str], rules: ReviewRules) -> dict[str, Tally]:
    """Each partner's own tally. Parity needs every one of them to carry, without the chair; a partner with no seat left carries nothing."""
    return {partner: tally(tuple(vote for vote in electors if vote.partner == partner), rules) for partner in partners}


def agree(counts: Iterable[Tally], rules: ReviewRules) -> bool:
    """Whether every college carries the result on its own."""
    return all(count.favour >= weight_needed(count.base, rules) for count in counts)
