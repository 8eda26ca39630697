"""What a mail that arrived asks of whoever reads it. People in a simulation know nothing but what they are told by mail."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from models.prepared import Prepared
from models.tables import Action, Delivery, Event, Person, table
from services.bootstrap import App

_ACTION, _DELIVERY, _EVENT, _PERSON = table(Action), table(Delivery), table(Event), table(Person)
_ID: sa.BindParameter[UUID] = sa.bindparam("delivery_")
_TOLD = sa.select(
    _DELIVERY.c.because,
    _PERSON.c.code.label("person"),
    _ACTION.c.number,
    *(_EVENT.c[name] for name in ("topic", "body", "action_id", "payload")),
    _ACTION.c.sheet["lead_person"].as_string().label("lead"),
)
_JOINED = (
    _DELIVERY.join(_PERSON, _PERSON.c.id == _DELIVERY.c.person_id)
    .join(_EVENT, _EVENT.c.id == _DELIVERY.c.event_id)
    .join(_ACTION, _ACTION.c.id == _EVENT.c.action_id)
)
_ALONE = Prepared(_TOLD.select_from(_JOINED).where(_DELIVERY.c.id == _ID))
_TOGETHER = Prepared(
    _TOLD.add_columns(_DELIVERY.c.state).select_from(_JOINED).where(_DELIVERY.c.folded_into == _ID).order_by(_EVENT.c.position)
)


@dataclass(frozen=True, slots=True)
class Told:
    """One message as its reader understands it. ``because``: in what capacity they got it; ``lead``: who carries the action out."""

    topic: str
    because: str
    person: str
    number: str
    action_id: int
    body: str | None
    payload: Any
    lead: str


def read_mail(app: App, delivery: UUID) -> Iterator[Told]:
    """What a mail says: one message, or those of a digest; nothing for a mail that is about no action."""
    with app.db.read() as connection:
        # The state is looked at here: asked by it, SQLite would go through all mails that ever left.
        rows = _ALONE.all(connection, delivery_=delivery) or [
            row for row in _TOGETHER.all(connection, delivery_=delivery) if row.state == "sent"
        ]
    for row in rows:
        yield Told(row.topic, row.because, row.person, row.number, row.action_id, row.body, row.payload, row.lead or "")
