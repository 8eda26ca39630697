"""One transaction at work: the connection, the rules in force, the moment, and the few ways to write that commands and reactions share."""

import hashlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from models.charter import Charter
from models.deadlines import Calendar, end_of_day
from models.events import REACTS, SCHEMA_VERSION, Stage, Topic
from models.tables import Counter, Deadline, Event, Reaction, Words, table
from services.bootstrap import App
from services.calendars import calendar_of
from services.charter_store import charter_in_force
from services.clock import local_day, new_salt

_EVENT, _REACTION, _COUNTER = table(Event), table(Reaction), table(Counter)
_DEADLINE, _WORDS = table(Deadline), table(Words)
_MORNING = time(8)
SYSTEM = "system"


@dataclass(frozen=True, slots=True)
class Work:
    """A transaction in progress for one convention."""

    connection: sa.Connection
    charter: Charter
    calendar: Calendar
    now: datetime
    wall: datetime
    ids: Callable[[], UUID]
    salt: Callable[[], str] = field(default=new_salt)

    @property
    def convention(self) -> str:
        """The convention's code."""
        return self.charter.convention.code

    @property
    def timezone(self) -> str:
        """Where its people live."""
        return self.charter.convention.timezone

    @property
    def today(self) -> date:
        """Today, there."""
        return local_day(self.now, self.timezone)


def open_work(app: App, connection: sa.Connection, convention: str) -> Work:
    """Begin work for a convention under the charter in force. Raises NotFound for an unknown convention."""
    charter = charter_in_force(connection, convention)
    return Work(connection, charter, calendar_of(charter), app.clock.now(), app.clock.wall(), app.ids)


@dataclass(frozen=True, slots=True)
class Entry:
    """What is about to be written to the log of an action."""

    id: UUID
    action_id: int
    seq: int
    topic: Topic
    occurred_on: date
    actor: str
    via: str
    before: str | None
    after: str
    body: str | None = None
    on_behalf_of: str | None = None
    cause: UUID | None = None
    seen_version: int | None = None
    payload: Mapping[str, Any] = field(default_factory=dict)


def append(work: Work, entry: Entry) -> None:
    """Append one event, and with it what its stage owes it: both in this transaction or neither."""
    values = {name: getattr(entry, name) for name in Entry.__slots__}
    position = work.connection.execute(
        _EVENT.insert()
        .values(**values, convention=work.convention, schema_version=SCHEMA_VERSION, recorded_at=work.now)
        .returning(_EVENT.c.position)
    ).scalar_one()
    stage = REACTS[entry.topic]
    if stage is not None:
        work.connection.execute(
            _REACTION.insert().values(event_id=entry.id, stage=stage, position=position, state="pending", tries=0, not_before=work.wall)
        )


def next_number(work: Work, series: str) -> int:
    """The next number of a series, gap-free: it is given back if the transaction fails."""
    insert = upsert_into(work.connection, _COUNTER).values(convention=work.convention, series=series, last=1)
    taken = insert.on_conflict_do_update(index_elements=["convention", "series"], set_={"last": _COUNTER.c.last + 1})
    return int(work.connection.execute(taken.returning(_COUNTER.c.last)).scalar_one())


def upsert_into(connection: sa.Connection, rows: sa.Table) -> sqlite.Insert | postgresql.Insert:
    """An insert that can say what to do if the row is there already, in the database's own dialect."""
    return sqlite.insert(rows) if connection.dialect.name == "sqlite" else postgresql.insert(rows)


def fingerprint(salt: str, body: str) -> str:
    """What the log keeps of a text."""
    return hashlib.sha256((salt + body).encode()).hexdigest()


def keep_words(work: Work, action_id: int, kind: str, author: str | None, body: str | None) -> tuple[UUID | None, dict[str, str]]:
    """Store a text apart from the log; returns its id and what the event may say of it (id and salted hash)."""
    if body is None:
        return None, {}
    words_id, salt = work.ids(), work.salt()
    work.connection.execute(
        _WORDS.insert().values(
            id=words_id, convention=work.convention, action_id=action_id, kind=kind, author_seat=author, salt=salt, body=body
        )
    )
    return words_id, {f"{kind}_id": str(words_id), f"{kind}_hash": fingerprint(salt, body)}


@dataclass(frozen=True, slots=True)
class Due:
    """A deadline to be written. ``evening``: it falls when the day is over; otherwise in the morning."""

    kind: str
    stage: Stage
    due_on: date
    subject: int | None = None
    body: str | None = None
    evening: bool = True


def plan(work: Work, action_id: int, dues: Iterable[Due]) -> None:
    """Write deadlines."""
    rows = [
        {
            "convention": work.convention,
            "action_id": action_id,
            "stage": due.stage,
            "kind": due.kind,
            "subject": due.subject,
            "body": due.body,
            "due_on": due.due_on,
            "due_at": night_after(due.due_on, work.timezone) if due.evening else morning_of(due.due_on, work.timezone),
            "tries": 0,
        }
        for due in dues
    ]
    if rows:
        work.connection.execute(_DEADLINE.insert(), rows)


def settle(work: Work, action_id: int, kinds: Iterable[str], outcome: str, *, body: str | None = None, subject: int | None = None) -> None:
    """Settle what no longer needs to fall due."""
    mine = (_DEADLINE.c.action_id == action_id) & _DEADLINE.c.kind.in_(list(kinds)) & _DEADLINE.c.settled_at.is_(None)
    if body is not None:
        mine &= _DEADLINE.c.body == body
    if subject is not None:
        mine &= _DEADLINE.c.subject == subject
    work.connection.execute(_DEADLINE.update().where(mine).values(settled_at=work.now, outcome=outcome))


def night_after(day: date, timezone: str) -> datetime:
    """When the last day of a delay is over: not before the next day has begun."""
    return end_of_day(day, timezone) + timedelta(seconds=1)


def morning_of(day: date, timezone: str) -> datetime:
    """When requests and reminders of a day go out."""
    return datetime.combine(day, _MORNING, ZoneInfo(timezone))


def backoff(tries: int) -> timedelta:
    """How long to wait before the next try: 2 s, doubling to a minute."""
    return timedelta(seconds=min(2**tries, 60))
