"""Proxies."""

from datetime import date
from uuid import UUID

from sqlmodel import Field, SQLModel


class Proxy(SQLModel, table=True):
    """In a review, the seat ``holder`` may give the opinion of the seat ``giver``; until a day, if one is named, or until it is taken back."""

    id: int | None = Field(default=None, primary_key=True)
    action_id: int = Field(foreign_key="action.id", index=True)
    review_id: int = Field(foreign_key="review.id", index=True)
    giver: str
    holder: str
    given_on: date
    until: date | None = None
    revoked_on: date | None = None
    event_id: UUID
