"""Reservations as they are read: those of an action, and those that wait for somebody, with the words of the opinions that they come from."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from models.facts import ReservationFacts
from models.prepared import ALL, Prepared, PreparedAmong, among
from models.tables import Action, Opinion, Reservation, Review, Words, table
from services.bootstrap import App
from services.charter_store import the_convention
from services.deadline_kinds import LIVE_IN, Kind

_ACTION, _OPINION, _RESERVATION, _REVIEW = table(Action), table(Opinion), table(Reservation), table(Review)
_ASKED, _MET = table(Words).alias("asked"), table(Words).alias("met")
_STANDS = _RESERVATION.c.lifted_on.is_(None) & _RESERVATION.c.lapsed_on.is_(None)
_STANDING = Prepared(
    sa.select(*(_RESERVATION.c[name] for name in ("number", "seat", "review_id", "blocks")), _REVIEW.c.body)
    .join(_REVIEW, _REVIEW.c.id == _RESERVATION.c.review_id)
    .where(_RESERVATION.c.action_id == sa.bindparam("action_"), _STANDS)
    .order_by(_RESERVATION.c.number)
)
_TOLD = (
    sa.select(
        *(_RESERVATION.c[name] for name in ("number", "review_id", "seat", "raised_on", "due_on", "blocks", "lifted_on", "lapsed_on")),
        _REVIEW.c.body,
        _REVIEW.c.round,
        _ASKED.c.body.label("words"),
        _MET.c.body.label("met"),
        _MET.c.author_seat.label("lifted_by"),
        _ACTION.c.state,
    )
    .join(_ACTION, _ACTION.c.id == _RESERVATION.c.action_id)
    .join(_REVIEW, _REVIEW.c.id == _RESERVATION.c.review_id)
    .outerjoin(
        _OPINION,
        (_OPINION.c.review_id == _RESERVATION.c.review_id) & (_OPINION.c.seat == _RESERVATION.c.seat) & ~_OPINION.c.superseded,
    )
    .outerjoin(_ASKED, _ASKED.c.id == _OPINION.c.words_id)
    .outerjoin(_MET, _MET.c.id == _RESERVATION.c.words_id)
)
_OF_ACTION = Prepared(_TOLD.where(_RESERVATION.c.action_id == sa.bindparam("action_")).order_by(_RESERVATION.c.number))
_FEW = sa.select(_RESERVATION.c.id).where(_STANDS)
"""Those that stand, apart, so that SQLite begins with them and not with the actions in these states."""
_CHASED = LIVE_IN[Kind.RESERVATION]
Row = Mapping[str, Any]


_WAITING = PreparedAmong(
    _TOLD.add_columns(_ACTION.c.number.label("action"), _ACTION.c.sheet["title"].as_string().label("title"))
    .where(_RESERVATION.c.id.in_(_FEW), _ACTION.c.convention == sa.bindparam("convention_"), among(_ACTION.c.state, sorted(_CHASED)))
    .order_by(_RESERVATION.c.due_on.is_(None), _RESERVATION.c.due_on, _ACTION.c.number, _RESERVATION.c.number)
    .limit(sa.bindparam("most_", type_=sa.Integer)),
    _REVIEW.c.body,
)


def standing_rows(connection: sa.Connection, action_id: int) -> list[Any]:
    """The reservations of an action that stand, by number: number, seat, review_id, blocks, body."""
    return _STANDING.all(connection, action_=action_id)


def standing_facts(connection: sa.Connection, action_id: int) -> tuple[ReservationFacts, ...]:
    """The same, as guards look at them."""
    return tuple(ReservationFacts(row.number, row.body, row.seat, row.blocks) for row in standing_rows(connection, action_id))


def reservations_of(connection: sa.Connection, action_id: int) -> Sequence[Row]:
    """Every reservation of an action, by number, lifted and lapsed ones too: what it asks for, and how it was met."""
    return [_told(row._asdict()) for row in _OF_ACTION.all(connection, action_=action_id)]


def reservations_standing(
    connection: sa.Connection, convention: str, bodies: Collection[str], *, at_most: int | None = None
) -> Sequence[Row]:
    """The reservations of these bodies that wait to be lifted, on actions still alive, those due first before the others."""
    rows = _WAITING.all(connection, bodies, convention_=convention, most_=ALL if at_most is None else at_most)
    return [_told(row._asdict()) for row in rows]


def list_reservations(app: App, *, bodies: Collection[str], convention: str | None = None) -> Sequence[Row]:
    """The reservations of these bodies that wait to be lifted. Raises NotFound for an unknown convention."""
    with app.db.read() as connection:
        return reservations_standing(connection, the_convention(connection, convention), bodies)


def _told(row: Mapping[Any, Any]) -> Row:
    """A reservation with how it stands: open, lifted, lapsed, or left as it was by an action that is over."""
    known = {name: value for name, value in row.items() if name != "state"}
    undone = "open" if row["state"] in _CHASED else "left"
    return {**known, "standing": "lifted" if row["lifted_on"] else "lapsed" if row["lapsed_on"] else undone}
