"""What a home and its conventions are."""

from datetime import datetime
from typing import Any

from sqlmodel import Field, SQLModel

from models.columns import document


class Home(SQLModel, table=True):
    """The one row that says what this home is: a rehearsal or live, and by how much a rehearsal's clock runs ahead.

    ``secret`` signs the links in mails and keys what is kept of former names. While ``stopped_at`` stands no message leaves; ``stopped_why`` says why, in an operator's words.
    """

    id: int = Field(default=1, primary_key=True)
    kind: str
    clock_offset_seconds: int = 0
    created_at: datetime
    seeded_at: datetime | None = None
    secret: bytes | None = None
    stopped_at: datetime | None = None
    stopped_why: str | None = None


class CharterVersion(SQLModel, table=True):
    """A charter as it was loaded; the newest of a convention is in force."""

    __tablename__ = "charter"
    id: int | None = Field(default=None, primary_key=True)
    convention: str = Field(index=True)
    digest: str
    source: str
    document: dict[str, Any] = document()
    loaded_at: datetime


class Counter(SQLModel, table=True):
    """The last number given in a series, such as the actions of a year; taken in the transaction that uses it, so no number is lost."""

    convention: str = Field(primary_key=True)
    series: str = Field(primary_key=True)
    last: int
