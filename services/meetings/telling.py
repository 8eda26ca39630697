"""What the mails about a meeting say, read at the moment of sending."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import sqlalchemy as sa

from models.charter import BodyKind, Charter
from models.meetings import MeetingState
from models.tables import Meeting, table
from notifications.catalogue import CONVOCATION
from services.context_frame import office, secretary_of
from services.in_place import name_of
from services.meetings.agenda import Item, items_of
from services.meetings.lookups import texts_by_kind

_MEETING = table(Meeting)
MEETINGS = "seances"
"""The path of the portal's pages of meetings."""


@dataclass(frozen=True, slots=True)
class ToldOfMeeting:
    """The facts of a mail about a meeting, its number, and the address to which answers go."""

    number: str
    facts: Mapping[str, Any]
    secretariat: str


def told_of_meeting(connection: sa.Connection, charter: Charter, row: Mapping[Any, Any], reading: tuple[str, date]) -> ToldOfMeeting | None:
    """The facts of the meeting that a delivery is about, for ``reading``: language and day. None once it has gone on to something else."""
    language, today = reading
    meeting = connection.execute(sa.select(_MEETING).where(_MEETING.c.id == row["details"]["meeting"])).one()
    convening = row["message"] == CONVOCATION
    if meeting.state != (MeetingState.CONVENED if convening else MeetingState.CANCELLED):
        return None
    said = texts_by_kind(connection, meeting)
    body = charter.body(meeting.body)
    rules = body.rules if body else None
    free = meeting.second_of is not None and rules is not None and rules.second_convocation == "without_quorum"
    technical = charter.body_of_kind(BodyKind.TECHNICAL).code
    codes = ((code, secretary_of(connection, charter, code, today)) for code in (meeting.body, technical))
    signing, address = next(((code, found) for code, found in codes if found), (technical, charter.sender.address))
    told = {
        "number": meeting.number,
        "held_on": meeting.held_on,
        "starts_at": meeting.starts_at,
        "place": said.get("place"),
        "join": said.get("link"),
        "agenda": [_line(item) for item in items_of(connection, meeting.id)] if convening else [],
        "first": meeting.second_of,
        "free": free,
        "urgency": said.get("urgency"),
    }
    facts = {
        "meeting": told,
        "body": {
            "code": meeting.body,
            "name": name_of(charter, "bodies", meeting.body, language) or meeting.body,
            "secretariat": office(charter, signing, language),
        },
        "reasons": [said["reason"]] if "reason" in said and not convening else [],
        "how": address,
        "link": "meeting" if convening else None,
    }
    return ToldOfMeeting(meeting.number, facts, address)


def _line(item: Item) -> str:
    return f"{item.position}. {item.number}, {item.title}" if item.number else f"{item.position}. {item.title or '-'}"
