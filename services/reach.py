"""Whom a chase would reach today: who sits, who is away and answered for by nobody, who was asked today already, what an action is late with."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from models.chasing import Overdue, Reach
from models.events import Topic
from models.ladders import Level
from models.prepared import PreparedAmong, among
from models.tables import Absence, Deadline, Event, Seat, table
from notifications.catalogue import CHASED, RUNGS
from services.deadline_kinds import NATURE, Kind
from services.holding import represented_today
from services.lookups import in_office
from services.standing_in import standing_in
from services.wanted import ASKING
from services.work import Work

_ABSENCE, _DEADLINE, _EVENT, _SEAT = table(Absence), table(Deadline), table(Event), table(Seat)
OWED_KINDS = tuple(kind for kind, nature in NATURE.items() if nature.chased and nature.live_in and kind is not Kind.REVIEW_END)
"""The kinds of deadlines for which those who propose an action or carry it out are chased."""
_OF_OWNERS = frozenset({*(CHASED - {Topic.REVIEW_CHASED}), *(RUNGS - ASKING), Topic.PROGRESS_REQUESTED, Topic.FINAL_REPORT_REQUESTED})
"""The events by which they are asked for something, or hurried."""


_DAY: sa.BindParameter[date] = sa.bindparam("day_", type_=_SEAT.c.starts_on.type)
_ABSENT = sa.exists().where(_ABSENCE.c.person_id == _SEAT.c.person_id, _ABSENCE.c.starts_on <= _DAY, _ABSENCE.c.ends_on >= _DAY)
_SITTING = PreparedAmong(
    sa.select(_SEAT.c.code, _ABSENT.label("away")).where(_SEAT.c.convention == sa.bindparam("convention_"), in_office(_DAY)), _SEAT.c.code
)
_NAMED = sa.case((among(_EVENT.c.topic, (Topic.REVIEW_CHASED, Topic.REVIEW_REMINDED)), _EVENT.c.payload)).label("payload")
_SINCE: sa.BindParameter[datetime] = sa.bindparam("since_", type_=_EVENT.c.recorded_at.type)
_ASKED = PreparedAmong(
    sa.select(_EVENT.c.action_id, _EVENT.c.body, _EVENT.c.topic, _NAMED).where(
        _EVENT.c.recorded_at >= _SINCE, among(_EVENT.c.topic, sorted(ASKING))
    ),
    _EVENT.c.action_id,
)


def reaches(work: Work, reviews: Sequence[Any]) -> Mapping[int, Reach]:
    """Whom a chase would not reach in each of these open reviews, by their ids: as many questions, however many there are.

    A row needs its ``id``, ``action_id``, ``body`` and ``electorate``.
    """
    if not reviews:
        return {}
    held, gone = _sitting(work, {seat for review in reviews for seat in review.electorate})
    stood_in = {pair.voter for pair in standing_in(work.connection, work.convention, work.today)} if gone else set[str]()
    represented = represented_today(work.connection, [review.id for review in reviews], work.today) if gone else {}
    asked = _asked_today(work, reviews)
    return {
        review.id: Reach(
            frozenset(asked.get(review.id, ())),
            frozenset(review.electorate) - held,
            frozenset(review.electorate) & gone - stood_in - represented.get(review.id, set()),
        )
        for review in reviews
    }


def away_today(work: Work, seats: Iterable[str]) -> set[str]:
    """Which of these seats are held by somebody who is away today."""
    return _sitting(work, set(seats))[1]


def _sitting(work: Work, seats: set[str]) -> tuple[set[str], set[str]]:
    """Which of these seats are held today, and which of them by somebody who is away."""
    rows = _SITTING.all(work.connection, seats, convention_=work.convention, day_=work.today)
    return {row.code for row in rows}, {row.code for row in rows if row.away}


def _asked_today(work: Work, reviews: Sequence[Any]) -> Mapping[int, set[str]]:
    """The seats of each review of which its opinion was asked since midnight, in whatever way."""
    which = {(review.action_id, review.body): review for review in reviews}
    found: dict[int, set[str]] = {}
    for row in _ASKED.all(work.connection, {action for action, _ in which}, since_=_midnight(work)):
        review = which.get((row.action_id, row.body))
        if review is not None:
            found.setdefault(review.id, set()).update(asked_by(row.topic, row.payload or {}, review.electorate))
    return found


def asked_by(topic: str, payload: Mapping[str, Any], electorate: Iterable[str]) -> Iterable[str]:
    """The seats that an event of a review asked: those that a chase names, nobody where a rung tells others alone, else all."""
    if topic == Topic.REVIEW_CHASED:
        seats: Iterable[str] = payload["seats"]
        return seats
    return electorate if Level.OWNER in payload.get("to", (Level.OWNER,)) else ()


def hurried_today(work: Work, action_id: int) -> bool:
    """Whether those who propose an action or carry it out were asked for anything since midnight."""
    mine = (_EVENT.c.action_id == action_id) & (_EVENT.c.recorded_at >= _midnight(work)) & _EVENT.c.topic.in_(_OF_OWNERS)
    rows = work.connection.execute(sa.select(_EVENT.c.payload).where(mine)).scalars()
    return any(Level.OWNER in payload.get("to", (Level.OWNER,)) for payload in rows)


def overdue_of(work: Work, action_id: int) -> tuple[Overdue, ...]:
    """What an action owes whose last day is past, the longest overdue first."""
    mine = (_DEADLINE.c.action_id == action_id) & _DEADLINE.c.settled_at.is_(None) & (_DEADLINE.c.due_on < work.today)
    query = sa.select(*(_DEADLINE.c[name] for name in Overdue._fields)).where(mine, _DEADLINE.c.kind.in_(OWED_KINDS))
    return tuple(Overdue(*row) for row in work.connection.execute(query.order_by(_DEADLINE.c.due_on, _DEADLINE.c.id)))


def _midnight(work: Work) -> datetime:
    return datetime.combine(work.today, time(), ZoneInfo(work.timezone))
