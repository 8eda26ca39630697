"""Whether enough seats take part for a body to decide validly."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction

from models.review.rules import Quorum, ReviewRules
from models.review.votes import Vote


@dataclass(frozen=True, slots=True)
class QuorumCheck:
    """The check with its figures: seats counted (``vacant`` of them held by nobody), seats that take part, seats needed.

    ``partner``: whose college; None: the whole body's.
    """

    partner: str | None
    seats: int
    vacant: int
    there: int
    needed: int

    @property
    def reached(self) -> bool:
        """Whether the body, or the college, can decide validly."""
        return self.there >= self.needed

    @property
    def lacking(self) -> int:
        """How many more seats would have to take part."""
        return max(self.needed - self.there, 0)


def quorum_needed(quorum: Quorum, seats: int) -> int:
    """Seats that must take part: a number, or a share of the seats rounded up ("1/2" of 7 is 4); none without a rule."""
    if quorum is None:
        return 0
    if isinstance(quorum, int):
        return quorum
    share = Fraction(quorum) * seats
    return -(-share.numerator // share.denominator)


def check_quorum(
    electors: tuple[Vote, ...], partners: Iterable[str], rules: ReviewRules, vacant: Mapping[str, int], *, second: bool
) -> tuple[QuorumCheck, ...]:
    """Check the quorum of the body, or of the college of each of ``partners`` (``quorum_by``), on the seats that ``votes.electors`` left.

    A college whose every seat takes no part reaches a share of its seats, never a number of them.
    ``vacant``: seats that nobody holds, by partner; they raise the quorum only where ``vacant_seats`` says so.
    ``second``: whether this is a second convocation on the same agenda, which may need no quorum (``second_convocation``).
    """
    if rules.vacant_seats == "left_out":
        vacant = {}
    if rules.quorum_by == "body":
        return (_check(None, electors, rules, sum(vacant.values()), second=second),)
    return tuple(
        _check(partner, tuple(vote for vote in electors if vote.partner == partner), rules, vacant.get(partner, 0), second=second)
        for partner in partners
    )


def _check(partner: str | None, electors: tuple[Vote, ...], rules: ReviewRules, vacant: int, *, second: bool) -> QuorumCheck:
    seats = len(electors) + vacant
    needed = 0 if second and rules.second_convocation == "without_quorum" else quorum_needed(rules.quorum, seats)
    return QuorumCheck(partner, seats, vacant, sum(vote.takes_part for vote in electors), needed)
