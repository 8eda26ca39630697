"""Tokens of the API: made, listed and revoked by the person whose they are, or at the command line; shown once, kept as a hash alone.

A token does what its scopes say through the seats that its person holds that day, and nothing once their links are revoked.
"""

import hashlib
import secrets
from collections.abc import Collection, Sequence
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

import sqlalchemy as sa

from models.commands import Via
from models.errors import NotFound, Problem, Refused
from models.numbers import whole
from models.scopes import Scope
from models.tables import Person, Token, table
from services.bootstrap import App
from services.clock import local_day
from services.visitors import Visitor, seats_of, visitor_as
from services.work import open_work

_PERSON, _TOKEN = table(Person), table(Token)
PREFIX = "passerelle_"
"""By which programs that look for secrets in the wrong places know one."""
LONGEST_DAYS, LONGEST_NAME, MOST = 365, 60, 20


class TokenRefused(Refused):
    """What was shown is not, or is no longer, a token that lets anybody in."""


class Held(NamedTuple):
    """A token as its person sees it, without its secret."""

    id: UUID
    name: str
    scopes: tuple[Scope, ...]
    made_via: Via
    made_at: datetime
    expires_at: datetime
    used_on: date | None
    person: str


class Made(NamedTuple):
    """A new token. ``shown``: the secret, which nobody can read again."""

    held: Held
    shown: str


class Admitted(NamedTuple):
    """Whoever came with a token: in whose name, for what, and through what their acts are said to come."""

    id: UUID
    visitor: Visitor
    scopes: frozenset[Scope]
    via: Via
    name: str
    expires_at: datetime


def make(app: App, person_id: int, *, name: str, scopes: Collection[str], days: str | int, via: Via) -> Made:
    """Make a token of a person's. ``via``: where it is made. Refuses every mistake at once."""
    wall, named, wanted = app.clock.wall(), name.strip(), tuple(scope for scope in Scope if scope in scopes)
    shown = PREFIX + secrets.token_urlsafe(32)
    with app.db.write() as connection:
        person = connection.execute(sa.select(_PERSON).where(_PERSON.c.id == person_id)).one()
        known = [row.name for row in connection.execute(_standing(wall).where(_TOKEN.c.person_id == person_id))]
        Refused.unless_empty([*_mistakes(named, scopes, days), *_against(named, known)])
        values = {
            "id": app.ids(),
            "convention": person.convention,
            "person_id": person_id,
            "name": named,
            "scopes": [*wanted],
            "hashed": _hashed(shown),
            "made_via": via,
            "made_at": wall,
            "expires_at": wall + timedelta(days=int(days)),
        }
        connection.execute(_TOKEN.insert().values(**values))
        row = connection.execute(_standing(wall).where(_TOKEN.c.id == values["id"])).one()
    return Made(_held(row), shown)


def _mistakes(name: str, scopes: Collection[str], days: str | int) -> list[Problem]:
    found = []
    if not name or len(name) > LONGEST_NAME or not name.isprintable():
        found.append(Problem("token_name_wrong", {"limit": LONGEST_NAME}, "name"))
    if not scopes or not set(scopes) <= set(Scope):
        found.append(Problem("token_scopes_wrong", {"known": ", ".join(Scope)}, "scopes"))
    if not 1 <= (whole(str(days)) or 0) <= LONGEST_DAYS:
        found.append(Problem("token_days_wrong", {"limit": LONGEST_DAYS}, "days"))
    return found


def _against(name: str, known: Collection[str]) -> list[Problem]:
    """What the tokens that stand already forbid."""
    if name in known:
        return [Problem("token_name_taken", {"name": name}, "name")]
    return [Problem("tokens_too_many", {"limit": MOST})] if len(known) >= MOST else []


def list_tokens(app: App, *, person_id: int | None = None, convention: str | None = None) -> Sequence[Held]:
    """The tokens that stand, the newest first: those of a person, of a convention, or all."""
    query = _standing(app.clock.wall()).order_by(_TOKEN.c.made_at.desc(), _TOKEN.c.id.desc())
    if person_id is not None:
        query = query.where(_TOKEN.c.person_id == person_id)
    if convention is not None:
        query = query.where(_TOKEN.c.convention == convention)
    with app.db.read() as connection:
        return [_held(row) for row in connection.execute(query)]


def revoke(app: App, token: UUID, *, person_id: int | None = None) -> Held:
    """End a token for good. Raises NotFound for one that does not stand, or is not that person's."""
    wall = app.clock.wall()
    mine = _standing(wall).where(_TOKEN.c.id == token)
    with app.db.write() as connection:
        row = connection.execute(mine if person_id is None else mine.where(_TOKEN.c.person_id == person_id)).first()
        if row is None:
            raise NotFound(Problem("token_unknown", {"token": str(token)}))
        connection.execute(_TOKEN.update().where(_TOKEN.c.id == token).values(revoked_at=wall))
    return _held(row)


def admitted(app: App, shown: str) -> Admitted:
    """Who comes with a token. Raises TokenRefused for one that is not known, was revoked, is over, or whose person holds no seat today."""
    wall = app.clock.wall()
    with app.db.read() as connection:
        token = connection.execute(sa.select(_TOKEN).where(_TOKEN.c.hashed == _hashed(shown))).first()
        if token is None:
            raise TokenRefused(Problem("token_not_known"))
        if token.revoked_at is not None:
            raise TokenRefused(Problem("token_revoked"))
        if token.expires_at <= wall:
            raise TokenRefused(Problem("token_over"))
        person = connection.execute(sa.select(_PERSON).where(_PERSON.c.id == token.person_id)).one()
        work = open_work(app, connection, person.convention)
        seats = seats_of(connection, person.id, work.today)
    if not seats:
        raise TokenRefused(Problem("token_seatless"))
    _note_use(app, token, local_day(wall, work.timezone))
    known = visitor_as(work, person, seats, key=token.hashed)
    via = Via.API if token.made_via == Via.PORTAL else Via.CLI
    return Admitted(token.id, known, frozenset(map(Scope, token.scopes)), via, token.name, token.expires_at)


def _note_use(app: App, token: Any, today: date) -> None:
    """The day on which it was last used: written once a day."""
    if token.used_on != today:
        with app.db.write() as connection:
            connection.execute(_TOKEN.update().where(_TOKEN.c.id == token.id).values(used_on=today))


def _standing(wall: datetime) -> sa.Select[Any]:
    live = _TOKEN.c.revoked_at.is_(None) & (_TOKEN.c.expires_at > wall)
    return sa.select(_TOKEN, _PERSON.c.code.label("person")).join(_PERSON, _PERSON.c.id == _TOKEN.c.person_id).where(live)


def _held(row: Any) -> Held:
    scopes = tuple(map(Scope, row.scopes))
    return Held(row.id, row.name, scopes, Via(row.made_via), row.made_at, row.expires_at, row.used_on, row.person)


def _hashed(shown: str) -> bytes:
    return hashlib.sha256(shown.encode()).digest()
