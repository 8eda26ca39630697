"""Meetings of bodies, with a log of their own."""

from datetime import date
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from models.columns import document


class Meeting(SQLModel, table=True):
    """A meeting as it stands: what its own log says, kept at hand. ``head`` is the hash of its last event, ``version`` counts them.

    ``second_of``: the number of the meeting whose quorum was missed. ``charter_id``: by whose rules it was convened. ``notice`` and ``quorum``
    hold figures (``models.meetings.rules``), ``attendance`` who attended its opening: seats, and holders of proxies.
    """

    __table_args__ = (sa.UniqueConstraint("convention", "number"), sa.Index("meeting_of_body", "convention", "body", "held_on"))
    id: int | None = Field(default=None, primary_key=True)
    convention: str
    number: str
    body: str
    state: str
    version: int
    head: bytes
    held_on: date
    starts_at: str
    place_id: UUID | None = None
    link_id: UUID | None = None
    second_of: str | None = None
    charter_id: int | None = None
    convened_on: date | None = None
    notice: dict[str, Any] | None = document(default=None, nullable=True)
    attendance: dict[str, Any] | None = document(default=None, nullable=True)
    quorum: list[Any] | None = document(default=None, nullable=True)


class AgendaItem(SQLModel, table=True):
    """An item of an agenda, from 1: an action, or a text of its own.

    ``follows``: the decision that adjourned the action to a later meeting. ``silent_since``: the last news of an action that is there for want of others.
    """

    __tablename__ = "agenda_item"
    meeting_id: int = Field(foreign_key="meeting.id", primary_key=True)
    position: int = Field(primary_key=True)
    action_id: int | None = Field(default=None, foreign_key="action.id", index=True)
    words_id: UUID | None = None
    follows: str | None = None
    silent_since: date | None = None


class MeetingEvent(SQLModel, table=True):
    """The log of a meeting, gap-free. ``record`` is the very text that ``hash`` covers (``models.chain.FIELDS``); nothing of it ever changes."""

    __tablename__ = "meeting_event"
    __table_args__ = (sa.UniqueConstraint("meeting_id", "seq"),)
    position: int | None = Field(default=None, primary_key=True)
    id: UUID = Field(unique=True)
    convention: str
    meeting_id: int = Field(foreign_key="meeting.id")
    seq: int
    record: str
    hash: bytes


class MeetingWords(SQLModel, table=True):
    """What a secretary wrote about a meeting, apart from its log, under a salted hash as the texts of actions are."""

    __tablename__ = "meeting_words"
    id: UUID = Field(primary_key=True)
    convention: str
    meeting_id: int = Field(foreign_key="meeting.id", index=True)
    kind: str
    author_seat: str | None = None
    salt: str
    body: str
