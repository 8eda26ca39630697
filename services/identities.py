"""Who may sign in by an address: several persons who share it, or one person in several conventions. They choose who they are today."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa

from models.errors import Refused
from models.prepared import Prepared
from models.tables import Account, Person, Seat, SignIn, table
from services.bootstrap import App
from services.erasure import ERASED
from services.lookups import in_office
from services.work import open_work

_ACCOUNT, _PERSON, _SEAT, _SIGN_IN = table(Account), table(Person), table(Seat), table(SignIn)
_ADDRESS = sa.func.lower(_PERSON.c.email)
_OF_PERSON = sa.select(_ADDRESS).where(_PERSON.c.id == sa.bindparam("person_"), _PERSON.c.email != ERASED).scalar_subquery()
_IN_ORDER = sa.select(_PERSON).order_by(_PERSON.c.convention, _PERSON.c.name, _PERSON.c.code)
_AT, _WITH = Prepared(_IN_ORDER.where(_ADDRESS == _OF_PERSON)), Prepared(_IN_ORDER.where(sa.bindparam("address_") == _ADDRESS))
_DAY: sa.BindParameter[date] = sa.bindparam("day_", type_=_SEAT.c.starts_on.type)
_SEATED = Prepared(sa.select(_SEAT.c.id).where(_SEAT.c.person_id == sa.bindparam("person_"), in_office(_DAY)).limit(sa.literal_column("1")))


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
    return _sharing(app, connection, _AT.all(connection, person_=person_id), since)


def identities_with(app: App, connection: sa.Connection, address: str, since: datetime) -> list[Identity]:
    """The same, for an address: capitals do not matter. Nobody has one with letters that are not ASCII: capitals of these are not the same everywhere."""
    if not address.isascii() or address.lower() == ERASED:
        return []
    return _sharing(app, connection, _WITH.all(connection, address_=address.lower()), since)


def _sharing(app: App, connection: sa.Connection, persons: Iterable[Any], since: datetime) -> list[Identity]:
    rows = [row for row in persons if row.links_from is None or row.links_from <= since]
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
        found = chosen_of(_going_on(app, connection, row), chosen)
        connection.execute(_SIGN_IN.update().where(_SIGN_IN.c.key == key).values(person_id=found.person_id))


def _going_on(app: App, connection: sa.Connection, row: Any) -> list[Identity]:
    """Those at the same address; of somebody who came by an institution's account, none who has another account there."""
    known = identities_at(app, connection, row.person_id, row.began_at)
    if row.account_id is None:
        return known
    issuer = sa.select(_ACCOUNT.c.issuer).where(_ACCOUNT.c.id == row.account_id).scalar_subquery()
    others = sa.select(_ACCOUNT.c.person_id).where(_ACCOUNT.c.issuer == issuer, _ACCOUNT.c.id != row.account_id)
    apart = set(connection.execute(others).scalars())
    return [one for one in known if one.person_id not in apart]


def speak(app: App, person_id: int, language: str) -> None:
    """From now on a person is written to, and reads, in this language. Refuses one that their convention does not offer."""
    mine = _PERSON.c.id == person_id
    with app.db.write() as connection:
        convention = connection.execute(sa.select(_PERSON.c.convention).where(mine)).scalar_one()
        if language not in open_work(app, connection, convention).charter.convention.languages:
            raise Refused.because("language_not_offered")
        connection.execute(_PERSON.update().where(mine).values(language=language))


def _seated(connection: sa.Connection, person_id: int, today: Any) -> bool:
    return _SEATED.first(connection, person_=person_id, day_=today) is not None
