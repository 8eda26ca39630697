"""What the mails about a meeting say, read at the moment of sending."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, time
from typing import Any, NamedTuple, cast
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from models.charter import Charter
from models.meetings import MeetingState
from models.review.rules import VOTING_ROLES, ReviewRules, Role
from models.tables import AgendaItem, Meeting, Review, Seat, table
from notifications.catalogue import CONVOCATION, CONVOCATION_WITHDRAWN, MEETING_CANCELLED, MEETING_CHANGED
from notifications.context import Context, MeetingFacts
from notifications.dates import short_date
from notifications.ical import Call, Entry, invite
from notifications.invitations import in_words
from notifications.message import Invitation, Recipient, Sender
from services.clock import local_day
from services.context_frame import bare_context, secretariat_for, wording
from services.in_place import name_of
from services.lookups import in_office
from services.meetings.agenda import Item, items_of
from services.meetings.lookups import texts_by_kind
from services.news import silences
from services.recusals import Reader

_ITEM, _MEETING, _REVIEW, _SEAT = table(AgendaItem), table(Meeting), table(Review), table(Seat)
MEETINGS = "seances"
"""The path of the portal's pages of meetings."""
_CALLS: Mapping[str, Call] = {
    CONVOCATION: Call.HOLD,
    MEETING_CHANGED: Call.HOLD,
    MEETING_CANCELLED: Call.OFF,
    CONVOCATION_WITHDRAWN: Call.LEAVE,
}
_NEEDED = VOTING_ROLES | {Role.SECRETARY}
"""Whose presence counts; deputies and observers are welcome."""
Row = Mapping[Any, Any]


class Reading(NamedTuple):
    """Who reads, and when: the language, the moment, whether it is a rehearsal, and the addresses of the portal and of the privacy notice."""

    language: str
    now: datetime
    rehearsal: bool
    portal: str
    privacy: str


@dataclass(frozen=True, slots=True)
class ToldOfMeeting:
    """The facts of a mail about a meeting, its number and body, who signs (office and address), and where the portal shows it.

    ``starts`` in the convention's zone; ``version`` grows with whatever changes of it, ``uid`` never does. ``roles``: the reader's seats on its day.
    """

    number: str
    body: str
    context: Context
    secretariat: tuple[str, str]
    address: str
    starts: datetime
    version: int
    uid: str
    roles: frozenset[str]

    def invitation(self, message: str, reader: Recipient, now: datetime) -> Invitation:
        """What the reader's calendar is told."""
        office, address = self.secretariat
        title, description = in_words(self.context, reader.language, self.address)
        meeting = cast("MeetingFacts", self.context["meeting"])
        entry = Entry(
            uid=self.uid,
            sequence=self.version,
            starts=self.starts,
            summary=title,
            description=description,
            place=meeting["place"],
            join=meeting["join"],
            organizer=Sender(office, address),
            attendee=reader,
            needed=bool(self.roles & _NEEDED),
        )
        return invite(entry, _CALLS[message], now)


def told_of_meeting(connection: sa.Connection, charter: Charter, row: Row, reading: Reading) -> ToldOfMeeting | None:
    """What a delivery about a meeting says. None where that is no longer so: the meeting has gone on, or the reader's seat has."""
    meeting = connection.execute(sa.select(_MEETING).where(_MEETING.c.id == row["details"]["meeting"])).one()
    roles = _roles(connection, meeting, row["person_id"])
    if not _still_so(row, meeting, roles):
        return None
    language, zone = reading.language, charter.convention.timezone
    today = local_day(reading.now, zone)
    secretariat = secretariat_for(connection, charter, meeting.body, language, today)
    around = bare_context(
        charter.convention.name.of(language), language, rehearsal=reading.rehearsal, today=today, privacy=reading.privacy, link=None
    )
    facts = _facts(connection, charter, (meeting, row), language, secretariat)
    return ToldOfMeeting(
        meeting.number,
        meeting.body,
        cast("Context", {**around, **facts}),
        secretariat,
        f"{reading.portal}/{MEETINGS}/{meeting.number}",
        datetime.combine(meeting.held_on, time.fromisoformat(meeting.starts_at), ZoneInfo(zone)),
        meeting.version,
        uid_of(Reader(connection, charter.convention.code).charter_of(meeting.charter_id), meeting.number, rehearsal=reading.rehearsal),
        roles,
    )


def _roles(connection: sa.Connection, meeting: Any, person_id: int | None) -> frozenset[str]:
    mine = (_SEAT.c.convention == meeting.convention) & (_SEAT.c.body == meeting.body) & (_SEAT.c.person_id == person_id)
    return frozenset(connection.execute(sa.select(_SEAT.c.role).where(mine, in_office(meeting.held_on))).scalars())


def _still_so(row: Row, meeting: Any, roles: Iterable[str]) -> bool:
    """Whether a message is true as things stand. A person is convened by their seat on the day; a room has none."""
    if row["message"] == MEETING_CANCELLED:
        return bool(meeting.state == MeetingState.CANCELLED)
    seated = bool(roles) or row["person_id"] is None
    return meeting.state == MeetingState.CONVENED and seated is not (row["message"] == CONVOCATION_WITHDRAWN)


def uid_of(convened_under: Charter, number: str, *, rehearsal: bool) -> str:
    """By what calendars know a meeting, for life: also under a charter with another address, and apart from a rehearsal's of the same number."""
    domain = convened_under.sender.address.rpartition("@")[2]
    return f"{'rehearsal.' if rehearsal else ''}{number.lower()}.{convened_under.convention.code}@{domain}"


def _facts(
    connection: sa.Connection, charter: Charter, about: tuple[Any, Row], language: str, secretariat: tuple[str, str]
) -> dict[str, Any]:
    """The facts of ``about``: a meeting, in the message of a delivery."""
    meeting, row = about
    said, call = texts_by_kind(connection, meeting), _CALLS[row["message"]]
    convening = call is Call.HOLD
    if call is Call.LEAVE:  # whoever no longer sits need not know how to come
        said = {}
    told: MeetingFacts = {
        "number": meeting.number,
        "held_on": meeting.held_on,
        "starts_at": meeting.starts_at,
        "place": said.get("place"),
        "join": said.get("link"),
        "agenda": _agenda(connection, charter, meeting, language) if convening else [],
        "first": meeting.second_of,
        "free": _is_free(connection, charter, meeting),
        "urgency": said.get("urgency"),
    }
    named = name_of(charter, "bodies", meeting.body, language) or meeting.body
    return {
        "meeting": told,
        "body": {"code": meeting.body, "name": named, "secretariat": secretariat[0]},
        "reasons": [said["reason"]] if "reason" in said and not convening else [],
        "how": secretariat[1],
        "link": "meeting" if convening else None,
        "because": row["because"],
    }


def _is_free(connection: sa.Connection, charter: Charter, meeting: Any) -> bool:
    """Whether a meeting may decide however many attend: a second convocation, by the body's rules and by those of each review on its agenda."""
    body = charter.body(meeting.body)
    every = [body.rules if body else None, *rules_of_open_reviews(connection, charter, meeting)]
    return meeting.second_of is not None and all(one is not None and one.second_convocation == "without_quorum" for one in every)


def rules_of_open_reviews(connection: sa.Connection, charter: Charter, meeting: Any) -> list[ReviewRules | None]:
    """The rules that the open reviews on an agenda keep: those of the charter under which each was opened."""
    books = Reader(connection, charter.convention.code)
    mine = (_REVIEW.c.body == meeting.body) & _REVIEW.c.closed_on.is_(None) & (_ITEM.c.meeting_id == meeting.id)
    query = sa.select(_REVIEW.c.charter_id).join(_ITEM, _ITEM.c.action_id == _REVIEW.c.action_id).where(mine).distinct()
    bodies = [books.charter_of(charter_id).body(meeting.body) for charter_id in connection.execute(query).scalars()]
    return [body.rules if body else None for body in bodies]


def _agenda(connection: sa.Connection, charter: Charter, meeting: Any, language: str) -> list[str]:
    """An agenda line by line; of actions that are there for want of news it says since when, while that is still so."""
    items, words = items_of(connection, meeting.id), wording(language)
    wanted = any(item.silent_since for item in items)
    silent = silences(connection, meeting.convention, charter.convention.timezone) if wanted else {}
    said = {action_id: words.say("mail.silent_since", day=short_date(one.since, language)) for action_id, one in silent.items()}
    return [line_of(item) + (f" ({said[item.action_id]})" if item.silent_since and item.action_id in said else "") for item in items]


def line_of(item: Item) -> str:
    """An item of an agenda in words."""
    return f"{item.position}. {item.number}, {item.title}" if item.number else f"{item.position}. {item.title or '-'}"
