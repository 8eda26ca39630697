"""Who is told of what, as a table that people read: the built-in lines, and those that the charter in force puts in their place."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

import sqlalchemy as sa

from models.meetings import MeetingTopic
from models.tables import CharterVersion, table
from models.telling.rules import Line
from notifications.catalogue import CATALOGUE, CONVOCATION, CONVOCATION_WITHDRAWN, MEETING_CANCELLED, MEETING_CHANGED, Audience
from notifications.kinds import KIND_OF, OPTIONAL, PATIENT, Kind
from notifications.recipients import notices_of
from services.charter_store import rules_in_force

_CHARTER = table(CharterVersion)
_CONVENED = (Audience.CONVENED.value, Audience.BODY_CHANNEL.value)
_MEETINGS: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    (MeetingTopic.CONVENED, CONVOCATION, _CONVENED),
    (MeetingTopic.CHANGED, MEETING_CHANGED, _CONVENED),
    (MeetingTopic.CHANGED, CONVOCATION_WITHDRAWN, (Audience.WAS_CONVENED.value,)),
    (MeetingTopic.CANCELLED, MEETING_CANCELLED, _CONVENED),
)


@dataclass(frozen=True, slots=True)
class Told:
    """Who is told of a topic by one message, and who gets a copy; ``message`` and ``kind`` None where nobody is told.

    ``may_decline``, ``may_wait``: whether people may be spared it, and whether it may wait for a better hour.
    ``charter``, ``loaded_at``: the version whose line it is; None for a built-in line.
    """

    topic: str
    message: str | None
    kind: Kind | None
    to: tuple[str, ...]
    copy: tuple[str, ...]
    may_decline: bool
    may_wait: bool
    source: Literal["built_in", "charter"]
    charter: int | None = None
    loaded_at: datetime | None = None


def recipients_table(connection: sa.Connection, convention: str) -> list[Told]:
    """Every topic of actions and meetings, in the order of the catalogue. Raises NotFound for an unknown convention."""
    rules = rules_in_force(connection, convention)
    loaded_at = connection.execute(sa.select(_CHARTER.c.loaded_at).where(_CHARTER.c.id == rules.id)).scalar_one()
    own = rules.charter.telling.recipients
    return [
        *(_told(topic, message, roles, (rules.id, loaded_at) if topic in own else None) for topic, message, roles in _lines(own)),
        *(_told(topic, message, (to, ()), None) for topic, message, to in _MEETINGS),
    ]


_Roles = tuple[tuple[str, ...], tuple[str, ...]]


def _lines(own: Mapping[str, tuple[Line, ...]]) -> Iterator[tuple[str, str | None, _Roles]]:
    """Topic, message, and the capacities of those who get it and of those who get a copy."""
    for topic in CATALOGUE:
        notices = notices_of(topic, own)
        for message in dict.fromkeys(notice.message for notice in notices):
            mine = [notice for notice in notices if notice.message == message]
            to, copied = ([n.audience.value for n in mine if n.copy is copied] for copied in (False, True))
            yield topic, message, (tuple(to), tuple(copied))
        if not notices:
            yield topic, None, ((), ())


def _told(topic: str, message: str | None, roles: _Roles, version: tuple[int, datetime] | None) -> Told:
    charter, loaded_at = version or (None, None)
    return Told(
        topic=topic,
        message=message,
        kind=KIND_OF[message] if message else None,
        to=roles[0],
        copy=roles[1],
        may_decline=message in OPTIONAL,
        may_wait=message in PATIENT,
        source="charter" if version else "built_in",
        charter=charter,
        loaded_at=loaded_at,
    )
