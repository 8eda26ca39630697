"""A meeting as an entry of its readers' calendars, one reader at a time: what iTIP calls an invitation (RFC 5545 and 5546).

The same meeting keeps its ``uid`` for life, and whatever changes of it raises its ``sequence``: by these two a calendar knows which entry to replace.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from types import MappingProxyType
from urllib.parse import quote
from zoneinfo import ZoneInfo

from icalendar import Calendar, Event, vCalAddress, vText, vUri

from notifications.message import Invitation, Recipient, Sender
from notifications.text import legible, one_line
from notifications.vtimezone import timezone_around

LASTS = timedelta(hours=2)
"""How long a meeting takes in calendars: a convocation says when it begins, and nothing says when it ends."""
_MAKER = "-//Passerelle//Meetings//EN"
_IN_ADDRESSES = "@!$&'*+/=~"
_ADDRESS = re.compile(r"https?://[!-~]+")


class Call(StrEnum):
    """What a calendar is asked to do: hold a meeting (or put it right), drop one that is off, drop one to which its reader is convened no more."""

    HOLD = "hold"
    OFF = "off"
    LEAVE = "leave"


_ASKED: Mapping[Call, tuple[str, str | None]] = MappingProxyType(
    {Call.HOLD: ("REQUEST", "CONFIRMED"), Call.OFF: ("CANCEL", "CANCELLED"), Call.LEAVE: ("CANCEL", None)}
)
"""Method and status: RFC 5546 wants no status where the meeting goes on without the reader."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A meeting for one reader's calendar. ``starts`` is in a named zone; ``needed``: whether the reader's presence counts, or is welcome."""

    uid: str
    sequence: int
    starts: datetime
    summary: str
    description: str
    place: str | None
    join: str | None
    organizer: Sender
    attendee: Recipient
    needed: bool


class Written(vText):
    """A text as people wrote it: the library's own way takes a backslash before an N for the end of a line."""

    def to_ical(self) -> bytes:
        """The text with what has a meaning in calendars told apart from it."""
        return self.replace("\\", "\\\\").replace(";", "\\;").replace(",", "\\,").replace("\n", "\\n").encode()


def invite(entry: Entry, call: Call, now: datetime) -> Invitation:
    """Write an invitation, made at ``now``. Whatever people wrote stays within its line: line ends, quotes and the like are escaped or gone.

    Raises:
        ValueError: a moment is without its time zone.
    """
    if now.tzinfo is None or not isinstance(entry.starts.tzinfo, ZoneInfo):
        raise ValueError("calendar: a moment without its time zone")
    method, status = _ASKED[call]
    event = _event(entry, now)
    event.add("attendee", _attendee(entry, asked=call is Call.HOLD))
    if status is not None:
        event.add("status", status)
    whole = Calendar()
    for name, value in (("prodid", _MAKER), ("version", "2.0"), ("calscale", "GREGORIAN"), ("method", method)):
        whole.add(name, value)
    whole.add_component(timezone_around(entry.starts.tzinfo.key, entry.starts.year))
    whole.add_component(event)
    return Invitation(method, whole.to_ical())


def _event(entry: Entry, now: datetime) -> Event:
    event = Event()
    begins, ends = span_of(entry.starts)
    place = one_line(entry.place or entry.join or "")
    known = {
        "uid": entry.uid,
        "sequence": entry.sequence,
        "dtstamp": now.astimezone(UTC),
        "dtstart": begins,
        "dtend": ends,
        "summary": Written(one_line(entry.summary)),
        "description": Written(legible(entry.description)),
        "location": Written(place),
        "transp": "OPAQUE",
        "organizer": _person(entry.organizer.address, entry.organizer.name),
    }
    for name, value in known.items():
        event.add(name, value)
    if entry.join and is_address(entry.join):
        event.add("url", entry.join)
        event.add("conference", vUri(entry.join, params={"VALUE": "URI", "FEATURE": "VIDEO"}))
    return event


def span_of(starts: datetime) -> tuple[datetime, datetime]:
    """From when to when, where clocks change as well: an hour that they leave out is moved on, and one that comes twice is told in universal time."""
    zone, begins = starts.tzinfo, starts.astimezone(UTC)
    span = begins, begins + LASTS
    local = tuple(moment.astimezone(zone) for moment in span)
    return span if any(moment.fold for moment in local) else (local[0], local[1])


def is_address(text: str) -> bool:
    """Whether a text is an address that programs may open."""
    return _ADDRESS.fullmatch(text) is not None


def _person(address: str, name: str) -> vCalAddress:
    person = vCalAddress(f"mailto:{quote(address, safe=_IN_ADDRESSES)}")
    person.params["CN"] = one_line(name)
    return person


def _attendee(entry: Entry, *, asked: bool) -> vCalAddress:
    attendee = _person(entry.attendee.address, entry.attendee.name)
    attendee.params["ROLE"] = "REQ-PARTICIPANT" if entry.needed else "OPT-PARTICIPANT"
    if asked:
        attendee.params["PARTSTAT"], attendee.params["RSVP"] = "NEEDS-ACTION", "TRUE"
    return attendee
