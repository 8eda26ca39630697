"""Calendars that people subscribe to: written anew at each reading from what is so at that moment, and from the seats of the day."""

import hashlib
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

import sqlalchemy as sa

from models.tables import Feed, Person, table
from notifications.feed import Cover, Entry, publish
from notifications.frame import frame_of
from services.bootstrap import App
from services.feed_addresses import Held, Whose
from services.feed_deadlines import deadlines_of_body, deadlines_of_person
from services.feed_meetings import Reading, meetings_of_body, meetings_of_person
from services.feed_terms import terms_of_body, terms_of_person
from services.homes import read_mark
from services.in_place import name_of
from services.own_deadlines import Owner
from services.visitors import seats_of
from services.wording import Wording
from services.work import Work, open_work

_FEED, _PERSON = table(Feed), table(Person)
_NOTED_AGAIN = timedelta(hours=1)


class Served(NamedTuple):
    """A calendar as it is handed over. ``tag`` names these very bytes; they are so since ``changed_at``, as far as anybody looked."""

    content: bytes
    tag: str
    changed_at: datetime


def read_calendar(app: App, held: Held) -> Served:
    """Write a calendar for whoever reads it at its address, and note that it was read: at most once an hour, unless it has changed."""
    content, wall = calendar_of(app, held.whose), app.clock.wall()
    digest, mine = hashlib.sha256(content).digest(), _FEED.c.id == held.id
    with app.db.read() as connection:
        row = connection.execute(sa.select(_FEED.c.content, _FEED.c.changed_at, _FEED.c.read_at).where(mine)).one()
    same = row.content == digest
    changed_at = row.changed_at if same else wall
    if not same or wall - row.read_at >= _NOTED_AGAIN:
        with app.db.write() as connection:
            connection.execute(_FEED.update().where(mine).values(content=digest, changed_at=changed_at, read_at=wall))
    return Served(content, digest.hex()[:32], changed_at)


def calendar_of(app: App, whose: Whose) -> bytes:
    """The calendar of a person, in their language, or of a body, in the convention's."""
    mark = read_mark(app.db)
    rehearsal = mark is None or mark.rehearsal
    with app.db.read() as connection:
        work = open_work(app, connection, whose.convention)
        if whose.body is not None:
            return _of_body(work, whose.body, _reading(app, work.charter.convention.languages[0], rehearsal=rehearsal))
        person = connection.execute(sa.select(_PERSON).where(_PERSON.c.id == whose.person_id)).one()
        return _of_person(work, person, _reading(app, person.language, rehearsal=rehearsal))


def _reading(app: App, language: str, *, rehearsal: bool) -> Reading:
    return Reading(Wording(language), rehearsal, app.settings.base_url)


def _of_body(work: Work, body: str, reading: Reading) -> bytes:
    named = name_of(work.charter, "bodies", body, reading.words.language) or body
    called = reading.words.say("calendar.of_body", convention=work.charter.convention.short, body=named)
    return _published(work, reading, called, _all_of_body(work, reading, body))


def _all_of_body(work: Work, reading: Reading, body: str) -> list[Entry]:
    return [*meetings_of_body(work, reading, body), *terms_of_body(work, reading, body), *deadlines_of_body(work, reading, body)]


def _of_person(work: Work, person: Any, reading: Reading) -> bytes:
    owner = Owner(person.id, work.convention, person.code, seats_of(work.connection, person.id, work.today))
    called = reading.words.say("calendar.of_person", convention=work.charter.convention.short)
    if not owner.seats:  # nobody without a seat can sign in, nor revoke the address: it shows nothing
        return _published(work, reading, called, [])
    meetings, terms = meetings_of_person(work, reading, person.id), terms_of_person(work, reading, owner)
    return _published(work, reading, called, [*meetings, *terms, *deadlines_of_person(work, reading, owner)])


def _published(work: Work, reading: Reading, called: str, entries: Sequence[Entry]) -> bytes:
    convention, language = work.charter.convention, reading.words.language
    name = f"[{frame_of(language).rehearsal}] {called}" if reading.rehearsal else called
    return publish(Cover(name, language, work.timezone, (convention.starts_on.year, convention.ends_on.year)), entries)
