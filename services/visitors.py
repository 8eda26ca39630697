"""Who is visiting the portal: people sign in by the link of a mail; what they may do follows from the seats they hold that day."""

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from models.errors import NotFound, Problem, Refused
from models.tables import Delivery, Person, Seat, SignIn, table
from notifications.channels import MAIL
from services.bootstrap import App
from services.charter_store import conventions
from services.identities import Identity, chosen_of, identities_at
from services.links import delivery_in, secret_of
from services.lookups import in_office
from services.notices import new_delivery, write_deliveries
from services.people import void_links
from services.wakes import DELIVERIES
from services.work import Work, open_work

_PERSON, _SEAT, _SIGN_IN, _DELIVERY = table(Person), table(Seat), table(SignIn), table(Delivery)
MESSAGE = "sign-in"
LINK_LASTS = timedelta(minutes=20)
IDLE, LONGEST = timedelta(hours=1), timedelta(hours=10)
_SEEN_AGAIN = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class SeatHeld:
    """A seat that somebody holds today."""

    code: str
    body: str
    role: str


@dataclass(frozen=True, slots=True)
class Visitor:
    """A person who is signed in, with the seats of today.

    ``named``: the short name of their convention; ``languages``: those it offers; ``others``: who else they may go on as.
    """

    person_id: int
    code: str
    name: str
    language: str
    convention: str
    seats: tuple[SeatHeld, ...]
    key: bytes
    named: str
    languages: tuple[str, ...]
    others: tuple[Identity, ...]

    @property
    def secretary_of(self) -> tuple[str, ...]:
        """The bodies that they serve as secretary."""
        return tuple(seat.body for seat in self.seats if seat.role == "secretary")

    @property
    def is_secretary(self) -> bool:
        """Whether they are a secretary of any body."""
        return bool(self.secretary_of)


def ask_to_sign_in(app: App, email: str) -> UUID | None:
    """Write the mail that lets people sign in, in the first convention here in which a person with a seat today has this address.

    One mail, whoever else has the address: its link asks who they are. None, and nothing written, where there is no such person.
    """
    with app.db.write() as connection:
        works = (open_work(app, connection, code) for code in conventions(connection))
        return next((delivery for work in works if (delivery := _ask_in(work, email)) is not None), None)


def _ask_in(work: Work, email: str) -> UUID | None:
    seated = sa.select(_SEAT.c.person_id).where(_SEAT.c.convention == work.convention, in_office(work.today))
    mine = (_PERSON.c.convention == work.convention) & (sa.func.lower(_PERSON.c.email) == email.strip().lower())
    person_id = work.connection.execute(
        sa.select(_PERSON.c.id).where(mine, _PERSON.c.id.in_(seated)).order_by(_PERSON.c.id).limit(1)
    ).scalar()
    if person_id is None:
        return None
    delivery = work.ids()
    told = {"event_id": None, "stage": DELIVERIES, "message": MESSAGE, "because": "signing_in", "person_id": person_id}
    write_deliveries(work, [new_delivery(work, **told, id=delivery, unique_key=f"{MESSAGE}:{delivery}", channel=MAIL)])
    return delivery


def sign_in_with(app: App, token: str, chosen: str = "") -> str:
    """Sign somebody in by the link of their mail; returns what the browser keeps. The link serves once.

    ``chosen``: the key of an identity, where several persons have the address. Refuses a link that this home did not make, that was used,
    that is too old, or whose person has revoked it or holds no seat any more.
    """
    delivery, wall = delivery_in(secret_of(app.db), token), app.clock.wall()
    shown = secrets.token_urlsafe(32)
    with app.db.write() as connection:
        who = chosen_of(_good_for(app, connection, delivery), chosen)
        values = {"key": _hashed(shown), "person_id": who.person_id, "delivery_id": delivery, "began_at": wall, "seen_at": wall}
        try:
            connection.execute(_SIGN_IN.insert().values(**values))
        except IntegrityError:
            raise Refused.because("sign_in_used") from None
    return shown


def may_sign_in_with(app: App, token: str) -> list[Identity]:
    """Look at the link of a mail without using it: who may sign in by it. Refuses as ``sign_in_with``."""
    delivery = delivery_in(secret_of(app.db), token)
    with app.db.read() as connection:
        return _good_for(app, connection, delivery)


def _good_for(app: App, connection: sa.Connection, delivery: UUID) -> list[Identity]:
    query = sa.select(_DELIVERY.c.message, _DELIVERY.c.person_id, _DELIVERY.c.created_at, _PERSON.c.links_from)
    row = connection.execute(query.join(_PERSON, _PERSON.c.id == _DELIVERY.c.person_id).where(_DELIVERY.c.id == delivery)).first()
    if row is None or row.message != MESSAGE:
        raise NotFound(Problem("link_unknown"))
    if connection.execute(sa.select(_SIGN_IN.c.key).where(_SIGN_IN.c.delivery_id == delivery)).first():
        raise Refused.because("sign_in_used")
    if app.clock.wall() - row.created_at > LINK_LASTS:
        raise Refused.because("sign_in_too_old", minutes=int(LINK_LASTS.total_seconds() // 60))
    if row.links_from is not None and row.created_at < row.links_from:
        raise Refused.because("link_revoked")
    known = identities_at(app, connection, row.person_id, row.created_at)
    if not known:
        raise Refused.because("sign_in_seatless")
    return known


def visitor(app: App, shown: str | None) -> Visitor | None:
    """Who shows this to the portal: None for nobody, for somebody who signed out, was away for an hour or signed in ten hours ago."""
    if not shown:
        return None
    key, wall = _hashed(shown), app.clock.wall()
    with app.db.read() as connection:
        query = sa.select(_PERSON, _SIGN_IN.c.began_at, _SIGN_IN.c.seen_at).join(_SIGN_IN, _SIGN_IN.c.person_id == _PERSON.c.id)
        row = connection.execute(query.where(_SIGN_IN.c.key == key, _SIGN_IN.c.ended_at.is_(None))).first()
        if row is None or wall - row.seen_at > IDLE or wall - row.began_at > LONGEST:
            return None
        if row.links_from is not None and row.began_at < row.links_from:
            return None
        work = open_work(app, connection, row.convention)
        seats = seats_of(connection, row.id, work.today)
        others = [other for other in identities_at(app, connection, row.id, row.began_at) if other.person_id != row.id]
    if wall - row.seen_at > _SEEN_AGAIN:
        with app.db.write() as connection:
            connection.execute(_SIGN_IN.update().where(_SIGN_IN.c.key == key).values(seen_at=wall))
    own = work.charter.convention
    known = Visitor(
        person_id=row.id,
        code=row.code,
        name=row.name,
        language=row.language,
        convention=row.convention,
        seats=tuple(seats),
        key=key,
        named=own.short,
        languages=tuple(own.languages),
        others=tuple(others),
    )
    return known if seats else None


def seats_of(connection: sa.Connection, person_id: int, today: Any) -> Sequence[SeatHeld]:
    """The seats that a person holds on a day."""
    mine = (_SEAT.c.person_id == person_id) & in_office(today)
    query = sa.select(_SEAT.c.code, _SEAT.c.body, _SEAT.c.role).where(mine).order_by(_SEAT.c.code)
    return [SeatHeld(*row) for row in connection.execute(query)]


def sign_out(app: App, key: bytes) -> None:
    """End a sign-in at once, on every page that is open."""
    with app.db.write() as connection:
        connection.execute(_SIGN_IN.update().where(_SIGN_IN.c.key == key).values(ended_at=app.clock.wall()))


def revoke_links(app: App, person_id: int) -> None:
    """Make every link that was ever sent to a person void, and end their sign-ins."""
    with app.db.write() as connection:
        void_links(connection, person_id, app.clock.wall())


def _hashed(shown: str) -> bytes:
    return hashlib.sha256(shown.encode()).digest()
