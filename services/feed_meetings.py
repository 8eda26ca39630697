"""The meetings of a calendar that people subscribe to. The same words, and the same name for life, as the invitations that they were sent."""

from collections.abc import Sequence
from datetime import UTC, datetime, time
from typing import Any, NamedTuple, cast
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from orjson import loads

from models.chain import FIELDS
from models.meetings import MeetingState
from models.tables import Meeting, MeetingEvent, MeetingWords, Seat, table
from notifications.context import Context, MeetingFacts
from notifications.feed import Entry, Standing
from notifications.invitations import in_words
from services.in_place import name_of
from services.meetings.agenda import Item, items_in
from services.meetings.telling import MEETINGS, line_of, uid_of
from services.wording import Wording
from services.work import Work

_MEETING, _EVENT, _SEAT = table(Meeting), table(MeetingEvent), table(Seat)
_PLACE, _LINK = table(MeetingWords).alias("place"), table(MeetingWords).alias("link")
_STANDING = {MeetingState.PLANNED: Standing.PLANNED, MeetingState.CANCELLED: Standing.OFF}
"""Of the meetings that are not sure."""
_RECORDED = FIELDS.index("recorded_at")


class Reading(NamedTuple):
    """For whom a calendar is written: the words of their language, whether it is a rehearsal, and the address of the portal."""

    words: Wording
    rehearsal: bool
    portal: str


def meetings_of_person(work: Work, reading: Reading, person_id: int) -> list[Entry]:
    """The meetings of the bodies in which somebody sits on their day, by a seat that has not ended since."""
    sits = (_SEAT.c.person_id == person_id) & (_SEAT.c.convention == _MEETING.c.convention) & (_SEAT.c.body == _MEETING.c.body)
    then = (_SEAT.c.starts_on <= _MEETING.c.held_on) & (_SEAT.c.ends_on.is_(None) | (_SEAT.c.ends_on >= _MEETING.c.held_on))
    still = _SEAT.c.ends_on.is_(None) | (_SEAT.c.ends_on >= work.today)
    return _entries(work, reading, sa.exists().where(sits, then, still), shared=False)


def meetings_of_body(work: Work, reading: Reading, body: str) -> list[Entry]:
    """The meetings of a body, without how to join them from afar: nobody knows who reads a calendar that is passed on."""
    return _entries(work, reading, _MEETING.c.body == body, shared=True)


def _entries(work: Work, reading: Reading, which: sa.ColumnElement[bool], *, shared: bool) -> list[Entry]:
    """Three questions, however many meetings there are."""
    query = (
        sa.select(_MEETING, _PLACE.c.body.label("place"), _LINK.c.body.label("link"), _EVENT.c.record)
        .join(_EVENT, (_EVENT.c.meeting_id == _MEETING.c.id) & (_EVENT.c.seq == _MEETING.c.version))
        .outerjoin(_PLACE, _PLACE.c.id == _MEETING.c.place_id)
        .outerjoin(_LINK, _LINK.c.id == _MEETING.c.link_id)
        .where(_MEETING.c.convention == work.convention, which)
    )
    rows = work.connection.execute(query).all()
    agendas = items_in(work.connection, [row.id for row in rows])
    charters = {charter_id: work.charter_of(charter_id) for charter_id in {row.charter_id for row in rows}}
    uids = {row.id: uid_of(charters[row.charter_id], row.number, rehearsal=reading.rehearsal) for row in rows}
    return [_entry(work, reading, row, agendas[row.id], uid=uids[row.id], join=None if shared else row.link) for row in rows]


def _entry(work: Work, reading: Reading, row: Any, agenda: Sequence[Item], *, uid: str, join: str | None) -> Entry:
    standing, page = _STANDING.get(row.state, Standing.HELD), f"{reading.portal}/{MEETINGS}/{row.number}"
    off, words = standing is Standing.OFF, reading.words
    title, description = in_words(_context(work, reading, row, () if off else agenda, None if off else join), words.language, page)
    recorded = loads(row.record)[_RECORDED]
    return Entry(
        uid=uid,
        sequence=row.version,
        changed_at=datetime.fromisoformat(recorded).replace(tzinfo=UTC),
        starts=datetime.combine(row.held_on, time.fromisoformat(row.starts_at), ZoneInfo(work.timezone)),
        summary=words.say("calendar.cancelled", title=title) if off else title,
        description=description,
        page=page,
        standing=standing,
        place=row.place or (words.say("calendar.remote") if row.link and not join else None),
        join=None if off else join,
    )


def _context(work: Work, reading: Reading, row: Any, agenda: Sequence[Item], join: str | None) -> Context:
    """What the words of a meeting are made from."""
    told: MeetingFacts = {
        "number": row.number,
        "held_on": row.held_on,
        "starts_at": row.starts_at,
        "place": row.place,
        "join": join,
        "agenda": [line_of(item) for item in agenda],
        "first": row.second_of,
        "free": False,
        "urgency": None,
    }
    named = name_of(work.charter, "bodies", row.body, reading.words.language) or row.body
    body = {"code": row.body, "name": named, "secretariat": ""}
    return cast("Context", {"rehearsal": reading.rehearsal, "meeting": told, "body": body})
