"""Whole days as a calendar to look at: nobody is invited, no time is taken (RFC 5545)."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from icalendar import Calendar, Event

from notifications.ical import Written
from notifications.text import legible, one_line

_MAKER = "-//Passerelle//Forecast//EN"
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class DayEntry:
    """Something of a day. Calendars know an entry by its ``uid``."""

    uid: str
    day: date
    summary: str
    description: str
    categories: tuple[str, ...] = ()


def calendar_of_days(name: str, entries: Iterable[DayEntry], now: datetime, about: Iterable[str] = ()) -> bytes:
    """Write a calendar of this name, made at ``now``, that says what it is ``about``. Whatever people wrote stays within its line.

    Raises:
        ValueError: ``now`` is without its time zone.
    """
    if now.tzinfo is None:
        raise ValueError("calendar: a moment without its time zone")
    whole = Calendar()
    head = {"prodid": _MAKER, "version": "2.0", "calscale": "GREGORIAN", "method": "PUBLISH"}
    for field, value in {
        **head,
        "x-wr-calname": Written(one_line(name)),
        "x-wr-caldesc": Written(legible("\n".join(about))),
    }.items():
        whole.add(field, value)
    for entry in entries:
        whole.add_component(_event(entry, now))
    return bytes(whole.to_ical())


def _event(entry: DayEntry, now: datetime) -> Event:
    event = Event()
    known = {
        "uid": entry.uid,
        "dtstamp": now.astimezone(UTC),
        "dtstart": entry.day,
        "dtend": entry.day + _DAY,
        "summary": Written(one_line(entry.summary)),
        "description": Written(legible(entry.description)),
        "categories": list(entry.categories),
        "transp": "TRANSPARENT",
        "class": "CONFIDENTIAL",
    }
    for name, value in known.items():
        event.add(name, value)
    return event
