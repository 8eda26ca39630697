"""Persons and seats edited one at a time, by the rules of the table. Whoever saw an older state is told so; asked twice, done once."""

import hashlib
import json
from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any, ParamSpec, TypeVar

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from models.errors import Conflict, NotFound, Problem, Refused
from models.tables import Person, Seat, table
from services.body_deadlines import keep_seat_ends
from services.bootstrap import App
from services.erasure import ERASED
from services.former_names import remember
from services.people import forget_accounts, second_vote, void_links
from services.people_fields import Line, SeatRow, check_order, read_person, read_seat, rival
from services.returns import forget_returns
from services.work import Work, open_work

_PERSON, _SEAT = table(Person), table(Seat)
PERSON = ("name", "email", "language")
SEAT = ("body", "role", "partner", "weight", "starts_on", "ends_on")
"""What may change of a person, and of a seat that has not begun."""
Given = Mapping[str, str]
"""What a form sent, by field."""
Row = Mapping[Any, Any]
_P = ParamSpec("_P")
_R = TypeVar("_R")


def seen_of(row: Row) -> str:
    """What a form carries of the row that it shows: a change in between makes it another."""
    text = json.dumps([str(row[name]) for name in sorted(row.keys() - {"links_from"})])
    return hashlib.sha256(text.encode()).hexdigest()[:20]


def once_more(command: Callable[_P, _R]) -> Callable[_P, _R]:
    """Where somebody wrote the same row in the same moment (on PostgreSQL), look again."""

    @wraps(command)
    def carried_out(*args: _P.args, **kwargs: _P.kwargs) -> _R:
        try:
            return command(*args, **kwargs)
        except IntegrityError:
            return command(*args, **kwargs)

    return carried_out


@once_more
def create_person(app: App, convention: str, given: Given) -> str:
    """Add a person; returns their code. Refuses every mistake by its field, and a code that is somebody's already."""
    with app.db.write() as connection:
        work = open_work(app, connection, convention)
        line = Line(0, given)
        person = read_person(line, work.charter)
        values = {name: getattr(person, name) for name in PERSON}
        known = (
            connection.execute(sa.select(_PERSON).where(_PERSON.c.convention == convention, _PERSON.c.code == person.code))
            .mappings()
            .first()
        )
        if known is not None and any(known[name] != value for name, value in values.items()):
            line.refuse("person", "person_taken", person=person.code, name=known["name"])
        Refused.unless_empty(line.problems)
        if known is None:
            connection.execute(_PERSON.insert().values(convention=convention, code=person.code, **values))
    return person.code


def change_person(app: App, convention: str, code: str, given: Given, seen: str) -> None:
    """Change a person's name, address or language. Links to a former address are void, and end with it."""
    with app.db.write() as connection:
        work = open_work(app, connection, convention)
        known = person_row(connection, convention, code)
        line = Line(0, {**given, "person": code})
        person = read_person(line, work.charter)
        Refused.unless_empty(line.problems)
        changed = change(connection, _PERSON, known, {name: getattr(person, name) for name in PERSON}, seen)
        if changed and person.name != known["name"]:
            remember(connection, convention, known["name"])
        if changed and person.email != known["email"]:
            void_links(connection, known["id"], work.wall)
            forget_accounts(connection, known["id"])
            forget_returns(connection, known["id"])


@once_more
def create_seat(app: App, convention: str, person: str, given: Given) -> str:
    """Give somebody a seat; returns its code. Refuses one that is taken, by whomever: a seat never passes to another person."""
    with app.db.write() as connection:
        work = open_work(app, connection, convention)
        holder = person_row(connection, convention, person)
        line = Line(0, given)
        seat = read_seat(line, work.charter)
        code = seat.code.upper()
        values = {name: getattr(seat, name) for name in SEAT}
        known = _seat_row(connection, convention, code)
        if known is not None and known["person_id"] != holder["id"]:
            query = sa.select(_PERSON.c.code).where(_PERSON.c.id == known["person_id"])
            line.refuse("seat", "seat_held_by_other", seat=code, holder=connection.execute(query).scalar_one())
        elif known is not None and any(known[name] != value for name, value in values.items()):
            line.refuse("seat", "seat_taken", seat=code)
        _check_votes(connection, line, holder, code, seat)
        Refused.unless_empty(line.problems)
        if known is None:
            connection.execute(_SEAT.insert().values(convention=convention, code=code, person_id=holder["id"], **values))
            keep_seat_ends(work)
    return code


def change_seat(app: App, convention: str, person: str, code: str, given: Given, seen: str) -> None:
    """Correct a seat that has not begun; of one that has, only its last day may change: none, for one that goes on."""
    with app.db.write() as connection:
        work = open_work(app, connection, convention)
        holder = person_row(connection, convention, person)
        known = _seat_row(connection, convention, code.upper())
        if known is None or known["person_id"] != holder["id"]:
            raise NotFound(Problem("seat_unknown", {"seat": code, "near": "-"}))
        line = Line(0, {**given, "seat": known["code"]})
        seat = _last_day(line, known) if has_begun(work, known) else read_seat(line, work.charter)
        _check_votes(connection, line, holder, known["code"], seat)
        Refused.unless_empty(line.problems)
        if change(connection, _SEAT, known, {name: getattr(seat, name) for name in SEAT}, seen):
            keep_seat_ends(work)


def has_begun(work: Work, row: Row) -> bool:
    """Whether a seat or an absence has begun."""
    return bool(row["starts_on"] <= work.today)


def person_row(connection: sa.Connection, convention: str, code: str) -> Row:
    """A person, held: until this transaction ends nobody else changes them, their seats or absences.

    Raises NotFound for an unknown one; refuses one who was erased.
    """
    mine = (_PERSON.c.convention == convention) & (_PERSON.c.code == code)
    # Who writes to them meanwhile (a foreign key) need not wait, nor be waited for.
    found = connection.execute(sa.select(_PERSON).where(mine).with_for_update(key_share=True)).mappings().first()
    if found is None:
        raise NotFound(Problem("person_unknown", {"person": code, "near": "-"}))
    if found["email"] == ERASED:
        raise Refused.because("person_erased")
    return found


def change(connection: sa.Connection, rows: sa.Table, known: Row, values: Mapping[str, Any], seen: str) -> bool:
    """Change a row, and say whether it was another before. Raises Conflict if it is no longer what the asker saw."""
    if all(known[name] == value for name, value in values.items()):
        return False
    if seen != seen_of(known):
        raise Conflict(Problem("people.changed_meanwhile"))
    connection.execute(rows.update().where(rows.c.id == known["id"]).values(**values))
    return True


def _seat_row(connection: sa.Connection, convention: str, code: str) -> Row | None:
    return connection.execute(sa.select(_SEAT).where(_SEAT.c.convention == convention, _SEAT.c.code == code)).mappings().first()


def _last_day(line: Line, known: Row) -> SeatRow:
    """A seat as it is, but for its last day."""
    ends_on = line.day("ends_on") if line.cells["ends_on"] else None
    check_order(line, known["starts_on"], ends_on)
    return SeatRow(**{name: known[name] for name in ("code", *SEAT)} | {"ends_on": ends_on})


def _check_votes(connection: sa.Connection, line: Line, holder: Row, code: str, seat: SeatRow) -> None:
    """Nobody votes twice in a body."""
    if line.problems:
        return
    held = connection.execute(sa.select(_SEAT.c.code, *(_SEAT.c[name] for name in SEAT)).where(_SEAT.c.person_id == holder["id"]))
    other = rival(seat, [SeatRow(*row) for row in held if row.code != code])
    if other is not None:
        problem = second_vote(holder["code"], seat, other)
        line.problems.append(Problem(problem.code, problem.params, "starts_on" if "starts_on" in line.cells else "ends_on"))
