"""What needs somebody today: for secretaries by body, for members the opinions they owe, for pilots their actions. A fixed number of questions."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Any

import sqlalchemy as sa

from models.charter import BodyKind, Charter
from models.lifecycle import State
from models.prepared import Prepared, among
from models.tables import LEAD_OF, Action, Delivery, Event, Person, Review, table
from models.telling.reasons import Reason
from services.blockers import blockers_standing
from services.bootstrap import App
from services.due_lists import Dues, When, dues
from services.lookups import ANSWERED, most_urgent, named_bodies
from services.meetings.agenda import EXAMINED_IN
from services.news import Silence, silences
from services.owing import answering_for, owed_by
from services.parked import count_parked
from services.recusals import RECUSAL_COLUMNS, recused_in
from services.reservations import reservations_standing
from services.stopping import Stop, standing_stop
from services.visitors import Visitor
from services.work import Work, open_work

_ACTION, _DELIVERY, _EVENT = table(Action), table(Delivery), table(Event)
_PERSON, _REVIEW = table(Person), table(Review)
AT_MOST = 50
"""Lines of one list; the page says when there are more."""
FIRST = 10
"""Lines of what has a page of its own."""
_NO_DUES = Dues((), 0)
_TITLE = _ACTION.c.sheet["title"].as_string().label("title")
_WAITING_STATES: Mapping[str, tuple[State, ...]] = {
    "to_reopen": (State.ADJOURNED,),
    "to_start": (State.APPROVED,),
    "to_close": (State.FINAL_REPORT_DUE, State.COMPLETED),
    "incomplete": (State.RETURNED, State.DRAFT),
}
_OVER = (State.WITHDRAWN, State.REJECTED, State.ABANDONED, State.CLOSED)
_LOST = (
    (_DELIVERY.c.state == "uncertain")
    | ((_DELIVERY.c.state == "dead") & _DELIVERY.c.reason.is_distinct_from(Reason.FELL_BACK))
    | ((_DELIVERY.c.state == "suppressed") & (_DELIVERY.c.reason == Reason.ADDRESS_SUPPRESSED))
)
Row = Mapping[Any, Any]


@dataclass(frozen=True, slots=True)
class Desk:
    """``to_answer``: reviews in which the visitor, or whoever they stand in for or represent, has not answered. ``reviews``: open ones that they serve, by body, the most urgent first.

    ``waiting``: actions that wait for a secretary, by what for. ``late``, ``soon``: the first deadlines that are overdue, or that fall in the next two weeks, and how many there are. ``reserved``: reservations to be lifted, of the bodies that they serve; ``blocked``: blockers for which these are asked to help. ``stuck``: mails that did not arrive. ``parked``: how much was set aside after five tries.
    ``mine``: actions that the visitor leads. ``silence``: the actions without news for too long, by number; ``silent``: for secretaries, the first of them. ``today``: the day of the convention. ``stop``: for secretaries, the stop of all messages if one stands.
    """

    today: date
    to_answer: Sequence[Row]
    reviews: Mapping[str, Sequence[Row]]
    waiting: Mapping[str, Sequence[Row]]
    late: Dues
    soon: Dues
    reserved: Sequence[Row]
    blocked: Sequence[Row]
    stuck: Sequence[Row]
    parked: int
    mine: Sequence[Row]
    silent: Sequence[Silence]
    silence: Mapping[str, Silence]
    stop: Stop | None

    @property
    def empty(self) -> bool:
        """Whether nothing at all is waiting."""
        lists = (
            self.to_answer,
            self.silent,
            self.late.total,
            self.soon.total,
            self.parked,
            self.reserved,
            self.blocked,
            self.stuck,
            self.mine,
            *self.reviews.values(),
            *self.waiting.values(),
        )
        return not any(lists)


def desk(app: App, visitor: Visitor) -> Desk:
    """What needs the visitor today."""
    with app.db.read() as connection:
        work = open_work(app, connection, visitor.convention)
        bodies = served(work.charter, visitor)
        seats = answering_for(connection, visitor, work.today)
        asked = _open_reviews(work, bodies)
        clerk = visitor.is_secretary
        silence = {one.number: one for one in silences(connection, visitor.convention, work.timezone).values()}
        return Desk(
            today=work.today,
            to_answer=owed_by(work, visitor, seats, at_most=AT_MOST),
            reviews={body: [row for row in asked if row["body"] == body] for body in bodies},
            waiting=_waiting(connection, work.charter) if clerk else {},
            late=dues(work, When.LATE, at_most=FIRST) if clerk else _NO_DUES,
            soon=dues(work, When.SOON, at_most=FIRST) if clerk else _NO_DUES,
            reserved=reservations_standing(connection, visitor.convention, bodies, at_most=AT_MOST) if bodies else (),
            blocked=blockers_standing(connection, visitor.convention, bodies, at_most=AT_MOST) if bodies else (),
            stuck=stuck_deliveries(connection, visitor.convention) if clerk else (),
            parked=count_parked(connection, visitor.convention) if clerk else 0,
            mine=_led(connection, visitor),
            silent=_in_order(silence.values())[:FIRST] if clerk else (),
            silence=silence,
            stop=standing_stop(connection) if clerk else None,
        )


def silent_actions(app: App, convention: str) -> tuple[date, list[Silence]]:
    """The day of a convention, and all actions of which there has been no news for too long, those first for which it is longest."""
    with app.db.read() as connection:
        work = open_work(app, connection, convention)
        return work.today, _in_order(silences(connection, convention, work.timezone).values())


def _in_order(silent: Iterable[Silence]) -> list[Silence]:
    return sorted(silent, key=lambda one: (one.since, one.number))


def served(charter: Charter, visitor: Visitor) -> list[str]:
    """The bodies whose secretary the visitor is, in the charter's order; the technical committee's also serves the groups."""
    own = set(visitor.secretary_of)
    technical = charter.body_of_kind(BodyKind.TECHNICAL).code in own
    return [body.code for body in charter.bodies if body.code in own or (technical and body.kind is BodyKind.THEMATIC)]


def _open_reviews(books: Work, bodies: Sequence[str]) -> list[Row]:
    """The most urgent open reviews of each body, with who takes no part: the same few questions, however many there are."""
    if not bodies:
        return []
    found = _reviews_of(len(bodies)).all(books.connection, convention_=books.convention, **named_bodies(bodies))
    out = recused_in(books, found) if found else {}
    return [{**row._asdict(), "recused": out[row.id]} for row in found]


@cache
def _reviews_of(bodies: int) -> Prepared:
    return Prepared(
        sa.select(_ACTION.c.number, _TITLE, *RECUSAL_COLUMNS, _REVIEW.c.round, _REVIEW.c.due_on, ANSWERED.label("given"))
        .join(_ACTION, _ACTION.c.id == _REVIEW.c.action_id)
        .where(most_urgent(bodies, AT_MOST))
        .order_by(_REVIEW.c.due_on, _ACTION.c.number)
    )


def _waiting(connection: sa.Connection, charter: Charter) -> dict[str, list[Row]]:
    """What waits for a secretary. Decisions wait for one where the charter has them recorded by hand, once no opinion is awaited."""
    by_hand = [
        EXAMINED_IN[body.kind] for body in charter.bodies if body.kind in EXAMINED_IN and body.rules and body.rules.decides == "recorded"
    ]
    wanted = {"to_decide": tuple(by_hand), **_WAITING_STATES}
    asked = {what: _standing(states, reviewed=what != "to_decide") if states else None for what, states in wanted.items()}
    convention = charter.convention.code
    return {
        what: [row._asdict() for row in query.all(connection, convention_=convention)] if query else [] for what, query in asked.items()
    }


@cache
def _standing(states: tuple[State, ...], *, reviewed: bool) -> Prepared:
    """The first actions in each of these states: asked state by state, in the order of the index, so that no other action is read.

    ``reviewed``: also those that are being examined.
    """
    first = sa.union_all(*(_first(state, reviewed=reviewed) for state in states))
    query = sa.select(_ACTION.c.number, _TITLE, _ACTION.c.state).where(_ACTION.c.id.in_(first))
    return Prepared(query.order_by(_ACTION.c.number).limit(sa.literal_column(str(AT_MOST))))


def _first(state: State, *, reviewed: bool) -> sa.Select[tuple[int]]:
    here = (_ACTION.c.convention == sa.bindparam("convention_")) & (_ACTION.c.state == sa.literal_column(f"'{state}'"))
    if not reviewed:
        here &= ~sa.exists().where(_REVIEW.c.action_id == _ACTION.c.id, _REVIEW.c.closed_on.is_(None))
    most: sa.ColumnElement[int] = sa.literal_column(str(AT_MOST))
    found = sa.select(_ACTION.c.id).where(here).order_by(_ACTION.c.number).limit(most).subquery()
    return sa.select(found.c.id)


def stuck_deliveries(connection: sa.Connection, convention: str) -> list[Row]:
    """Messages that did not arrive and went no other way, or of which nobody knows: a person decides."""
    return [row._asdict() for row in _STUCK.all(connection, convention_=convention)]


_STUCK = Prepared(
    sa.select(_DELIVERY, _PERSON.c.name.label("person"), _ACTION.c.number)
    .outerjoin(_PERSON, _PERSON.c.id == _DELIVERY.c.person_id)
    .outerjoin(_EVENT, _EVENT.c.id == _DELIVERY.c.event_id)
    .outerjoin(_ACTION, _ACTION.c.id == _EVENT.c.action_id)
    .where(_DELIVERY.c.convention == sa.bindparam("convention_"), _LOST)
    .order_by(_DELIVERY.c.created_at.desc())
    .limit(sa.literal_column(str(AT_MOST)))
)


def _led(connection: sa.Connection, visitor: Visitor) -> list[Row]:
    led = _led_in(connection.dialect.name).all(connection, lead_=visitor.code, convention_=visitor.convention)
    return [row._asdict() for row in led]


@cache
def _led_in(dialect: str) -> Prepared:
    lead = sa.literal_column(LEAD_OF[dialect], sa.String)  # to the letter as in the index
    mine = (lead == sa.bindparam("lead_")) & (_ACTION.c.convention == sa.bindparam("convention_")) & ~among(_ACTION.c.state, _OVER)
    most: sa.ColumnElement[int] = sa.literal_column(str(AT_MOST))
    ids = sa.select(_ACTION.c.id).where(mine).order_by(_ACTION.c.number).limit(most).subquery()
    query = sa.select(_ACTION.c.number, _TITLE, _ACTION.c.state).join(ids, ids.c.id == _ACTION.c.id)
    return Prepared(query.order_by(_ACTION.c.number))
