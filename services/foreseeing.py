"""What choices about messages would mean, before they are kept: when each kind would come, and what waits to be told now. Reads only."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, time, timedelta
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from models.tables import Action, Delivery, Event, Person, table
from models.telling.hours import Choice, Place, Planned, Standing, next_digest, plan
from notifications.channels import MAIL
from notifications.kinds import CHOSEN, KIND_OF, OPTIONAL, PATIENT, Kind
from services.bootstrap import App
from services.planning import place_of, standings_of, told_today
from services.preferences import Given, Preferences, hours_from, work_for
from services.sending import Post
from services.wakes import WAITING
from services.wanted import why_not
from services.way_out import way_out
from services.work import Work

_ACTION, _DELIVERY, _EVENT, _PERSON = table(Action), table(Delivery), table(Event), table(Person)
AT_MOST = 50
"""Messages that wait of which the page tells; it says how many there are."""
_EVENING = 22


class Moments(NamedTuple):
    """When a message might be written: now, the next evening, and the next day that is not worked."""

    now: datetime
    evening: datetime
    day_off: datetime


class Foreseen(NamedTuple):
    """When the messages of a kind would come that were written at each of these moments. ``must``: only those that nobody is spared; else those that may be spared, or all."""

    kind: Kind
    must: bool | None
    planned: Sequence[Planned]


class Foresight(NamedTuple):
    """What choices mean: the moments that are looked at, each kind, and when the next digest would leave."""

    moments: Moments
    kinds: Sequence[Foreseen]
    digest: datetime


class Waiting(NamedTuple):
    """A message that waits: about which action, what it says, and when it is to leave. ``lead`` is empty where it is a list that is written when it leaves."""

    number: str | None
    title: str
    headline: str
    lead: Sequence[str]
    at: datetime


def foresee(app: App, person_id: int, chosen: Preferences, given: Given | None = None) -> Foresight:
    """What somebody's choices mean for their mails: those that are stored, or those that a form holds. Refuses what is not offered, as ``choose`` does."""
    hours = hours_from(given) if given is not None else chosen.hours
    with app.db.read() as connection:
        work = work_for(app, connection, person_id)
        standing, told = standings_of(work, [person_id], None), told_today(work, [person_id])
        place = place_of(work)
    base = Standing(hours, told_today=told.get(person_id, 0), away=standing.away.get(person_id, ()))
    moments = _moments(place)
    kinds = [one for kind in CHOSEN for one in _kind(kind, replace(base, choice=_choice(kind, chosen, given)), place, moments)]
    return Foresight(moments, kinds, next_digest(base, place))


def _choice(kind: Kind, chosen: Preferences, given: Given | None) -> Choice | None:
    if given is None:
        return chosen.wishes.get((kind, MAIL))
    asked = given.get(f"{kind}.{MAIL}")
    return Choice(asked) if asked else None


def _moments(place: Place) -> Moments:
    zone = ZoneInfo(place.timezone)
    today = place.now.astimezone(zone).date()
    evening = datetime.combine(today, time(_EVENING), zone)
    day = today + timedelta(days=1)
    while place.calendar.is_working(day):
        day += timedelta(days=1)
    return Moments(place.now, max(evening, place.now), datetime.combine(day, time(10), zone))


def _kind(kind: Kind, standing: Standing, place: Place, moments: Moments) -> list[Foreseen]:
    """One line, or two where some messages of the kind are mandatory and would come otherwise than the others."""
    messages = [message for message, its in KIND_OF.items() if its is kind]
    lines: dict[bool, list[Planned]] = {}
    for optional in (True, False):
        its = [message for message in messages if (message in OPTIONAL) is optional]
        if its:
            lines[optional] = [
                plan(standing, replace(place, now=moment), optional=optional, patient=not PATIENT.isdisjoint(its)) for moment in moments
            ]
    found = list(lines.values())
    if all(line == found[0] for line in found):
        return [Foreseen(kind, None, found[0])]
    return [Foreseen(kind, not optional, planned) for optional, planned in lines.items()]


def what_waits(app: App, person_id: int) -> tuple[list[Waiting], int]:
    """The mails that wait for somebody, in the order in which they are to leave, and how many there are; what is no longer wanted is left out."""
    with way_out(app) as gateway, app.db.read() as connection:
        post, work = Post(app, gateway), work_for(app, connection, person_id)
        language = connection.execute(sa.select(_PERSON.c.language).where(_PERSON.c.id == person_id)).scalar_one()
        rows = _waiting(work, person_id)
        found = [one for row in rows[:AT_MOST] if (one := _told(connection, post, row, language)) is not None]
    return found, len(found) + len(rows[AT_MOST:])


def _waiting(work: Work, person_id: int) -> list[Mapping[str, Any]]:
    mine = (
        (_DELIVERY.c.person_id == person_id)
        & (_DELIVERY.c.channel == MAIL)
        & _DELIVERY.c.state.in_(WAITING)
        & _DELIVERY.c.folded_into.is_(None)
    )
    query = (
        sa.select(_DELIVERY, _ACTION.c.number, _ACTION.c.sheet["title"].as_string().label("title"))
        .outerjoin(_EVENT, _EVENT.c.id == _DELIVERY.c.event_id)
        .outerjoin(_ACTION, _ACTION.c.id == _EVENT.c.action_id)
        .where(mine)
        .order_by(_DELIVERY.c.not_before, _EVENT.c.position.desc())
    )
    return [row._asdict() for row in work.connection.execute(query)]


def _told(connection: sa.Connection, post: Post, row: Mapping[str, Any], language: str) -> Waiting | None:
    if row["event_id"] is None:
        return Waiting(None, "", "", (), row["not_before"])
    told = post.told(connection, row, language)
    if why_not(connection, told, row, post.look):
        return None
    headline, lead = post.gist(row, language, told)
    return Waiting(row["number"], row["title"], headline, lead, row["not_before"])
