"""How people wish to be told, where mail no longer reaches them, and how many were to be told of each event."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from models.columns import document

_SUPPRESSED = sa.text("suppressed_at IS NOT NULL")
_AHEAD = sa.text("lead_days IS NOT NULL")


class Preference(SQLModel, table=True):
    """What somebody chose for all messages that can wait; nobody's row is made before they choose. Hours are those of the convention's time zone.

    ``rhythm``: ``at_once``, ``daily`` or ``weekly``; the digest leaves at ``hour`` (of ``weekday``, Monday is 0). Nothing that can wait leaves from
    ``quiet_from`` to ``quiet_until``, on days that are not worked if ``days_off``, nor beyond ``at_most`` messages a day.
    ``lead_days``: how many working days before their own deadlines they are told of them, None: not at all; ``looked_on``: the day on which that was last
    looked at.
    """

    __table_args__ = (sa.Index("preference_ahead", "convention", "looked_on", sqlite_where=_AHEAD, postgresql_where=_AHEAD),)
    person_id: int = Field(primary_key=True, foreign_key="person.id", sa_column_kwargs={"autoincrement": False})
    convention: str
    rhythm: str
    hour: int
    weekday: int
    quiet_from: int | None = None
    quiet_until: int | None = None
    days_off: bool
    at_most: int | None = None
    version: int
    changed_at: datetime
    lead_days: int | None = None
    looked_on: date | None = None


class Foretold(SQLModel, table=True):
    """That somebody was told, ahead of time as they chose, of a deadline of theirs on a day: it is not said twice.

    ``deadline``: its kind, body, round or number among those of its action. ``told_in``: the list that names it (``list`` of the delivery's details).
    """

    person_id: int = Field(primary_key=True, foreign_key="person.id", sa_column_kwargs={"autoincrement": False})
    action_id: int = Field(primary_key=True, foreign_key="action.id", sa_column_kwargs={"autoincrement": False})
    deadline: str = Field(primary_key=True)
    due_on: date = Field(primary_key=True)
    convention: str
    told_in: UUID


class Wish(SQLModel, table=True):
    """What somebody chose for one kind of messages on one channel (``mail`` or ``chat``): ``now``, ``digest`` or ``never``."""

    person_id: int = Field(primary_key=True, foreign_key="person.id", sa_column_kwargs={"autoincrement": False})
    kind: str = Field(primary_key=True)
    channel: str = Field(primary_key=True)
    convention: str
    wish: str


class Mute(SQLModel, table=True):
    """An action of which somebody wants to hear no more, or not before ``until``: only what may be muted."""

    person_id: int = Field(primary_key=True, foreign_key="person.id", sa_column_kwargs={"autoincrement": False})
    action_id: int = Field(primary_key=True, foreign_key="action.id", sa_column_kwargs={"autoincrement": False})
    convention: str
    until: date | None = None


class Bounce(SQLModel, table=True):
    """Mails to an address that came back: refusals for good (``hard``) and for the time being (``soft``), one a day at most.

    Nothing is sent there from ``suppressed_at`` on, until the address changes or a secretary lifts it.
    """

    __table_args__ = (sa.Index("bounce_suppressed", "convention", sqlite_where=_SUPPRESSED, postgresql_where=_SUPPRESSED),)
    person_id: int = Field(primary_key=True, foreign_key="person.id", sa_column_kwargs={"autoincrement": False})
    address: str = Field(primary_key=True)
    convention: str
    hard: int
    soft: int
    last_on: date
    status: str | None = None
    suppressed_at: datetime | None = None


class Fanout(SQLModel, table=True):
    """How many deliveries an event called for when it was reacted to, by which table of recipients: what a later count is held against.

    ``charter_id``: the charter whose table it was. ``unowned``: the capacities in which nobody was found to tell; None: nobody looked.
    """

    event_id: UUID = Field(primary_key=True, foreign_key="event.id")
    convention: str
    charter_id: int = Field(foreign_key="charter.id")
    expected: int
    resolved_at: datetime
    unowned: list[Any] | None = document(default=None, nullable=True)
