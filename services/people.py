"""Persons and dated seats in the database: imported from a table, exported to the same table, never touched by a charter."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from models.database import Database, undo
from models.errors import NotFound, Problem, Refused
from models.tables import Account, Feed, Person, Seat, SignIn, Token, table
from services.body_deadlines import keep_seat_ends
from services.bootstrap import App
from services.charter_store import rules_in_force, the_convention
from services.former_names import remember
from services.lookups import names_of_seats
from services.people_csv import parse_people, where_seats_stand, write_people
from services.people_fields import PersonRow, SeatRow, rival
from services.returns import forget_returns
from services.work import work_at

_ACCOUNT, _FEED, _PERSON, _SEAT = table(Account), table(Feed), table(Person), table(Seat)
_SIGN_IN, _TOKEN = table(SignIn), table(Token)


@dataclass(frozen=True, slots=True)
class ImportReport:
    """What an import did, or would do: codes of persons and seats by what happened to them."""

    created: tuple[str, ...]
    changed: tuple[str, ...]
    unchanged: int
    dry_run: bool


def import_people(db: Database, content: bytes, *, at: datetime, convention: str | None = None, dry_run: bool = False) -> ImportReport:
    """Add and update persons and seats from a table; what the table does not name stays as it is.

    Refuses every mistake at once by its line, and a seat that would pass to another person: a new holder gets a new seat, dated; nor does
    anybody vote twice in a body. ``at``: the real moment; links to a former address are void from then on.
    """
    with db.write() as connection:
        code = the_convention(connection, convention)
        rules = rules_in_force(connection, code)
        people = parse_people(content, rules.charter)
        if problems := list(_against_known(connection, code, people)):
            lines = where_seats_stand(content)
            raise Refused(*(replace(problem, where=lines[str(problem.params["seat"])]) for problem in problems))
        created: list[str] = []
        changed: list[str] = []
        unchanged = 0
        for label, outcome in _write_all(connection, code, people, at):
            if outcome == "unchanged":
                unchanged += 1
            else:
                (created if outcome == "created" else changed).append(label)
        keep_seat_ends(work_at(connection, rules, at))
        report = ImportReport(tuple(created), tuple(changed), unchanged, dry_run)
        if dry_run:
            undo(connection)
    return report


def _against_known(connection: sa.Connection, convention: str, people: Sequence[PersonRow]) -> Iterable[Problem]:
    """What agrees in the table itself but not with what it leaves alone: seats of others, second votes."""
    known = list_people(connection, convention)
    holders = {seat.code: person.code for person in known for seat in person.seats}
    named = {seat.code.upper() for person in people for seat in person.seats}
    left_alone = {person.code: [seat for seat in person.seats if seat.code not in named] for person in known}
    for person in people:
        for seat in person.seats:
            holder = holders.get(seat.code.upper(), person.code)
            if holder != person.code:
                yield Problem("people.seat_held_by_other", {"seat": seat.code.upper(), "holder": holder})
            elif (other := rival(seat, left_alone.get(person.code, ()))) is not None:
                yield second_vote(person.code, seat, other)


def second_vote(person: str, seat: SeatRow, other: SeatRow) -> Problem:
    """That somebody would vote twice in a body, as they hold the other seat already."""
    return Problem("people.seat_votes_twice", {"person": person, "seat": seat.code.upper(), "body": seat.body, "other": other.code})


def _write_all(connection: sa.Connection, convention: str, people: Iterable[PersonRow], at: datetime) -> Iterable[tuple[str, str]]:
    for person in people:
        own: dict[str, Any] = {"name": person.name, "email": person.email, "language": person.language}
        own |= {"channel": person.channel or None} if person.channel is not None else {}
        before = connection.execute(
            sa.select(_PERSON.c.name, _PERSON.c.email).where(_PERSON.c.convention == convention, _PERSON.c.code == person.code)
        ).first()
        person_id, outcome = _upsert(connection, _PERSON, convention, person.code, own)
        if before is not None and before.name != person.name:
            remember(connection, convention, before.name)
        if before is not None and before.email != person.email:
            forget_returns(connection, person_id)
            void_links(connection, person_id, at)
            forget_accounts(connection, person_id)
        yield person.code, outcome
        for seat in person.seats:
            values = {**asdict(seat), "person_id": person_id}
            del values["code"]
            yield seat.code.upper(), _upsert(connection, _SEAT, convention, seat.code.upper(), values)[1]


def _upsert(connection: sa.Connection, rows: sa.Table, convention: str, code: str, values: Mapping[str, Any]) -> tuple[int, str]:
    known = connection.execute(sa.select(rows).where(rows.c.convention == convention, rows.c.code == code)).mappings().first()
    if known is None:
        insert = rows.insert().values(convention=convention, code=code, **values).returning(rows.c.id)
        return connection.execute(insert).scalar_one(), "created"
    if all(known[name] == value for name, value in values.items()):
        return known["id"], "unchanged"
    connection.execute(rows.update().where(rows.c.id == known["id"]).values(**values))
    return known["id"], "changed"


def export_people(connection: sa.Connection, convention: str) -> str:
    """All persons and seats of a convention as the table that ``import_people`` reads."""
    return write_people(list_people(connection, convention))


def list_people(connection: sa.Connection, convention: str) -> list[PersonRow]:
    """All persons of a convention with their seats, by code."""
    seats: dict[int, list[SeatRow]] = {}
    for row in connection.execute(sa.select(_SEAT).where(_SEAT.c.convention == convention).order_by(_SEAT.c.code)):
        seat = SeatRow(row.code, row.body, row.role, row.partner, row.weight, row.starts_on, row.ends_on)
        seats.setdefault(row.person_id, []).append(seat)
    people = connection.execute(sa.select(_PERSON).where(_PERSON.c.convention == convention).order_by(_PERSON.c.code))
    return [PersonRow(row.code, row.name, row.email, row.language, tuple(seats.get(row.id, ())), row.channel or "") for row in people]


def people_names(app: App, convention: str, *, codes: Iterable[str | None] = (), at_most: int | None = None) -> list[tuple[str, str]]:
    """Code and name of these persons of a convention, by name; with ``at_most``, of all of them, or nobody where there are more."""
    query = sa.select(_PERSON.c.code, _PERSON.c.name).where(_PERSON.c.convention == convention).order_by(_PERSON.c.name)
    named = query.where(_PERSON.c.code.in_([code for code in codes if code]))
    query = named if at_most is None else query.limit(at_most + 1)
    with app.db.read() as connection:
        found = [(row.code, row.name) for row in connection.execute(query)]
    return [] if at_most is not None and len(found) > at_most else found


def void_links(connection: sa.Connection, person_id: int, at: datetime) -> None:
    """Make every link that was ever sent to a person void, end their sign-ins, and revoke the address of their calendar and their tokens."""
    connection.execute(_TOKEN.update().where(_TOKEN.c.person_id == person_id, _TOKEN.c.revoked_at.is_(None)).values(revoked_at=at))
    connection.execute(_FEED.update().where(_FEED.c.person_id == person_id, _FEED.c.revoked_at.is_(None)).values(revoked_at=at))
    connection.execute(_PERSON.update().where(_PERSON.c.id == person_id).values(links_from=at))
    connection.execute(_SIGN_IN.update().where(_SIGN_IN.c.person_id == person_id, _SIGN_IN.c.ended_at.is_(None)).values(ended_at=at))


def forget_accounts(connection: sa.Connection, person_id: int) -> None:
    """Link no account to a person any more: theirs were linked by an address that they do not have now."""
    connection.execute(_ACCOUNT.delete().where(_ACCOUNT.c.person_id == person_id))


def person_id_of(app: App, convention: str, code: str) -> int:
    """The id of a person by their code. Raises NotFound for an unknown one."""
    query = sa.select(_PERSON.c.id).where(_PERSON.c.convention == convention, _PERSON.c.code == code)
    with app.db.read() as connection:
        found: int | None = connection.execute(query).scalar()
    if found is None:
        raise NotFound(Problem("person_unknown", {"person": code, "near": "-"}))
    return found


def holders_of(app: App, convention: str, seats: Iterable[str]) -> dict[str, str]:
    """The name of whoever holds each of these seats, or held it: a seat never passes to somebody else."""
    with app.db.read() as connection:
        return names_of_seats(connection, convention, seats)
