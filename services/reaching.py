"""Whom messages do not reach: capacities and seats that nobody holds, seats whose holder no longer gets any. Codes only, never a person."""

from collections.abc import Iterable, Sequence
from datetime import date

import sqlalchemy as sa

from models.tables import Action, Delivery, Event, Opinion, Review, Seat, table
from models.telling.reasons import Reason
from notifications.recipients import capacity_of
from services.lookups import in_office
from services.work import Work

_ACTION, _DELIVERY, _EVENT = table(Action), table(Delivery), table(Event)
_OPINION, _REVIEW, _SEAT = table(Opinion), table(Review), table(Seat)
_NO_WAY = (Reason.ADDRESS_SUPPRESSED, Reason.REFUSED, Reason.BOUNCED)
UNREACHABLE = _DELIVERY.c.state.in_(("suppressed", "dead")) & _DELIVERY.c.reason.in_(_NO_WAY)
"""The condition that a delivery did not leave, or came back, because mail no longer reaches whoever it is for."""
FAILED = (_DELIVERY.c.state == "uncertain") | (
    (_DELIVERY.c.state == "dead") & (_DELIVERY.c.reason.is_(None) | _DELIVERY.c.reason.not_in((*_NO_WAY, Reason.FELL_BACK)))
)
"""The condition that it failed for another reason, or that nobody can tell."""


def vacant_seats(work: Work, actions: Iterable[str] | None = None) -> list[str]:
    """The seats that are asked in an open review (of these actions, by number), have not answered, and that nobody holds today."""
    actions = None if actions is None else list(actions)
    if actions is not None and not actions:
        return []
    query = sa.select(_REVIEW.c.id, _REVIEW.c.electorate).where(_REVIEW.c.convention == work.convention, _REVIEW.c.closed_on.is_(None))
    if actions is not None:
        named = (_ACTION.c.convention == work.convention) & _ACTION.c.number.in_(actions)
        query = query.where(_REVIEW.c.action_id.in_(sa.select(_ACTION.c.id).where(named)))
    open_ones = work.connection.execute(query).all()
    asked = {seat for review in open_ones for seat in review.electorate}
    if not asked:
        return []
    mine = (_SEAT.c.convention == work.convention) & in_office(work.today)
    vacant = asked - set(work.connection.execute(sa.select(_SEAT.c.code).where(mine)).scalars())
    given = sa.select(_OPINION.c.review_id, _OPINION.c.seat).where(_OPINION.c.seat.in_(vacant), ~_OPINION.c.superseded)
    answered = set(work.connection.execute(given).tuples()) if vacant else set()
    return sorted({seat for review in open_ones for seat in review.electorate if seat in vacant and (review.id, seat) not in answered})


def unreached(work: Work, which: sa.ColumnElement[bool]) -> list[str]:
    """The seats of those whom these messages could not reach; of somebody without one, the capacity and the action."""
    query = (
        sa.select(_DELIVERY.c.person_id, _DELIVERY.c.because, _ACTION.c.number)
        .outerjoin(_EVENT, _EVENT.c.id == _DELIVERY.c.event_id)
        .outerjoin(_ACTION, _ACTION.c.id == _EVENT.c.action_id)
        .where(_DELIVERY.c.convention == work.convention, UNREACHABLE, _DELIVERY.c.person_id.is_not(None), which)
    )
    lost = work.connection.execute(query).all()
    held = _seats_of(work, {row.person_id for row in lost}, work.today)
    return sorted({seat for row in lost for seat in held.get(row.person_id) or (in_capacity(capacity_of(row.because)[0], row.number),)})


def _seats_of(work: Work, persons: Iterable[int], today: date) -> dict[int, list[str]]:
    mine = (_SEAT.c.convention == work.convention) & _SEAT.c.person_id.in_(list(persons)) & in_office(today)
    found: dict[int, list[str]] = {}
    for row in work.connection.execute(sa.select(_SEAT.c.person_id, _SEAT.c.code).where(mine)):
        found.setdefault(row.person_id, []).append(row.code)
    return found


def in_capacity(capacity: str, number: str | None) -> str:
    """``lead (A-2026-003)``: somebody known by a capacity in an action."""
    return f"{capacity} ({number})" if number else capacity


def named(codes: Sequence[str], at_most: int = 20) -> str:
    """Some codes in one line; a dash for none, and an ellipsis where there are more."""
    return ", ".join([*codes[:at_most], *(["…"] if len(codes) > at_most else [])]) or "-"
