"""Whether the members of a review were asked in time: no silence counts that nobody could break."""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any, NamedTuple

import sqlalchemy as sa

from models.deadlines import Delay, deadline
from models.events import Topic
from models.prepared import Prepared, among
from models.tables import Delivery, Event, Review, table
from notifications.catalogue import Audience
from services.clock import local_day
from services.counting import examining
from services.wakes import UNSENT, WAITING
from services.work import Work

_DELIVERY, _EVENT, _REVIEW = table(Delivery), table(Event), table(Review)
_ASKS = "opinion-requested"
_OF_ACTION = sa.bindparam("action_", type_=sa.Integer)


def _in(column: sa.ColumnElement[str], *values: str) -> sa.ColumnElement[bool]:
    return among(column, [sa.literal_column(f"'{value}'") for value in values])


_OPENED = Prepared(
    sa.select(_EVENT.c.id, _EVENT.c.ahead, _EVENT.c.payload)
    .where(_EVENT.c.action_id == _OF_ACTION, _EVENT.c.topic == sa.literal_column(f"'{Topic.REVIEW_OPENED}'"))
    .where(_EVENT.c.body == sa.bindparam("body_"))
    .order_by(_EVENT.c.seq.desc())
    .limit(sa.literal_column("1"))
)
_LEFT = Prepared(
    sa.select(
        sa.func.min(sa.case((_in(_DELIVERY.c.state, "sent", "uncertain"), _DELIVERY.c.settled_at))).label("left_at"),
        sa.func.max(sa.case((_in(_DELIVERY.c.state, *UNSENT, *WAITING), sa.literal_column("1")), else_=sa.literal_column("0"))).label(
            "waits"
        ),
    ).where(
        _DELIVERY.c.event_id == sa.bindparam("event_", type_=_EVENT.c.id.type),
        _DELIVERY.c.message == sa.literal_column(f"'{_ASKS}'"),
        _in(_DELIVERY.c.because, Audience.VOTERS, Audience.DEPUTIES),
    )
)
_RULED_BY = Prepared(
    sa.select(_REVIEW.c.charter_id).where(
        _REVIEW.c.action_id == _OF_ACTION, _REVIEW.c.body == sa.bindparam("body_"), _REVIEW.c.closed_on.is_(None)
    )
)


class AskedLate(NamedTuple):
    """``until``: the day to which a review runs of which its members heard no earlier than on its last day; None: they have not heard yet."""

    until: date | None


def asked_late(work: Work, action_id: int, body: str, due_on: date) -> AskedLate | None:
    """Whether the last day of an open review comes before its members had a day to answer, and they still have time; None otherwise.

    Only requests that have left count, and those that are still to leave: whoever cannot be written to holds nothing up.
    """
    opened = _OPENED.first(work.connection, action_=action_id, body_=body)
    told = _LEFT.first(work.connection, event_=opened.id) if opened is not None else None
    if told is None or (told.left_at is None and not told.waits):
        return None
    if told.left_at is None:
        return AskedLate(None)
    ahead = min(timedelta(seconds=opened.ahead), work.now - work.wall)  # as ``services.asking`` has it
    left_on = local_day(told.left_at + ahead, work.timezone)
    until = deadline(left_on, _delay(work, action_id, body, opened.payload), work.calendar)
    return AskedLate(until) if left_on >= due_on and until > due_on and until >= work.today else None


def _delay(work: Work, action_id: int, body: str, opened: Mapping[str, Any]) -> Delay:
    """How long the review was to run: by its rules, or by what was left of an earlier one."""
    if "left" in opened:
        return Delay(opened["left"], opened["left_unit"])
    _, rules = examining(work, body, _RULED_BY.scalar(work.connection, action_=action_id, body_=body))
    return Delay(rules.opinion_delay, rules.delay_unit)
