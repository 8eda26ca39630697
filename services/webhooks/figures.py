"""How the posts to programs stand: read often, so it keeps to what is open."""

from datetime import datetime
from typing import NamedTuple

import sqlalchemy as sa

from models.tables import Webhook, WebhookDelivery, table
from services.webhooks.due import OFF, ON, PAUSED, WAITING

_HOOK, _ROW = table(Webhook), table(WebhookDelivery)
STATES = (ON, PAUSED, OFF)


class Standing(NamedTuple):
    """How many receivers are in which state; how many posts wait for those that are on, and since when the oldest does."""

    on: int
    paused: int
    off: int
    waiting: int
    oldest: datetime | None


def standing_of_webhooks(connection: sa.Connection) -> Standing:
    """In one question."""
    on = sa.select(_HOOK.c.id).where(_HOOK.c.state == ON)
    waits = WAITING & _ROW.c.webhook_id.in_(on)
    counts = [sa.select(sa.func.count()).where(_HOOK.c.state == state).scalar_subquery().label(state) for state in STATES]
    waiting = sa.select(sa.func.count()).select_from(_ROW).where(waits).scalar_subquery().label("waiting")
    oldest = sa.select(sa.func.min(_ROW.c.created_at)).where(waits).scalar_subquery().label("oldest")
    return Standing(*connection.execute(sa.select(*counts, waiting, oldest)).one())
