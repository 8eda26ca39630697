"""What a reader may not see yet: opinions of an open review whose results its rules hide (``results``)."""

from collections.abc import Collection, Iterable, Mapping
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from models.charter import Charter
from models.events import Topic
from models.tables import Opinion, Review, table
from services.charter_store import charter_in_force, charter_version

_REVIEW, _OPINION = table(Review), table(Opinion)
_SHOWN = ("review", "voter", "fact", "rectifies")
_TELLING = (Topic.OPINION_RECORDED, Topic.FACT_RECTIFIED)
Row = dict[str, Any]


def hidden_reviews(connection: sa.Connection, action_id: int, seats: Collection[str] = ()) -> frozenset[int]:
    """The open reviews of an action whose opinions whoever holds these seats may not see now.

    ``until_closing`` hides them from everybody; ``until_voted`` from whoever has not given an opinion in that review.
    """
    return _hidden(connection, _REVIEW.c.action_id == action_id, seats)


def hidden_behind(connection: sa.Connection, events: Iterable[Mapping[str, Any]]) -> frozenset[int]:
    """The open reviews that these events tell of, and whose opinions a reader without a seat may not see now."""
    told = {event["payload"].get("review") for event in events if event["topic"] in _TELLING} - {None}
    return _hidden(connection, _REVIEW.c.id.in_(told), ()) if told else frozenset()


def untold(connection: sa.Connection, events: Iterable[Mapping[str, Any]]) -> frozenset[UUID]:
    """Those of these events of which nothing at all may leave this home: of opinions that are given in secret, or are hidden now.

    An opinion that is kept for a body that was not asked yet is judged by the rules in force.
    """
    given = [event for event in events if event["topic"] in (*_TELLING, Topic.OPINION_KEPT)]
    reviews = {event["payload"].get("review") for event in given} - {None}
    query = sa.select(_REVIEW.c.id, _REVIEW.c.body, _REVIEW.c.charter_id, _REVIEW.c.closed_on).where(_REVIEW.c.id.in_(reviews))
    known = {row.id: row for row in connection.execute(query)} if reviews else {}
    return frozenset(event["id"] for event in given if _is_untold(connection, event, known.get(event["payload"].get("review"))))


def _is_untold(connection: sa.Connection, event: Mapping[str, Any], review: Any) -> bool:
    if review is None and event["topic"] != Topic.OPINION_KEPT:
        return False
    if review is None or review.charter_id is None:
        charter = charter_in_force(connection, event["convention"])
    else:
        charter = charter_version(connection, review.charter_id)
    body = charter.body(review.body if review is not None else event["body"] or "")
    if body is None or body.rules is None:
        return False
    closed = review is not None and review.closed_on is not None
    return body.rules.ballot == "secret" or (body.rules.results != "open" and not closed)


def _hidden(connection: sa.Connection, which: sa.ColumnElement[bool], seats: Collection[str]) -> frozenset[int]:
    query = sa.select(_REVIEW.c.id, _REVIEW.c.body, _REVIEW.c.charter_id).where(_REVIEW.c.closed_on.is_(None), which)
    rows = connection.execute(query).all()
    charters = {charter_id: charter_version(connection, charter_id) for charter_id in {row.charter_id for row in rows} - {None}}
    results = {row.id: _results(charters.get(row.charter_id), row.body) for row in rows}
    waiting = [review for review, rule in results.items() if rule == "until_voted"]
    voted = _voted(connection, waiting, seats) if waiting and seats else frozenset()
    return frozenset(review for review, rule in results.items() if rule != "open" and review not in voted)


def _results(charter: Charter | None, code: str) -> str:
    """Until when the results of a body's review are hidden, by the review's own charter; the release before knew no such rule."""
    body = charter.body(code) if charter is not None else None
    return body.rules.results if body is not None and body.rules is not None else "open"


def _voted(connection: sa.Connection, reviews: Collection[int], seats: Collection[str]) -> frozenset[int]:
    mine = _OPINION.c.review_id.in_(reviews) & _OPINION.c.seat.in_(seats) & ~_OPINION.c.superseded
    return frozenset(connection.execute(sa.select(_OPINION.c.review_id).where(mine)).scalars())


def tells(event: Mapping[str, Any], hidden: Collection[int], seats: Collection[str] = ()) -> bool:
    """Whether an event says what somebody else's hidden opinion is."""
    payload = event["payload"]
    return event["topic"] in _TELLING and payload.get("review") in hidden and payload.get("voter") not in seats


def discreet(payload: Mapping[str, Any]) -> Row:
    """What everybody may see of such an event: that there is an opinion, and whose."""
    return {name: value for name, value in payload.items() if name in _SHOWN}
