"""What was already done to hurry an action on: each request and reminder with its day, and how many of its messages have left."""

from collections.abc import Iterable, Mapping
from typing import Any

import sqlalchemy as sa

from models.events import Topic
from models.tables import Delivery, table
from models.telling.reasons import Reason
from notifications.catalogue import COPY

_DELIVERY = table(Delivery)
CHASES = frozenset(
    {
        Topic.REVIEW_REMINDED,
        Topic.PROGRESS_REQUESTED,
        Topic.MILESTONE_PASSED,
        Topic.ACTION_NEGLECTED,
        Topic.FINAL_REPORT_REQUESTED,
        Topic.FINAL_REPORT_DELAYED,
        Topic.RESERVATION_DELAYED,
    }
)
"""The events by which somebody is asked or reminded because a day has come."""


def chases_of(connection: sa.Connection, log: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The chases among the events of an action, the newest first: topic, day, body; ``messages``: those that were to leave, copies apart; ``sent`` of them.

    Not counted: what nobody asked for any more, what its reader is spared, and what went another way, which is counted there.
    """
    events = [event for event in log if event["topic"] in CHASES]
    sent = sa.func.count().filter(_DELIVERY.c.state == "sent")
    query = sa.select(_DELIVERY.c.event_id, sa.func.count().label("messages"), sent.label("sent")).group_by(_DELIVERY.c.event_id)
    to_leave = _DELIVERY.c.state.not_in(("cancelled", "suppressed")) & _DELIVERY.c.reason.is_distinct_from(Reason.FELL_BACK)
    mine = _DELIVERY.c.event_id.in_([event["id"] for event in events]) & ~_DELIVERY.c.because.startswith(COPY) & to_leave
    counts = {row.event_id: row for row in connection.execute(query.where(mine))} if events else {}
    return [_told(event, counts.get(event["id"])) for event in reversed(events)]


def _told(event: Mapping[str, Any], count: Any) -> dict[str, Any]:
    figures = {"messages": count.messages, "sent": count.sent} if count is not None else {"messages": 0, "sent": 0}
    return {name: event[name] for name in ("topic", "occurred_on", "body")} | figures
