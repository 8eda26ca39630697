"""The verdict of a review: pure arithmetic on the opinions given and the body's rules."""

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

from models.charter import OpinionValue, ReviewRules

_FOR = frozenset({OpinionValue.FAVOURABLE, OpinionValue.WITH_RESERVATIONS})


@dataclass(frozen=True, slots=True)
class Vote:
    """One voting seat: its weight, whether it is the chair's, and its opinion (None: silent)."""

    weight: int
    chair: bool
    opinion: OpinionValue | None


@dataclass(frozen=True, slots=True)
class Verdict:
    """The result with the figures behind it. ``result`` is favourable, with_reservations, unfavourable, adjournment or no_quorum."""

    result: str
    seats: int
    answered: int
    in_favour: int
    against: int
    adjourn: int
    abstained: int
    quorum_needed: int
    quorum_reached: bool
    casting_vote: bool

    def as_payload(self) -> Mapping[str, str | int | bool]:
        """The figures as the log keeps them."""
        return {name: getattr(self, name) for name in self.__slots__}


def quorum_needed(quorum: str | int | None, seats: int) -> int:
    """Seats that must answer: a number, or a share of the seats rounded up ("1/2" of 7 is 4); none without a rule."""
    if quorum is None:
        return 0
    if isinstance(quorum, int):
        return quorum
    share = Fraction(quorum) * seats
    return -(-share.numerator // share.denominator)


def reach_verdict(votes: tuple[Vote, ...], rules: ReviewRules) -> Verdict:
    """Count the opinions by weight. Those who take no part leave the denominator; silence counts as the rules declare.

    Simple and two-thirds majorities are of the votes cast, abstentions among them only if the rules say so; absolute is of all
    voting seats. Consensus: nobody against and somebody in favour. A tie follows the chair where the rules give a casting vote.
    What is not carried is unfavourable only if somebody is against and no heavier part asks for another meeting; otherwise it is adjourned.
    """
    electors = tuple(vote for vote in votes if vote.opinion is not OpinionValue.NO_PART)
    counted = tuple((vote, _effective(vote.opinion, rules)) for vote in electors)
    answered = sum(1 for vote in electors if vote.opinion is not None)
    needed = quorum_needed(rules.quorum, len(electors))
    reached = answered >= needed
    favour = sum(vote.weight for vote, opinion in counted if opinion in _FOR)
    against = sum(vote.weight for vote, opinion in counted if opinion is OpinionValue.UNFAVOURABLE)
    adjourn = sum(vote.weight for vote, opinion in counted if opinion is OpinionValue.ADJOURNMENT)
    abstained = sum(vote.weight for vote, opinion in counted if opinion is OpinionValue.ABSTENTION)
    total = sum(vote.weight for vote in electors)
    cast = favour + against + adjourn + (abstained if rules.abstentions_count else 0)
    carried, by_chair = _carried(counted, favour, total if rules.majority == "absolute" else cast, rules)
    reserved = any(opinion is OpinionValue.WITH_RESERVATIONS for _, opinion in counted)
    result = _result(reached=reached, carried=carried, reserved=reserved, against=against, adjourn=adjourn)
    return Verdict(result, len(electors), answered, favour, against, adjourn, abstained, needed, reached, by_chair)


def _effective(opinion: OpinionValue | None, rules: ReviewRules) -> OpinionValue | None:
    if opinion is None and rules.silence == "favourable":
        return OpinionValue.FAVOURABLE
    if opinion is None and rules.silence == "unfavourable":
        return OpinionValue.UNFAVOURABLE
    return opinion


def _carried(counted: tuple[tuple[Vote, OpinionValue | None], ...], favour: int, base: int, rules: ReviewRules) -> tuple[bool, bool]:
    if favour == 0:
        return False, False
    if rules.majority == "consensus":
        return favour == base, False
    if rules.majority == "two_thirds":
        return Fraction(favour, base) >= Fraction(2, 3), False
    if rules.casting_vote and 2 * favour == base:
        chair = any(vote.chair and opinion in _FOR for vote, opinion in counted)
        return chair, chair
    return 2 * favour > base, False


def _result(*, reached: bool, carried: bool, reserved: bool, against: int, adjourn: int) -> str:
    if not reached:
        return "no_quorum"
    if carried:
        return "with_reservations" if reserved else "favourable"
    if adjourn > against or against == 0:
        return "adjournment"
    return "unfavourable"
