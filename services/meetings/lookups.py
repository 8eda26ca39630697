"""Finding a meeting by its number, and the asker's seat."""

from difflib import get_close_matches
from typing import Any

import sqlalchemy as sa

from models.charter import Body
from models.errors import NotFound, Problem, Refused
from models.review.rules import ReviewRules, Role
from models.tables import Meeting, MeetingWords, table
from services.lookups import ask, look_up_seat, seat_in_office, serves
from services.work import Work, fingerprint

_MEETING, _WORDS = table(Meeting), table(MeetingWords)


def numbered(work: Work, number: str) -> sa.ColumnElement[bool]:
    """The condition that a meeting is the one of this number."""
    return (_MEETING.c.convention == work.convention) & (_MEETING.c.number == number)


def find_meeting(work: Work, number: str, *, hold: bool = False) -> Any:
    """The row of a meeting by its number, whatever its case. Raises NotFound with near matches.

    ``hold``: nobody else changes it until this transaction ends (on PostgreSQL; on SQLite writers stand in line anyway).
    """
    query = sa.select(_MEETING).where(numbered(work, number.strip().upper()))
    row = work.connection.execute(query.with_for_update() if hold else query).first()
    if row is None:
        known = work.connection.execute(sa.select(_MEETING.c.number).where(_MEETING.c.convention == work.convention)).scalars().all()
        near = get_close_matches(number.strip().upper(), known, n=3, cutoff=0.5)
        raise NotFound(Problem("meeting_unknown", {"number": number.strip(), "near": ", ".join(near) or "-"}))
    return row


def meeting_body(work: Work, code: str, charter_id: int | None = None) -> tuple[Body, ReviewRules]:
    """A body that examines actions, and its rules. Refuses one that is unknown or examines none."""
    charter = work.charter_of(charter_id)
    found = charter.body(code)
    if found is None or found.rules is None:
        known = ", ".join(body.code for body in charter.bodies if body.rules is not None)
        raise Refused.because("body_unknown", "body", body=code, known=known)
    return found, found.rules


def check_clerk(work: Work, seat: str | None, body: str) -> None:
    """Refuse everybody but the secretary of a body; the technical committee's also serves the groups."""
    row = seat_in_office(work, seat or "", ask(work, look_up_seat(work.convention, seat or "")))
    if row.role != Role.SECRETARY or not serves(work, row.body, body):
        raise Refused.because("meeting_not_yours", seat=row.code, body=body)


def keep_text(work: Work, meeting_id: int, kind: str, author: str | None, body: str | None) -> tuple[Any, dict[str, str]]:
    """Store a text about a meeting apart from its log; returns its id and what the log may say of it."""
    if body is None:
        return None, {}
    words_id, salt = work.ids(), work.salt()
    values = {"meeting_id": meeting_id, "kind": kind, "author_seat": author, "salt": salt, "body": body}
    work.connection.execute(_WORDS.insert().values(id=words_id, convention=work.convention, **values))
    return words_id, {f"{kind}_id": str(words_id), f"{kind}_hash": fingerprint(salt, body)}


def texts_by_kind(connection: sa.Connection, meeting: Any) -> dict[str, str]:
    """Where a meeting is held now, why the notice of its present day is short, and why it ended; each at most once."""
    query = sa.select(_WORDS.c.id, _WORDS.c.kind, _WORDS.c.body).where(_WORDS.c.meeting_id == meeting.id, _WORDS.c.kind != "title")
    rows = connection.execute(query).all()
    notice = meeting.notice or {}
    held = {"place": meeting.place_id, "link": meeting.link_id}
    if "urgency_id" in notice or not notice.get("urgent"):  # the first convocation does not name its reason: there is no other yet
        held["urgency"] = notice.get("urgency_id")
    return {row.kind: row.body for row in rows if row.kind not in held or str(held[row.kind]) == str(row.id)}
