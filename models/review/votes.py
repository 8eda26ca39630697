"""What each seat of an electorate said and how it attended: all that the arithmetic of a review looks at."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from models.review.rules import OpinionValue, Presence, ReviewRules

IN_PERSON = frozenset({Presence.PRESENT, Presence.REMOTE})
ATTENDING = IN_PERSON | {Presence.REPRESENTED}
FOR = frozenset({OpinionValue.FAVOURABLE, OpinionValue.WITH_RESERVATIONS})


@dataclass(frozen=True, slots=True)
class Vote:
    """One voting seat.

    ``opinion`` None: silent. ``presence`` None: no attendance was taken, as in a written procedure; whoever answers takes part.
    ``holder``: the seat whose holder gave this opinion by proxy; None: the seat itself, or its deputy.
    """

    seat: str = ""
    opinion: OpinionValue | None = None
    weight: int = 1
    chair: bool = False
    partner: str = ""
    recused: bool = False
    presence: Presence | None = None
    holder: str | None = None

    @property
    def out(self) -> bool:
        """Whether the seat takes no part: recused, before the meeting, in it, or by its own answer. Recusal is not abstention."""
        return self.recused or self.presence is Presence.RECUSED or self.opinion is OpinionValue.NO_PART

    @property
    def takes_part(self) -> bool:
        """Whether the seat counts for the quorum: it attends, or answers where no attendance was taken."""
        return self.presence in ATTENDING if self.presence is not None else self.opinion is not None


def electors(votes: Iterable[Vote], rules: ReviewRules) -> tuple[Vote, ...]:
    """The seats that count, with the opinions that count.

    Those who take no part leave. Who does not attend a meeting has no vote in it. A proxy counts only as the rules say (``proxy_holder``),
    never through a holder who takes no part: without it the giver is silent, and absent if represented.
    """
    votes = tuple(votes)
    known = _by_seat(votes)
    return tuple(_counted(vote, known, rules) for vote in votes if not vote.out)


def awaited(votes: Iterable[Vote], rules: ReviewRules) -> tuple[bool, ...]:
    """For each vote, whether its answer is still to come: silent, taking part, neither absent nor represented by somebody who cannot vote."""
    votes = tuple(votes)
    known = _by_seat(votes)
    return tuple(vote.opinion is None and not vote.out and _may_answer(vote, known, rules) for vote in votes)


def _by_seat(votes: tuple[Vote, ...]) -> Mapping[str, Vote]:
    return {vote.seat: vote for vote in votes} if any(vote.holder for vote in votes) else {}


def _may_answer(vote: Vote, known: Mapping[str, Vote], rules: ReviewRules) -> bool:
    if vote.presence is not None and vote.presence not in ATTENDING:
        return False
    return vote.holder is None or _holds(known.get(vote.holder), rules)


def _counted(vote: Vote, known: Mapping[str, Vote], rules: ReviewRules) -> Vote:
    if vote.holder is not None and not _holds(known.get(vote.holder), rules):
        return replace(vote, opinion=None, presence=Presence.ABSENT if vote.presence is Presence.REPRESENTED else vote.presence)
    if vote.presence is not None and vote.presence not in ATTENDING:
        return replace(vote, opinion=None)
    return vote


def _holds(holder: Vote | None, rules: ReviewRules) -> bool:
    if holder is None or holder.out or (holder.presence is not None and holder.presence not in IN_PERSON):
        return False
    return rules.proxy_holder == "present" or holder.opinion is not None
