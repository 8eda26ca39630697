"""A calendar to subscribe to: what one reader has before them, as calendar programs read it again and again (RFC 5545, RFC 7986).

It says of itself all that it holds: what is left out is gone. The same entries always make the same bytes.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from icalendar import Calendar, Event, vDuration, vUri

from notifications.ical import Written, is_address, span_of
from notifications.text import legible, one_line
from notifications.vtimezone import timezone_between

READ_AGAIN = timedelta(hours=4)
"""How long programs are asked to wait before they read it again."""
_MAKER = "-//Passerelle//Calendar//EN"


class Standing(StrEnum):
    """How sure a meeting is."""

    PLANNED = "TENTATIVE"
    HELD = "CONFIRMED"
    OFF = "CANCELLED"


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry of a calendar: a meeting, which starts at a moment in a named zone, or a deadline, which is a day and takes nobody's time.

    ``sequence`` and ``changed_at`` grow with whatever changes of it; ``uid`` never does. ``page``: where the portal shows it.
    """

    uid: str
    sequence: int
    changed_at: datetime
    starts: datetime | date
    summary: str
    description: str
    page: str
    standing: Standing = Standing.HELD
    place: str | None = None
    join: str | None = None


@dataclass(frozen=True, slots=True)
class Cover:
    """What a calendar is called, in which language, and the zone in which its moments are told; it is good for these years at least."""

    name: str
    language: str
    zone: str
    years: tuple[int, int]


def publish(cover: Cover, entries: Iterable[Entry]) -> bytes:
    """Write a calendar, also one without any entry. Whatever people wrote stays within its line.

    Raises:
        ValueError: a moment is without its time zone.
    """
    listed = sorted(entries, key=lambda entry: (_day(entry.starts), entry.uid))
    whole = Calendar()
    for prop, value in (("prodid", _MAKER), ("version", "2.0"), ("calscale", "GREGORIAN"), ("x-wr-timezone", cover.zone)):
        whole.add(prop, value)
    whole.add("name", Written(one_line(cover.name)), parameters={"LANGUAGE": cover.language})
    whole.add("x-wr-calname", Written(one_line(cover.name)))
    whole.add("refresh-interval", vDuration(READ_AGAIN, {"VALUE": "DURATION"}))
    whole.add("x-published-ttl", vDuration(READ_AGAIN))
    years = [*cover.years, *(_day(entry.starts).year for entry in listed)]
    whole.add_component(timezone_between(cover.zone, min(years), max(years)))
    for entry in listed:
        whole.add_component(_event(entry))
    content: bytes = whole.to_ical()
    return content


def _day(starts: datetime | date) -> date:
    return starts.date() if isinstance(starts, datetime) else starts


def _event(entry: Entry) -> Event:
    if entry.changed_at.tzinfo is None:
        raise ValueError("calendar: a moment without its time zone")
    event = Event()
    begins, ends = _span(entry.starts)
    changed = entry.changed_at.replace(microsecond=0)
    takes_time = isinstance(entry.starts, datetime) and entry.standing is not Standing.OFF
    known = {
        "uid": entry.uid,
        "sequence": entry.sequence,
        "dtstamp": changed,
        "last-modified": changed,
        "dtstart": begins,
        "dtend": ends,
        "summary": Written(one_line(entry.summary)),
        "description": Written(legible(entry.description)),
        "url": entry.page,
        "status": entry.standing.value,
        "transp": "OPAQUE" if takes_time else "TRANSPARENT",
    }
    for name, value in known.items():
        event.add(name, value)
    if place := one_line(entry.place or entry.join or ""):
        event.add("location", Written(place))
    if entry.join and is_address(entry.join):
        event.add("conference", vUri(entry.join, params={"VALUE": "URI", "FEATURE": "VIDEO"}))
    return event


def _span(starts: datetime | date) -> tuple[datetime | date, datetime | date]:
    if not isinstance(starts, datetime):
        return starts, starts + timedelta(days=1)
    if starts.tzinfo is None or not isinstance(starts.tzinfo, ZoneInfo):
        raise ValueError("calendar: a moment without its time zone")
    return span_of(starts)
