"""Who is visiting the portal: people sign in by the link of a mail; what they may do follows from the seats they hold that day."""

import hashlib
import secrets
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from models.errors import NotFound, Problem, Refused
from models.tables import Delivery, Person, Seat, SignIn, table
from notifications.channels import MAIL
from services.bootstrap import App
from services.charter_store import conventions
from services.identities import Identity, chosen_of, identities_at
from services.links import delivery_in, is_void, secret_of, that_bore
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
    ``until``: when the sign-in ends if they open nothing more, by the clock on the wall of their convention's time zone;
    ``final``: it ends then whatever they open.
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
    until: datetime | None = None
    final: bool = False

    @property
    def secretary_of(self) -> tuple[str, ...]:
        """The bodies that they serve as secretary."""
        return tuple(seat.body for seat in self.seats if seat.role == "secretary")

    @property
    def seat_codes(self) -> frozenset[str]:
        """The codes of their seats."""
        return frozenset(seat.code for seat in self.seats)

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
    named = delivery_in(secret_of(app.db), token)
    with app.db.write() as connection:
        who = chosen_of(_good_for(app, connection, named), chosen)
        return begin_session(app, connection, who.person_id, named)


def begin_session(app: App, connection: sa.Connection, person_id: int, proof: UUID, **by: Any) -> str:
    """Sign a person in by a proof, which serves once; returns what the browser keeps. ``by``: of which account, and in which session of its institution."""
    shown, wall = secrets.token_urlsafe(32), app.clock.wall()
    values = {"key": _hashed(shown), "person_id": person_id, "delivery_id": proof, "began_at": wall, "seen_at": wall}
    try:
        connection.execute(_SIGN_IN.insert().values(**values, **by))
    except IntegrityError:
        raise Refused.because("sign_in_used") from None
    return shown


def may_sign_in_with(app: App, token: str) -> list[Identity]:
    """Look at the link of a mail without using it: who may sign in by it. Refuses as ``sign_in_with``."""
    named = delivery_in(secret_of(app.db), token)
    with app.db.read() as connection:
        return _good_for(app, connection, named)


def _good_for(app: App, connection: sa.Connection, named: UUID) -> list[Identity]:
    columns = (_DELIVERY.c[name] for name in ("id", "link_id", "message", "person_id", "created_at"))
    query = sa.select(*columns, _PERSON.c.links_from).join(_PERSON, _PERSON.c.id == _DELIVERY.c.person_id)
    row = connection.execute(query.where(that_bore(named))).mappings().first()
    if row is None or row["message"] != MESSAGE:
        raise NotFound(Problem("link_unknown"))
    if connection.execute(sa.select(_SIGN_IN.c.key).where(_SIGN_IN.c.delivery_id == named)).first():
        raise Refused.because("sign_in_used")
    if app.clock.wall() - row["created_at"] > LINK_LASTS:
        raise Refused.because("sign_in_too_old", minutes=int(LINK_LASTS.total_seconds() // 60))
    if is_void(row, named):
        raise Refused.because("link_revoked")
    known = identities_at(app, connection, row["person_id"], row["created_at"])
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
    seen = row.seen_at
    if wall - seen > _SEEN_AGAIN:
        seen = wall
        with app.db.write() as connection:
            connection.execute(_SIGN_IN.update().where(_SIGN_IN.c.key == key).values(seen_at=wall))
    if not seats:
        return None
    last = row.began_at + LONGEST
    until = min(seen + IDLE, last).astimezone(ZoneInfo(work.timezone))
    return replace(visitor_as(work, row, seats, key=key), others=tuple(others), until=until, final=last < seen + IDLE)


def visitor_as(work: Work, person: Any, seats: Sequence[SeatHeld], *, key: bytes) -> Visitor:
    """The person of a row with these seats. ``key``: that by which they came."""
    own = work.charter.convention
    return Visitor(
        person_id=person.id,
        code=person.code,
        name=person.name,
        language=person.language,
        convention=person.convention,
        seats=tuple(seats),
        key=key,
        named=own.short,
        languages=tuple(own.languages),
        others=(),
    )


def who_was(app: App, shown: str | None) -> int | None:
    """Who showed this while their sign-in lasted, unless they signed out or had their links revoked; None for nobody.

    It opens nothing: it tells whether somebody who comes back is the person they were.
    """
    if not shown:
        return None
    query = sa.select(_SIGN_IN.c.person_id).where(_SIGN_IN.c.key == _hashed(shown), _SIGN_IN.c.ended_at.is_(None))
    with app.db.read() as connection:
        return connection.execute(query).scalar()


def seats_of(connection: sa.Connection, person_id: int, today: Any) -> Sequence[SeatHeld]:
    """The seats that a person holds on a day."""
    return seats_of_each(connection, [person_id], today).get(person_id, [])


def seats_of_each(connection: sa.Connection, persons: Collection[int], today: Any) -> Mapping[int, Sequence[SeatHeld]]:
    """The seats that several persons hold on a day, by who they are; whoever holds none is absent."""
    mine = _SEAT.c.person_id.in_(persons) & in_office(today)
    found: dict[int, list[SeatHeld]] = {}
    for person_id, *held in connection.execute(
        sa.select(_SEAT.c.person_id, _SEAT.c.code, _SEAT.c.body, _SEAT.c.role).where(mine).order_by(_SEAT.c.code)
    ):
        found.setdefault(person_id, []).append(SeatHeld(*held))
    return found


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
