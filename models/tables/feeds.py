"""Calendars that people read in programs of their own, at addresses that are secrets."""

from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

_STANDING = sa.text("revoked_at IS NULL")


class Feed(SQLModel, table=True):
    """An address at which the calendar of a person, or of a body, is read until it is revoked; each has one at most that stands.

    ``content``: the hash of what was last read there, which is so since ``changed_at``; ``read_at``: when it was last read, to the hour.
    """

    __table_args__ = (
        sa.Index("feed_of_person", "person_id", unique=True, sqlite_where=_STANDING, postgresql_where=_STANDING),
        sa.Index("feed_of_body", "convention", "body", unique=True, sqlite_where=_STANDING, postgresql_where=_STANDING),
    )
    id: UUID = Field(primary_key=True)
    convention: str
    person_id: int | None = Field(default=None, foreign_key="person.id")
    body: str | None = None
    made_at: datetime
    revoked_at: datetime | None = None
    content: bytes | None = None
    changed_at: datetime | None = None
    read_at: datetime | None = None
