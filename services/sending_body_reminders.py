"""Reminders of what belongs to no action, read at the moment of sending: one that has been done, or whose day has moved, never leaves."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any, cast

import sqlalchemy as sa

from models.review.rules import Role
from models.tables import Deadline, Meeting, Person, Seat, table
from models.telling.reasons import Reason
from notifications.catalogue import Audience
from notifications.channels import MAIL
from notifications.context import Context
from notifications.dates import short_date
from notifications.message import Receipt
from notifications.render import compose, render_line
from services.body_reminders import days_reminded
from services.context_frame import bare_context, secretariat_for, wording
from services.deadline_kinds import Kind
from services.in_place import name_of, seat_in_words
from services.lookups import in_office
from services.meetings.telling import MEETINGS
from services.rooms import say_in_room
from services.sending import About, Post, Row, Unsent, addressee, post_about
from services.standing_in import stand_ins
from services.work import Work, open_work

PEOPLE = "personnes"
"""The path of the portal's pages of persons."""
_DEADLINE, _MEETING = table(Deadline), table(Meeting)
_PERSON, _SEAT = table(Person), table(Seat)


@dataclass(frozen=True)
class _Reading:
    """A delivery that is about to be written, and in whose words. ``open``: what it is still about, with the deadline of each."""

    work: Work
    row: Row
    language: str
    open: Mapping[str, int]

    @property
    def details(self) -> Mapping[str, Any]:
        """What the message is about."""
        return cast("Mapping[str, Any]", self.row["details"])

    @cached_property
    def stood_for(self) -> str | None:
        """The name of whoever the reader stands in for today."""
        away = self.details.get("away")
        pairs = stand_ins(self.work.connection, self.work.convention, self.work.today) if away is not None else ()
        if not any(pair.away == away and pair.person_id == self.row["person_id"] for pair in pairs):
            return None
        name: str = self.work.connection.execute(sa.select(_PERSON.c.name).where(_PERSON.c.id == away)).scalar_one()
        return name

    @property
    def due_on(self) -> date:
        """The last day."""
        return date.fromisoformat(self.details["due_on"])


def send_body_reminder(post: Post, row: Row) -> Receipt | Unsent:
    """Compose a reminder of a ladder that belongs to no action and hand it over, or say why nobody is to have it any longer. Raises as ``sending.send``."""
    app = post.app
    with app.db.read() as connection:
        person, work = addressee(connection, row), open_work(app, connection, row["convention"])
        reading = _Reading(work, row, person.language, _still_open(work, row["details"]))
        if reason := _why_not(reading):
            return Unsent(reason)
        secretariat = secretariat_for(connection, work.charter, row["details"]["body"], person.language, work.today)
        context, path = _facts(post, reading, secretariat)
    address = f"{app.settings.base_url}/{path}" if path else ""
    if row["channel"] != MAIL:
        line = render_line(row["message"], person.language, context, address or app.settings.base_url)
        return say_in_room(app, post.gateway, row["channel"], str(row["id"]), line)
    written = compose(row["message"], person.language, context).to(person.name, address, post.choices(row))
    return post_about(post, row, work.charter, person, written, About(row["details"]["about"], row["details"]["body"], secretariat))


def _still_open(work: Work, details: Mapping[str, Any]) -> dict[str, int]:
    """What has not been done since, nor moved to another day."""
    mine = _DEADLINE.c.id.in_(details["deadlines"]) & _DEADLINE.c.settled_at.is_(None)
    same = mine & (_DEADLINE.c.due_on == date.fromisoformat(details["due_on"]))
    return {
        row.about: row.id
        for row in work.connection.execute(sa.select(_DEADLINE.c.about, _DEADLINE.c.id).where(same).order_by(_DEADLINE.c.about))
    }


def _why_not(reading: _Reading) -> Reason | None:
    """Done or moved since, past the day that it reminds of, or no longer theirs; nor does anybody stand in any more for who is back."""
    connection, today = reading.work.connection, reading.work.today
    if not reading.open or (today > reading.due_on and reading.details["days"] < 0):
        return Reason.NOT_WANTED
    if reading.row["because"] == Audience.BODY_STAND_IN:
        return None if reading.stood_for is not None else Reason.NOT_WANTED
    role = Role.CHAIR if reading.row["because"] == Audience.BODY_CHAIR else Role.SECRETARY
    held = sa.select(_SEAT.c.id).where(_SEAT.c.person_id == reading.row["person_id"], _SEAT.c.role == role, in_office(today))
    return None if connection.execute(held).first() is not None else Reason.NO_SEAT


def _facts(post: Post, reading: _Reading, secretariat: tuple[str, str]) -> tuple[Context, str]:
    """What the message says, and the path of the page that it leads to: none for the end of the convention."""
    work, row, language, charter = reading.work, reading.row, reading.language, reading.work.charter
    kind, body = Kind(reading.details["kind"]), reading.details["body"]
    about, path = _about(reading, kind)
    around = bare_context(
        charter.convention.name.of(language),
        language,
        rehearsal=post.rehearsal,
        today=work.today,
        privacy=post.privacy,
        link=("meeting" if kind is Kind.CONVOCATION else "people" if path == PEOPLE else "person") if path else None,
    )
    named = name_of(charter, "bodies", body, language) or body if body else None
    reminded = {day for one in reading.open.values() for day in days_reminded(work, one, reading.due_on, before=row["created_at"])}
    told = [short_date(day, language) for day in sorted(reminded)]
    late = (work.today - reading.due_on).days
    facts = {
        "body": {"code": body, "name": named, "secretariat": secretariat[0]} if named else None,
        "due_on": reading.due_on,
        "days": abs(late),
        "chase": {"what": wording(language).label("deadline", kind), "late": late > 0, "told": told, "untold": False},
        "because": row["because"],
        "in_place": reading.stood_for,
        "how": secretariat[1],
    }
    return cast("Context", {**around, **facts, **about}), path


def _about(reading: _Reading, kind: Kind) -> tuple[dict[str, Any], str]:
    """The meeting or the seats, and the path of the page where something can be done: none for a chair or a stand-in, who record no seats."""
    connection, convention = reading.work.connection, reading.work.convention
    code = next(iter(reading.open))
    if kind is Kind.CONVOCATION:
        mine = (_MEETING.c.convention == convention) & (_MEETING.c.number == code)
        row = connection.execute(sa.select(_MEETING.c.held_on, _MEETING.c.starts_at, _MEETING.c.second_of).where(mine)).one()
        when = {"number": code, "held_on": row.held_on, "starts_at": row.starts_at}
        said = {"place": None, "join": None, "agenda": [], "first": row.second_of, "free": False, "urgency": None}
        return {"meeting": {**when, **said}}, f"{MEETINGS}/{code}"
    if kind is Kind.SEAT_END:
        charter, words = reading.work.charter, wording(reading.language)
        seats = [seat_in_words(connection, charter, words, seat) for seat in reading.open]
        page = _page_of(reading, code) if reading.row["because"] not in (Audience.BODY_CHAIR, Audience.BODY_STAND_IN) else ""
        return {"concerned": " · ".join(seats)}, page
    return {}, ""


def _page_of(reading: _Reading, seat: str) -> str:
    """The page of whoever holds the seat, if it is the only one; else that of all persons."""
    mine = (_SEAT.c.convention == reading.work.convention) & (_SEAT.c.code == seat)
    holder = sa.select(_PERSON.c.code).join(_SEAT, _SEAT.c.person_id == _PERSON.c.id).where(mine)
    return PEOPLE if len(reading.open) > 1 else f"{PEOPLE}/{reading.work.connection.execute(holder).scalar_one()}"
