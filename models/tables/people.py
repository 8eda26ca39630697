"""Persons, their dated seats, their absences, and who is signed in."""

from datetime import date, datetime
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Field, SQLModel


class Person(SQLModel, table=True):
    """Somebody who holds a seat, or held one. The links of mails written before ``links_from`` are void.

    ``channel``: a chat room of their own, by reference (``env:NAME``, ``file:path`` or ``prefect-secret:NAME``).
    """

    __table_args__ = (sa.UniqueConstraint("convention", "code"), sa.Index("person_address", sa.text("lower(email)")))
    id: int | None = Field(default=None, primary_key=True)
    convention: str
    code: str
    name: str
    email: str
    language: str
    links_from: datetime | None = None
    channel: str | None = None


class SignIn(SQLModel, table=True):
    """Somebody signed in by the link of a mail, which serves once; ``key`` is the hash of what the browser shows."""

    key: bytes = Field(primary_key=True)
    person_id: int = Field(foreign_key="person.id", index=True)
    delivery_id: UUID = Field(unique=True)
    began_at: datetime
    seen_at: datetime
    ended_at: datetime | None = None


class Seat(SQLModel, table=True):
    """A dated place in a body."""

    __table_args__ = (sa.UniqueConstraint("convention", "code"), sa.Index("seat_of_body", "convention", "body"))
    id: int | None = Field(default=None, primary_key=True)
    convention: str
    code: str
    person_id: int = Field(foreign_key="person.id", index=True)
    body: str
    role: str
    partner: str
    weight: int
    starts_on: date
    ends_on: date | None = None


class Absence(SQLModel, table=True):
    """Days on which somebody is away; meanwhile the seat ``deputy_id``, if one is named, answers for their seats in its body."""

    __table_args__ = (sa.Index("absence_now", "convention", "ends_on"),)
    id: int | None = Field(default=None, primary_key=True)
    convention: str
    person_id: int = Field(foreign_key="person.id", index=True)
    starts_on: date
    ends_on: date
    deputy_id: int | None = Field(default=None, foreign_key="seat.id")
