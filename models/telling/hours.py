"""When a message leaves: at once, at a better hour, in the digest, or not at all. A pure function of what people chose and of the calendar."""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from typing import NamedTuple
from zoneinfo import ZoneInfo

from models.deadlines import Calendar
from models.telling.reasons import Reason


class Rhythm(StrEnum):
    """How often somebody is told what can wait."""

    AT_ONCE = "at_once"
    DAILY = "daily"
    WEEKLY = "weekly"


class Choice(StrEnum):
    """What somebody chose for one kind of messages."""

    NOW = "now"
    DIGEST = "digest"
    NEVER = "never"


class Planned(NamedTuple):
    """What becomes of a message: its state, when it may leave (None: at once, or never), and why.

    ``ready``: at once. ``scheduled``: later, alone or with others about the same action. ``held``: later, in one message with all that waits. ``suppressed``: never.
    """

    state: str
    at: datetime | None = None
    reason: Reason | None = None


AT_ONCE = Planned("ready")


@dataclass(frozen=True, slots=True)
class Hours:
    """What somebody chose, or the convention for them. Hours are whole, 0 to 23, in the convention's time zone; Monday is 0.

    Nothing that can wait leaves from ``quiet_from`` until ``quiet_until`` (over midnight, if need be), nor on days that are not worked if
    ``days_off``, nor once ``at_most`` messages have left that day. The digest leaves at ``hour``, of ``weekday`` if it is weekly.
    """

    rhythm: Rhythm = Rhythm.AT_ONCE
    hour: int = 8
    weekday: int = 0
    quiet_from: int | None = None
    quiet_until: int | None = None
    days_off: bool = False
    at_most: int | None = None


@dataclass(frozen=True, slots=True)
class Place:
    """Where and when a message is planned: the moment, the time zone, the days that are worked, and minutes to wait for an act to be undone."""

    now: datetime
    timezone: str
    calendar: Calendar
    window_minutes: int = 0


@dataclass(frozen=True, slots=True)
class Standing:
    """How a person stands to one message.

    choice: for its kind, if they made one. told_today: messages that left for them that day. away: their absences, first and last day.
    muted: whether they want no more of this action; snoozed_until: the day from which on they want to hear of it again.
    """

    hours: Hours = field(default_factory=Hours)
    choice: Choice | None = None
    told_today: int = 0
    away: tuple[tuple[date, date], ...] = ()
    muted: bool = False
    snoozed_until: date | None = None


def plan(person: Standing, place: Place, *, optional: bool, patient: bool) -> Planned:
    """Return what becomes of a message to a person.

    optional: they may be spared it. patient: it can wait; what cannot is never put off, whatever was chosen. A message that is put off never leaves
    earlier than it would have, and always within the hours that the person chose.
    """
    if optional and person.choice is Choice.NEVER:
        return Planned("suppressed", reason=Reason.KIND_OFF)
    if optional and person.muted:
        return Planned("suppressed", reason=Reason.ACTION_MUTED)
    if not patient:
        return AT_ONCE
    return _put_off(person, place)


def plan_alone(person: Standing, place: Place) -> Planned:
    """Return what becomes of a message that is gathered with no other: it leaves within the hours that the person chose, and not while they are away."""
    opens, why = _open_moment(place.now, person, place)
    return AT_ONCE if why is None else Planned("scheduled", opens, why)


def next_digest(person: Standing, place: Place) -> datetime:
    """Return when the next digest of a person leaves, after now: on their weekday if it is weekly, within their hours, not while they are away."""
    zone = ZoneInfo(place.timezone)
    weekly = person.hours.rhythm is Rhythm.WEEKLY
    day = place.now.astimezone(zone).date()
    while _moment(day, person.hours.hour, zone) <= place.now or (weekly and day.weekday() != person.hours.weekday):
        day += timedelta(days=1)
    return _open_moment(_moment(day, person.hours.hour, zone), person, place, person.hours.hour)[0]


def _put_off(person: Standing, place: Place) -> Planned:
    zone = ZoneInfo(place.timezone)
    if person.snoozed_until is not None and person.snoozed_until > place.now.astimezone(zone).date():
        morning = _moment(person.snoozed_until, person.hours.hour, zone)
        return Planned("scheduled", _open_moment(morning, person, place)[0], Reason.SNOOZED)
    if _in_digest(person):
        return Planned("held", next_digest(person, place), Reason.DIGEST)
    opens, why = _open_moment(place.now, person, place)
    if why is not None:
        return Planned("held", opens, why)
    if person.hours.at_most is not None and person.told_today >= person.hours.at_most:
        return Planned("held", next_digest(person, place), Reason.TOO_MANY)
    if place.window_minutes:
        later = place.now + timedelta(minutes=place.window_minutes)
        return Planned("scheduled", _open_moment(later, person, place)[0], Reason.WINDOW)
    return AT_ONCE


def _in_digest(person: Standing) -> bool:
    if person.choice is None or person.choice is Choice.NEVER:
        return person.hours.rhythm is not Rhythm.AT_ONCE
    return person.choice is Choice.DIGEST


def _open_moment(at: datetime, person: Standing, place: Place, begins: int | None = None) -> tuple[datetime, Reason | None]:
    """The first moment from ``at`` on at which the person may be told, and what stood in the way of the earliest one.

    begins: the hour at which a day is begun after others on which nothing leaves; otherwise when the quiet hours end, or at that of the digest.
    """
    zone, why = ZoneInfo(place.timezone), None
    if begins is None:
        begins = person.hours.quiet_until if person.hours.quiet_until is not None else person.hours.hour
    while (hindered := _hindrance(at.astimezone(zone), person, place.calendar, begins)) is not None:
        why = why or hindered[0]
        at = _moment(*hindered[1], zone)
    return at, why


def _hindrance(local: datetime, person: Standing, calendar: Calendar, begins: int) -> tuple[Reason, tuple[date, int]] | None:
    """Why somebody is not told at a local time, and the day and hour at which to ask again."""
    today, hours = local.date(), person.hours
    back = next((last for first, last in person.away if first <= today <= last), None)
    if back is not None:
        return Reason.AWAY, (back + timedelta(days=1), begins)
    if hours.days_off and not calendar.is_working(today):
        return Reason.DAY_OFF, (today + timedelta(days=1), begins)
    return _quiet(local, hours)


def _quiet(local: datetime, hours: Hours) -> tuple[Reason, tuple[date, int]] | None:
    first, last = hours.quiet_from, hours.quiet_until
    if first is None or last is None or first == last:
        return None
    over_midnight = first > last
    if over_midnight and local.hour >= first:
        return Reason.QUIET, (local.date() + timedelta(days=1), last)
    if (over_midnight and local.hour < last) or (not over_midnight and first <= local.hour < last):
        return Reason.QUIET, (local.date(), last)
    return None


def _moment(day: date, hour: int, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(hour), zone).astimezone(UTC)
