"""Who takes no part in a review: asked while it is open, of the persons behind the seats; read from the review once it is closed."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date
from typing import Any, NamedTuple, Protocol

import sqlalchemy as sa

from models.charter import Charter
from models.conflicts import Cause, out, recused
from models.prepared import Prepared
from models.review.rules import CONCEALED, Role
from models.tables import Action, Conflict, Opinion, Review, Seat, table
from services.charter_store import charter_in_force, charter_version

_ACTION, _CONFLICT, _OPINION = table(Action), table(Conflict), table(Opinion)
_REVIEW, _SEAT = table(Review), table(Seat)
_SITTING = (Role.CHAIR, Role.MEMBER, Role.DEPUTY)
RECUSAL_COLUMNS = (
    *(
        _REVIEW.c[name]
        for name in ("id", "convention", "action_id", "body", "opened_on", "closed_on", "electorate", "charter_id", "recused", "attendance")
    ),
    sa.exists().where(_CONFLICT.c.action_id == _REVIEW.c.action_id, _CONFLICT.c.withdrawn_on.is_(None)).label("conflicted"),
)
"""Of a review, what has to be known to say who takes no part in it. ``conflicted``: whether anybody declared a conflict that stands."""
_ONE = Prepared(sa.select(*RECUSAL_COLUMNS).where(_REVIEW.c.id == sa.bindparam("review_")))
Persons = Mapping[int, Cause]
Seats = Mapping[str, Cause]


class Books(Protocol):
    """Where to look things up: a transaction at work, or a ``Reader``."""

    @property
    def connection(self) -> sa.Connection:
        """The connection."""

    def charter_of(self, charter_id: int | None) -> Charter:
        """The charter under which a review was opened."""


class Reader(NamedTuple):
    """Looks things up for a convention where nothing is at work."""

    connection: sa.Connection
    convention: str

    def charter_of(self, charter_id: int | None) -> Charter:
        """The charter under which a review was opened; the one in force for a review of the release before, which did not say."""
        return charter_in_force(self.connection, self.convention) if charter_id is None else charter_version(self.connection, charter_id)


def recusal(connection: sa.Connection, review_id: int) -> Any:
    """The row of a review with ``RECUSAL_COLUMNS``."""
    return _ONE.first(connection, review_=review_id)


def recused_seats(books: Books, review: Any) -> Seats:
    """The seats of a review that take no part, and why. ``review``: a row with ``RECUSAL_COLUMNS``."""
    return recused_in(books, [review])[review.id]


def recused_in(books: Books, reviews: Sequence[Any]) -> Mapping[int, Seats]:
    """The same of several reviews of one convention, by their ids: as many questions, however many there are.

    A vote that was cast in a secret ballot stands, and its seat with it: nobody can tell which of the votes would have to be taken back.
    """
    causes = persons_out(books, [review for review in reviews if review.closed_on is None])
    holders = _holders(books.connection, reviews, {person for persons in causes.values() for person in persons})
    cast = _cast_in_secret(books.connection, [review_id for review_id, persons in causes.items() if persons])
    return {
        review.id: recused((seat for seat in review.electorate if (review.id, seat) not in cast), holders, causes[review.id])
        if review.closed_on is None
        else {seat: Cause(cause) for seat, cause in (review.recused or {}).items()}
        for review in reviews
    }


def persons_out(books: Books, reviews: Sequence[Any]) -> Mapping[int, Persons]:
    """The persons who take no part in each of these reviews as things stand, whatever their seats, by the ids of the reviews.

    Who sits in the proposer's body is as on the day when the review was opened.
    """
    connection, rule = books.connection, _rules(books, reviews)
    declared = _declared(connection, {review.action_id for review in reviews if review.conflicted})
    proposers = _proposers(connection, {review.action_id for review in reviews if rule[review.id] is not Cause.DECLARED})
    bodies = {row.body for row in proposers.values()} if Cause.PROPOSERS_BODY in rule.values() else set()
    sitting = _sitting(connection, reviews[0].convention, bodies) if bodies else []
    return {
        review.id: _out(review, declared.get(review.action_id, ()), proposers.get(review.action_id), sitting, rule[review.id])
        for review in reviews
    }


def person_out(books: Books, review: Any, seat: str) -> Cause | None:
    """Why the person who holds a seat takes no part in a review, whatever the seat is; None if they do."""
    causes = persons_out(books, [review])[review.id]
    holders = _holders(books.connection, [review], causes)
    return causes[holders[seat]] if seat in holders else None


def _rules(books: Books, reviews: Sequence[Any]) -> Mapping[int, Cause]:
    """How far recusal goes in each review, by the charter that it was opened under; nobody has to go where its body has no rules."""
    charters = {charter_id: books.charter_of(charter_id) for charter_id in {review.charter_id for review in reviews}}
    bodies = {review.id: charters[review.charter_id].body(review.body) for review in reviews}
    return {n: body.rules.recused if body is not None and body.rules is not None else Cause.DECLARED for n, body in bodies.items()}


def _out(review: Any, declared: Iterable[int], proposer: Any, sitting: Iterable[Any], rule: Cause) -> Persons:
    if proposer is None:
        return out(declared, None, (), rule)
    own = proposer.body == review.body
    colleagues = [seat.person_id for seat in sitting if seat.body == proposer.body and not own and _held(seat, review.opened_on)]
    return out(declared, proposer.person_id, colleagues, rule)


def _held(seat: Any, day: date) -> bool:
    return bool(seat.starts_on <= day and (seat.ends_on is None or seat.ends_on >= day))


def _cast_in_secret(connection: sa.Connection, reviews: Collection[int]) -> set[tuple[int, str]]:
    """The votes of secret ballots, by review and seat."""
    if not reviews:
        return set()
    mine = _OPINION.c.review_id.in_(reviews) & (_OPINION.c.value == CONCEALED) & ~_OPINION.c.superseded
    return {(row.review_id, row.seat) for row in connection.execute(sa.select(_OPINION.c.review_id, _OPINION.c.seat).where(mine))}


def _declared(connection: sa.Connection, actions: set[int]) -> Mapping[int, list[int]]:
    """Who declared a conflict that stands, by action."""
    if not actions:
        return {}
    query = (
        sa.select(_CONFLICT.c.action_id, _SEAT.c.person_id)
        .join(_ACTION, _ACTION.c.id == _CONFLICT.c.action_id)
        .join(_SEAT, (_SEAT.c.code == _CONFLICT.c.seat) & (_SEAT.c.convention == _ACTION.c.convention))
        .where(_CONFLICT.c.action_id.in_(actions), _CONFLICT.c.withdrawn_on.is_(None))
    )
    found: dict[int, list[int]] = {}
    for row in connection.execute(query):
        found.setdefault(row.action_id, []).append(row.person_id)
    return found


def _proposers(connection: sa.Connection, actions: set[int]) -> Mapping[int, Any]:
    """The person who proposed each action and the body in which they did; none where the system did."""
    if not actions:
        return {}
    query = (
        sa.select(_ACTION.c.id, _SEAT.c.person_id, _SEAT.c.body)
        .join(_SEAT, (_SEAT.c.code == _ACTION.c.proposer_seat) & (_SEAT.c.convention == _ACTION.c.convention))
        .where(_ACTION.c.id.in_(actions))
    )
    return {row.id: row for row in connection.execute(query)}


def _sitting(connection: sa.Connection, convention: str, bodies: set[str]) -> Sequence[Any]:
    columns = (_SEAT.c.body, _SEAT.c.person_id, _SEAT.c.starts_on, _SEAT.c.ends_on)
    mine = (_SEAT.c.convention == convention) & _SEAT.c.body.in_(bodies) & _SEAT.c.role.in_(_SITTING)
    return connection.execute(sa.select(*columns).where(mine)).all()


def _holders(connection: sa.Connection, reviews: Sequence[Any], persons: Iterable[int]) -> Mapping[str, int]:
    """The seats of these persons."""
    known = list(persons)
    if not known:
        return {}
    mine = (_SEAT.c.convention == reviews[0].convention) & _SEAT.c.person_id.in_(known)
    return {row.code: row.person_id for row in connection.execute(sa.select(_SEAT.c.code, _SEAT.c.person_id).where(mine))}
