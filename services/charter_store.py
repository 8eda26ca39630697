"""Charters in the database: every version is kept, the newest of a convention is in force."""

from datetime import timedelta
from functools import lru_cache
from typing import Any, NamedTuple

import sqlalchemy as sa

from models.charter import Charter
from models.errors import NotFound, Problem, Refused
from models.journeys import Question
from models.prepared import Prepared
from models.tables import Action, CharterVersion, Home, Person, Request, Review, Seat, table

_CHARTER, _ACTION, _SEAT, _REVIEW, _PERSON = table(CharterVersion), table(Action), table(Seat), table(Review), table(Person)
_HOME = table(Home)


def conventions(connection: sa.Connection) -> list[str]:
    """The codes of the conventions loaded here."""
    return [row.convention for row in _CONVENTIONS.all(connection)]


_CONVENTIONS = Prepared(sa.select(_CHARTER.c.convention).distinct().order_by(_CHARTER.c.convention))


def the_convention(connection: sa.Connection, asked: str | None = None) -> str:
    """The convention asked for, or the only one. Refuses an unknown one, none, or a choice that was not made."""
    known = conventions(connection)
    if asked is not None and asked not in known:
        raise NotFound(Problem("convention_unknown", {"convention": asked, "known": ", ".join(known) or "-"}))
    if asked is None and len(known) != 1:
        raise Refused.because("convention_needed" if known else "convention_none", known=", ".join(known) or "-")
    return asked or known[0]


def charter_in_force(connection: sa.Connection, convention: str) -> Charter:
    """The newest charter of a convention. Raises NotFound for an unknown convention."""
    return rules_in_force(connection, convention).charter


class InForce(NamedTuple):
    """A charter with the id of its version, and by how much the home's clock runs ahead."""

    charter: Charter
    id: int
    ahead: timedelta


_RULES = Prepared(
    sa.select(_CHARTER.c.id, _CHARTER.c.digest, _HOME.c.clock_offset_seconds, sa.exists(sa.select(table(Request))).label("older_keys"))
    .outerjoin(_HOME, _HOME.c.id == 1)
    .where(_CHARTER.c.convention == sa.bindparam("convention_"))
    .order_by(_CHARTER.c.id.desc())
    .limit(sa.literal_column("1"))
)


def rules_in_force(connection: sa.Connection, convention: str) -> InForce:
    """The newest charter of a convention, and by how much the home's clock runs ahead. Raises NotFound for an unknown convention."""
    return read_rules(connection, convention, _RULES.first(connection, convention_=convention))


def look_up_rules(convention: str) -> Question:
    """Asks for the rules in force, and whether the release before answered requests here."""
    return _RULES, {"convention_": convention}


def read_rules(connection: sa.Connection, convention: str, row: Any) -> InForce:
    """The rules that were looked up; see ``rules_in_force``."""
    if row is None:
        raise NotFound(Problem("convention_unknown", {"convention": convention, "known": ", ".join(conventions(connection)) or "-"}))
    ahead = timedelta(seconds=row.clock_offset_seconds or 0)
    return InForce(_read(connection, row.id, row.digest), row.id, ahead)


_DIGEST = Prepared(sa.select(_CHARTER.c.digest).where(_CHARTER.c.id == sa.bindparam("charter_")))


def charter_version(connection: sa.Connection, charter_id: int) -> Charter:
    """A charter as it was loaded, in force or not."""
    return _read(connection, charter_id, _DIGEST.scalar(connection, charter_=charter_id))


def _read(connection: sa.Connection, charter_id: int, fingerprint: str) -> Charter:
    known = _parsed_before(fingerprint)
    if not known:
        document = connection.execute(sa.select(_CHARTER.c.document).where(_CHARTER.c.id == charter_id)).scalar_one()
        known.append(Charter.model_validate(document))
    return known[0]


@lru_cache(maxsize=64)
def _parsed_before(_digest: str) -> list[Charter]:
    return []


def codes_in_use(connection: sa.Connection, convention: str) -> dict[str, dict[str, list[str]]]:
    """Which codes the stored rows name, by kind, and who names them: what a new charter must not orphan."""
    used: dict[str, dict[str, list[str]]] = {}

    bodies = {body.code for body in charter_in_force(connection, convention).bodies} if convention in conventions(connection) else set()

    def note(kind: str, code: str | None, user: str) -> None:
        if code:
            used.setdefault(kind, {}).setdefault(code, []).append(user)

    for seat in connection.execute(sa.select(_SEAT.c.code, _SEAT.c.body, _SEAT.c.partner).where(_SEAT.c.convention == convention)):
        note("bodies", seat.body, seat.code)
        note("partners", seat.partner, seat.code)
    for row in connection.execute(sa.select(_ACTION.c.number, _ACTION.c.sheet).where(_ACTION.c.convention == convention)):
        note("axes", row.sheet.get("axis"), row.number)
        note("objectives", row.sheet.get("objective"), row.number)
        lead = row.sheet.get("lead_body")
        note("bodies" if lead in bodies else "partners", lead, row.number)
        for kind in ("themes", "sites", "partners"):
            for code in row.sheet.get(kind) or ():
                note(kind, code, row.number)
    reviewing = sa.select(_REVIEW.c.body, _ACTION.c.number).join(_ACTION, _ACTION.c.id == _REVIEW.c.action_id)
    for review in connection.execute(reviewing.where(_REVIEW.c.convention == convention)):
        note("bodies", review.body, review.number)
    for person in connection.execute(sa.select(_PERSON.c.code, _PERSON.c.language).where(_PERSON.c.convention == convention)):
        note("languages", person.language, person.code)
    return used
