"""An action and what belongs to it but its reviews."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from models.columns import document

_SUPERSEDED = sa.text("superseded_by IS NOT NULL")
_UNSEALED = sa.text("sealed < version")
_UNREACHED = sa.text("reached_on IS NULL")
LEAD_OF = {"sqlite": "json_extract(sheet, '$.lead_person')", "postgresql": "(sheet ->> 'lead_person')"}
"""Who leads an action, spelt as in the index that finds the actions of a person; that index is the migrations' own, since it differs."""


class Action(SQLModel, table=True):
    """An action as it stands. ``version`` counts its events: the row is what the log says, kept at hand.

    ``head`` is the hash of its last sealed event and ``sealed`` their number: ``version``, but for events of an older release.
    ``superseded_by``: the number of the action that has taken its place.
    """

    __table_args__ = (
        sa.UniqueConstraint("convention", "number"),
        sa.Index("action_by_state", "convention", "state", "number"),
        sa.Index("action_proposed", "convention", "proposer_seat"),
        sa.Index("action_unsealed", "id", sqlite_where=_UNSEALED, postgresql_where=_UNSEALED),
        sa.Index("action_superseded", "convention", "superseded_by", sqlite_where=_SUPERSEDED, postgresql_where=_SUPERSEDED),
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
    superseded_by: str | None = None


class Milestone(SQLModel, table=True):
    """A dated step of an action; ``position`` counts from 1 as in the sheet."""

    __table_args__ = (sa.Index("milestone_due", "due_on", sqlite_where=_UNREACHED, postgresql_where=_UNREACHED),)
    action_id: int = Field(foreign_key="action.id", primary_key=True)
    position: int = Field(primary_key=True)
    title: str
    due_on: date
    reached_on: date | None = None


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
