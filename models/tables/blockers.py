"""What stands in the way of actions."""

from datetime import date
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

_STANDS = sa.text("lifted_on IS NULL")


class Blocker(SQLModel, table=True):
    """What the seat ``seat`` says stands in the way of an action ``since`` a day, and the body that it asks for help.

    Numbered by action. It stands until it is lifted, with a text that says how; or as it is, once the work has ended.
    """

    __table_args__ = (
        sa.UniqueConstraint("action_id", "number"),
        sa.Index("blocker_stands", "action_id", sqlite_where=_STANDS, postgresql_where=_STANDS),
    )
    id: int | None = Field(default=None, primary_key=True)
    action_id: int = Field(foreign_key="action.id")
    number: int
    seat: str
    body: str
    since: date
    raised_on: date
    words_id: UUID
    lifted_on: date | None = None
    lifted_words_id: UUID | None = None
