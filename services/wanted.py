"""Whether what a message asks for is still wanted at the moment of sending: asked anew for each message, by driver-level statements."""

from collections.abc import Mapping
from datetime import date
from typing import Any, cast

import sqlalchemy as sa

from models.prepared import Prepared
from models.tables import Action, Delivery, Event, Opinion, Seat, table
from models.telling.undoing import UNDONE_BY, undoes
from services.holding import holding
from services.recusals import Reader, persons_out, recusal, recused_seats
from services.standing_in import standing_in

_ACTION, _DELIVERY, _EVENT, _OPINION, _SEAT = table(Action), table(Delivery), table(Event), table(Opinion), table(Seat)
ASKING = frozenset({"review.opened", "review.reminded", "review.extended", "review.moved"})
"""What is asked of voters: an opinion."""
_TAKEN_BACK: Mapping[str, tuple[str, ...]] = {
    undoing: tuple(topic for topic, (by, _) in UNDONE_BY.items() if by == undoing) for undoing, _ in UNDONE_BY.values()
}
_ASKED_IN: Mapping[str, str] = {
    "progress.requested": "in_progress",
    "milestone.passed": "in_progress",
    "action.neglected": "in_progress",
    "final_report.requested": "final_report_due",
    "final_report.delayed": "final_report_due",
}
"""What is asked of pilots, and the state in which it makes sense."""

_STATE = Prepared(sa.select(_ACTION.c.state).where(_ACTION.c.id == sa.bindparam("action_")))
_GIVEN = Prepared(sa.select(_OPINION.c.seat).where(_OPINION.c.review_id == sa.bindparam("review_"), ~_OPINION.c.superseded))
_OF_TOPIC = Prepared(
    sa.select(*(_EVENT.c[name] for name in ("id", "action_id", "topic", "seq", "payload")))
    .where(_EVENT.c.action_id == sa.bindparam("action_"), _EVENT.c.topic == sa.bindparam("topic_"))
    .order_by(_EVENT.c.seq)
)
_NOT_TOLD = Prepared(
    sa.select(_DELIVERY.c.id).where(
        _DELIVERY.c.event_id == sa.bindparam("event_"),
        _DELIVERY.c.person_id == sa.bindparam("person_"),
        _DELIVERY.c.state == sa.literal_column("'cancelled'"),
    )
)
_SEATS = Prepared(
    sa.select(_SEAT.c.code).where(_SEAT.c.convention == sa.bindparam("convention_"), _SEAT.c.person_id == sa.bindparam("person_"))
)
Row = Mapping[Any, Any]


def still_wanted(connection: sa.Connection, event: Row, review: Row | None, person_id: int | None, today: date) -> bool:
    """Whether a message about this event still has an object for this person (None: for a room).

    An opinion is wanted until the review is closed or the person, or whoever they stand in for today, has given it, and while they take part; a report
    while the action is where it was asked for. An act that was taken back before anybody was told of it is told to nobody.
    """
    topic = cast("str", event["topic"])
    if topic in ASKING:
        return review is not None and _still_open(connection, event, review, person_id, today)
    if _undone(connection, event, person_id):
        return False
    state = _ASKED_IN.get(topic)
    return state is None or _STATE.scalar(connection, action_=event["action_id"]) == state


def _undone(connection: sa.Connection, event: Row, person_id: int | None) -> bool:
    """Whether the act was taken back since; or takes one back of which this person was never told."""
    topic, action = event["topic"], event["action_id"]
    if topic in UNDONE_BY:
        later = _OF_TOPIC.all(connection, action_=action, topic_=UNDONE_BY[topic][0])
        return any(undoes(row._asdict(), event) for row in later)
    earlier = [row for back in _TAKEN_BACK.get(topic, ()) for row in _OF_TOPIC.all(connection, action_=action, topic_=back)]
    untold = [row for row in earlier if undoes(event, row._asdict())][-1:]
    return any(_NOT_TOLD.first(connection, event_=row.id, person_=person_id) is not None for row in untold)


def _still_open(connection: sa.Connection, event: Row, review: Row, person_id: int | None, today: date) -> bool:
    standing = recusal(connection, review["id"])
    if standing.closed_on is not None:
        return False
    if person_id is None:
        return True
    books = Reader(connection, event["convention"])
    if person_id in persons_out(books, [standing])[standing.id]:
        return False
    seats = {row.code for row in _SEATS.all(connection, convention_=event["convention"], person_=person_id)}
    given = {row.seat for row in _GIVEN.all(connection, review_=review["id"])}
    awaited = set(review["electorate"]) - given - recused_seats(books, standing).keys()
    if seats & awaited:
        return True
    if any(pair.person_id == person_id and pair.giver in awaited for pair in holding(connection, review["id"], today)):
        return True
    return any(pair.person_id == person_id and pair.voter in awaited for pair in standing_in(connection, event["convention"], today))
