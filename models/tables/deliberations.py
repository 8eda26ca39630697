"""What the partners' own authorities decided."""

from datetime import date
from uuid import UUID

from sqlmodel import Field, SQLModel


class Deliberation(SQLModel, table=True):
    """The decision of a partner's own authority about an action; a later one of the same partner supersedes it, and both are kept.

    ``document``: the SHA-256 of the attached file that proves it.
    """

    id: int | None = Field(default=None, primary_key=True)
    action_id: int = Field(foreign_key="action.id", index=True)
    partner: str
    outcome: str
    decided_on: date
    reference: str
    document: str
    event_id: UUID
    superseded: bool = False
