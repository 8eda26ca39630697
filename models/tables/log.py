"""The log, and what each stage still owes it."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from models.columns import WholeSecond, document

_PARKED = sa.text("state = 'parked'")
_NAMED = sa.text("event_id IS NOT NULL")
_OWED = sa.text("owed IS NOT NULL")
_UNPUBLISHED = sa.text("published_at IS NULL")
_NEGLECTED = sa.text("topic = 'action.neglected'")
_OPEN_DEADLINE = sa.text("settled_at IS NULL")
_PARKED_DEADLINE = sa.text("settled_at IS NULL AND tries >= 5")
_ABOUT = sa.text("about IS NOT NULL")
_OPEN_ABOUT = sa.text("about IS NOT NULL AND settled_at IS NULL")


class Event(SQLModel, table=True):
    """The log, which is also the outbox: gap-free per action, appended in the transaction of its command.

    Nothing of it ever changes but ``published_at`` and ``owed``, which say how far it has come.

    ``hash`` chains it to the event before (``models.chain``); None until an event of an older release is sealed.
    The id of a command's event comes from the request's key, so that the same key finds its answer again; ``digest`` is of its content.
    ``ahead``: seconds by which a rehearsal's clock was ahead of the real one. ``owed``: the stage that has not reacted yet.
    """

    __table_args__ = (
        sa.UniqueConstraint("action_id", "seq"),
        sa.Index("event_owed", "owed", "position", sqlite_where=_OWED, postgresql_where=_OWED),
        sa.Index("event_unpublished", "position", sqlite_where=_UNPUBLISHED, postgresql_where=_UNPUBLISHED),
        sa.Index("event_neglected", "convention", "action_id", "seq", sqlite_where=_NEGLECTED, postgresql_where=_NEGLECTED),
    )
    position: int | None = Field(default=None, primary_key=True)
    id: UUID = Field(unique=True)
    convention: str
    action_id: int = Field(foreign_key="action.id")
    seq: int
    topic: str
    schema_version: int
    occurred_on: date
    recorded_at: datetime
    actor: str
    on_behalf_of: str | None = None
    via: str
    cause: UUID | None = None
    before: str | None = None
    after: str
    body: str | None = None
    seen_version: int | None = None
    payload: dict[str, Any] = document()
    digest: bytes | None = None
    ahead: int = Field(default=0, sa_column_kwargs={"server_default": "0"})
    owed: str | None = None
    hash: bytes | None = None
    published_at: datetime | None = None


class Request(SQLModel, table=True):
    """A key that the release before this one knew, and the answer it got; this release keeps both with the event itself."""

    key: str = Field(primary_key=True)
    convention: str
    digest: str
    answer: dict[str, Any] = document()
    asked_at: datetime


class Reaction(SQLModel, table=True):
    """A reaction that failed: tried again later, done at last, or parked with its reason after five tries. Most events have none.

    ``event_id`` is what the release before this one goes by: it wrote a row for every reaction, carries it in each, and sees no others.
    """

    __table_args__ = (
        sa.Index("reaction_parked", "stage", sqlite_where=_PARKED, postgresql_where=_PARKED),
        sa.Index("reaction_of_event", "event_id", unique=True, sqlite_where=_NAMED, postgresql_where=_NAMED),
    )
    position: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    event_id: UUID | None = Field(default=None, foreign_key="event.id")
    stage: str
    state: str
    tries: int = 0
    not_before: datetime
    settled_at: datetime | None = None
    reason: str | None = None


class Deadline(SQLModel, table=True):
    """Everything that falls due, whatever its kind: one table, one index, no sleeping run.

    ``due_on``: its last day. ``due_at``: the next moment at which something is to be done about it; None: nothing more is planned.
    ``rung``: the rungs of its ladder that are behind (``models.ladders``); -1: an older release wrote it, which knew no ladders.
    ``about``: what it belongs to, where that is no action; ``planned_at``: since when that has had this day, None if an older release wrote it.
    ``asked_by``: the event that asked for it; ``settled_by``: the one that settled it; ``told_on``: from which later day it runs, since who was asked heard of it only then.
    """

    __table_args__ = (
        sa.Index("deadline_due", "stage", "due_at", sqlite_where=_OPEN_DEADLINE, postgresql_where=_OPEN_DEADLINE),
        sa.Index("deadline_open_on", "convention", "due_on", sqlite_where=_OPEN_DEADLINE, postgresql_where=_OPEN_DEADLINE),
        sa.Index("deadline_parked", "convention", sqlite_where=_PARKED_DEADLINE, postgresql_where=_PARKED_DEADLINE),
        sa.Index("deadline_about", "convention", "about", sqlite_where=_ABOUT, postgresql_where=_ABOUT),
        sa.Index("deadline_open_about", "convention", "kind", "about", unique=True, sqlite_where=_OPEN_ABOUT, postgresql_where=_OPEN_ABOUT),
    )
    id: int | None = Field(default=None, primary_key=True)
    convention: str
    action_id: int | None = Field(default=None, foreign_key="action.id", index=True)
    about: str | None = None
    planned_at: datetime | None = Field(default=None, sa_type=WholeSecond)
    stage: str
    kind: str
    subject: int | None = None
    body: str | None = None
    due_on: date
    due_at: datetime | None = Field(default=None, sa_type=WholeSecond)
    rung: int = Field(default=0, sa_column_kwargs={"server_default": "-1"})
    asked_by: UUID | None = None
    told_on: date | None = None
    settled_at: datetime | None = Field(default=None, sa_type=WholeSecond)
    settled_by: UUID | None = None
    outcome: str | None = None
    tries: int = 0
    not_before: datetime | None = None
