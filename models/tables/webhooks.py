"""Programs that are told of events, what each of them was told, and what came of every try."""

from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from models.columns import document

_WAITING = sa.text("state IN ('ready', 'retrying', 'sending')")
_SETTLED = sa.text("settled_at IS NOT NULL")


class Webhook(SQLModel, table=True):
    """An address to which the events of a convention are posted: those of ``topics``, or all where none is named.

    ``state``: ``on``, ``paused`` (what happens waits), or ``off``, for a ``reason``. Its secret is made from the home's and from ``key``;
    until ``former_until``, posts are signed by that of ``former_key`` as well. ``failures``: failed tries since the last that was taken, the first
    of them at ``failing_since``; nothing is tried before ``rest_until``. ``made_by``: a seat, or ``operator``.
    """

    __table_args__ = (sa.UniqueConstraint("convention", "url"),)
    id: int | None = Field(default=None, primary_key=True)
    convention: str
    url: str
    topics: list[str] = document()
    state: str
    reason: str | None = None
    key: UUID
    former_key: UUID | None = None
    former_until: datetime | None = None
    made_by: str
    made_at: datetime
    failures: int = 0
    failing_since: datetime | None = None
    rest_until: datetime | None = None


class WebhookDelivery(SQLModel, table=True):
    """One event to be posted to one receiver, or a test (``event_id`` None). Written when the event is passed on; the post's id is the event's.

    ``attempts``: tries since it was written, or last asked for again; ``tries``: all of them.
    """

    __tablename__ = "webhook_delivery"
    __table_args__ = (
        sa.UniqueConstraint("webhook_id", "event_id"),
        sa.Index("webhook_delivery_waiting", "webhook_id", "not_before", sqlite_where=_WAITING, postgresql_where=_WAITING),
        sa.Index("webhook_delivery_settled", "settled_at", sqlite_where=_SETTLED, postgresql_where=_SETTLED),
    )
    id: UUID = Field(primary_key=True)
    convention: str
    webhook_id: int = Field(foreign_key="webhook.id")
    event_id: UUID | None = Field(default=None, foreign_key="event.id")
    topic: str
    state: str
    attempts: int = 0
    tries: int = 0
    created_at: datetime
    not_before: datetime
    claimed_until: datetime | None = None
    settled_at: datetime | None = None
    reason: str | None = None


class WebhookTry(SQLModel, table=True):
    """What came of one try: when it began, how long it took, the status of the answer if there was one, why it was not taken."""

    __tablename__ = "webhook_try"
    delivery_id: UUID = Field(primary_key=True, foreign_key="webhook_delivery.id")
    number: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    convention: str
    at: datetime
    milliseconds: int
    status: int | None = None
    reason: str | None = None
