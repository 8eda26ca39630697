"""What was already done to hurry an action on: each request and reminder with its day, and how many of its messages have left."""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

import sqlalchemy as sa

from models.events import Topic
from models.prepared import Prepared
from models.tables import Deadline, Delivery, Event, table
from models.telling.reasons import Reason
from notifications.catalogue import CHASED, COPY, ESCALATED, RUNGS

_DEADLINE, _DELIVERY, _EVENT = table(Deadline), table(Delivery), table(Event)
CHASES = frozenset({*RUNGS, *CHASED, Topic.PROGRESS_REQUESTED, Topic.ACTION_NEGLECTED, Topic.FINAL_REPORT_REQUESTED})
"""The events by which somebody is asked or reminded because a day has come, or because a secretary wants it."""


def chases_of(connection: sa.Connection, log: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The chases among the events of an action, the newest first: topic, day, body, who did it (``actor``), the ``seats`` that it named; ``messages``: those that were to leave, copies apart; ``sent`` of them.

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
    return (
        {name: event[name] for name in ("topic", "occurred_on", "body", "actor")} | {"seats": event["payload"].get("seats", [])} | figures
    )


_OPINIONS = "review_end"
FULFILLED_BY: Mapping[str, Topic] = {
    "completion": Topic.ACTION_RESUBMITTED,
    "follow_up": Topic.ACTION_STARTED,
    "milestone": Topic.PROGRESS_REPORTED,
    "progress_report": Topic.PROGRESS_REPORTED,
    "final_report": Topic.FINAL_REPORT_FILED,
    "reservation": Topic.RESERVATION_LIFTED,
    _OPINIONS: Topic.REVIEW_CLOSED,
}
"""The act by which what each kind of deadline awaits is done; whatever else settles one only makes it needless."""


_SETTLED = Prepared(
    sa.select(*(_DEADLINE.c[name] for name in ("id", "kind", "subject")))
    .where(
        _DEADLINE.c.action_id == sa.bindparam("action_"),
        _DEADLINE.c.settled_by == sa.bindparam("event_", type_=_DEADLINE.c.settled_by.type),
    )
    .where(_DEADLINE.c.rung > sa.literal_column("0"))
    .order_by(_DEADLINE.c.id)
)
_CLIMBED = Prepared(
    sa.select(_EVENT.c.occurred_on, _EVENT.c.payload, _EVENT.c.topic)
    .where(_EVENT.c.action_id == sa.bindparam("action_"), _EVENT.c.seq < sa.bindparam("seq_"))
    .order_by(_EVENT.c.seq)
)

_OF_ACTION = sa.bindparam("action_", type_=sa.Integer)
_ABOVE = (
    sa.select(_EVENT.c.payload, _DELIVERY.c.person_id, _DELIVERY.c.state)
    .join(_DELIVERY, _DELIVERY.c.event_id == _EVENT.c.id)
    .where(_EVENT.c.action_id == _OF_ACTION, _DELIVERY.c.message == sa.literal_column(f"'{ESCALATED}'"))
    .order_by(_EVENT.c.seq, _DELIVERY.c.person_id)
)
_TOLD = Prepared(_ABOVE)
_EARLIER = table(Event).alias("earlier")
_OPENING = (
    sa.select(sa.func.max(_EARLIER.c.seq))
    .where(_EARLIER.c.action_id == _OF_ACTION, _EARLIER.c.topic == sa.literal_column(f"'{Topic.REVIEW_OPENED}'"))
    .where(_EARLIER.c.body == sa.bindparam("body_", type_=_EVENT.c.body.type), _EARLIER.c.seq < sa.bindparam("seq_", type_=sa.Integer))
    .scalar_subquery()
)


_TOLD_OF_REVIEW = Prepared(
    _ABOVE.where(
        _EVENT.c.topic == sa.literal_column(f"'{Topic.REVIEW_REMINDED}'"),
        _EVENT.c.body == sa.bindparam("body_", type_=_EVENT.c.body.type),
        _EVENT.c.seq > _OPENING,
        _EVENT.c.seq < sa.bindparam("seq_", type_=sa.Integer),
    )
)


def told_above(connection: sa.Connection, event: Mapping[str, Any]) -> list[int]:
    """Those above the owners to whom messages went about what this very act has done, by person.

    Those of a review's silence are found by the review, however often its last day was moved meanwhile.
    """
    if event["topic"] == Topic.REVIEW_CLOSED:
        return _reached(_TOLD_OF_REVIEW.all(connection, action_=event["action_id"], body_=event["body"], seq_=event["seq"]))
    ended = {row["id"] for row in ended_by(connection, event)}
    if not ended:
        return []
    rows = _TOLD.all(connection, action_=event["action_id"])
    return _reached(row for row in rows if row.payload.get("deadline") in ended)


def _reached(rows: Iterable[Any]) -> list[int]:
    """Those to whom it was sent. The state is looked at here: asked by it, SQLite would go through all messages that ever left."""
    told = (row.person_id for row in rows if row.state == "sent")
    return list(dict.fromkeys(person for person in told if person is not None))


def ended_by(connection: sa.Connection, event: Mapping[str, Any]) -> list[Mapping[Any, Any]]:
    """The deadlines, chased before, of which this very act has done what they await."""
    kinds = [kind for kind, topic in FULFILLED_BY.items() if topic == event["topic"]]
    if not kinds:
        return []
    if event["topic"] == Topic.REVIEW_CLOSED:
        return [{"id": None, "kind": _OPINIONS, "subject": None}]
    found = _SETTLED.all(connection, action_=event["action_id"], event_=event["id"])
    return [row._asdict() for row in found if row.kind in kinds]


def days_chased(connection: sa.Connection, event: Mapping[str, Any]) -> list[date]:
    """The days of the rungs of the same deadline that were climbed before the rung of this event."""
    mine = event["payload"].get("deadline")
    if mine is None:
        return []
    earlier = _CLIMBED.all(connection, action_=event["action_id"], seq_=event["seq"])
    return [row.occurred_on for row in earlier if row.topic in RUNGS and row.payload.get("deadline") == mine]
