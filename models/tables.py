"""The rows: SQLModel classes give the schema; services read and write them with Core statements.

Every row carries its convention: one installation hosts many. Enumerations are checked by the commands before anything is written.
"""

from datetime import date, datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from models.columns import WholeSecond, document

_PARKED = sa.text("state = 'parked'")
_NAMED = sa.text("event_id IS NOT NULL")
_OWED = sa.text("owed IS NOT NULL")
_UNSEALED = sa.text("sealed < version")
_UNPUBLISHED = sa.text("published_at IS NULL")
_OPEN_DEADLINE = sa.text("settled_at IS NULL")
_UNREACHED = sa.text("reached_on IS NULL")
_IN_REVIEW = sa.text("closed_on IS NULL")
LEAD_OF = {"sqlite": "json_extract(sheet, '$.lead_person')", "postgresql": "(sheet ->> 'lead_person')"}
"""Who leads an action, spelt as in the index that finds the actions of a person; that index is the migrations' own, since it differs."""
_UNSENT = sa.text("state IN ('ready', 'retrying', 'sending')")


class Home(SQLModel, table=True):
    """The one row that says what this home is: a rehearsal or live, and by how much a rehearsal's clock runs ahead.

    ``secret`` signs the links in mails.
    """

    id: int = Field(default=1, primary_key=True)
    kind: str
    clock_offset_seconds: int = 0
    created_at: datetime
    seeded_at: datetime | None = None
    secret: bytes | None = None


class CharterVersion(SQLModel, table=True):
    """A charter as it was loaded; the newest of a convention is in force."""

    __tablename__ = "charter"
    id: int | None = Field(default=None, primary_key=True)
    convention: str = Field(index=True)
    digest: str
    source: str
    document: dict[str, Any] = document()
    loaded_at: datetime


class Person(SQLModel, table=True):
    """Somebody who holds a seat, or held one. The links of mails written before ``links_from`` are void."""

    __table_args__ = (sa.UniqueConstraint("convention", "code"),)
    id: int | None = Field(default=None, primary_key=True)
    convention: str
    code: str
    name: str
    email: str
    language: str
    links_from: datetime | None = None


class SignIn(SQLModel, table=True):
    """Somebody signed in by the link of a mail, which serves once; ``key`` is the hash of what the browser shows."""

    key: bytes = Field(primary_key=True)
    person_id: int = Field(foreign_key="person.id", index=True)
    delivery_id: UUID = Field(unique=True)
    began_at: datetime
    seen_at: datetime
    ended_at: datetime | None = None


class Seat(SQLModel, table=True):
    """A dated place in a body."""

    __table_args__ = (sa.UniqueConstraint("convention", "code"), sa.Index("seat_of_body", "convention", "body"))
    id: int | None = Field(default=None, primary_key=True)
    convention: str
    code: str
    person_id: int = Field(foreign_key="person.id", index=True)
    body: str
    role: str
    partner: str
    weight: int
    starts_on: date
    ends_on: date | None = None


class Absence(SQLModel, table=True):
    """Days on which somebody is away; meanwhile the seat ``deputy_id``, if one is named, answers for their seats in its body."""

    __table_args__ = (sa.Index("absence_now", "convention", "ends_on"),)
    id: int | None = Field(default=None, primary_key=True)
    convention: str
    person_id: int = Field(foreign_key="person.id", index=True)
    starts_on: date
    ends_on: date
    deputy_id: int | None = Field(default=None, foreign_key="seat.id")


class Counter(SQLModel, table=True):
    """The last number given in a series, such as the actions of a year; taken in the transaction that uses it, so no number is lost."""

    convention: str = Field(primary_key=True)
    series: str = Field(primary_key=True)
    last: int


class Action(SQLModel, table=True):
    """An action as it stands. ``version`` counts its events: the row is what the log says, kept at hand.

    ``head`` is the hash of its last sealed event and ``sealed`` their number: ``version``, but for events of an older release.
    """

    __table_args__ = (
        sa.UniqueConstraint("convention", "number"),
        sa.Index("action_by_state", "convention", "state", "number"),
        sa.Index("action_unsealed", "id", sqlite_where=_UNSEALED, postgresql_where=_UNSEALED),
    )
    id: int | None = Field(default=None, primary_key=True)
    convention: str
    number: str
    state: str
    version: int
    sheet: dict[str, Any] = document()
    proposer_seat: str
    created_at: datetime
    head: bytes | None = None
    sealed: int = Field(default=0, sa_column_kwargs={"server_default": "0"})


class Milestone(SQLModel, table=True):
    """A dated step of an action; ``position`` counts from 1 as in the sheet."""

    __table_args__ = (sa.Index("milestone_due", "due_on", sqlite_where=_UNREACHED, postgresql_where=_UNREACHED),)
    action_id: int = Field(foreign_key="action.id", primary_key=True)
    position: int = Field(primary_key=True)
    title: str
    due_on: date
    reached_on: date | None = None


class Review(SQLModel, table=True):
    """One body examining one action, one round; ``electorate`` is frozen at opening: the voting seats of that day."""

    __table_args__ = (
        sa.UniqueConstraint("action_id", "body", "round"),
        sa.Index("review_open", "convention", "body", "due_on", sqlite_where=_IN_REVIEW, postgresql_where=_IN_REVIEW),
    )
    id: int | None = Field(default=None, primary_key=True)
    convention: str
    action_id: int = Field(foreign_key="action.id", index=True)
    body: str
    round: int
    opened_on: date
    due_on: date
    closed_on: date | None = None
    electorate: list[str] = document()
    verdict: dict[str, Any] | None = document(default=None, nullable=True)


class Opinion(SQLModel, table=True):
    """An opinion; a later one of the same seat supersedes it, and both are kept."""

    id: int | None = Field(default=None, primary_key=True)
    review_id: int = Field(foreign_key="review.id", index=True)
    seat: str
    value: str
    words_id: UUID | None = None
    given_on: date
    event_id: UUID
    superseded: bool = False


class Decision(SQLModel, table=True):
    """What a body decided, numbered per body and year; a rectified one is superseded, and both are kept."""

    __table_args__ = (sa.UniqueConstraint("convention", "number", "revision"),)
    id: int | None = Field(default=None, primary_key=True)
    convention: str
    action_id: int = Field(foreign_key="action.id", index=True)
    review_id: int | None = Field(default=None, foreign_key="review.id")
    body: str
    number: str
    revision: int
    outcome: str
    decided_on: date
    words_id: UUID | None = None
    reference: str | None = None
    event_id: UUID
    superseded: bool = False


class Report(SQLModel, table=True):
    """A point of progress or a part of the final report; a rectified one is superseded, and both are kept."""

    id: int | None = Field(default=None, primary_key=True)
    action_id: int = Field(foreign_key="action.id", index=True)
    kind: str
    percent: int | None = None
    words_id: UUID | None = None
    reported_on: date
    event_id: UUID
    superseded: bool = False


class Attachment(SQLModel, table=True):
    """A file of an action; its bytes lie in the content store under their SHA-256."""

    __table_args__ = (sa.UniqueConstraint("action_id", "sha256"),)
    id: int | None = Field(default=None, primary_key=True)
    action_id: int = Field(foreign_key="action.id")
    file_name: str
    media_type: str
    size: int
    sha256: str
    added_at: datetime


class Words(SQLModel, table=True):
    """What a person wrote, apart from the log: events hold only ``sha256(salt + body)``, so a text can be erased and the log still agrees."""

    id: UUID = Field(primary_key=True)
    convention: str
    action_id: int = Field(foreign_key="action.id", index=True)
    kind: str
    author_seat: str | None = None
    salt: str
    body: str


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
    """Everything that falls due, whatever its kind: one table, one index, no sleeping run."""

    __table_args__ = (sa.Index("deadline_due", "stage", "due_at", sqlite_where=_OPEN_DEADLINE, postgresql_where=_OPEN_DEADLINE),)
    id: int | None = Field(default=None, primary_key=True)
    convention: str
    action_id: int = Field(foreign_key="action.id", index=True)
    stage: str
    kind: str
    subject: int | None = None
    body: str | None = None
    due_on: date
    due_at: datetime = Field(sa_type=WholeSecond)
    settled_at: datetime | None = Field(default=None, sa_type=WholeSecond)
    outcome: str | None = None
    tries: int = 0
    not_before: datetime | None = None


class Delivery(SQLModel, table=True):
    """One message to one person (or one chat channel) about one event; the unique key makes writing it twice harmless."""

    __table_args__ = (sa.Index("delivery_unsent", "not_before", sqlite_where=_UNSENT, postgresql_where=_UNSENT),)
    id: UUID = Field(primary_key=True)
    convention: str
    unique_key: str = Field(unique=True)
    event_id: UUID | None = Field(default=None, foreign_key="event.id", index=True)
    stage: str
    message: str
    because: str
    person_id: int | None = Field(default=None, foreign_key="person.id")
    channel: str
    details: dict[str, Any] = document()
    state: str = Field(index=True)
    attempts: int = 0
    created_at: datetime
    not_before: datetime
    claimed_until: datetime | None = None
    settled_at: datetime | None = None
    code: int | None = None
    answer: str | None = None


class Wake(SQLModel, table=True):
    """The last wake sent to a stage, and how often it was repeated."""

    stage: str = Field(primary_key=True)
    wake_id: UUID
    sent_at: datetime
    attempts: int


class Lease(SQLModel, table=True):
    """Who holds a role that only one process or run may have, until when."""

    name: str = Field(primary_key=True)
    holder: str
    expires_at: datetime


class Sweep(SQLModel, table=True):
    """When a stage was last swept by its schedule."""

    stage: str = Field(primary_key=True)
    swept_at: datetime


def table(row: type[SQLModel]) -> sa.Table:
    """The Core table of a row class."""
    return SQLModel.metadata.tables[str(row.__tablename__)]
