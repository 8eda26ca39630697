"""Messages on their way, and who is at work."""

from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from models.columns import document

ASKED_AND_SENT = sa.text(
    "message IN ('opinion-requested', 'opinion-reminder', 'review-extended', 'review-moved', 'opinion-chased') AND state = 'sent'"
)
"""The messages by which members were asked for an opinion: an index answers who was asked when, without the messages."""
_UNSENT = sa.text("state IN ('ready', 'retrying', 'sending')")
_WAITING = sa.text("state IN ('scheduled', 'held') AND folded_into IS NULL")
_FOLDED = sa.text("folded_into IS NOT NULL")
_LINKED = sa.text("link_id IS NOT NULL")


class Delivery(SQLModel, table=True):
    """One message to one person (or one chat channel) about one event; the unique key makes writing it twice harmless.

    ``not_before``: of the clock on the wall for one that is tried again, of the business's clock for one that is scheduled or held.
    ``reason``: why it is not sent, or not yet (a code of the catalogues). ``folded_into``: the message that says it among others.
    ``link_id``: what its link names since a person had it sent again, so that no former link comes back to life; None: the delivery.
    """

    __table_args__ = (
        sa.Index("delivery_unsent", "not_before", sqlite_where=_UNSENT, postgresql_where=_UNSENT),
        sa.Index("delivery_told", "person_id", "created_at"),
        sa.Index("delivery_waiting", "not_before", sqlite_where=_WAITING, postgresql_where=_WAITING),
        sa.Index("delivery_folded", "folded_into", sqlite_where=_FOLDED, postgresql_where=_FOLDED),
        sa.Index("delivery_linked", "link_id", sqlite_where=_LINKED, postgresql_where=_LINKED),
        sa.Index("delivery_asked", "event_id", "person_id", "settled_at", sqlite_where=ASKED_AND_SENT, postgresql_where=ASKED_AND_SENT),
    )
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
    reason: str | None = None
    folded_into: UUID | None = None
    link_id: UUID | None = None


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
