"""What needs somebody today: for secretaries by body, for members the opinions they owe, for pilots their actions. A fixed number of questions."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import sqlalchemy as sa

from models.charter import BodyKind, Charter
from models.lifecycle import State
from models.meetings.rules import away
from models.tables import LEAD_OF, Action, Conflict, Delivery, Event, Milestone, Opinion, Person, Review, Seat, table
from models.telling.reasons import Reason
from services.bootstrap import App
from services.holding import represented_in
from services.lookups import ANSWERED, VOTING_ROLES
from services.meetings.agenda import EXAMINED_IN
from services.recusals import RECUSAL_COLUMNS, persons_out, recused_in
from services.reservations import reservations_standing
from services.standing_in import DEPUTY, standing_in
from services.stopping import Stop, standing_stop
from services.visitors import Visitor
from services.work import Work, open_work

_ACTION, _DELIVERY, _EVENT, _MILESTONE = table(Action), table(Delivery), table(Event), table(Milestone)
_OPINION, _PERSON, _REVIEW = table(Opinion), table(Person), table(Review)
_CONFLICT, _SEAT = table(Conflict), table(Seat)
AT_MOST = 50
"""Lines of one list; the page says when there are more."""
_TITLE = _ACTION.c.sheet["title"].as_string().label("title")
_WAITING_STATES: Mapping[str, tuple[State, ...]] = {
    "to_reopen": (State.ADJOURNED,),
    "to_start": (State.APPROVED,),
    "to_close": (State.FINAL_REPORT_DUE, State.COMPLETED),
    "incomplete": (State.RETURNED, State.DRAFT),
}
_OVER = (State.WITHDRAWN, State.REJECTED, State.ABANDONED, State.CLOSED)
Row = Mapping[Any, Any]


@dataclass(frozen=True, slots=True)
class Desk:
    """``to_answer``: reviews in which the visitor, or whoever they stand in for or represent, has not answered. ``reviews``: open ones that they serve, by body, the most urgent first.

    ``waiting``: actions that wait for a secretary, by what for. ``late``: milestones that have passed. ``reserved``: reservations to be lifted, of the bodies that they serve. ``stuck``: mails that did not arrive.
    ``mine``: actions that the visitor leads. ``today``: the day of the convention. ``stop``: for secretaries, the stop of all messages if one stands.
    """

    today: date
    to_answer: Sequence[Row]
    reviews: Mapping[str, Sequence[Row]]
    waiting: Mapping[str, Sequence[Row]]
    late: Sequence[Row]
    reserved: Sequence[Row]
    stuck: Sequence[Row]
    mine: Sequence[Row]
    stop: Stop | None

    @property
    def empty(self) -> bool:
        """Whether nothing at all is waiting."""
        lists = (self.to_answer, self.late, self.reserved, self.stuck, self.mine, *self.reviews.values(), *self.waiting.values())
        return not any(lists)


def desk(app: App, visitor: Visitor) -> Desk:
    """What needs the visitor today."""
    with app.db.read() as connection:
        work = open_work(app, connection, visitor.convention)
        bodies = served(work.charter, visitor)
        seats = _answering_for(connection, visitor, work.today)
        asked = _open_reviews(work, bodies)
        clerk = visitor.is_secretary
        return Desk(
            today=work.today,
            to_answer=_owed(work, visitor, seats),
            reviews={body: [row for row in asked if row["body"] == body] for body in bodies},
            waiting=_waiting(connection, work.charter) if clerk else {},
            late=_late(connection, visitor.convention, work.today) if clerk else (),
            reserved=reservations_standing(connection, visitor.convention, bodies, at_most=AT_MOST) if bodies else (),
            stuck=stuck_deliveries(connection, visitor.convention) if clerk else (),
            mine=_led(connection, visitor),
            stop=standing_stop(connection) if clerk else None,
        )


def _answering_for(connection: sa.Connection, visitor: Visitor, today: date) -> set[str]:
    """The voting seats that the visitor holds, and those of absent members for whom they stand in."""
    seats = {seat.code for seat in visitor.seats if seat.role in VOTING_ROLES}
    if not any(seat.role == DEPUTY for seat in visitor.seats):
        return seats
    own = {seat.code for seat in visitor.seats}
    return seats | {pair.voter for pair in standing_in(connection, visitor.convention, today) if pair.deputy in own}


def served(charter: Charter, visitor: Visitor) -> list[str]:
    """The bodies whose secretary the visitor is, in the charter's order; the technical committee's also serves the groups."""
    own = set(visitor.secretary_of)
    technical = charter.body_of_kind(BodyKind.TECHNICAL).code in own
    return [body.code for body in charter.bodies if body.code in own or (technical and body.kind is BodyKind.THEMATIC)]


def _open_reviews(books: Work, bodies: Sequence[str]) -> list[Row]:
    """The most urgent open reviews of each body, with who takes no part: the same few questions, however many there are."""
    if not bodies:
        return []
    query = (
        sa.select(_ACTION.c.number, _TITLE, *RECUSAL_COLUMNS, _REVIEW.c.round, _REVIEW.c.due_on, ANSWERED.label("given"))
        .join(_ACTION, _ACTION.c.id == _REVIEW.c.action_id)
        .where(_REVIEW.c.id.in_(sa.union_all(*(_most_urgent(books.convention, body) for body in bodies))))
        .order_by(_REVIEW.c.due_on, _ACTION.c.number)
    )
    found = books.connection.execute(query).all()
    out = recused_in(books, found) if found else {}
    return [{**row._asdict(), "recused": out[row.id]} for row in found]


def _most_urgent(convention: str, body: str) -> sa.Select[tuple[int]]:
    mine = (_REVIEW.c.convention == convention) & (_REVIEW.c.body == body) & _REVIEW.c.closed_on.is_(None)
    found = sa.select(_REVIEW.c.id).where(mine).order_by(_REVIEW.c.due_on, _REVIEW.c.id).limit(AT_MOST).subquery()
    return sa.select(found.c.id)


def _owed(books: Work, visitor: Visitor, seats: Collection[str]) -> list[Row]:
    """Open reviews in which one of these seats is asked and has not answered, and the visitor may answer; the most urgent first."""
    if not seats:
        return []
    held = represented_in(books.connection, visitor.person_id, books.today)
    wanted = sa.or_(*map(_unanswered, sorted(seats)), _REVIEW.c.id.in_(held))
    query = (
        sa.select(_ACTION.c.number, _TITLE, *RECUSAL_COLUMNS, _REVIEW.c.round, _REVIEW.c.due_on, ANSWERED.label("given"))
        .join(_ACTION, _ACTION.c.id == _REVIEW.c.action_id)
        .where(_REVIEW.c.convention == visitor.convention, _REVIEW.c.closed_on.is_(None))
        .where(_REVIEW.c.body.in_({seat.body for seat in visitor.seats}), wanted, ~_in_conflict(visitor))
        .order_by(_REVIEW.c.due_on, _REVIEW.c.id)
        .limit(AT_MOST)
    )
    asked = books.connection.execute(query).all()
    persons, out = (persons_out(books, asked), recused_in(books, asked)) if asked else ({}, {})
    return [
        row._asdict()
        for row in asked
        if visitor.person_id not in persons[row.id] and _awaited(row, {*seats, *held.get(row.id, ())}, out[row.id])
    ]


def _awaited(review: Any, seats: Collection[str], out: Collection[str]) -> bool:
    """Whether one of these seats takes part, attends where it is examined in a meeting, and has not answered."""
    given = {*(review.given or "").split(","), *away(review.attendance)}
    return any(seat in review.electorate and seat not in given and seat not in out for seat in seats)


def _in_conflict(visitor: Visitor) -> sa.ColumnElement[bool]:
    """Whether the visitor has declared a conflict of interest about an action."""
    theirs = sa.select(_SEAT.c.code).where(_SEAT.c.convention == visitor.convention, _SEAT.c.person_id == visitor.person_id)
    stands = (_CONFLICT.c.action_id == _REVIEW.c.action_id) & _CONFLICT.c.withdrawn_on.is_(None)
    return sa.exists().where(stands, _CONFLICT.c.seat.in_(theirs))


def _unanswered(seat: str) -> sa.ColumnElement[bool]:
    given = sa.exists().where(_OPINION.c.review_id == _REVIEW.c.id, _OPINION.c.seat == seat, ~_OPINION.c.superseded)
    return sa.cast(_REVIEW.c.electorate, sa.String).like(f'%"{seat}"%') & ~given


def _waiting(connection: sa.Connection, charter: Charter) -> dict[str, list[Row]]:
    """What waits for a secretary. Decisions wait for one where the charter has them recorded by hand, once no opinion is awaited."""
    by_hand = [
        EXAMINED_IN[body.kind] for body in charter.bodies if body.kind in EXAMINED_IN and body.rules and body.rules.decides == "recorded"
    ]
    reviewed = sa.exists().where(_REVIEW.c.action_id == _ACTION.c.id, _REVIEW.c.closed_on.is_(None))
    found = {"to_decide": _standing(connection, charter, by_hand, ~reviewed)}
    return found | {what: _standing(connection, charter, states) for what, states in _WAITING_STATES.items()}


def _standing(connection: sa.Connection, charter: Charter, states: Iterable[State], *more: sa.ColumnElement[bool]) -> list[Row]:
    """The first actions in each of these states: asked state by state, in the order of the index, so that no other action is read."""
    ids = [_first(charter.convention.code, state, *more) for state in states]
    if not ids:
        return []
    query = sa.select(_ACTION.c.number, _TITLE, _ACTION.c.state).where(_ACTION.c.id.in_(sa.union_all(*ids)))
    return [*connection.execute(query.order_by(_ACTION.c.number).limit(AT_MOST)).mappings()]


def _first(convention: str, state: State, *more: sa.ColumnElement[bool]) -> sa.Select[tuple[int]]:
    here = (_ACTION.c.convention == convention, _ACTION.c.state == state, *more)
    found = sa.select(_ACTION.c.id).where(*here).order_by(_ACTION.c.number).limit(AT_MOST).subquery()
    return sa.select(found.c.id)


def _late(connection: sa.Connection, convention: str, today: date) -> list[Row]:
    query = (
        sa.select(_ACTION.c.number, _TITLE, _MILESTONE.c.title.label("milestone"), _MILESTONE.c.due_on)
        .join(_ACTION, _ACTION.c.id == _MILESTONE.c.action_id)
        .where(_ACTION.c.convention == convention, _ACTION.c.state == State.IN_PROGRESS)
        .where(_MILESTONE.c.reached_on.is_(None), _MILESTONE.c.due_on < today)
        .order_by(_MILESTONE.c.due_on)
        .limit(AT_MOST)
    )
    return [*connection.execute(query).mappings()]


def stuck_deliveries(connection: sa.Connection, convention: str) -> list[Row]:
    """Messages that did not arrive and went no other way, or of which nobody knows: a person decides."""
    withheld = (_DELIVERY.c.state == "suppressed") & (_DELIVERY.c.reason == Reason.ADDRESS_SUPPRESSED)
    lost = (_DELIVERY.c.state == "dead") & _DELIVERY.c.reason.is_distinct_from(Reason.FELL_BACK)
    query = (
        sa.select(_DELIVERY, _PERSON.c.name.label("person"), _ACTION.c.number)
        .outerjoin(_PERSON, _PERSON.c.id == _DELIVERY.c.person_id)
        .outerjoin(_EVENT, _EVENT.c.id == _DELIVERY.c.event_id)
        .outerjoin(_ACTION, _ACTION.c.id == _EVENT.c.action_id)
        .where(_DELIVERY.c.convention == convention, (_DELIVERY.c.state == "uncertain") | lost | withheld)
        .order_by(_DELIVERY.c.created_at.desc())
        .limit(AT_MOST)
    )
    return [*connection.execute(query).mappings()]


def _led(connection: sa.Connection, visitor: Visitor) -> list[Row]:
    lead = sa.literal_column(LEAD_OF[connection.dialect.name], sa.String)  # to the letter as in the index
    mine = (lead == visitor.code) & (_ACTION.c.convention == visitor.convention)
    ids = sa.select(_ACTION.c.id).where(mine, _ACTION.c.state.not_in(_OVER)).order_by(_ACTION.c.number).limit(AT_MOST).subquery()
    query = sa.select(_ACTION.c.number, _TITLE, _ACTION.c.state).join(ids, ids.c.id == _ACTION.c.id)
    return [*connection.execute(query.order_by(_ACTION.c.number)).mappings()]
