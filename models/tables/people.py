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


class FormerName(SQLModel, table=True):
    """A name that somebody bore, until they were erased or renamed: a keyed hash of its ``words``, by which it is known again in texts that are public.

    Nothing says whose it was.
    """

    __tablename__ = "former_name"
    convention: str = Field(primary_key=True)
    hashed: bytes = Field(primary_key=True)
    words: int


class SignIn(SQLModel, table=True):
    """Somebody signed in; ``key`` is the hash of what the browser shows.

    ``delivery_id``: what they signed in by, which serves once: the mail with their link, or one attempt by their institution's account
    ``account_id``, which may be gone since. ``session``: what the institution calls its own session.
    """

    key: bytes = Field(primary_key=True)
    person_id: int = Field(foreign_key="person.id", index=True)
    delivery_id: UUID = Field(unique=True)
    began_at: datetime
    seen_at: datetime
    ended_at: datetime | None = None
    account_id: int | None = Field(default=None, index=True)
    session: str | None = None


class Account(SQLModel, table=True):
    """An account at an institution (``subject`` at ``issuer``) by which somebody signs in: one person for each, one at each institution for a person."""

    __table_args__ = (sa.UniqueConstraint("issuer", "subject"), sa.UniqueConstraint("person_id", "issuer"))
    id: int | None = Field(default=None, primary_key=True)
    convention: str
    person_id: int = Field(foreign_key="person.id")
    issuer: str
    subject: str
    made_at: datetime
    used_at: datetime


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
    """Days on which somebody is away; meanwhile the seat ``deputy_id``, if one is named, answers for their seats in its body.

    ``noted_by``: the seat that noted it last, and ``noted_at`` when; None where the release before did.
    """

    __table_args__ = (sa.Index("absence_now", "convention", "ends_on"),)
    id: int | None = Field(default=None, primary_key=True)
    convention: str
    person_id: int = Field(foreign_key="person.id", index=True)
    starts_on: date
    ends_on: date
    deputy_id: int | None = Field(default=None, foreign_key="seat.id")
    noted_by: str | None = None
    noted_at: datetime | None = None
