"""The mails that persons got, read from the deliveries of a home."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from models.tables import Action, Delivery, Event, Person, table
from notifications.catalogue import DIGESTS
from notifications.channels import MAIL
from notifications.kinds import KIND_OF, Kind

_ACTION, _DELIVERY, _EVENT, _PERSON = table(Action), table(Delivery), table(Event), table(Person)
_ASKING = frozenset({Kind.ASKED, Kind.REMINDERS})


@dataclass(frozen=True, slots=True)
class Mail:
    """A message that somebody got. ``letter``: the mail that it came in; ``event``: what it tells of, None for one that is about no event."""

    person: str
    message: str
    because: str
    day: date
    number: str
    letter: UUID
    event: UUID | None
    topic: str
    payload: Mapping[str, Any]

    @property
    def asks(self) -> bool:
        """Whether it asks for something."""
        return KIND_OF[self.message] in _ASKING

    @property
    def reminds(self) -> bool:
        """Whether it reminds of something."""
        return KIND_OF[self.message] is Kind.REMINDERS

    @property
    def rung(self) -> int | None:
        """How far up its ladder a reminder is, counted from 1; None where there is no ladder."""
        rung = self.payload.get("rung")
        return rung if isinstance(rung, int) else None


def mails_sent(connection: sa.Connection, zone: ZoneInfo) -> Iterator[Mail]:
    """What left for persons, in order; of a digest, every message that it holds."""
    letter = sa.func.coalesce(_DELIVERY.c.folded_into, _DELIVERY.c.id).label("letter")
    query = (
        sa.select(_PERSON.c.code, *(_DELIVERY.c[name] for name in ("message", "because", "settled_at", "event_id")), letter)
        .add_columns(_ACTION.c.number, _EVENT.c.topic, _EVENT.c.payload)
        .join(_PERSON, _PERSON.c.id == _DELIVERY.c.person_id)
        .outerjoin(_EVENT, _EVENT.c.id == _DELIVERY.c.event_id)
        .outerjoin(_ACTION, _ACTION.c.id == _EVENT.c.action_id)
        .where(_DELIVERY.c.state == "sent", _DELIVERY.c.channel == MAIL, _DELIVERY.c.message.not_in(DIGESTS))
        .order_by(_DELIVERY.c.settled_at, _DELIVERY.c.id)
    )
    for row in connection.execute(query):
        day = row.settled_at.astimezone(zone).date()
        about = (row.number or "", row.letter, row.event_id, row.topic or "", row.payload or {})
        yield Mail(row.code, row.message, row.because, day, *about)
