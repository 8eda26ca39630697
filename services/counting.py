"""Gathers what the arithmetic of a review looks at: its rules, and its frozen electorate with what each seat said."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa

from models.charter import Body
from models.conflicts import Cause
from models.meetings.rules import quorum_in_session
from models.prepared import Prepared
from models.review.electorate import Elector, thaw, vacancies
from models.review.quorum import QuorumCheck
from models.review.rules import CONCEALED, OpinionValue, Presence, ReviewRules, Role
from models.review.verdict import Verdict, is_settled, reach_verdict
from models.review.votes import Vote
from models.tables import Opinion, Review, Seat, table
from services.recusals import RECUSAL_COLUMNS, recused_seats
from services.work import Work

_REVIEW, _OPINION, _SEAT = table(Review), table(Opinion), table(Seat)
_ASKED = Prepared(sa.select(*RECUSAL_COLUMNS, _REVIEW.c.frozen, _REVIEW.c.urn).where(_REVIEW.c.id == sa.bindparam("review_")))
GIVEN = Prepared(
    sa.select(_OPINION.c.seat, _OPINION.c.value, _OPINION.c.holder).where(
        _OPINION.c.review_id == sa.bindparam("review_"), ~_OPINION.c.superseded
    )
)
"""What stands of a review: seat, value, and the holder of the proxy by which it was given."""
_SEATS_NOW = Prepared(
    sa.select(_SEAT.c.code, _SEAT.c.partner, _SEAT.c.weight, _SEAT.c.role).where(
        _SEAT.c.convention == sa.bindparam("convention_"), _SEAT.c.body == sa.bindparam("body_")
    )
)


@dataclass(frozen=True, slots=True)
class Ballot:
    """A review ready to be counted: the votes of its electorate, the rules it was opened under, and the seats that nobody held.

    ``recused``: the seats that take no part, and why.
    """

    votes: tuple[Vote, ...]
    rules: ReviewRules
    vacant: dict[str, int]
    second: bool = False
    recused: Mapping[str, Cause] = field(default_factory=dict)

    def count(self) -> Verdict:
        """The verdict on the opinions that stand now."""
        return reach_verdict(self.votes, self.rules, self.vacant, second=self.second)

    def quorum(self) -> tuple[QuorumCheck, ...]:
        """The quorum of the body in session, before it votes."""
        return quorum_in_session(self.votes, self.rules, self.vacant, second=self.second)

    def is_settled(self) -> bool:
        """Whether no answer still to come could change the result."""
        return is_settled(self.votes, self.rules, self.vacant, second=self.second)


def gather(work: Work, review_id: int) -> Ballot:
    """The ballot of a review as it stands. Raises LookupError if the charter does not say how its body examines an action."""
    review = _ASKED.first(work.connection, review_=review_id)
    body, rules = examining(work, review.body, review.charter_id)
    electors = electors_of(work, review)
    given = GIVEN.all(work.connection, review_=review_id)
    said, by_proxy = _said(given, review.urn), {row.seat: row.holder for row in given if row.holder}
    recused, secret = recused_seats(work, review), rules.ballot == "secret"
    session = review.attendance or {}
    presences, holders = session.get("seats", {}), session.get("holders", {})
    votes = tuple(
        Vote(
            one.seat,
            said.get(one.seat),
            1 if secret else one.weight,
            one.chair,
            one.partner,
            recused=one.seat in recused,
            presence=Presence(presences[one.seat]) if one.seat in presences else None,
            holder=by_proxy.get(one.seat) or holders.get(one.seat),
        )
        for one in electors
    )
    return Ballot(votes, rules, vacancies(body.seats, electors), second=session.get("second", False), recused=recused)


def _said(given: Sequence[Any], urn: Mapping[str, int] | None) -> dict[str, OpinionValue | None]:
    """What each seat said; in a secret ballot the votes in the urn, dealt out to those who voted in any order, since none of it is theirs."""
    votes = (OpinionValue(choice) for choice, count in (urn or {}).items() for _ in range(count))
    return {row.seat: next(votes, OpinionValue.ABSTENTION) if row.value == CONCEALED else OpinionValue(row.value) for row in given}


def electors_of(work: Work, review: Any) -> tuple[Elector, ...]:
    """The electorate as it was frozen; the release before froze only its codes, and is read with the seats as they are now."""
    if review.frozen is not None:
        return thaw(review.electorate, review.frozen, work.charter_of(review.charter_id).codes()["partners"])
    known = {seat.code: seat for seat in _SEATS_NOW.all(work.connection, convention_=work.convention, body_=review.body)}
    seats = [known[code] for code in review.electorate if code in known]
    return tuple(Elector(seat.code, seat.partner, seat.weight, seat.role == Role.CHAIR) for seat in seats)


def examining(work: Work, body: str, charter_id: int | None = None) -> tuple[Body, ReviewRules]:
    """A body and its rules, by the charter that a review was opened under; None: the one in force. Raises LookupError if it has no rules."""
    found = work.charter_of(charter_id).body(body)
    if found is None or found.rules is None:
        message = f"the body {body} has no rules"
        raise LookupError(message)
    return found, found.rules
