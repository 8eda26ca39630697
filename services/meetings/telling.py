"""What the mails about a meeting say, read at the moment of sending."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import sqlalchemy as sa

from models.charter import Charter
from models.meetings import MeetingState
from models.review.rules import ReviewRules
from models.tables import AgendaItem, Meeting, Review, table
from notifications.catalogue import CONVOCATION
from services.context_frame import secretariat_for
from services.in_place import name_of
from services.meetings.agenda import Item, items_of
from services.meetings.lookups import texts_by_kind
from services.recusals import Reader

_ITEM, _MEETING, _REVIEW = table(AgendaItem), table(Meeting), table(Review)
MEETINGS = "seances"
"""The path of the portal's pages of meetings."""


@dataclass(frozen=True, slots=True)
class ToldOfMeeting:
    """The facts of a mail about a meeting, its number and body, and who signs: office and address."""

    number: str
    body: str
    facts: Mapping[str, Any]
    secretariat: tuple[str, str]


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
    every = [rules, *rules_of_open_reviews(connection, charter, meeting)]
    free = meeting.second_of is not None and all(one is not None and one.second_convocation == "without_quorum" for one in every)
    secretariat = secretariat_for(connection, charter, meeting.body, language, today)
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
            "secretariat": secretariat[0],
        },
        "reasons": [said["reason"]] if "reason" in said and not convening else [],
        "how": secretariat[1],
        "link": "meeting" if convening else None,
    }
    return ToldOfMeeting(meeting.number, meeting.body, facts, secretariat)


def rules_of_open_reviews(connection: sa.Connection, charter: Charter, meeting: Any) -> list[ReviewRules | None]:
    """The rules that the open reviews on an agenda keep: those of the charter under which each was opened."""
    books = Reader(connection, charter.convention.code)
    mine = (_REVIEW.c.body == meeting.body) & _REVIEW.c.closed_on.is_(None) & (_ITEM.c.meeting_id == meeting.id)
    query = sa.select(_REVIEW.c.charter_id).join(_ITEM, _ITEM.c.action_id == _REVIEW.c.action_id).where(mine).distinct()
    bodies = [books.charter_of(charter_id).body(meeting.body) for charter_id in connection.execute(query).scalars()]
    return [body.rules if body else None for body in bodies]


def _line(item: Item) -> str:
    return f"{item.position}. {item.number}, {item.title}" if item.number else f"{item.position}. {item.title or '-'}"
