"""The addresses of calendars: made, renewed and revoked by those whose calendar it is. An address is a secret: whoever has it reads the calendar.

An address names its row and is sealed by the home; it holds no name. A revoked one is never good again, and a new one is not like it.
"""

from datetime import datetime
from difflib import get_close_matches
from typing import Any, NamedTuple
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from models.errors import Conflict, Gone, NotFound, Problem, Refused
from models.tables import Feed, Person, Seat, table
from services.bootstrap import App
from services.charter_store import charter_in_force
from services.links import feed_address_of, feed_in, secret_of

_FEED, _PERSON, _SEAT = table(Feed), table(Person), table(Seat)


class Whose(NamedTuple):
    """Whose calendar: a person's, or a body's (``person_id`` None)."""

    convention: str
    person_id: int | None = None
    body: str | None = None


class Address(NamedTuple):
    """Where a calendar is read, since when, and when it last was. ``subscribe``: the same, as programs take a subscription."""

    url: str
    subscribe: str
    made_at: datetime
    read_at: datetime | None


class Held(NamedTuple):
    """A calendar that an address leads to."""

    id: UUID
    whose: Whose


def whose_calendar(app: App, convention: str, named: str) -> Whose:
    """The body, or the person, of a code; a person goes by the code of a seat as well. Raises NotFound with near matches; refuses a code of both."""
    wanted = named.strip()
    with app.db.read() as connection:
        bodies = [body.code for body in charter_in_force(connection, convention).bodies]
        seats = sa.select(_SEAT.c.person_id).where(_SEAT.c.convention == convention, _SEAT.c.code == wanted.upper())
        called = (_PERSON.c.code == wanted.lower()) | _PERSON.c.id.in_(seats)
        person = connection.execute(sa.select(_PERSON.c.id).where(_PERSON.c.convention == convention, called)).scalar()
        people = connection.execute(sa.select(_PERSON.c.code).where(_PERSON.c.convention == convention)).scalars().all()
    body = next((code for code in bodies if code == wanted.lower()), None)
    if body is not None and person is not None:
        raise Refused.because("calendar_of_both", given=wanted)
    if body is None and person is None:
        near = get_close_matches(wanted.lower(), [*bodies, *people], n=3, cutoff=0.5)
        raise NotFound(Problem("calendar_of_nobody", {"given": wanted, "near": ", ".join(near) or "-"}))
    return Whose(convention, person, body)


def address_of(app: App, whose: Whose) -> Address | None:
    """Where a calendar is read; None if it has no address."""
    with app.db.read() as connection:
        row = connection.execute(sa.select(_FEED).where(_standing(whose))).first()
    return None if row is None else _address(app, row)


def renew(app: App, whose: Whose) -> Address:
    """Give a calendar an address; the one it had is revoked. Raises Conflict if somebody else does so at the same moment."""
    made_at, fresh = app.clock.wall(), app.ids()
    try:
        with app.db.write() as connection:
            connection.execute(_FEED.update().where(_standing(whose)).values(revoked_at=made_at))
            connection.execute(_FEED.insert().values(id=fresh, made_at=made_at, **whose._asdict()))
            row = connection.execute(sa.select(_FEED).where(_FEED.c.id == fresh)).one()
    except IntegrityError:
        raise Conflict(Problem("feed_changed")) from None
    return _address(app, row)


def revoke(app: App, whose: Whose) -> bool:
    """Make the address of a calendar void for good; whether it had one."""
    with app.db.write() as connection:
        revoked = connection.execute(_FEED.update().where(_standing(whose)).values(revoked_at=app.clock.wall()))
        return bool(revoked.rowcount)


def held_by(app: App, token: str) -> Held:
    """The calendar of an address. Raises NotFound for one that this home did not make or no longer knows, and Gone for one that was revoked."""
    feed = feed_in(secret_of(app.db), token)
    with app.db.read() as connection:
        row = connection.execute(sa.select(_FEED).where(_FEED.c.id == feed)).first()
    if row is None:
        raise NotFound(Problem("feed_unknown"))
    if row.revoked_at is not None:
        raise Gone(Problem("feed_revoked"))
    return Held(row.id, Whose(row.convention, row.person_id, row.body))


def _standing(whose: Whose) -> sa.ColumnElement[bool]:
    return sa.and_(
        _FEED.c.revoked_at.is_(None),
        _FEED.c.convention == whose.convention,
        _FEED.c.person_id.is_not_distinct_from(whose.person_id),
        _FEED.c.body.is_not_distinct_from(whose.body),
    )


def _address(app: App, row: Any) -> Address:
    url = feed_address_of(secret_of(app.db), app.settings.base_url, row.id)
    return Address(url, f"webcal://{url.partition('://')[2]}", row.made_at, row.read_at)
