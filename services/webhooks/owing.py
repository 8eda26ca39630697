"""Which receivers an event is owed to: written in the transaction that notes that the event was passed on, so that each is told of each once.

That transaction comes after the event's own, whatever the order in which events were committed: none is overlooked, and none is owed twice.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from models.prepared import Prepared
from models.tables import Webhook, WebhookDelivery, table
from services.discretion import untold
from services.webhooks.due import DEAD, OFF, READY
from services.work import upsert_into

_HOOK, _ROW = table(Webhook), table(WebhookDelivery)
_LISTENING = Prepared(
    sa.select(_HOOK.c.id, _HOOK.c.convention, _HOOK.c.topics)
    .where(_HOOK.c.state != sa.literal_column(f"'{OFF}'"))
    .order_by(_HOOK.c.id)
    .with_for_update(read=True, key_share=True)
)
"""None of them is removed before this transaction ends."""
RESTORED = "restored"
"""Why nothing is posted of what a restored home owed: the home that it was may have done so."""


def owe(connection: sa.Connection, events: Iterable[Mapping[str, Any]], wall: datetime, ids: Callable[[], UUID]) -> int:
    """Owe these events to whoever asked for them; returns how many posts that makes. What rules of secrecy cover is owed to nobody."""
    return _write(connection, events, _row_of(wall, ids))


def owe_nothing(connection: sa.Connection, events: Iterable[Mapping[str, Any]], wall: datetime, ids: Callable[[], UUID]) -> int:
    """Note these events as lost to whoever asked for them, because the home was restored; a person may have them posted."""
    given_up = {"state": DEAD, "reason": RESTORED, "settled_at": wall}
    fresh = _row_of(wall, ids)
    return _write(connection, events, lambda hook, event: fresh(hook, event) | given_up)


def _row_of(wall: datetime, ids: Callable[[], UUID]) -> Callable[[Any, Mapping[str, Any]], dict[str, Any]]:
    blank = {"state": READY, "attempts": 0, "tries": 0, "created_at": wall, "not_before": wall, "settled_at": None, "reason": None}

    def row(hook: Any, event: Mapping[str, Any]) -> dict[str, Any]:
        about = {"convention": hook.convention, "webhook_id": hook.id, "event_id": event["id"], "topic": event["topic"]}
        return {"id": ids(), **about, **blank}

    return row


def _write(
    connection: sa.Connection, events: Iterable[Mapping[str, Any]], row_of: Callable[[Any, Mapping[str, Any]], dict[str, Any]]
) -> int:
    listening: Sequence[Any] = _LISTENING.all(connection)
    if not listening:
        return 0
    happened = list(events)
    secret = untold(connection, happened)
    rows = [row_of(hook, event) for event in happened if event["id"] not in secret for hook in listening if _asks(hook, event)]
    if rows:
        once = upsert_into(connection, _ROW).on_conflict_do_nothing(index_elements=["webhook_id", "event_id"])
        connection.execute(once, rows)
    return len(rows)


def _asks(hook: Any, event: Mapping[str, Any]) -> bool:
    return bool(hook.convention == event["convention"] and (not hook.topics or event["topic"] in hook.topics))
