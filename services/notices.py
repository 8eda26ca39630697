"""From an event to the people who are told: one delivery per person and channel, written in the reaction's own transaction."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import sqlalchemy as sa

from models.charter import BodyKind
from models.events import Topic
from models.meetings.rules import away
from models.tables import Action, Delivery, Opinion, Person, Report, Review, Seat, table
from notifications.catalogue import CATALOGUE, Audience, Notice
from notifications.channels import MAIL
from services.holding import holding
from services.lookups import in_office
from services.planning import put_off
from services.recusals import RECUSAL_COLUMNS, persons_out, recused_seats
from services.standing_in import standing_in
from services.work import Work, upsert_into

_ACTION, _DELIVERY, _PERSON, _SEAT = table(Action), table(Delivery), table(Person), table(Seat)
_OPINION, _REVIEW, _REPORT = table(Opinion), table(Review), table(Report)
_RECEIPTS = frozenset({"proposal-acknowledged", "opinion-received", "opinion-kept", "proxy-given", "proxy-revoked"})
"""Messages that people get about their own act; of everything else they are spared the echo."""

_NO_MORE = {"reason": None, "settled_at": None}
Row = Mapping[Any, Any]
People = Iterable[int]


def write_notices(work: Work, event: Row) -> int:
    """Write the deliveries that an event calls for; returns how many are new."""
    notices = CATALOGUE[event["topic"]]
    if not notices:
        return 0
    action = work.connection.execute(sa.select(_ACTION).where(_ACTION.c.id == event["action_id"])).mappings().one()
    actor = _person_of_seats(work, [event["actor"]])
    rows: dict[str, dict[str, Any]] = {}
    for notice in notices:
        if notice.needs is not None and not _NEEDS[notice.needs](work, event):
            continue
        for channel, person_id in _addressees(work, notice, event, action):
            if notice.message in _RECEIPTS or person_id is None or person_id not in actor:
                key = f"{event['id']}:{notice.message}:{person_id or channel}"
                rows.setdefault(key, _row(work, notice, event, unique_key=key, channel=channel, person_id=person_id))
    put_off(work, list(rows.values()), event["action_id"])
    return write_deliveries(work, rows.values())


def write_deliveries(work: Work, rows: Iterable[dict[str, Any]]) -> int:
    """Insert deliveries; one whose key exists already is left as it is. Returns how many are new."""
    values = list(rows)
    if not values:
        return 0
    statement = upsert_into(work.connection, _DELIVERY).on_conflict_do_nothing(index_elements=["unique_key"])
    return len(work.connection.execute(statement.returning(_DELIVERY.c.id), values).all())


def _row(work: Work, notice: Notice, event: Row, *, unique_key: str, channel: str, person_id: int | None) -> dict[str, Any]:
    told = {"event_id": event["id"], "stage": event["stage"], "message": notice.message, "because": notice.audience.value}
    return new_delivery(work, **told, unique_key=unique_key, channel=channel, person_id=person_id)


def new_delivery(work: Work, **told: Any) -> dict[str, Any]:
    """The row of a delivery that may leave at once. ``told``: what it is about, for whom, by which way; its own id unless one is given."""
    moments = {"created_at": work.wall, "not_before": work.wall}
    return {"id": work.ids(), "convention": work.convention, "details": {}, "state": "ready", "attempts": 0, **moments, **_NO_MORE, **told}


def _addressees(work: Work, notice: Notice, event: Row, action: Row) -> Iterable[tuple[str, int | None]]:
    if notice.audience is Audience.BODY_CHANNEL:
        body = work.charter.body(event["body"] or "")
        return [(body.channel, None)] if body is not None and body.channel else []
    return [(MAIL, person_id) for person_id in _AUDIENCES[notice.audience](work, event, action)]


def _person_of_seats(work: Work, seats: Iterable[str]) -> list[int]:
    """Persons who hold these seats today: former holders are never told."""
    codes = list(seats)
    if not codes:
        return []
    mine = (_SEAT.c.convention == work.convention) & _SEAT.c.code.in_(codes) & in_office(work.today)
    return list(work.connection.execute(sa.select(_SEAT.c.person_id).where(mine).order_by(_SEAT.c.code)).scalars())


def _secretaries(work: Work, body: str | None) -> list[int]:
    mine = (_SEAT.c.convention == work.convention) & (_SEAT.c.role == "secretary") & in_office(work.today)
    if body is not None:
        mine &= _SEAT.c.body == body
    return list(work.connection.execute(sa.select(_SEAT.c.person_id).where(mine).order_by(_SEAT.c.code)).scalars())


def _body_secretaries(work: Work, event: Row, _action: Row) -> People:
    """The body's own secretaries; the technical committee's where a group has none."""
    body = event["body"]
    return (_secretaries(work, body) or _secretaries(work, work.charter.body_of_kind(BodyKind.TECHNICAL).code)) if body else []


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
        return _person_of_seats(work, [seat])
    if holder:
        return _person_of_seats(work, [seat]) + _person_of_seats(work, [holder])
    return _person_of_seats(work, [seat]) + (_deputies_of(work, event, [seat]) if event["on_behalf_of"] else [])


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
    return lambda work, _event, _action: _secretaries(work, work.charter.body_of_kind(kind).code)


_AUDIENCES: Mapping[Audience, Callable[[Work, Row, Row], People]] = {
    Audience.VOTERS: lambda work, event, _: _person_of_seats(work, _asked(work, event)),
    Audience.DEPUTIES: lambda work, event, _: _deputies_of(work, event, _asked(work, event)),
    Audience.PENDING_VOTERS: lambda work, event, _: _person_of_seats(work, _pending(work, event)),
    Audience.PENDING_DEPUTIES: lambda work, event, _: _deputies_of(work, event, _pending(work, event)),
    Audience.PENDING_HOLDERS: _pending_holders,
    Audience.VOICE: _voice,
    Audience.RESERVING: lambda work, event, _: _person_of_seats(work, [event["payload"]["seat"]]),
    Audience.GIVER: lambda work, event, _: _person_of_seats(work, [event["payload"]["giver"]]),
    Audience.HOLDER: lambda work, event, _: _person_of_seats(work, [event["payload"]["holder"]]),
    Audience.CONCERNED: lambda work, event, _: _person_of_seats(work, [event["payload"]["seat"]]),
    Audience.BODY_SECRETARY: _body_secretaries,
    Audience.TECHNICAL_SECRETARY: _of_kind(BodyKind.TECHNICAL),
    Audience.STEERING_SECRETARY: _of_kind(BodyKind.STEERING),
    Audience.ALL_SECRETARIES: lambda work, _event, _action: _secretaries(work, None),
    Audience.PROPOSER: lambda work, _event, action: _person_of_seats(work, [action["proposer_seat"]]),
    Audience.LEAD: _lead,
}


def final_report_missing(connection: sa.Connection, action_id: int) -> list[str]:
    """Which parts of the final report have not been filed."""
    mine = (_REPORT.c.action_id == action_id) & ~_REPORT.c.superseded
    filed = set(connection.execute(sa.select(_REPORT.c.kind).where(mine).distinct()).scalars())
    return [part for part in ("results", "lessons") if f"final_{part}" not in filed]


_NEEDS: Mapping[str, Callable[[Work, Row], bool]] = {
    "milestone": lambda _work, event: event["payload"].get("subject") is not None,
    "missing": lambda work, event: bool(final_report_missing(work.connection, event["action_id"])),
}
