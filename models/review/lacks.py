"""What is still missing for a review to be complete, valid and carried: each thing with the seats or the number that would mend it."""

from collections.abc import Iterable, Iterator, Mapping
from itertools import compress

from models.errors import Problem
from models.review.majority import Tally, agree, carried, colleges, tally, weight_needed
from models.review.quorum import QuorumCheck, check_quorum
from models.review.rules import ReviewRules
from models.review.verdict import NONE
from models.review.votes import FOR, Vote, awaited, electors


def lacks(votes: Iterable[Vote], rules: ReviewRules, vacant: Mapping[str, int] = NONE, *, second: bool = False) -> tuple[Problem, ...]:
    """Everything that is missing, in this order: answers, quorum, majority; nothing once all have answered and the result is favourable."""
    votes = tuple(votes)
    voting = electors(votes, rules)
    partners = tuple(dict.fromkeys((*(vote.partner for vote in votes), *vacant)))
    checks = check_quorum(voting, partners, rules, vacant, second=second)
    return (*_answers(votes, rules), *_quorum(checks), *_majority(voting, partners, rules))


def _answers(votes: tuple[Vote, ...], rules: ReviewRules) -> Iterator[Problem]:
    waiting = [vote.seat for vote in compress(votes, awaited(votes, rules))]
    if waiting:
        yield Problem("review_lacks.answers", {"count": len(waiting), "seats": ", ".join(waiting)})


def _quorum(checks: Iterable[QuorumCheck]) -> Iterator[Problem]:
    for check in checks:
        if not check.reached:
            figures: dict[str, str | int] = {"count": check.lacking, "there": check.there, "needed": check.needed}
            if check.partner is None:
                yield Problem("review_lacks.quorum", figures)
            else:
                yield Problem("review_lacks.quorum_of_partner", figures | {"partner": check.partner})


def _majority(voting: tuple[Vote, ...], partners: Iterable[str], rules: ReviewRules) -> Iterator[Problem]:
    count = tally(voting, rules)
    is_carried, _ = carried(voting, count, rules)
    if not is_carried and rules.majority == "consensus":
        yield Problem("review_lacks.consensus", {"seats": ", ".join(_objecting(voting)) or "-"})
    elif not is_carried:
        yield Problem("review_lacks.weight", {"count": weight_lacking(count, rules), "favour": count.favour, "base": count.base})
    if rules.parity:
        for partner, own in colleges(voting, partners, rules).items():
            if not agree([own], rules):
                yield Problem("review_lacks.college", {"partner": partner, "favour": own.favour, "base": own.base})


def _objecting(voting: tuple[Vote, ...]) -> list[str]:
    return [vote.seat for vote in voting if vote.opinion is not None and vote.opinion not in FOR]


def weight_lacking(count: Tally, rules: ReviewRules) -> int:
    """The least weight of further favourable votes that would carry: they also raise a base of votes cast or of those who take part."""
    grows = rules.majority_of in ("cast", "present") or (rules.majority_of is None and rules.majority != "absolute")
    more = 0
    while count.favour + more < weight_needed(count.base + (more if grows else 0), rules):
        more += 1
    return more
