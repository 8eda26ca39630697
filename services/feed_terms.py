"""The deadlines without an action in a calendar that people subscribe to: meetings to convene, seats that end, the end of the convention.

Seats of a body that end on the same day are one entry: terms of office mostly end together.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime
from itertools import groupby
from typing import Any, NamedTuple

import sqlalchemy as sa

from models.charter import BodyKind
from models.tables import Deadline, table
from notifications.feed import Entry
from services.body_terms import how_of, open_terms
from services.deadline_kinds import Kind
from services.feed_deadlines import domain_of, marked
from services.feed_meetings import Reading
from services.in_place import name_of
from services.meetings.telling import MEETINGS
from services.own_deadlines import Owner
from services.reckonings import in_words
from services.sending_body_reminders import PEOPLE
from services.work import Work

_DEADLINE = table(Deadline)
_COMMITTEES = (BodyKind.TECHNICAL, BodyKind.STEERING)
_BEGINNING = datetime(2020, 1, 1, tzinfo=UTC)
"""From when sequence numbers count seconds, of which they hold 68 years (RFC 5545, section 3.3.8)."""
Row = Mapping[Any, Any]


class _Term(NamedTuple):
    """What one entry is about: its last day, the seats or the meeting (``about``), and since when it is so, if that is known."""

    kind: Kind
    body: str | None
    due_on: date
    about: Sequence[str]
    how: Row | None
    changed_at: datetime | None

    @property
    def named(self) -> str:
        """By what calendars know it for life; ends of seats go by their day."""
        parts = (self.body, self.due_on.isoformat()) if self.kind is Kind.SEAT_END else self.about
        return ".".join((self.kind, *(str(part).lower() for part in parts)))


def terms_of_body(work: Work, reading: Reading, body: str) -> list[Entry]:
    """The meetings to which a body is still to be convened, and its seats that end; for the two committees, the end of the convention."""
    return _entries(work, reading, {body})


def terms_of_person(work: Work, reading: Reading, owner: Owner) -> list[Entry]:
    """Those of the bodies that somebody serves as secretary, and the end of their own seats."""
    return _entries(work, reading, {seat.body for seat in owner.seats if seat.role == "secretary"}, [seat.code for seat in owner.seats])


def _entries(work: Work, reading: Reading, bodies: set[str], seats: Collection[str] = ()) -> list[Entry]:
    """A few questions, however many terms there are."""
    shown = _DEADLINE.c.body.in_(bodies) | ((_DEADLINE.c.kind == Kind.SEAT_END) & _DEADLINE.c.about.in_(seats))
    if bodies & {work.charter.body_of_kind(kind).code for kind in _COMMITTEES}:
        shown |= _DEADLINE.c.kind == Kind.CONVENTION_END
    domain = domain_of(work)
    return [_entry(work, reading, term, domain, clerk=term.body in bodies) for term in _terms(work, shown)]


def _terms(work: Work, shown: sa.ColumnElement[bool]) -> Iterator[_Term]:
    changed = _seats_changed(work)
    rows = sorted(open_terms(work, shown), key=lambda row: (row["kind"], row["body"] or "", row["due_on"], row["about"]))
    for (kind, body, day), alike in groupby(rows, lambda row: (Kind(row["kind"]), row["body"], row["due_on"])):
        same = list(alike)
        if kind is Kind.SEAT_END:
            yield _Term(kind, body, day, [row["about"] for row in same], how_of(work, same[0]), changed.get(body))
        else:
            yield from (_Term(kind, body, day, [row["about"]], how_of(work, row), row["planned_at"]) for row in same)


def _seats_changed(work: Work) -> dict[str | None, datetime]:
    """When the end of a seat last changed, by body: it counts for all of its entries, for a seat may have come from another day."""
    latest = sa.func.max(sa.func.coalesce(_DEADLINE.c.settled_at, _DEADLINE.c.planned_at))
    mine = (_DEADLINE.c.convention == work.convention) & (_DEADLINE.c.kind == Kind.SEAT_END) & _DEADLINE.c.about.is_not(None)
    rows = work.connection.execute(sa.select(_DEADLINE.c.body, latest.label("latest")).where(mine).group_by(_DEADLINE.c.body))
    return {row.body: row.latest for row in rows if row.latest is not None}


def _entry(work: Work, reading: Reading, term: _Term, domain: str, *, clerk: bool) -> Entry:
    words, changed_at = reading.words, term.changed_at or _BEGINNING
    body = (name_of(work.charter, "bodies", term.body, words.language) or term.body) if term.body else ""
    page = f"{reading.portal}/{_path(term, clerk=clerk)}"
    told = {"body": body, "ending": ", ".join(term.about) if term.kind is Kind.SEAT_END else "", "how": in_words(term.how, words)}
    said = [words.say(f"calendar.{name}", **{name: value}) for name, value in told.items() if value]
    named = ".".join((*(["rehearsal"] if reading.rehearsal else []), term.named, work.convention))
    return Entry(
        uid=f"{named}@{domain}",
        sequence=int((changed_at - _BEGINNING).total_seconds()),
        changed_at=changed_at,
        starts=term.due_on,
        summary=marked(reading, _summary(reading, term, body)),
        description="\n".join([*said, words.say("calendar.portal", page=page)]),
        page=page,
    )


def _summary(reading: Reading, term: _Term, body: str) -> str:
    words, what = reading.words, reading.words.label("deadline", term.kind)
    if term.kind is Kind.SEAT_END and len(term.about) > 1:
        return words.say("calendar.ends", count=len(term.about), body=body)
    return (
        words.say("calendar.term", what=what[:1].upper() + what[1:], about=term.about[0], body=body)
        if body
        else what[:1].upper() + what[1:]
    )


def _path(term: _Term, *, clerk: bool) -> str:
    """A page that the reader may open: the meeting, for a secretary the persons, else the desk."""
    if term.kind is Kind.CONVOCATION:
        return f"{MEETINGS}/{term.about[0]}"
    return PEOPLE if term.kind is Kind.SEAT_END and clerk else "bureau"
