"""Who is meant by a capacity: the persons that an event, its review and the seats of today name."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import sqlalchemy as sa

from models.charter import BodyKind
from models.events import Topic
from models.meetings.rules import away
from models.tables import Opinion, Person, Report, Review, Seat, table
from notifications.catalogue import Audience
from services.holding import holding
from services.lookups import in_office
from services.recusals import RECUSAL_COLUMNS, persons_out, recused_seats
from services.standing_in import standing_in
from services.work import Work

_PERSON, _SEAT = table(Person), table(Seat)
_OPINION, _REVIEW, _REPORT = table(Opinion), table(Review), table(Report)

Row = Mapping[Any, Any]
People = Iterable[int]


def persons_of_seats(work: Work, seats: Iterable[str]) -> list[int]:
    """Persons who hold these seats today: former holders are never told."""
    codes = list(seats)
    if not codes:
        return []
    mine = (_SEAT.c.convention == work.convention) & _SEAT.c.code.in_(codes) & in_office(work.today)
    return list(work.connection.execute(sa.select(_SEAT.c.person_id).where(mine).order_by(_SEAT.c.code)).scalars())


def secretaries(work: Work, body: str | None) -> list[int]:
    """The persons who are secretary of a body today, or of any."""
    mine = (_SEAT.c.convention == work.convention) & (_SEAT.c.role == "secretary") & in_office(work.today)
    if body is not None:
        mine &= _SEAT.c.body == body
    return list(work.connection.execute(sa.select(_SEAT.c.person_id).where(mine).order_by(_SEAT.c.code)).scalars())


def _body_secretaries(work: Work, event: Row, _action: Row) -> People:
    """The body's own secretaries; the technical committee's where a group has none."""
    body = event["body"]
    return (secretaries(work, body) or secretaries(work, work.charter.body_of_kind(BodyKind.TECHNICAL).code)) if body else []


def _deputies_of(work: Work, event: Row, seats: Iterable[str]) -> list[int]:
    """Persons whose seat answers today for one of these, because its holder is away; not those who take no part themselves."""
    codes = set(seats)
    found = [pair.person_id for pair in standing_in(work.connection, work.convention, work.today) if pair.voter in codes]
    if not found:
        return []
    review = _last_review(work, event)
    out = persons_out(work, [review])[review.id]
    return [person for person in found if person not in out]


def _voice(work: Work, event: Row, _action: Row) -> People:
    """Whoever holds the seat; a deputy or the holder of its proxy who may have answered for it too, as they may change it by the same mail."""
    seat, holder = event["payload"]["voter"], event["payload"].get("holder")
    if event["topic"] == Topic.OPINION_KEPT:
        return persons_of_seats(work, [seat])
    if holder:
        return persons_of_seats(work, [seat]) + persons_of_seats(work, [holder])
    return persons_of_seats(work, [seat]) + (_deputies_of(work, event, [seat]) if event["on_behalf_of"] else [])


def _pending_holders(work: Work, event: Row, _action: Row) -> People:
    """Persons who hold the proxy of a seat that has not answered; not those who take no part themselves."""
    review, silent = _last_review(work, event), set(_pending(work, event))
    found = [pair.person_id for pair in holding(work.connection, review.id, work.today) if pair.giver in silent]
    out = persons_out(work, [review])[review.id] if found else {}
    return [person for person in found if person not in out]


def _pending(work: Work, event: Row) -> list[str]:
    """The seats that take part, attend where it is examined in a meeting, and have not answered."""
    review = _last_review(work, event)
    given = sa.select(_OPINION.c.seat).where(_OPINION.c.review_id == review.id, ~_OPINION.c.superseded)
    silent = {*work.connection.execute(given).scalars(), *recused_seats(work, review), *away(review.attendance)}
    return [seat for seat in review.electorate if seat not in silent]


def _asked(work: Work, event: Row) -> list[str]:
    """The seats of a review that take part."""
    review = _last_review(work, event)
    out = recused_seats(work, review)
    return [seat for seat in review.electorate if seat not in out]


def _last_review(work: Work, event: Row) -> Any:
    mine = (_REVIEW.c.action_id == event["action_id"]) & (_REVIEW.c.body == event["body"])
    return work.connection.execute(sa.select(*RECUSAL_COLUMNS).where(mine).order_by(_REVIEW.c.round.desc()).limit(1)).one()


def _lead(work: Work, _event: Row, action: Row) -> People:
    mine = (_PERSON.c.convention == work.convention) & (_PERSON.c.code == action["sheet"].get("lead_person"))
    return work.connection.execute(sa.select(_PERSON.c.id).where(mine)).scalars()


def _of_kind(kind: BodyKind) -> Callable[[Work, Row, Row], People]:
    return lambda work, _event, _action: secretaries(work, work.charter.body_of_kind(kind).code)


AUDIENCES: Mapping[Audience, Callable[[Work, Row, Row], People]] = {
    Audience.VOTERS: lambda work, event, _: persons_of_seats(work, _asked(work, event)),
    Audience.DEPUTIES: lambda work, event, _: _deputies_of(work, event, _asked(work, event)),
    Audience.PENDING_VOTERS: lambda work, event, _: persons_of_seats(work, _pending(work, event)),
    Audience.PENDING_DEPUTIES: lambda work, event, _: _deputies_of(work, event, _pending(work, event)),
    Audience.PENDING_HOLDERS: _pending_holders,
    Audience.VOICE: _voice,
    Audience.RESERVING: lambda work, event, _: persons_of_seats(work, [event["payload"]["seat"]]),
    Audience.GIVER: lambda work, event, _: persons_of_seats(work, [event["payload"]["giver"]]),
    Audience.HOLDER: lambda work, event, _: persons_of_seats(work, [event["payload"]["holder"]]),
    Audience.CONCERNED: lambda work, event, _: persons_of_seats(work, [event["payload"]["seat"]]),
    Audience.BODY_SECRETARY: _body_secretaries,
    Audience.TECHNICAL_SECRETARY: _of_kind(BodyKind.TECHNICAL),
    Audience.STEERING_SECRETARY: _of_kind(BodyKind.STEERING),
    Audience.ALL_SECRETARIES: lambda work, _event, _action: secretaries(work, None),
    Audience.PROPOSER: lambda work, _event, action: persons_of_seats(work, [action["proposer_seat"]]),
    Audience.LEAD: _lead,
}


def final_report_missing(connection: sa.Connection, action_id: int) -> list[str]:
    """Which parts of the final report have not been filed."""
    mine = (_REPORT.c.action_id == action_id) & ~_REPORT.c.superseded
    filed = set(connection.execute(sa.select(_REPORT.c.kind).where(mine).distinct()).scalars())
    return [part for part in ("results", "lessons") if f"final_{part}" not in filed]


NEEDS: Mapping[str, Callable[[Work, Row], bool]] = {
    "milestone": lambda _work, event: event["payload"].get("subject") is not None,
    "missing": lambda work, event: bool(final_report_missing(work.connection, event["action_id"])),
}
