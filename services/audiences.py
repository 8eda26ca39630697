"""Who is meant by a capacity: the persons that an event, its review and the seats of today name."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import sqlalchemy as sa

from models.charter import BodyKind, Role
from models.events import REACTS, Stage, Topic
from models.meetings.rules import away
from models.prepared import Prepared, PreparedAmong
from models.tables import Absence, Opinion, Person, Report, Review, Seat, table
from notifications.catalogue import Audience
from services.chases import told_above
from services.deadline_kinds import group_of
from services.holding import holding
from services.lookups import in_office
from services.reach import away_today
from services.recusals import RECUSAL_COLUMNS, persons_out, recused_seats
from services.standing_in import standing_in
from services.work import Work

_ABSENCE, _PERSON, _SEAT = table(Absence), table(Person), table(Seat)
_OPINION, _REVIEW, _REPORT = table(Opinion), table(Review), table(Report)

Row = Mapping[Any, Any]
People = Iterable[int]


def persons_of_seats(work: Work, seats: Iterable[str]) -> list[int]:
    """Persons who hold these seats today: former holders are never told."""
    codes = list(seats)
    if not codes:
        return []
    return [row.person_id for row in _HOLDERS.all(work.connection, codes, convention_=work.convention, day_=work.today)]


_IN_OFFICE = (_SEAT.c.convention == sa.bindparam("convention_")) & in_office(sa.bindparam("day_", type_=_SEAT.c.starts_on.type))
_HOLDERS = PreparedAmong(sa.select(_SEAT.c.person_id).where(_IN_OFFICE).order_by(_SEAT.c.code), _SEAT.c.code)


def secretaries(work: Work, body: str | None) -> list[int]:
    """The persons who are secretary of a body today, or of any."""
    asked = {"convention_": work.convention, "day_": work.today}
    rows = _CLERKS.all(work.connection, **asked) if body is None else _CLERKS_OF.all(work.connection, **asked, body_=body)
    return [row.person_id for row in rows]


_CLERK = sa.select(_SEAT.c.person_id).where(_IN_OFFICE, _SEAT.c.role == sa.literal_column("'secretary'")).order_by(_SEAT.c.code)
_CLERKS, _CLERKS_OF = Prepared(_CLERK), Prepared(_CLERK.where(_SEAT.c.body == sa.bindparam("body_")))


def _group_secretaries(work: Work, event: Row, action: Row) -> People:
    """The secretaries of the body that follows the action; the technical committee's where it has none."""
    technical = work.charter.body_of_kind(BodyKind.TECHNICAL).code
    return secretaries(work, group_of(work.charter, event["body"], action["sheet"])) or secretaries(work, technical)


def _chairs(work: Work, event: Row, action: Row) -> People:
    """Whoever chairs the body that follows the action today; the technical committee where nobody does."""
    technical = work.charter.body_of_kind(BodyKind.TECHNICAL).code
    return presiding(work, group_of(work.charter, event["body"], action["sheet"])) or presiding(work, technical)


def presiding(work: Work, body: str) -> list[int]:
    """Whoever chairs a body today."""
    mine = (_SEAT.c.convention == work.convention) & (_SEAT.c.role == Role.CHAIR) & (_SEAT.c.body == body) & in_office(work.today)
    return list(work.connection.execute(sa.select(_SEAT.c.person_id).where(mine).order_by(_SEAT.c.code)).scalars())


def _lead_deputies(work: Work, _event: Row, action: Row) -> People:
    """Whoever holds the deputy's seat that was named for the absence of the lead."""
    away = (_ABSENCE.c.convention == work.convention) & (_ABSENCE.c.starts_on <= work.today) & (_ABSENCE.c.ends_on >= work.today)
    led = (_PERSON.c.convention == work.convention) & (_PERSON.c.code == action["sheet"].get("lead_person"))
    query = (
        sa.select(_SEAT.c.person_id)
        .join(_ABSENCE, _ABSENCE.c.deputy_id == _SEAT.c.id)
        .join(_PERSON, _PERSON.c.id == _ABSENCE.c.person_id)
        .where(away, led, in_office(work.today))
    )
    return list(work.connection.execute(query.order_by(_SEAT.c.code)).scalars())


def _told_above(work: Work, event: Row, _action: Row) -> People:
    """Those above who were told that something is late which this very act has settled."""
    return told_above(work.connection, event)


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
    named = event["payload"]["seats"] if event["topic"] == Topic.REVIEW_CHASED else review.electorate
    return [seat for seat in review.electorate if seat in named and seat not in silent]


def _pending_voters(work: Work, event: Row, _action: Row) -> People:
    """Those who have not answered; whoever is away is not chased, since others answer for them."""
    silent = _pending(work, event)
    gone = away_today(work, silent) if event["topic"] == Topic.REVIEW_CHASED else ()
    return persons_of_seats(work, [seat for seat in silent if seat not in gone])


def _asked(work: Work, event: Row) -> list[str]:
    """The seats of a review that take part."""
    review = _last_review(work, event)
    out = recused_seats(work, review)
    return [seat for seat in review.electorate if seat not in out]


def _last_review(work: Work, event: Row) -> Any:
    return _LAST_REVIEW.first(work.connection, action_=event["action_id"], body_=event["body"])


_LAST_REVIEW = Prepared(
    sa.select(*RECUSAL_COLUMNS)
    .where(_REVIEW.c.action_id == sa.bindparam("action_"), _REVIEW.c.body == sa.bindparam("body_"))
    .order_by(_REVIEW.c.round.desc())
    .limit(sa.literal_column("1"))
)


def _lead(work: Work, _event: Row, action: Row) -> People:
    code = action["sheet"].get("lead_person")
    return [row.id for row in _NAMED.all(work.connection, convention_=work.convention, person_=code)] if code is not None else []


_NAMED = Prepared(
    sa.select(_PERSON.c.id).where(_PERSON.c.convention == sa.bindparam("convention_"), _PERSON.c.code == sa.bindparam("person_"))
)


def _of_kind(kind: BodyKind) -> Callable[[Work, Row, Row], People]:
    return lambda work, _event, _action: secretaries(work, work.charter.body_of_kind(kind).code)


AUDIENCES: Mapping[Audience, Callable[[Work, Row, Row], People]] = {
    Audience.VOTERS: lambda work, event, _: persons_of_seats(work, _asked(work, event)),
    Audience.DEPUTIES: lambda work, event, _: _deputies_of(work, event, _asked(work, event)),
    Audience.PENDING_VOTERS: _pending_voters,
    Audience.PENDING_DEPUTIES: lambda work, event, _: _deputies_of(work, event, _pending(work, event)),
    Audience.PENDING_HOLDERS: _pending_holders,
    Audience.VOICE: _voice,
    Audience.RESERVING: lambda work, event, _: persons_of_seats(work, [event["payload"]["seat"]]),
    Audience.GIVER: lambda work, event, _: persons_of_seats(work, [event["payload"]["giver"]]),
    Audience.HOLDER: lambda work, event, _: persons_of_seats(work, [event["payload"]["holder"]]),
    Audience.CONCERNED: lambda work, event, _: persons_of_seats(work, [event["payload"]["seat"]]),
    Audience.BODY_SECRETARY: _body_secretaries,
    Audience.GROUP_SECRETARY: _group_secretaries,
    Audience.CHAIR: _chairs,
    Audience.TECHNICAL_SECRETARY: _of_kind(BodyKind.TECHNICAL),
    Audience.STEERING_SECRETARY: _of_kind(BodyKind.STEERING),
    Audience.ALL_SECRETARIES: lambda work, _event, _action: secretaries(work, None),
    Audience.PROPOSER: lambda work, _event, action: persons_of_seats(work, [action["proposer_seat"]]),
    Audience.LEAD: _lead,
    Audience.LEAD_DEPUTY: _lead_deputies,
    Audience.TOLD_ABOVE: _told_above,
}


_MAY_BE_NOBODY = frozenset(
    {
        Audience.DEPUTIES,
        Audience.PENDING_VOTERS,
        Audience.PENDING_DEPUTIES,
        Audience.PENDING_HOLDERS,
        Audience.LEAD_DEPUTY,
        Audience.BODY_STAND_IN,
        Audience.TOLD_ABOVE,
        Audience.BODY_CHANNEL,
    }
)
_CARRIED_OUT = frozenset({Stage.IMPLEMENTATION, Stage.REPORTING})


def is_owned(audience: Audience, event: Row) -> bool:
    """Whether somebody has to be in this capacity for the news of an event: where nobody is, a request or a reminder goes nowhere.

    A proposal need not say yet who will lead it.
    """
    if audience is Audience.LEAD:
        return REACTS[Topic(event["topic"])] in _CARRIED_OUT
    return audience not in _MAY_BE_NOBODY and not (audience is Audience.BODY_SECRETARY and event["body"] is None)


def final_report_missing(connection: sa.Connection, action_id: int) -> list[str]:
    """Which parts of the final report have not been filed."""
    mine = (_REPORT.c.action_id == action_id) & ~_REPORT.c.superseded
    filed = set(connection.execute(sa.select(_REPORT.c.kind).where(mine).distinct()).scalars())
    return [part for part in ("results", "lessons") if f"final_{part}" not in filed]


NEEDS: Mapping[str, Callable[[Work, Row], bool]] = {
    "milestone": lambda _work, event: event["payload"].get("subject") is not None,
    "missing": lambda work, event: bool(final_report_missing(work.connection, event["action_id"])),
}
