"""The opinions that people owe: for their own seats, for absent members whom they stand in for, by proxies that they hold. One rule for one person and for many."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date
from typing import Any, Protocol

import sqlalchemy as sa

from models.meetings.rules import away
from models.tables import Action, Conflict, Opinion, Review, Seat, table
from services.holding import represented_by_each, represented_in
from services.lookups import ANSWERED, VOTING_ROLES
from services.recusals import RECUSAL_COLUMNS, persons_out, recused_in
from services.standing_in import DEPUTY, Standing, standing_in
from services.visitors import SeatHeld
from services.work import Work

_ACTION, _CONFLICT, _OPINION = table(Action), table(Conflict), table(Opinion)
_REVIEW, _SEAT = table(Review), table(Seat)
_TITLE = _ACTION.c.sheet["title"].as_string().label("title")
Row = Mapping[Any, Any]


class Sitter(Protocol):
    """A person of a convention, with the seats of today."""

    @property
    def person_id(self) -> int:
        """Who it is."""

    @property
    def convention(self) -> str:
        """Where they sit."""

    @property
    def seats(self) -> Sequence[SeatHeld]:
        """Where they sit today."""


def answering_for(connection: sa.Connection, sitter: Sitter, today: date) -> set[str]:
    """The voting seats that somebody holds, and those of absent members for whom they stand in."""
    deputy = any(seat.role == DEPUTY for seat in sitter.seats)
    return _answering(sitter, standing_in(connection, sitter.convention, today) if deputy else ())


def owed_by(books: Work, sitter: Sitter, seats: Collection[str], *, at_most: int | None = None) -> list[Row]:
    """Open reviews in which one of these seats is asked and has not answered, and somebody may answer; the most urgent first.

    Each with those ``seats``, also of whoever gave them a proxy.
    """
    if not seats:
        return []
    held = represented_in(books.connection, sitter.person_id, books.today)
    wanted = sa.or_(*map(_unanswered, sorted(seats)), _REVIEW.c.id.in_(held))
    query = _asked_in(sitter.convention, {seat.body for seat in sitter.seats}).where(wanted, ~_in_conflict(sitter)).limit(at_most)
    return _Asked(books, books.connection.execute(query).all()).of(sitter, seats, held)


def owed_by_each(books: Work, sitters: Iterable[Sitter], until: date) -> Mapping[int, list[Row]]:
    """What each of these persons owes by a day, by who they are, as ``owed_by`` says it: the same few questions, however many they are."""
    asking = [sitter for sitter in sitters if sitter.seats]
    bodies = {seat.body for sitter in asking for seat in sitter.seats}
    query = _asked_in(books.convention, bodies).where(_REVIEW.c.due_on <= until)
    rows = books.connection.execute(query).all() if bodies else []
    if not rows:
        return {}
    asked, pairs = _Asked(books, rows), standing_in(books.connection, books.convention, books.today)
    held = represented_by_each(books.connection, [sitter.person_id for sitter in asking], books.today)
    answering = [(sitter, _answering(sitter, pairs)) for sitter in asking]
    return {sitter.person_id: asked.of(sitter, seats, held.get(sitter.person_id, {})) for sitter, seats in answering if seats}


class _Asked:
    """Open reviews, with who has still to answer in each."""

    def __init__(self, books: Work, rows: Sequence[Any]) -> None:
        persons, out = (persons_out(books, rows), recused_in(books, rows)) if rows else ({}, {})
        self._reviews = [(row, persons[row.id], _awaited(row, out[row.id])) for row in rows]

    def of(self, sitter: Sitter, seats: Collection[str], held: Mapping[int, Collection[str]]) -> list[Row]:
        """Those in which a person has to answer, with the seats for which they do."""
        bodies = {seat.body for seat in sitter.seats}
        found: list[Row] = []
        for row, persons, awaited in self._reviews:
            asked = awaited & {*seats, *held.get(row.id, ())}
            if asked and row.body in bodies and sitter.person_id not in persons:
                found.append({**row._asdict(), "seats": sorted(asked)})
        return found


def _answering(sitter: Sitter, pairs: Iterable[Standing]) -> set[str]:
    own = {seat.code for seat in sitter.seats}
    voting = {seat.code for seat in sitter.seats if seat.role in VOTING_ROLES}
    return voting | {pair.voter for pair in pairs if pair.deputy in own}


def _asked_in(convention: str, bodies: Collection[str]) -> sa.Select[Any]:
    """The open reviews of these bodies, the most urgent first."""
    return (
        sa.select(_ACTION.c.number, _TITLE, *RECUSAL_COLUMNS, _REVIEW.c.round, _REVIEW.c.due_on, ANSWERED.label("given"))
        .join(_ACTION, _ACTION.c.id == _REVIEW.c.action_id)
        .where(_REVIEW.c.convention == convention, _REVIEW.c.closed_on.is_(None), _REVIEW.c.body.in_(bodies))
        .order_by(_REVIEW.c.due_on, _REVIEW.c.id)
    )


def _awaited(review: Any, out: Collection[str]) -> frozenset[str]:
    """The seats of a review that take part, attend where it is examined in a meeting, and have not answered."""
    return frozenset(review.electorate).difference((review.given or "").split(","), away(review.attendance), out)


def _in_conflict(sitter: Sitter) -> sa.ColumnElement[bool]:
    """Whether somebody has declared a conflict of interest about an action."""
    theirs = sa.select(_SEAT.c.code).where(_SEAT.c.convention == sitter.convention, _SEAT.c.person_id == sitter.person_id)
    stands = (_CONFLICT.c.action_id == _REVIEW.c.action_id) & _CONFLICT.c.withdrawn_on.is_(None)
    return sa.exists().where(stands, _CONFLICT.c.seat.in_(theirs))


def _unanswered(seat: str) -> sa.ColumnElement[bool]:
    given = sa.exists().where(_OPINION.c.review_id == _REVIEW.c.id, _OPINION.c.seat == seat, ~_OPINION.c.superseded)
    return sa.cast(_REVIEW.c.electorate, sa.String).like(f'%"{seat}"%') & ~given
