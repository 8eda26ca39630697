"""Whether a body's rules can be kept: nothing in them contradicts the rest, and a review by them can end well and badly."""

from collections.abc import Iterator

from models.charter import Body
from models.errors import Problem
from models.review.rules import OpinionValue, ReviewRules
from models.review.verdict import reach_verdict
from models.review.votes import Vote

_SMALLEST_SECRET_BODY = 3


def unsound(body: Body, rules: ReviewRules, where: str) -> Iterator[Problem]:
    """Everything that makes the rules of a body impossible to keep; ``where`` is the path of the rules in the file."""
    yield from _quorum(body, rules, where)
    if rules.ballot == "secret":
        yield from _secret(body, rules, where)
    if rules.urgent_notice_days is not None and rules.urgent_notice_days >= (rules.notice_days or 0):
        days = {"urgent": rules.urgent_notice_days, "notice": rules.notice_days or 0}
        yield Problem("charter.urgency_shortens_nothing", days, f"{where}.urgent_notice_days")
    for key in ("reservation_days", "reservations_block"):
        if getattr(rules, key) is not None and OpinionValue.WITH_RESERVATIONS not in rules.opinions:
            yield Problem("charter.reservations_not_offered", {}, f"{where}.{key}")
    if rules.parity and len([partner for partner, seats in body.seats.items() if seats]) == 1:
        yield Problem("charter.parity_of_one", {"partner": next(iter(body.seats))}, f"{where}.parity")


def _quorum(body: Body, rules: ReviewRules, where: str) -> Iterator[Problem]:
    """A composition that is stated must be able to reach the quorum, to approve and to refuse."""
    if not body.seats:
        return
    for answer, expected in ((OpinionValue.FAVOURABLE, "favourable"), (OpinionValue.UNFAVOURABLE, "unfavourable")):
        votes = tuple(Vote(f"{partner}-{n}", answer, partner=partner) for partner, seats in body.seats.items() for n in range(seats))
        if reach_verdict(votes, rules).result != expected:
            figures: dict[str, str | int] = {"quorum": str(rules.quorum), "seats": sum(body.seats.values())}
            yield Problem("charter.quorum_out_of_reach", figures, f"{where}.quorum")
            return


def _secret(body: Body, rules: ReviewRules, where: str) -> Iterator[Problem]:
    """What a secret ballot cannot go with: whatever asks who said what."""
    forbidden = {
        "casting_vote": rules.casting_vote,
        "parity": rules.parity,
        "early_closing": rules.early_closing,
        "reasons_required_for": bool(rules.reasons_required_for),
        "proxies_per_holder": rules.proxies_per_holder > 0,
        "reservation_days": rules.reservation_days is not None,
        "reservations_block": rules.reservations_block is not None,
    }
    for key, asked in forbidden.items():
        if asked:
            yield Problem("charter.secret_ballot_forbids", {"key": key}, f"{where}.{key}")
    seats = sum(body.seats.values())
    if 0 < seats < _SMALLEST_SECRET_BODY:
        yield Problem("charter.secret_ballot_too_small", {"seats": seats, "least": _SMALLEST_SECRET_BODY}, f"{where}.ballot")
