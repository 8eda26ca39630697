"""Conflicts of interest."""

from datetime import date
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

_STANDS = sa.text("withdrawn_on IS NULL")


class Conflict(SQLModel, table=True):
    """A conflict of interest of the person who holds ``seat`` about an action, through whichever seat they act.

    Its kind and words are one text, which can be erased; that the person keeps out is the convention's record and stays.
    """

    __table_args__ = (sa.Index("conflict_stands", "action_id", sqlite_where=_STANDS, postgresql_where=_STANDS),)
    id: int | None = Field(default=None, primary_key=True)
    action_id: int = Field(foreign_key="action.id", index=True)
    seat: str
    words_id: UUID
    declared_on: date
    withdrawn_on: date | None = None
    event_id: UUID
