"""Finding an action or a seat by what people call it, with near matches when there is none; who sits where on a day."""

from collections.abc import Iterable
from datetime import date
from difflib import get_close_matches
from functools import lru_cache
from typing import Any

import sqlalchemy as sa

from models.charter import BodyKind
from models.errors import NotFound, Problem
from models.facts import SuccessorFacts
from models.journeys import Question
from models.lifecycle import State
from models.prepared import Prepared, PreparedAmong, among
from models.review.electorate import Elector
from models.review.rules import Role
from models.tables import Action, Opinion, Person, Review, Seat, table
from services.readers import OPERATOR, Reader, may_read, visible_to
from services.recusals import RECUSAL_COLUMNS
from services.work import Work

_ACTION, _SEAT, _PERSON, _REVIEW, _OPINION = table(Action), table(Seat), table(Person), table(Review), table(Opinion)
VOTING_ROLES = ("chair", "member")
_NEAR_AMONG = 1_000
"""So many of the newest actions are compared with a number that is not known: nobody waits for a comparison with a million."""

_MINE = (_ACTION.c.convention == sa.bindparam("convention_")) & (_ACTION.c.number == sa.bindparam("number_"))
_FIND_ACTION = Prepared(sa.select(_ACTION).where(_MINE))
_STANDING = sa.select(
    *(_ACTION.c[name] for name in ("id", "convention", "number", "state", "version", "proposer_seat", "head", "sealed", "superseded_by"))
).where(_MINE)
_LOOK_AT_ACTION, _HOLD_ACTION = Prepared(_STANDING), Prepared(_STANDING.with_for_update())
_FIND_SEAT = Prepared(
    sa.select(_SEAT.c.code, _SEAT.c.body, _SEAT.c.role, _SEAT.c.starts_on, _SEAT.c.ends_on, _PERSON.c.code.label("person"))
    .join(_PERSON, _PERSON.c.id == _SEAT.c.person_id)
    .where(_SEAT.c.convention == sa.bindparam("convention_"), _SEAT.c.code == sa.bindparam("code_"))
)
_VERSION = Prepared(sa.select(_ACTION.c.version).where(_MINE))
ANSWERED = (
    sa.select(sa.func.aggregate_strings(_OPINION.c.seat, ","))
    .where(_OPINION.c.review_id == _REVIEW.c.id, ~_OPINION.c.superseded)
    .scalar_subquery()
)
"""Who has answered in a review, in one cell."""
REVIEW_COLUMNS = (
    *RECUSAL_COLUMNS,
    *(_REVIEW.c[name] for name in ("round", "due_on")),
    ANSWERED.label("answered"),
)
"""A review with who has answered, in one cell."""
_LATEST = Prepared(
    sa.select(*REVIEW_COLUMNS)
    .join(_ACTION, _ACTION.c.id == _REVIEW.c.action_id)
    .where(_MINE, _REVIEW.c.body == sa.bindparam("body_"))
    .order_by(_REVIEW.c.round.desc())
    .limit(sa.literal_column("1"))
)


def most_urgent(bodies: int, at_most: int) -> sa.ColumnElement[bool]:
    """That a review is among so many most urgent open ones of each of so many bodies: only these are read, however many there are.

    Bound by name: ``convention_``, and the bodies by ``named_bodies``.
    """
    return _REVIEW.c.id.in_(sa.union_all(*(_most_urgent(n, at_most) for n in range(bodies))))


def _most_urgent(n: int, at_most: int) -> sa.Select[tuple[int]]:
    here = (_REVIEW.c.convention == sa.bindparam("convention_")) & (_REVIEW.c.body == sa.bindparam(f"body_{n}_"))
    most: sa.ColumnElement[int] = sa.literal_column(str(at_most))
    found = (
        sa.select(_REVIEW.c.id).where(here, _REVIEW.c.closed_on.is_(None)).order_by(_REVIEW.c.due_on, _REVIEW.c.id).limit(most).subquery()
    )
    return sa.select(found.c.id)


def named_bodies(bodies: Iterable[str]) -> dict[str, str]:
    """The codes of bodies by the names that ``most_urgent`` binds."""
    return {f"body_{n}_": body for n, body in enumerate(bodies)}


def find_action(work: Work, number: str, reader: Reader | None = None) -> Any:
    """The row of an action by its number, whatever its case. Raises NotFound with near matches, also where ``reader`` may not read it."""
    row = _FIND_ACTION.first(work.connection, convention_=work.convention, number_=number.strip().upper())
    if row is None or (reader is not None and not may_read(row, reader)):
        raise no_action(work, number, reader or OPERATOR)
    return row


def no_action(work: Work, number: str, reader: Reader) -> NotFound:
    """That there is no such action, with near matches among the newest that somebody may read."""
    mine = (_ACTION.c.convention == work.convention) & visible_to(reader)
    newest = sa.select(_ACTION.c.number).where(mine).order_by(_ACTION.c.id.desc()).limit(_NEAR_AMONG)
    known = work.connection.execute(newest).scalars().all()
    near = get_close_matches(number.strip().upper(), known, n=3, cutoff=0.5)
    return NotFound(Problem("action_unknown", {"number": number.strip(), "near": ", ".join(near) or "-"}))


def successor_of(work: Work, number: str, reader: Reader) -> SuccessorFacts | None:
    """An action that is to take another's place, with those that it gives way to itself, one after the other; None if the reader knows none."""
    row = _FIND_ACTION.first(work.connection, convention_=work.convention, number_=number)
    if row is None or not may_read(row, reader):
        return None
    chain, following = list[str](), row.superseded_by
    while following is not None and following not in chain:
        chain.append(following)
        following = _FIND_ACTION.first(work.connection, convention_=work.convention, number_=following).superseded_by
    return SuccessorFacts(row.number, State(row.state), tuple(chain))


def look_at_action(convention: str, number: str) -> Question:
    """Asks for what the door needs of an action."""
    return _LOOK_AT_ACTION, {"convention_": convention, "number_": number}


def hold_action(convention: str, number: str) -> Question:
    """The same; until this transaction ends nobody else changes the action, and whoever is at it finishes first.

    (On PostgreSQL; on SQLite writers stand in line anyway.)
    """
    return _HOLD_ACTION, {"convention_": convention, "number_": number}


def see_version(convention: str, number: str) -> Question:
    """Asks for the version of an action without waiting for whoever is changing it."""
    return _VERSION, {"convention_": convention, "number_": number}


def look_up_review(convention: str, number: str, body: str) -> Question:
    """Asks for the last round of a body's review of an action, with who has answered."""
    return _LATEST, {"convention_": convention, "number_": number, "body_": body}


def ask(work: Work, question: Question) -> Any:
    """The first row of an answer, or None."""
    statement, values = question
    return statement.first(work.connection, **values)


def look_up_seat(convention: str, code: str) -> Question:
    """Asks for a seat, with its person's code."""
    return _FIND_SEAT, {"convention_": convention, "code_": code.strip().upper()}


def seat_in_office(work: Work, code: str, row: Any) -> Any:
    """The seat that was looked up. Raises NotFound with near matches, or says that the seat is not held today."""
    if row is None:
        near = get_close_matches(code.strip().upper(), list(codes(work, _SEAT)), n=3, cutoff=0.4)
        raise NotFound(Problem("seat_unknown", {"seat": code.strip(), "near": ", ".join(near) or "-"}))
    if not (row.starts_on <= work.today and (row.ends_on is None or row.ends_on >= work.today)):
        raise NotFound(Problem("seat_not_in_office", {"seat": row.code, "day": work.today.isoformat()}))
    return row


def codes(work: Work, rows: sa.Table) -> Iterable[str]:
    """The codes of every row of the convention."""
    return [row.code for row in _codes_of(rows).all(work.connection, convention_=work.convention)]


@lru_cache
def _codes_of(rows: sa.Table) -> Prepared:
    return Prepared(sa.select(rows.c.code).where(rows.c.convention == sa.bindparam("convention_")))


def in_office(day: Any) -> sa.ColumnElement[bool]:
    """Seats held on a day."""
    return sa.and_(_SEAT.c.starts_on <= day, sa.or_(_SEAT.c.ends_on.is_(None), _SEAT.c.ends_on >= day))


_VOTES = (_SEAT.c.convention == sa.bindparam("convention_")) & among(_SEAT.c.role, VOTING_ROLES)
_DAY: sa.BindParameter[date] = sa.bindparam("day_", type_=_SEAT.c.starts_on.type)
_VOTERS = Prepared(
    sa.select(_SEAT.c.code, _SEAT.c.partner, _SEAT.c.weight, _SEAT.c.role)
    .where(_VOTES, in_office(_DAY), _SEAT.c.body == sa.bindparam("body_"))
    .order_by(_SEAT.c.code)
)
_SEATED = Prepared(sa.select(_SEAT.c.body).where(_VOTES, in_office(_DAY)).distinct())


def voting_seats(work: Work, body: str, day: date) -> list[Elector]:
    """The electorate of a body on a day: its voting seats, in the order of their codes."""
    rows = _VOTERS.all(work.connection, convention_=work.convention, body_=body, day_=day)
    return [Elector(row.code, row.partner, row.weight, row.role == Role.CHAIR) for row in rows]


def seated_bodies(work: Work) -> frozenset[str]:
    """The bodies that have a voting seat today."""
    return frozenset(row.body for row in _SEATED.all(work.connection, convention_=work.convention, day_=work.today))


def names_of_seats(connection: sa.Connection, convention: str, seats: Iterable[str]) -> dict[str, str]:
    """The name of whoever holds each of these seats, or held it: a seat never passes to somebody else."""
    return {row.code: row.name for row in _HOLDERS.all(connection, seats, convention_=convention)}


_HOLDERS = PreparedAmong(
    sa.select(_SEAT.c.code, _PERSON.c.name)
    .join(_PERSON, _PERSON.c.id == _SEAT.c.person_id)
    .where(_SEAT.c.convention == sa.bindparam("convention_")),
    _SEAT.c.code,
)


def serves(work: Work, secretariat: str, body: str | None) -> bool:
    """A secretary serves the own body; the technical committee's also serves the thematic groups, which may have none."""
    if secretariat == body:
        return True
    concerned = work.charter.body(body) if body else None
    own = work.charter.body(secretariat)
    return concerned is not None and own is not None and concerned.kind is BodyKind.THEMATIC and own.kind is BodyKind.TECHNICAL
