"""The verdict of a review: pure arithmetic on who took part, what they said, and the body's rules."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from itertools import compress
from types import MappingProxyType
from typing import Any

from models.review.majority import Tally, agree, carried, colleges, effective, tally
from models.review.quorum import QuorumCheck, check_quorum
from models.review.rules import OpinionValue, ReviewRules
from models.review.votes import Vote, awaited, electors

NONE: Mapping[str, int] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Verdict:
    """The result with the figures behind it. ``result`` is favourable, with_reservations, unfavourable, adjournment or no_quorum.

    ``seats`` counts heads, without ``recused`` and with the ``vacant`` seats that the rules count; ``answered`` gave an opinion that counts,
    ``there`` took part, which in a meeting is more. ``in_favour`` to ``abstained``, and ``base``, are weights.
    ``colleges``: each partner's weight in favour and base, where parity is asked for; ``quorums``: each one's seats there and needed.
    """

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
    there: int = 0
    base: int = 0
    recused: int = 0
    vacant: int = 0
    second: bool = False
    colleges: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    quorums: Mapping[str, tuple[int, int]] = field(default_factory=dict)

    def as_payload(self) -> dict[str, Any]:
        """The figures as the log keeps them; those of a later release are left out where they say nothing."""
        every = {name: getattr(self, name) for name in self.__slots__}
        shown = {name: value for name, value in every.items() if name not in _LATER or value}
        if self.there == self.answered:
            del shown["there"]
        return {name: _listed(value) if isinstance(value, Mapping) else value for name, value in shown.items()}

    @classmethod
    def of(cls, payload: Mapping[str, Any]) -> "Verdict":
        """The figures that ``as_payload`` wrote, also those of the release before."""
        pairs = {name: {key: tuple(pair) for key, pair in payload.get(name, {}).items()} for name in ("colleges", "quorums")}
        return cls(**{"there": payload["answered"], **payload, **pairs})


_LATER = frozenset({"base", "recused", "vacant", "second", "colleges", "quorums"})


def _listed(figures: Mapping[str, tuple[int, int]]) -> dict[str, list[int]]:
    return {name: list(pair) for name, pair in figures.items()}


def reach_verdict(votes: Iterable[Vote], rules: ReviewRules, vacant: Mapping[str, int] = NONE, *, second: bool = False) -> Verdict:
    """Count the opinions. Those who take no part leave the denominators; silence counts as the rules declare, but never for the quorum.

    What is not carried is unfavourable only if somebody is against and no heavier part asks for another meeting; otherwise it is adjourned.
    """
    votes = tuple(votes)
    voting = electors(votes, rules)
    partners = dict.fromkeys((*(vote.partner for vote in votes), *vacant))
    checks = check_quorum(voting, partners, rules, vacant, second=second)
    count = tally(voting, rules)
    is_carried, by_chair = carried(voting, count, rules)
    own = colleges(voting, partners, rules) if rules.parity else {}
    is_carried = is_carried and agree(own.values(), rules)
    reserved = any(effective(vote.opinion, rules) is OpinionValue.WITH_RESERVATIONS for vote in voting)
    return Verdict(
        result=_result(checks, count, is_carried=is_carried, reserved=reserved),
        seats=sum(check.seats for check in checks),
        answered=sum(vote.opinion is not None for vote in voting),
        in_favour=count.favour,
        against=count.against,
        adjourn=count.adjourn,
        abstained=count.abstained,
        quorum_needed=sum(check.needed for check in checks),
        quorum_reached=all(check.reached for check in checks),
        casting_vote=is_carried and by_chair,
        there=sum(check.there for check in checks),
        base=count.base,
        recused=len(votes) - len(voting),
        vacant=sum(check.vacant for check in checks),
        second=second,
        colleges={partner: (college.favour, college.base) for partner, college in own.items()},
        quorums={check.partner: (check.there, check.needed) for check in checks if check.partner is not None},
    )


def _result(checks: tuple[QuorumCheck, ...], count: Tally, *, is_carried: bool, reserved: bool) -> str:
    if not all(check.reached for check in checks):
        return "no_quorum"
    if is_carried:
        return "with_reservations" if reserved else "favourable"
    if count.adjourn > count.against or count.against == 0:
        return "adjournment"
    return "unfavourable"


def is_settled(votes: Iterable[Vote], rules: ReviewRules, vacant: Mapping[str, int] = NONE, *, second: bool = False) -> bool:
    """Whether no answer still to come could change the result: then a review may close early (``early_closing``).

    Every seat still to answer is given each of the answers offered, and none. Quorum and majority being monotonous in the number of seats
    that give one answer or take no part, whatever they mix lies between.
    An opinion given by proxy whose holder has not answered is not settled, since the holder may yet take no part.
    """
    votes = tuple(votes)
    to_come = awaited(votes, rules)
    waiting = {vote.seat for vote in compress(votes, to_come)}
    if any(vote.holder in waiting for vote in votes):
        return False
    completions = (
        tuple(replace(vote, opinion=answer) if still else vote for vote, still in zip(votes, to_come, strict=True))
        for answer in (None, *rules.opinions)
    )
    return len({reach_verdict(completion, rules, vacant, second=second).result for completion in completions}) == 1
