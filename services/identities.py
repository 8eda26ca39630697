"""Who may sign in by an address: several persons who share it, or one person in several conventions. They choose who they are today."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from models.errors import Refused
from models.tables import Person, Seat, SignIn, table
from services.bootstrap import App
from services.erasure import ERASED
from services.lookups import in_office
from services.work import open_work

_PERSON, _SEAT, _SIGN_IN = table(Person), table(Seat), table(SignIn)


@dataclass(frozen=True, slots=True)
class Identity:
    """A person of a convention. ``named``: the convention's short name."""

    person_id: int
    convention: str
    code: str
    name: str
    named: str

    @property
    def key(self) -> str:
        """What a form sends to choose this one."""
        return f"{self.convention}/{self.code}"


def identities_at(app: App, connection: sa.Connection, person_id: int, since: datetime) -> list[Identity]:
    """Everybody with a seat today at the address of this person, but those who made void what was sent to them at ``since``."""
    mine = sa.select(sa.func.lower(_PERSON.c.email)).where(_PERSON.c.id == person_id, _PERSON.c.email != ERASED).scalar_subquery()
    sharing = (
        sa.select(_PERSON).where(sa.func.lower(_PERSON.c.email) == mine).order_by(_PERSON.c.convention, _PERSON.c.name, _PERSON.c.code)
    )
    rows = [row for row in connection.execute(sharing) if row.links_from is None or row.links_from <= since]
    works = {code: open_work(app, connection, code) for code in {row.convention for row in rows}}
    return [
        Identity(row.id, row.convention, row.code, row.name, works[row.convention].charter.convention.short)
        for row in rows
        if _seated(connection, row.id, works[row.convention].today)
    ]


def chosen_of(known: Sequence[Identity], key: str) -> Identity:
    """The one that was chosen, or the only one. Refuses a choice that was not made or is not theirs."""
    if len(known) == 1 and not key:
        return known[0]
    found = next((one for one in known if one.key == key), None)
    if found is None:
        raise Refused.because("sign_in_not_chosen", "who")
    return found


def switch(app: App, key: bytes, chosen: str) -> None:
    """Go on as somebody else at the same address; refuses who does not have it, and whose links were revoked since the sign-in."""
    with app.db.write() as connection:
        row = connection.execute(sa.select(_SIGN_IN).where(_SIGN_IN.c.key == key, _SIGN_IN.c.ended_at.is_(None))).first()
        if row is None:
            raise Refused.because("sign_in_needed")
        found = chosen_of(identities_at(app, connection, row.person_id, row.began_at), chosen)
        connection.execute(_SIGN_IN.update().where(_SIGN_IN.c.key == key).values(person_id=found.person_id))


def speak(app: App, person_id: int, language: str) -> None:
    """From now on a person is written to, and reads, in this language. Refuses one that their convention does not offer."""
    mine = _PERSON.c.id == person_id
    with app.db.write() as connection:
        convention = connection.execute(sa.select(_PERSON.c.convention).where(mine)).scalar_one()
        if language not in open_work(app, connection, convention).charter.convention.languages:
            raise Refused.because("language_not_offered")
        connection.execute(_PERSON.update().where(mine).values(language=language))


def _seated(connection: sa.Connection, person_id: int, today: Any) -> bool:
    return connection.execute(sa.select(_SEAT.c.id).where(_SEAT.c.person_id == person_id, in_office(today)).limit(1)).first() is not None
