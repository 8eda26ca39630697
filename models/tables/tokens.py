"""Tokens by which programs use the API in the name of a person."""

from datetime import date, datetime
from uuid import UUID

from sqlmodel import Field, SQLModel

from models.columns import document


class Token(SQLModel, table=True):
    """What a program shows instead of signing in. ``hashed`` is the SHA-256 of its secret, which is kept nowhere.

    ``made_via``: the portal, where its person made it, or the command line, which does not know who was there.
    """

    __tablename__ = "api_token"
    id: UUID = Field(primary_key=True)
    convention: str
    person_id: int = Field(foreign_key="person.id", index=True)
    name: str
    scopes: list[str] = document()
    hashed: bytes = Field(unique=True)
    made_via: str
    made_at: datetime
    expires_at: datetime
    used_on: date | None = None
    revoked_at: datetime | None = None
