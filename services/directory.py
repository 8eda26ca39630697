"""Who is who: persons found by name, address, code or seat, and one person in full. The same few questions, however many there are."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa

from models.errors import NotFound, Problem
from models.folding import folded
from models.tables import Absence, Person, Seat, table
from services.absences import deputies_for
from services.bootstrap import App
from services.erasure import ERASED
from services.returns import dead_address_of
from services.work import Work, open_work

_ABSENCE, _PERSON, _SEAT = table(Absence), table(Person), table(Seat)
PAGE = 50
Row = Mapping[Any, Any]


@dataclass(frozen=True, slots=True)
class Searched:
    """Who is looked for: by words, and by a body in which they sit now or later. ``page`` counts from 1."""

    words: str = ""
    body: str = ""
    page: int = 1


@dataclass(frozen=True, slots=True)
class Listed:
    """A person with the seats of now and later; ``away_until``: the last day of an absence that lasts."""

    row: Row
    seats: Sequence[Row]
    away_until: date | None


@dataclass(frozen=True, slots=True)
class FoundPeople:
    """One page of persons, and how many there are in all."""

    people: Sequence[Listed]
    total: int
    page: int
    today: date

    @property
    def pages(self) -> int:
        """How many pages there are, at least one."""
        return max(-(-self.total // PAGE), 1)


@dataclass(frozen=True, slots=True)
class Shown:
    """One person in full. ``seats`` and ``absences``: the latest first. ``deputies``: seats that may answer for them, with their holder.

    ``refused_since``: from when nothing is sent to their address any more, because it refuses mails.
    """

    row: Row
    seats: Sequence[Row]
    absences: Sequence[Row]
    deputies: Sequence[Row]
    today: date
    refused_since: datetime | None

    @property
    def erased(self) -> bool:
        """Whether nothing but the seats is left of them."""
        return bool(self.row["email"] == ERASED)

    def phase(self, row: Row) -> str:
        """Whether a seat or an absence is past, present or to come."""
        if row["starts_on"] > self.today:
            return "to_come"
        return "past" if row["ends_on"] is not None and row["ends_on"] < self.today else "present"


def find_people(app: App, convention: str, searched: Searched) -> FoundPeople:
    """Look for persons, by name: accents and capitals do not matter."""
    with app.db.read() as connection:
        work = open_work(app, connection, convention)
        ids = _matching(work, searched)
        page = min(max(searched.page, 1), max(-(-len(ids) // PAGE), 1))
        shown = ids[(page - 1) * PAGE : page * PAGE]
        people = {row["id"]: row for row in connection.execute(sa.select(_PERSON).where(_PERSON.c.id.in_(shown))).mappings()}
        seats = _grouped(
            connection.execute(sa.select(_SEAT).where(_SEAT.c.person_id.in_(shown), _lasting(work)).order_by(_SEAT.c.code)).mappings()
        )
        now = (_ABSENCE.c.starts_on <= work.today) & (_ABSENCE.c.ends_on >= work.today) & _ABSENCE.c.person_id.in_(shown)
        away = _grouped(connection.execute(sa.select(_ABSENCE).where(now)).mappings())
    listed = [Listed(people[n], seats.get(n, ()), max((row["ends_on"] for row in away.get(n, ())), default=None)) for n in shown]
    return FoundPeople(listed, len(ids), page, work.today)


def show_person(app: App, convention: str, code: str) -> Shown:
    """One person in full. Raises NotFound for an unknown one."""
    with app.db.read() as connection:
        work = open_work(app, connection, convention)
        row = connection.execute(sa.select(_PERSON).where(_PERSON.c.convention == convention, _PERSON.c.code == code)).mappings().first()
        if row is None:
            raise NotFound(Problem("person_unknown", {"person": code, "near": "-"}))
        mine = sa.select(_SEAT).where(_SEAT.c.person_id == row["id"]).order_by(_SEAT.c.starts_on.desc(), _SEAT.c.code)
        away = sa.select(_ABSENCE).where(_ABSENCE.c.person_id == row["id"]).order_by(_ABSENCE.c.starts_on.desc(), _ABSENCE.c.id)
        seats, absences = connection.execute(mine).mappings().all(), connection.execute(away).mappings().all()
        named = {absence["deputy_id"] for absence in absences}
        known = sa.select(_SEAT.c.id, _SEAT.c.code, _PERSON.c.name).join(_PERSON, _PERSON.c.id == _SEAT.c.person_id)
        able = {seat["id"]: seat for seat in deputies_for(work, row["id"])}
        dead = dead_address_of(connection, row["id"])
        holders = {seat["id"]: seat for seat in connection.execute(known.where(_SEAT.c.id.in_({*named, *able} - {None}))).mappings()}
    told = [{**absence, "deputy": holders.get(absence["deputy_id"])} for absence in absences]
    deputies = [{**seat, "name": holders[n]["name"]} for n, seat in able.items()]
    return Shown(row, seats, told, deputies, work.today, dead["suppressed_at"] if dead is not None else None)


def _matching(work: Work, searched: Searched) -> list[int]:
    """The ids of whoever is looked for, by name."""
    query = sa.select(_PERSON.c.id, _PERSON.c.name, _PERSON.c.email, _PERSON.c.code).where(_PERSON.c.convention == work.convention)
    if searched.body:
        query = query.where(_PERSON.c.id.in_(sa.select(_SEAT.c.person_id).where(_SEAT.c.body == searched.body, _lasting(work))))
    found = [(folded(row.name), row) for row in work.connection.execute(query)]
    words = folded(searched.words.strip())
    if words:
        coded = sa.select(_SEAT.c.person_id).where(_SEAT.c.convention == work.convention, sa.func.lower(_SEAT.c.code) == words)
        seated = set(work.connection.execute(coded).scalars())
        found = [(name, row) for name, row in found if row.id in seated or words in name or words in row.code or words in row.email.lower()]
    return [row.id for _, row in sorted(found, key=lambda pair: (pair[0], pair[1].code))]


def _lasting(work: Work) -> sa.ColumnElement[bool]:
    return sa.and_(_SEAT.c.convention == work.convention, sa.or_(_SEAT.c.ends_on.is_(None), _SEAT.c.ends_on >= work.today))


def _grouped(rows: Iterable[Row]) -> dict[int, list[Row]]:
    groups: dict[int, list[Row]] = {}
    for row in rows:
        groups.setdefault(row["person_id"], []).append(row)
    return groups
