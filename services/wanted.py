"""Whether a message still has an object, and its reader a capacity, at the moment of sending: asked anew for each message, of what is no older than a second."""

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Any, NamedTuple, Protocol, TypeVar, cast

import sqlalchemy as sa

from models.events import Topic
from models.prepared import Prepared, among
from models.tables import Action, Deadline, Delivery, Event, Opinion, table
from models.telling.reasons import Reason
from models.telling.undoing import UNDONE_BY, undoes
from notifications.catalogue import REMINDED, RUNGS, Audience
from notifications.recipients import NEEDS, capacity_of
from services.capacities import Happened, Seated, is_seated, leads, seats_of
from services.chases import FULFILLED_BY
from services.holding import holding
from services.news import NEWS
from services.recusals import Reader, persons_out, recusal, recused_seats
from services.standing_in import standing_in

_ACTION, _DEADLINE, _DELIVERY = table(Action), table(Deadline), table(Delivery)
_EVENT, _OPINION = table(Event), table(Opinion)
ASKING = frozenset({"review.opened", "review.reminded", "review.extended", "review.moved", "review.chased"})
"""What is asked of voters: an opinion."""
_TAKEN_BACK: Mapping[str, tuple[str, ...]] = {
    undoing: tuple(topic for topic, (by, _) in UNDONE_BY.items() if by == undoing) for undoing, _ in UNDONE_BY.values()
}
_ASKED_IN: Mapping[str, str] = {
    "action.returned": "returned",
    "progress.requested": "in_progress",
    "milestone.passed": "in_progress",
    "action.neglected": "in_progress",
    "final_report.requested": "final_report_due",
    "final_report.delayed": "final_report_due",
}
"""What is asked of those who propose actions or carry them out, and the state in which it makes sense."""
_ANSWERED_BY: Mapping[str, tuple[Topic, ...]] = {
    "action.returned": (FULFILLED_BY["completion"],),
    "progress.requested": (FULFILLED_BY["progress_report"],),
    "action.neglected": NEWS,
    "final_report.requested": (FULFILLED_BY["final_report"],),
}
"""The acts after which what was asked is asked no longer, where the charter gave it no last day."""

_ASKED = Prepared(
    sa.select(_ACTION.c.state, _DEADLINE.c.id.label("deadline"), _DEADLINE.c.settled_at)
    .outerjoin(
        _DEADLINE, (_DEADLINE.c.action_id == _ACTION.c.id) & (_DEADLINE.c.asked_by == sa.bindparam("event_", type_=_EVENT.c.id.type))
    )
    .where(_ACTION.c.id == sa.bindparam("action_"))
)
_GIVEN = Prepared(
    sa.select(_OPINION.c.id).where(
        _OPINION.c.review_id == sa.bindparam("review_"), _OPINION.c.seat == sa.bindparam("seat_"), ~_OPINION.c.superseded
    )
)
_DUE = Prepared(sa.select(_DEADLINE.c.due_on, _DEADLINE.c.settled_at).where(_DEADLINE.c.id == sa.bindparam("deadline_", type_=sa.Integer)))
_OF_TOPIC = Prepared(
    sa.select(*(_EVENT.c[name] for name in ("id", "action_id", "topic", "seq", "payload")))
    .where(_EVENT.c.action_id == sa.bindparam("action_"), _EVENT.c.topic == sa.bindparam("topic_"))
    .order_by(_EVENT.c.seq)
)
_STATES = Prepared(
    sa.select(_DELIVERY.c.state).where(
        _DELIVERY.c.event_id == sa.bindparam("event_"), _DELIVERY.c.person_id + sa.literal_column("0") == sa.bindparam("person_")
    )
)
"""What became of what somebody was told by an event: looked for by the event, not among all that they were ever told or all that was ever cancelled."""
_FRESH = timedelta(seconds=1)
_ANSWERING = frozenset({"voter", "deputy", "pending_voter", "pending_deputy", "pending_holder"})
"""The capacities of those whose own answer is asked for; others read what is asked of these."""
Row = Mapping[Any, Any]
_T = TypeVar("_T")


class Told(Happened, Protocol):
    """The same, with the review that the event is about, and what its messages may speak of."""

    @property
    def review(self) -> Row | None:
        """Its row, if there is any."""

    @property
    def stood_for(self) -> Mapping[int, str]:
        """By person, those above for whom they stand in."""

    @property
    def facts(self) -> Mapping[str, object]:
        """The context of its messages."""


class Standing(NamedTuple):
    """A review as it stands for all of whom something is asked: its row and electorate, who takes no part, and whose seats others answer for (by person)."""

    review: Any
    voters: frozenset[str]
    out: Collection[int]
    represented: Sequence[tuple[int, str]]
    absent: Sequence[tuple[int, str]]


class Look:
    """What reviews are for all their readers, and what seats these hold, looked up once a second at most: an electorate may be very large."""

    def __init__(self, clock: Callable[[], datetime]) -> None:
        """``clock`` gives the real moment."""
        self._clock = clock
        self._reviews: dict[int, tuple[datetime, Standing]] = {}
        self._persons: dict[int, tuple[datetime, Mapping[str, Seated]]] = {}

    def at(self, connection: sa.Connection, told: Told, review_id: int) -> Standing:
        """How a review stands, as of this second."""
        return self._fresh(self._reviews, review_id, lambda: _standing(connection, told, review_id))

    def seats(self, connection: sa.Connection, told: Told, person_id: int) -> Mapping[str, Seated]:
        """The seats that somebody holds today, each with its role and body, as of this second."""
        return self._fresh(self._persons, person_id, lambda: seats_of(connection, told.event["convention"], person_id, told.today))

    def _fresh(self, seen: dict[int, tuple[datetime, _T]], key: int, look: Callable[[], _T]) -> _T:
        now = self._clock()
        known = seen.get(key)
        if known is None or not timedelta(0) <= now - known[0] < _FRESH:
            known = seen[key] = now, look()
        return known[1]


def _standing(connection: sa.Connection, told: Told, review_id: int) -> Standing:
    review, convention = recusal(connection, review_id), told.event["convention"]
    out = persons_out(Reader(connection, convention), [review])[review.id]
    represented = [(pair.person_id, pair.giver) for pair in holding(connection, review_id, told.today)]
    absent = [(pair.person_id, pair.voter) for pair in standing_in(connection, convention, told.today)]
    return Standing(review, frozenset(review.electorate), out, represented, absent)


def why_not(connection: sa.Connection, told: Told, row: Row, look: Look) -> Reason | None:
    """Why a delivery should not leave today; None if it should.

    Whoever leads the action today is told whether they hold a seat or not; everybody else only while they hold one, chairs and secretaries one as such in
    the body that it is about.
    """
    person_id, (capacity, copied) = row["person_id"], capacity_of(row["because"])
    event = told.event
    seats = look.seats(connection, told, person_id) if person_id is not None else {}
    if person_id is not None and not is_seated(connection, told, capacity, seats):
        return Reason.NO_SEAT
    if capacity == Audience.BODY_STAND_IN and person_id not in told.stood_for:
        return Reason.NOT_WANTED
    if not leads(connection, told, capacity, person_id):
        return Reason.NOT_LEAD
    if _undone(connection, event, person_id):
        return Reason.UNDONE
    if (needed := NEEDS.get(row["message"])) and not told.facts[needed]:
        return Reason.NOT_WANTED
    asked = person_id if capacity in _ANSWERING and not copied else None
    return None if _still_wanted(connection, told, (asked, frozenset(seats)), look) else Reason.NOT_WANTED


def _still_wanted(connection: sa.Connection, told: Told, reader: tuple[int | None, frozenset[str]], look: Look) -> bool:
    """Whether a message about this event still has an object for this reader (None: for somebody of whom nothing is asked, or a room).

    An opinion is wanted until the review is closed or the person, or whoever they stand in for today, has given it, and while they take part; what is
    asked of those who carry an action out, until they have done it or the action is no longer where it was asked for.
    """
    topic = cast("str", told.event["topic"])
    if topic in RUNGS and not _still_due(connection, told):
        return False
    if "overdue" in told.event["payload"]:
        return any(_is_open(connection, each["deadline"]) for each in told.event["payload"]["overdue"])
    if topic in ASKING:
        return told.review is not None and _still_open(connection, told, reader, look.at(connection, told, told.review["id"]))
    return topic not in _ASKED_IN or _still_asked(connection, told.event)


def _still_asked(connection: sa.Connection, event: Row) -> bool:
    """Whether an action is where something was asked for, and its deadline is open; where it has none of its own, whether nobody has done it since."""
    asked = _ASKED.first(connection, action_=event["action_id"], event_=event["id"])
    if asked.state != _ASKED_IN[event["topic"]] or asked.settled_at is not None:
        return False
    answers = _ANSWERED_BY.get(event["topic"], ()) if asked.deadline is None else ()
    return not answers or _since(answers).first(connection, action_=event["action_id"], seq_=event["seq"]) is None


@lru_cache
def _since(topics: tuple[Topic, ...]) -> Prepared:
    mine = (_EVENT.c.action_id == sa.bindparam("action_")) & (_EVENT.c.seq > sa.bindparam("seq_")) & among(_EVENT.c.topic, topics)
    return Prepared(sa.select(_EVENT.c.id).where(mine).limit(sa.literal_column("1")))


def _is_open(connection: sa.Connection, deadline: int) -> bool:
    due = _DUE.first(connection, deadline_=deadline)
    return due is not None and due.settled_at is None


def _still_due(connection: sa.Connection, told: Told) -> bool:
    """Whether what a rung chases has not been done, nor its day moved; what reminds of a day has no object once that day is past."""
    payload = told.event["payload"]
    due = _DUE.first(connection, deadline_=payload.get("deadline"))
    if due is None:
        return "deadline" not in payload
    day = date.fromisoformat(payload["due_on"])
    return due.settled_at is None and due.due_on == day and (told.today <= day or not told.event["topic"].endswith(REMINDED))


def _undone(connection: sa.Connection, event: Row, person_id: int | None) -> bool:
    """Whether the act was taken back since; or takes one back of which this person was never told."""
    topic, action = event["topic"], event["action_id"]
    if topic in UNDONE_BY:
        later = _OF_TOPIC.all(connection, action_=action, topic_=UNDONE_BY[topic][0])
        return any(undoes(row._asdict(), event) for row in later)
    earlier = [row for back in _TAKEN_BACK.get(topic, ()) for row in _OF_TOPIC.all(connection, action_=action, topic_=back)]
    untold = [row for row in earlier if undoes(event, row._asdict())][-1:]
    return any(told.state == "cancelled" for row in untold for told in _STATES.all(connection, event_=row.id, person_=person_id))


def _still_open(connection: sa.Connection, told: Told, reader: tuple[int | None, frozenset[str]], standing: Standing) -> bool:
    review, (person_id, seats) = standing.review, reader
    if review.closed_on is not None:
        return False
    if person_id is None:
        return True
    if person_id in standing.out:
        return False
    others = {seat for person, seat in (*standing.represented, *standing.absent) if person == person_id}
    asked = (seats | others) & standing.voters
    silent = [seat for seat in asked if _GIVEN.first(connection, review_=review.id, seat_=seat) is None]
    if not standing.out:
        return bool(silent)
    # Only of these seats is it asked whether they take part.
    books = Reader(connection, told.event["convention"])
    return len(recused_seats(books, review._replace(electorate=silent))) < len(silent)
