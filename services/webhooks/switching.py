"""Switching a receiver off: what waited for it is given up, and those who can mend it are told."""

import sqlalchemy as sa

from models.charter import BodyKind
from models.tables import Webhook, WebhookDelivery, table
from notifications.catalogue import WEBHOOK_OFF, Audience
from notifications.channels import MAIL, OPERATORS
from notifications.doors import door_of
from services.audiences import secretaries
from services.bootstrap import App
from services.notices import new_delivery, write_deliveries
from services.operators import tell_operators
from services.wakes import DELIVERIES
from services.webhooks.due import DEAD, OFF, WAITING
from services.work import Work, open_work

_HOOK, _ROW = table(Webhook), table(WebhookDelivery)
GONE, FAILING = "gone", "failing"
SWITCHED_OFF = "switched_off"
"""Why a post that waited was given up."""


def switch_off(app: App, connection: sa.Connection, receiver: int, reason: str) -> None:
    """Post no more to a receiver: it said that it is gone, or has failed for too long. Off already, it stays as it is, and nobody is told again."""
    mine = (_HOOK.c.id == receiver) & (_HOOK.c.state != OFF)
    off = {"state": OFF, "reason": reason, "rest_until": None}
    if not connection.execute(_HOOK.update().where(mine).values(**off)).rowcount:
        return
    wall = app.clock.wall()
    given_up = {"state": DEAD, "reason": SWITCHED_OFF, "settled_at": wall, "claimed_until": None}
    lost = connection.execute(_ROW.update().where(_ROW.c.webhook_id == receiver, WAITING).values(**given_up)).rowcount
    hook = connection.execute(sa.select(_HOOK.c.convention, _HOOK.c.url).where(_HOOK.c.id == receiver)).one()
    _tell(open_work(app, connection, hook.convention), receiver, door_of(hook.url).host, lost)


def _tell(work: Work, receiver: int, host: str, lost: int) -> None:
    """The secretaries of the technical committee, and the operators."""
    key = f"{WEBHOOK_OFF}:{receiver}:{work.wall.isoformat()}"
    about = {"event_id": None, "stage": DELIVERIES, "message": WEBHOOK_OFF, "because": Audience.TECHNICAL_SECRETARY.value}
    told = {**about, "channel": MAIL, "details": {"webhook": receiver, "host": host}}
    technical = work.charter.body_of_kind(BodyKind.TECHNICAL).code
    write_deliveries(
        work, [new_delivery(work, **told, unique_key=f"{key}:{one}", person_id=one) for one in sorted(set(secretaries(work, technical)))]
    )
    details = {"webhook": receiver, "host": host, "lost": lost}
    tell_operators(work, WEBHOOK_OFF, key=key, details=details, channel=work.charter.channels.get(OPERATORS))
