"""What the link of a mail asks of whom: an opinion, news, a final report. Read anew each time it is shown."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from models.charter import BodyKind
from models.errors import NotFound, Problem
from models.events import Topic
from models.review.rules import CONCEALED
from models.tables import Action, Delivery, Event, Opinion, Person, Review, Words, table
from notifications.catalogue import Audience
from notifications.channels import MAIL
from services.asked import event_named
from services.bootstrap import App
from services.holding import holding
from services.links import ANSWER, FINAL_REPORT, LEADS_TO, PROGRESS, delivery_in, is_void, secret_of, that_bore
from services.notices import new_delivery, write_deliveries
from services.recusals import persons_out, recusal, recused_seats
from services.standing_in import DEPUTY, standing_in
from services.visitors import SeatHeld, seats_of
from services.wakes import DELIVERIES
from services.work import Work, open_work

_ACTION, _DELIVERY, _EVENT, _PERSON = table(Action), table(Delivery), table(Event), table(Person)
_OPINION, _REVIEW, _WORDS = table(Opinion), table(Review), table(Words)
LASTS = timedelta(days=120)
"""How long the link of a mail may serve, if what it asks for stays open that long."""
_STATES = {PROGRESS: ("in_progress", "suspended"), FINAL_REPORT: ("final_report_due",)}
Row = Mapping[Any, Any]


@dataclass(frozen=True, slots=True)
class Given:
    """The opinion of a seat as it stands: its event, its value, its reasons (None where there are none)."""

    seat: str
    value: str
    reasons: str | None
    event: UUID


@dataclass(frozen=True, slots=True)
class Invitation:
    """A link and what it stands for now. ``hindrance``: why it does not serve (a code of the catalogue), or None while it does.

    ``seats``: the seats for which the person may act. ``through``: for the seat of an absent member, the deputy's own by which they act.
    ``by_proxy``: for the seat of whoever gave a proxy, the holder's own. ``given``: opinions of those seats that stand.
    """

    kind: str
    delivery: UUID
    person_id: int
    name: str
    language: str
    convention: str
    number: str
    because: str
    version: int
    body: str | None
    review: Row | None
    seats: tuple[str, ...]
    through: Mapping[str, str]
    by_proxy: Mapping[str, str]
    given: tuple[Given, ...]
    hindrance: str | None

    @property
    def may_renew(self) -> bool:
        """Whether a new link by mail would help."""
        return self.hindrance in ("link_used", "link_expired")

    def key(self, seat: str) -> str:
        """The idempotency key of an answer through this link: asked twice, answered once."""
        return f"link:{self.delivery}:{seat}"


def invitation(app: App, token: str, kind: str) -> Invitation:
    """What a link stands for. Raises NotFound for one that this home did not make, or that is for something else."""
    named = delivery_in(secret_of(app.db), token)
    with app.db.read() as connection:
        row = _row(connection, named)
        if row is None or LEADS_TO.get(row["message"]) != kind:
            raise NotFound(Problem("link_unknown"))
        work = open_work(app, connection, row["convention"])
        seats = seats_of(connection, row["person_id"], work.today)
        review = _review(connection, row) if kind == ANSWER else None
        through = _stood_in_for(work, seats, review) if review is not None else {}
        by_proxy = _held_for(work, row["person_id"], review, through) if review is not None else {}
        own = _seats_for(work, kind, seats, review, row) + tuple(through)
        asked = (*by_proxy, *own) if row["because"] == Audience.HOLDER else (*own, *by_proxy)
        out = _out(work, review, row["person_id"]) if review is not None else frozenset()
        mine = tuple(seat for seat in asked if seat not in out)
        given = tuple(_given(connection, review["id"], mine)) if review is not None else ()
        found = Invitation(
            kind=kind,
            delivery=row["id"],
            person_id=row["person_id"],
            name=row["name"],
            language=row["language"],
            convention=row["convention"],
            number=row["number"],
            because=row["because"],
            version=row["version"],
            body=row["body"],
            review=review,
            seats=mine,
            through={seat: own for seat, own in through.items() if seat in mine},
            by_proxy={seat: own for seat, own in by_proxy.items() if seat in mine},
            given=given,
            hindrance=None,
        )
        return _judged(connection, found, row, (named, app.clock.wall()), recused=bool(asked) and not mine)


def _row(connection: sa.Connection, named: UUID) -> Row | None:
    query = (
        sa.select(
            *(_DELIVERY.c[name] for name in ("id", "link_id", "message", "because", "person_id", "convention", "created_at")),
            *(_PERSON.c[name] for name in ("name", "language", "links_from", "code")),
            *(_EVENT.c[name] for name in ("action_id", "body", "payload", "topic")),
            *(_ACTION.c[name] for name in ("number", "state", "version", "sheet")),
        )
        .join(_PERSON, _PERSON.c.id == _DELIVERY.c.person_id)
        .join(_EVENT, _EVENT.c.id == _DELIVERY.c.event_id)
        .join(_ACTION, _ACTION.c.id == _EVENT.c.action_id)
        .where(that_bore(named))
    )
    return connection.execute(query).mappings().first()


def _review(connection: sa.Connection, row: Row) -> Row | None:
    """The round that the mail was about: named by its event, or the last one."""
    mine = (_REVIEW.c.action_id == row["action_id"]) & (_REVIEW.c.body == row["body"])
    asked = row["payload"].get("review")
    if asked is not None:
        mine &= _REVIEW.c.id == asked
    return connection.execute(sa.select(_REVIEW).where(mine).order_by(_REVIEW.c.round.desc()).limit(1)).mappings().first()


def _seats_for(work: Work, kind: str, seats: Any, review: Row | None, row: Row) -> tuple[str, ...]:
    """Members answer for the seats that were asked; the pilot reports through any seat they hold."""
    held: list[SeatHeld] = list(seats)
    if kind == ANSWER:
        return tuple(seat.code for seat in held if review is not None and seat.code in review["electorate"])
    leads = row["sheet"].get("lead_person") == row["code"]
    clerks = [seat.code for seat in held if seat.role == "secretary" and seat.body == work.charter.body_of_kind(BodyKind.TECHNICAL).code]
    return tuple(clerks or ([held[0].code] if held and leads else []))


def _stood_in_for(work: Work, seats: Any, review: Row) -> dict[str, str]:
    """The seats of absent members who were asked, and by which of these seats they are answered for meanwhile."""
    deputies = {seat.code for seat in seats if seat.role == DEPUTY}
    found = standing_in(work.connection, work.convention, work.today) if deputies else []
    return {pair.voter: pair.deputy for pair in found if pair.deputy in deputies and pair.voter in review["electorate"]}


def _held_for(work: Work, person_id: int, review: Row, through: Mapping[str, str]) -> dict[str, str]:
    """The seats whose proxies somebody may use today, and the seat by which they hold each."""
    found = holding(work.connection, review["id"], work.today)
    return {pair.giver: pair.holder for pair in found if pair.person_id == person_id and pair.giver not in through}


def _out(work: Work, review: Row, person_id: int) -> frozenset[str]:
    """The seats of a review for which somebody may not answer: those that take no part, and all of them if they take none themselves."""
    standing = recusal(work.connection, review["id"])
    if person_id in persons_out(work, [standing])[standing.id]:
        return frozenset(standing.electorate)
    return frozenset(recused_seats(work, standing))


def _given(connection: sa.Connection, review_id: int, seats: tuple[str, ...]) -> list[Given]:
    query = (
        sa.select(_OPINION.c.seat, _OPINION.c.value, _WORDS.c.body, _OPINION.c.event_id)
        .outerjoin(_WORDS, _WORDS.c.id == _OPINION.c.words_id)
        .where(_OPINION.c.review_id == review_id, ~_OPINION.c.superseded, _OPINION.c.seat.in_(seats))
        .order_by(_OPINION.c.seat)
    )
    return [Given(*row) for row in connection.execute(query)]


def _judged(connection: sa.Connection, found: Invitation, row: Row, shown: tuple[UUID, datetime], *, recused: bool) -> Invitation:
    """The same, with what hinders it. ``shown``: what the link names, and when it was shown."""
    named, wall = shown
    reasons = (
        ("link_revoked", is_void(row, named)),
        ("link_closed", _over(found, row)),
        ("link_recused", recused),
        ("link_not_yours", not found.seats),
        ("link_vote_cast", bool(found.seats) and {given.seat for given in found.given if given.value == CONCEALED} >= set(found.seats)),
        ("link_used", bool(found.seats) and all(_used(connection, found, seat) for seat in found.seats)),
        ("link_expired", wall - row["created_at"] > LASTS),
    )
    values = {name: getattr(found, name) for name in Invitation.__slots__}
    return Invitation(**values | {"hindrance": next((code for code, stands in reasons if stands), None)})


def _over(found: Invitation, row: Row) -> bool:
    if found.kind == ANSWER:
        return found.review is None or found.review["closed_on"] is not None
    return row["state"] not in _STATES[found.kind]


def _used(connection: sa.Connection, found: Invitation, seat: str) -> bool:
    mine = sa.select(_EVENT.c.position).where(_EVENT.c.id == event_named(found.key(seat)))
    return connection.execute(mine).first() is not None


def renew(app: App, token: str, kind: str) -> UUID | None:
    """Write a mail with a fresh link to the person of this one; None where a new link would not help. Returns the new delivery.

    Whoever has answered gets the confirmation again, through which an opinion can be changed; others get the request. Both say
    for whose seats a deputy or the holder of a proxy answers.
    """
    old = invitation(app, token, kind)
    if not old.may_renew:
        return None
    with app.db.write() as connection:
        work = open_work(app, connection, old.convention)
        before = connection.execute(sa.select(_DELIVERY).where(_DELIVERY.c.id == old.delivery)).mappings().one()
        message, event, because = before["message"], before["event_id"], before["because"]
        if kind == ANSWER and old.given:
            message, event, because = "opinion-received", old.given[0].event, "voice"
        elif kind == ANSWER and message == "opinion-received":
            capacity = Audience.DEPUTIES if set(old.seats) <= set(old.through) else Audience.VOTERS
            message, event, because = "opinion-requested", _asked_by(connection, old), capacity.value
        fresh = work.ids()
        told = {"event_id": event, "stage": DELIVERIES, "message": message, "because": because, "person_id": before["person_id"]}
        row = new_delivery(work, **told, id=fresh, unique_key=f"{old.delivery}:again:{fresh}", channel=MAIL, details=before["details"])
        write_deliveries(work, [row])
    return fresh


def _asked_by(connection: sa.Connection, old: Invitation) -> UUID:
    """The event that opened the round."""
    review = old.review or {}
    mine = (_EVENT.c.action_id == review["action_id"]) & (_EVENT.c.topic == Topic.REVIEW_OPENED) & (_EVENT.c.body == old.body)
    found: UUID = connection.execute(sa.select(_EVENT.c.id).where(mine).order_by(_EVENT.c.position.desc()).limit(1)).scalar_one()
    return found
