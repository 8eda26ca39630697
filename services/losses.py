"""What follows when a message does not arrive: a return counts against the address, and what is lost goes another way.

In the transaction that records it, so that neither is forgotten nor done twice.
"""

from typing import Any
from uuid import UUID

import sqlalchemy as sa

from models.tables import Delivery, Person, table
from models.telling.bounces import Weight, weigh
from models.telling.reasons import Reason
from notifications.catalogue import BODY_REMINDER, DIGESTS, OWN_DEADLINES, SIGN_IN
from notifications.channels import MAIL
from notifications.message import DeliveryError
from services.bootstrap import App
from services.folding import carry_over
from services.notices import new_delivery, write_deliveries
from services.planning import CHAT
from services.suppression import note_return
from services.work import Work, open_work

_DELIVERY, _PERSON = table(Delivery), table(Person)
LOST = ("dead", "suppressed")
"""The states of what will not arrive."""
AGAIN = ":fallback"
"""Ends the key of a message that goes another way; it goes no third way."""
_CARRIED = ("event_id", "stage", "message", "because", "person_id", "details")


def note_loss(app: App, connection: sa.Connection, delivery: UUID, error: DeliveryError | None) -> None:
    """Draw the consequences of a delivery that was just recorded as lost, or was refused at the recipient for now."""
    row = delivery_with_channel(connection, delivery)
    if row.person_id is None:
        return
    work = open_work(app, connection, row.convention)
    if error is not None and error.of_recipient and row.channel == MAIL:
        note_return(work, row.person_id, weigh(error.code, error.status, error.text), error.status)
    if row.state in LOST:
        fall_back(work, row)


def note_bounce(work: Work, row: Any, weight: Weight, status: str | None) -> None:
    """Draw the consequences of a mail that came back after it had left."""
    note_return(work, row.person_id, weight, status)
    fall_back(work, row)


def delivery_with_channel(connection: sa.Connection, delivery: UUID) -> Any:
    """A delivery, with the ``own_channel`` and the address of its person."""
    query = sa.select(_DELIVERY, _PERSON.c.channel.label("own_channel"), _PERSON.c.email).outerjoin(
        _PERSON, _PERSON.c.id == _DELIVERY.c.person_id
    )
    return connection.execute(query.where(_DELIVERY.c.id == delivery)).first()


def fall_back(work: Work, row: Any) -> None:
    """Write the message once more for the person's other way: their chat channel for a mail, a mail for a chat line.

    A link to sign in goes by mail or not at all: a channel may have other readers.
    """
    other = row.own_channel if row.channel == MAIL else MAIL
    if other is None or row.message == SIGN_IN or row.unique_key.endswith(AGAIN):
        return
    if _goes_there_anyway(work, row, other):
        return
    told_there = _members_told_there(work, row, other) if row.message in DIGESTS else {}
    if told_there and all(told_there.values()):
        return
    told = {name: getattr(row, name) for name in _CARRIED}
    again = new_delivery(work, **told, unique_key=f"{row.id}{AGAIN}", channel=other)
    if write_deliveries(work, [again]):
        if row.message in DIGESTS:
            carry_over(work.connection, row.id, again["id"], but=[member for member, there in told_there.items() if there])
        work.connection.execute(_DELIVERY.update().where(_DELIVERY.c.id == row.id).values(reason=Reason.FELL_BACK))


def _goes_there_anyway(work: Work, row: Any, other: str) -> bool:
    """Whether the person has the same message by the other way already, as they chose."""
    same = (_DELIVERY.c.message == row.message) & (_DELIVERY.c.person_id == row.person_id) & (_DELIVERY.c.channel == other)
    if row.event_id is not None:
        same &= _DELIVERY.c.event_id == row.event_id
    elif row.message == OWN_DEADLINES:
        same &= _DELIVERY.c.details["list"].as_string() == row.details["list"]
    elif row.message == BODY_REMINDER:
        named = row.unique_key.removesuffix(f":{CHAT}")
        same &= _DELIVERY.c.unique_key.in_((named, f"{named}:{CHAT}"))
    else:
        return False
    return work.connection.execute(sa.select(_DELIVERY.c.id).where(same).limit(1)).first() is not None


def _members_told_there(work: Work, digest: Any, other: str) -> dict[UUID, bool]:
    """The messages that a digest was to tell, and whether the person has each of them by the other way already."""
    twin = _DELIVERY.alias("twin")
    same = (twin.c.event_id == _DELIVERY.c.event_id) & (twin.c.message == _DELIVERY.c.message) & (twin.c.person_id == _DELIVERY.c.person_id)
    query = sa.select(_DELIVERY.c.id, sa.exists().where(same, twin.c.channel == other)).where(_DELIVERY.c.folded_into == digest.id)
    return dict(work.connection.execute(query).tuples().all())
