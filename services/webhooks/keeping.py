"""How long it is kept what was posted: then nobody can tell any more, nor have it posted again."""

from datetime import timedelta

import sqlalchemy as sa

from models.tables import Webhook, WebhookDelivery, WebhookTry, table
from services.bootstrap import App
from services.webhooks.due import DEAD, PAUSED, WAITING

_HOOK, _ROW, _TRY = table(Webhook), table(WebhookDelivery), table(WebhookTry)
KEPT = timedelta(days=30)
TOO_OLD = "too_old"
"""Why a post was given up that waited all that time for a receiver that was paused."""


def tidy(app: App) -> None:
    """Forget posts that were settled longer ago than they are kept, and give up what has waited as long for receivers that are paused."""
    wall = app.clock.wall()
    old = _ROW.c.settled_at < wall - KEPT
    paused = sa.select(_HOOK.c.id).where(_HOOK.c.state == PAUSED)
    forgotten = _ROW.c.webhook_id.in_(paused) & WAITING & (_ROW.c.created_at < wall - KEPT)
    with app.db.read() as connection:
        if not connection.execute(sa.select(sa.exists().where(old) | sa.exists().where(forgotten))).scalar():
            return
    with app.db.write() as connection:
        connection.execute(_TRY.delete().where(_TRY.c.delivery_id.in_(sa.select(_ROW.c.id).where(old))))
        connection.execute(_ROW.delete().where(old))
        connection.execute(_ROW.update().where(forgotten).values(state=DEAD, reason=TOO_OLD, settled_at=wall))
