"""One transaction at work: the connection, the rules in force, the moment, and the few ways to write that commands and reactions share."""

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from types import MappingProxyType
from typing import Any, NamedTuple, cast
from uuid import UUID
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from models.bulk import Bulk
from models.chain import FIELDS, document_text, link
from models.charter import Charter
from models.deadlines import Calendar, end_of_day
from models.events import REACTS, SCHEMA_VERSION, Stage, Topic
from models.lifecycle import State
from models.meetings import MeetingTopic
from models.prepared import Prepared, among, insert
from models.tables import Counter, Deadline, Event, Words, table
from services.bootstrap import App
from services.calendars import calendar_of
from services.charter_store import InForce, charter_version, rules_in_force
from services.clock import local_day, new_id, new_salt

_EVENT, _COUNTER = table(Event), table(Counter)
_DEADLINE, _WORDS = table(Deadline), table(Words)
_MORNING = time(8)
SYSTEM = "system"


class Work(NamedTuple):
    """A transaction in progress for one convention. ``today``: the day that its people would write."""

    connection: sa.Connection
    charter: Charter
    charter_id: int
    now: datetime
    wall: datetime
    today: date
    ids: Callable[[], UUID]
    salt: Callable[[], str] = new_salt

    @property
    def convention(self) -> str:
        """The convention's code."""
        return self.charter.convention.code

    def charter_of(self, charter_id: int | None) -> Charter:
        """The charter that a review was opened under; the one in force for a review of the release before, which did not say."""
        return self.charter if charter_id in (None, self.charter_id) else charter_version(self.connection, charter_id)

    @property
    def calendar(self) -> Calendar:
        """Its working days."""
        return calendar_of(self.charter)

    @property
    def timezone(self) -> str:
        """Where its people live."""
        return self.charter.convention.timezone

    @property
    def ahead(self) -> int:
        """By how many seconds its clock is ahead of the real one."""
        return int((self.now - self.wall).total_seconds())


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a command did: the action as it now stands, and the event that says so."""

    number: str
    state: State
    version: int
    event: UUID
    repeated: bool = False


def open_work(app: App, connection: sa.Connection, convention: str) -> Work:
    """Begin work for a convention under the charter in force. Raises NotFound for an unknown convention."""
    return begin_work(app, connection, rules_in_force(connection, convention))


def begin_work(app: App, connection: sa.Connection, rules: InForce) -> Work:
    """Begin work under rules that were looked up."""
    return work_at(connection, rules, app.clock.wall(), app.ids, app.salts)


def work_at(
    connection: sa.Connection, rules: InForce, wall: datetime, ids: Callable[[], UUID] = new_id, salts: Callable[[], str] = new_salt
) -> Work:
    """The same at a real moment that was read before."""
    now = wall + rules.ahead
    today = local_day(now, rules.charter.convention.timezone)
    return Work(connection, rules.charter, rules.id, now, wall, today, ids, salts)


class Entry(NamedTuple):
    """What is about to be written to the log of an action, or of a meeting. ``digest``: of the request that a command answers."""

    id: UUID
    action_id: int
    seq: int
    topic: Topic | MeetingTopic
    occurred_on: date
    actor: str
    via: str
    before: str | None
    after: str
    body: str | None = None
    on_behalf_of: str | None = None
    cause: UUID | None = None
    seen_version: int | None = None
    payload: Mapping[str, Any] = MappingProxyType({})
    digest: bytes | None = None


_ROW = (*FIELDS, "convention", "action_id", "ahead", "owed", "hash")
_APPEND, _APPEND_ALL = Prepared(_EVENT.insert(), *_ROW, as_text=True), Bulk(_EVENT, *_ROW, as_text=True)


def append(work: Work, entry: Entry, head: bytes) -> bytes:
    """Append one event to the chain that ends in ``head``, and with it what its stage owes it: both in this transaction or neither.

    Returns the new head. The event goes in as the very text that its hash covers.
    """
    values = chained(work, entry, head)
    _APPEND.run(work.connection, **values)
    return cast("bytes", values["hash"])


def append_all(work: Work, rows: Sequence[Mapping[str, Any]]) -> None:
    """Append events that were chained (``chained``), each action's in their order."""
    _APPEND_ALL.run(work.connection, rows)


def chained(work: Work, entry: Entry, head: bytes) -> dict[str, Any]:
    """The row of an event that follows the end of a chain; its ``hash`` is the new end."""
    covered = content(entry, work.now)
    values: dict[str, Any] = dict(zip(FIELDS, covered, strict=True))
    values["digest"] = entry.digest
    if work.connection.dialect.name != "sqlite":
        values["recorded_at"] += "+00"
    values["convention"], values["action_id"], values["ahead"] = work.convention, entry.action_id, work.ahead
    values["owed"], values["hash"] = REACTS[cast("Topic", entry.topic)], link(head, covered)
    return values


def content(entry: Entry, recorded_at: datetime) -> list[Any]:
    """An event about to be written as its hash covers it, in the order of ``models.chain.FIELDS``."""
    return [
        entry.id.hex,
        entry.seq,
        entry.topic,
        SCHEMA_VERSION,
        entry.occurred_on.isoformat(),
        recorded_at.astimezone(UTC).isoformat(" ", "microseconds")[:26],
        entry.actor,
        entry.on_behalf_of,
        entry.via,
        entry.cause.hex if entry.cause else None,
        entry.before,
        entry.after,
        entry.body,
        entry.seen_version,
        document_text(entry.payload),
        entry.digest.hex() if entry.digest else None,
    ]


def next_number(work: Work, series: str) -> int:
    """The next number of a series, gap-free: it is given back if the transaction fails."""
    name = work.connection.dialect.name
    if name not in _NEXT:
        _NEXT[name] = Prepared(_count_up(work.connection), "convention", "series")
    return int(_NEXT[name].scalar(work.connection, convention=work.convention, series=series))


_NEXT: dict[str, Prepared] = {}


def _count_up(connection: sa.Connection) -> sa.Executable:
    taken = upsert_into(connection, _COUNTER).values(last=1)
    counted = taken.on_conflict_do_update(index_elements=["convention", "series"], set_={"last": _COUNTER.c.last + 1})
    return counted.returning(_COUNTER.c.last)


def upsert_into(connection: sa.Connection, rows: sa.Table) -> sqlite.Insert | postgresql.Insert:
    """An insert that can say what to do if the row is there already, in the database's own dialect."""
    return sqlite.insert(rows) if connection.dialect.name == "sqlite" else postgresql.insert(rows)


def fingerprint(salt: str, body: str) -> str:
    """What the log keeps of a text."""
    return hashlib.sha256((salt + body).encode()).hexdigest()


_KEEP = insert(_WORDS, "id", "convention", "action_id", "kind", "author_seat", "salt", "body")


def keep_words(work: Work, action_id: int, kind: str, author: str | None, body: str | None) -> tuple[UUID | None, dict[str, str]]:
    """Store a text apart from the log; returns its id and what the event may say of it (id and salted hash)."""
    if body is None:
        return None, {}
    words_id, salt = work.ids(), work.salt()
    values = {"action_id": action_id, "kind": kind, "author_seat": author, "salt": salt, "body": body}
    _KEEP.run(work.connection, id=words_id, convention=work.convention, **values)
    return words_id, {f"{kind}_id": str(words_id), f"{kind}_hash": fingerprint(salt, body)}


class Due(NamedTuple):
    """A deadline to be written: its last day, and when something is next to be done about it (None: never), with ``rung`` rungs behind.

    ``subject``, ``body``: which one of its kind, and whose. ``asked_by``: the event that asks for it.
    """

    kind: str
    stage: Stage
    due_on: date
    falls: datetime | None
    rung: int = 0
    subject: int | None = None
    body: str | None = None
    asked_by: UUID | None = None


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
            "due_at": due.falls,
            "rung": due.rung,
            "asked_by": due.asked_by,
            "tries": 0,
        }
        for due in dues
    ]
    if rows:
        _PLAN.run_all(work.connection, rows)


def plan_anew(work: Work, action_id: int, dues: Iterable[Due]) -> None:
    """Write deadlines in place of the open ones of the same kinds. A day that moved leaves no row: the log says what moved it."""
    rows = list(dues)
    _calling_off(tuple(due.kind for due in rows)).run(work.connection, action_=action_id)
    plan(work, action_id, rows)


@lru_cache
def _calling_off(kinds: tuple[str, ...]) -> Prepared:
    return Prepared(_DEADLINE.delete().where(_open_ones(kinds)))


def _open_ones(kinds: tuple[str, ...]) -> sa.ColumnElement[bool]:
    mine: sa.ColumnElement[bool] = _DEADLINE.c.action_id == sa.bindparam("action_")
    return mine & among(_DEADLINE.c.kind, kinds) & _DEADLINE.c.settled_at.is_(None)


_PLAN = insert(_DEADLINE, *("convention", "action_id", "stage", "kind", "subject", "body", "due_on", "due_at", "rung", "asked_by", "tries"))


def settle(
    work: Work,
    action_id: int,
    kinds: Iterable[str],
    outcome: str,
    by: UUID | None = None,
    *,
    body: str | None = None,
    subject: int | None = None,
) -> None:
    """Settle what no longer needs to fall due; ``by``: the event that brought it about."""
    narrowed = {"body": body, "subject": subject}
    narrowed = {name: value for name, value in narrowed.items() if value is not None}
    statement = _settling(tuple(kinds), tuple(narrowed))
    statement.run(
        work.connection,
        action_=action_id,
        settled_at=work.now,
        settled_by=by,
        outcome=outcome,
        **{f"{name}_": narrowed[name] for name in narrowed},
    )


@lru_cache
def _settling(kinds: tuple[str, ...], narrowed: tuple[str, ...]) -> Prepared:
    mine = _open_ones(kinds)
    for name in narrowed:
        mine &= _DEADLINE.c[name] == sa.bindparam(f"{name}_")
    return Prepared(_DEADLINE.update().where(mine), "settled_at", "settled_by", "outcome")


def night_after(day: date, timezone: str) -> datetime:
    """When the last day of a delay is over: not before the next day has begun."""
    return end_of_day(day, timezone) + timedelta(seconds=1)


def morning_of(day: date, timezone: str) -> datetime:
    """When requests and reminders of a day go out."""
    return datetime.combine(day, _MORNING, ZoneInfo(timezone))


def backoff(tries: int) -> timedelta:
    """How long to wait before the next try: 2 s, doubling to a minute."""
    return timedelta(seconds=min(2**tries, 60))
