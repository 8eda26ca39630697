"""What became of a request: whether whoever has to answer it today has heard of it, and from which day; and asking again whom nobody asked."""

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

import sqlalchemy as sa

from models.events import Topic
from models.tables import Action, Delivery, Event, Person, table
from models.telling.reasons import Reason
from notifications.catalogue import Audience
from notifications.channels import MAIL
from notifications.recipients import notices_of
from services.clock import local_day
from services.notices import new_delivery, write_deliveries
from services.wakes import UNSENT, WAITING
from services.work import Work

_ACTION, _DELIVERY, _EVENT, _PERSON = table(Action), table(Delivery), table(Event), table(Person)


class Asked(NamedTuple):
    """When something was asked for, and of whom it is asked today (None: of nobody who leads the action).

    ``told_on``: the day on which the first message to them left; ``pending``: whether one is still to leave; ``addressed``: whether any was written.
    """

    event: UUID
    topic: str
    asked_on: date
    lead: int | None
    told_on: date | None
    pending: bool
    addressed: bool


def asked_of(work: Work, events: Iterable[UUID]) -> dict[UUID, Asked]:
    """What became of the messages by which something was asked for, by event.

    Only those count that went to whoever has to act today, in whatever capacity. Where a charter writes to no lead, its word is taken as heard.
    """
    named = list(events)
    if not named:
        return {}
    knows = (_DELIVERY.c.state == "suppressed") & _DELIVERY.c.reason.in_((Reason.OWN_ACT, Reason.SAME_ADDRESS))
    sent, waits = _DELIVERY.c.state.in_(("sent", "uncertain")) | knows, _DELIVERY.c.state.in_((*UNSENT, *WAITING))
    to_lead = _DELIVERY.c.person_id == _PERSON.c.id
    to_author = (_DELIVERY.c.because == Audience.PROPOSER) & (_EVENT.c.topic == Topic.ACTION_RETURNED)
    query = (
        sa.select(
            *(_EVENT.c.id, _EVENT.c.topic, _EVENT.c.recorded_at, _EVENT.c.ahead, _PERSON.c.id.label("lead")),
            sa.func.min(sa.case((sent, sa.func.coalesce(_DELIVERY.c.settled_at, _DELIVERY.c.created_at)))).label("sent_at"),
            sa.func.max(sa.case((waits, 1), else_=0)).label("waits"),
            sa.func.count(_DELIVERY.c.id).label("written"),
        )
        .join(_ACTION, _ACTION.c.id == _EVENT.c.action_id)
        .outerjoin(_PERSON, (_PERSON.c.convention == _EVENT.c.convention) & (_PERSON.c.code == _ACTION.c.sheet["lead_person"].as_string()))
        .outerjoin(_DELIVERY, (_DELIVERY.c.event_id == _EVENT.c.id) & (to_lead | to_author))
        .where(_EVENT.c.id.in_(named))
        .group_by(_EVENT.c.id, _EVENT.c.topic, _EVENT.c.recorded_at, _EVENT.c.ahead, _PERSON.c.id)
    )
    return {row.id: _told(work, row) for row in work.connection.execute(query)}


def _told(work: Work, row: Any) -> Asked:
    """Messages leave by the clock on the wall, which a rehearsal's was ahead of by so much when something was asked for, and may be by more today.

    It is never by less, but in a forecast's copy, where all moments are by one clock.
    """
    left: datetime | None = row.sent_at
    ahead = min(timedelta(seconds=row.ahead), work.now - work.wall)
    told_on = local_day(left + ahead, work.timezone) if left is not None else None
    asked_on = local_day(row.recorded_at, work.timezone)
    if not row.written and _request(work, row.topic) is None:
        told_on = asked_on
    return Asked(row.id, row.topic, asked_on, row.lead, told_on, bool(row.waits), addressed=bool(row.written))


def _request(work: Work, topic: str) -> str | None:
    """The message that asks the lead, by the charter in force; None where it writes to no lead."""
    notices = notices_of(topic, work.charter.telling.recipients)
    return next((notice.message for notice in notices if notice.audience is Audience.LEAD and not notice.copy), None)


def ask_anew(work: Work, asked: Asked, stage: str) -> bool:
    """Write the request to a lead whom nobody has asked, since another led the action then; False where nobody leads it, or they were asked."""
    message = _request(work, asked.topic)
    if asked.addressed or asked.lead is None or message is None:
        return False
    told = {
        "event_id": asked.event,
        "stage": stage,
        "message": message,
        "because": Audience.LEAD.value,
        "channel": MAIL,
        "person_id": asked.lead,
    }
    return write_deliveries(work, [new_delivery(work, **told, unique_key=f"asked:{asked.event}:{asked.lead}")]) > 0
