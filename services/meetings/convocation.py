"""Who is convened, and who is told that a meeting is off: one mail to each person, written in the transaction of the command."""

from collections.abc import Iterable
from typing import Any

import sqlalchemy as sa

from models.tables import Delivery, Seat, table
from notifications.catalogue import CONVOCATION, MEETING_CANCELLED, Audience
from notifications.channels import MAIL
from services.lookups import in_office
from services.notices import new_delivery, write_deliveries
from services.wakes import DELIVERIES
from services.work import Work

_LEFT = ("sending", "sent", "uncertain")
_DELIVERY, _SEAT = table(Delivery), table(Seat)


def convene_members(work: Work, meeting: Any) -> int:
    """Convene whoever sits in the body on the day of the meeting, whatever their role, and tell its chat room, if it has one.

    Returns how many persons.
    """
    meeting_id, body = meeting.id, meeting.body
    mine = (_SEAT.c.convention == work.convention) & (_SEAT.c.body == body) & in_office(meeting.held_on)
    people = sorted(work.connection.execute(sa.select(_SEAT.c.person_id).where(mine).distinct()).scalars())
    concerned = work.charter.body(body)
    room = [(concerned.channel, None)] if concerned is not None and concerned.channel else []
    _tell(work, meeting_id, CONVOCATION, [*((MAIL, person) for person in people), *room])
    return len(people)


def convocations(work: Work, meeting_id: int) -> sa.ColumnElement[bool]:
    """The condition that a delivery is a convocation to a meeting."""
    mine = _DELIVERY.c.unique_key.startswith(_key(meeting_id, CONVOCATION, ""), autoescape=True)
    return (_DELIVERY.c.convention == work.convention) & (_DELIVERY.c.message == CONVOCATION) & mine


def tell_cancelled(work: Work, meeting_id: int) -> int:
    """Tell those whose convocation has left, or may have, and the same chat room; returns how many persons."""
    left = convocations(work, meeting_id) & _DELIVERY.c.state.in_(_LEFT)
    query = sa.select(_DELIVERY.c.channel, _DELIVERY.c.person_id).where(left).order_by(_DELIVERY.c.person_id)
    told = [(row.channel, row.person_id) for row in work.connection.execute(query)]
    _tell(work, meeting_id, MEETING_CANCELLED, told)
    return sum(person is not None for _, person in told)


def _tell(work: Work, meeting_id: int, message: str, whom: Iterable[tuple[str, int | None]]) -> None:
    told = {"event_id": None, "stage": DELIVERIES, "message": message, "details": {"meeting": meeting_id}}
    rows = [(_key(meeting_id, message, str(person or channel)), channel, person) for channel, person in whom]
    audience = {True: Audience.BODY_CHANNEL.value, False: Audience.CONVENED.value}
    write_deliveries(
        work,
        (
            new_delivery(work, **told, because=audience[person is None], unique_key=key, channel=channel, person_id=person)
            for key, channel, person in rows
        ),
    )


def _key(meeting_id: int, message: str, addressee: str) -> str:
    return f"meeting:{meeting_id}:{message}:{addressee}"
