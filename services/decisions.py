"""The register of decisions: what the bodies decided, by body and year, in the numbers that it got."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa

from models.errors import NotFound, Problem
from models.meetings import MeetingState
from models.tables import Action, AgendaItem, Decision, Meeting, Review, Words, table
from services.bootstrap import App
from services.charter_store import charter_in_force, the_convention
from services.finding import Found, counted
from services.slices import Slice, slice_of

_ACTION, _DECISION, _REVIEW, _WORDS = table(Action), table(Decision), table(Review), table(Words)
_ITEM, _MEETING = table(AgendaItem), table(Meeting)
_YEAR = sa.func.substr(_DECISION.c.number, sa.func.length(_DECISION.c.body) + 2, 4)
"""The year in whose series a decision is numbered; the day of a rectified one may lie in another."""
_TAKEN_UP = (
    sa.select(sa.func.max(_MEETING.c.number))
    .join(_ITEM, _ITEM.c.meeting_id == _MEETING.c.id)
    .where(_ITEM.c.action_id == _DECISION.c.action_id, _ITEM.c.follows == _DECISION.c.number, _MEETING.c.state != MeetingState.CANCELLED)
    .scalar_subquery()
)
"""The last meeting to whose agenda an adjournment led."""
_TOLD = (
    sa.select(
        *(_DECISION.c[name] for name in ("number", "revision", "body", "outcome", "decided_on", "reference")),
        _REVIEW.c.round,
        _WORDS.c.body.label("words"),
        _TAKEN_UP.label("taken_up"),
        _ACTION.c.number.label("action"),
        _ACTION.c.sheet["title"].as_string().label("title"),
    )
    .join(_ACTION, _ACTION.c.id == _DECISION.c.action_id)
    .outerjoin(_REVIEW, _REVIEW.c.id == _DECISION.c.review_id)
    .outerjoin(_WORDS, _WORDS.c.id == _DECISION.c.words_id)
    .order_by(_DECISION.c.decided_on.desc(), _DECISION.c.body, sa.func.length(_DECISION.c.number).desc(), _DECISION.c.number.desc())
)
Row = Mapping[Any, Any]


@dataclass(frozen=True, slots=True)
class Register:
    """One page of decisions as they stand, the newest first; ``bodies`` and ``years``: those in which any was taken."""

    found: Found
    bodies: Sequence[str] = field(default=())
    years: Sequence[str] = field(default=())


def register(app: App, convention: str, *, body: str = "", year: str = "", page: int = 1) -> Register:
    """A page of the register, of a body and a year or of all; a fixed number of questions. A rectified decision is told as it now stands."""
    with app.db.read() as connection:
        bodies = [*connection.execute(_distinct(_DECISION.c.body, convention)).scalars()]
        years = [*connection.execute(_distinct(_YEAR, convention)).scalars()]
        return Register(counted(connection, _TOLD, _conditions(convention, body, year), page, of=_DECISION), bodies, years[::-1])


def list_decisions(app: App, *, convention: str | None = None, body: str = "", year: str = "") -> list[Row]:
    """All that the register holds of a body and a year. Raises NotFound for a body that has decided nothing and is not in the charter."""
    with app.db.read() as connection:
        code = the_convention(connection, convention)
        _check(body, [entry.code for entry in charter_in_force(connection, code).bodies], connection, code)
        return [*connection.execute(_TOLD.where(*_conditions(code, body, year))).mappings()]


def decisions_after(app: App, convention: str, *, body: str, year: str, after: str, limit: int) -> Slice:
    """The decisions of a body and a year, or of all, after a place in the register, the newest first; see ``list_decisions``."""
    with app.db.read() as connection:
        _check(body, [entry.code for entry in charter_in_force(connection, convention).bodies], connection, convention)
        query = _TOLD.where(*_conditions(convention, body, year)).order_by(None)
        return slice_of(connection, query, (_DECISION.c.decided_on, _DECISION.c.id), after, limit)


def _check(body: str, in_charter: Iterable[str], connection: sa.Connection, convention: str) -> None:
    known = dict.fromkeys((*in_charter, *connection.execute(_distinct(_DECISION.c.body, convention)).scalars()))
    if body and body not in known:
        raise NotFound(Problem("body_unknown", {"body": body, "known": ", ".join(known)}))


def _distinct(column: sa.ColumnElement[Any], convention: str) -> sa.Select[tuple[Any]]:
    return sa.select(column).where(_DECISION.c.convention == convention).distinct().order_by(column)


def _conditions(convention: str, body: str, year: str) -> list[sa.ColumnElement[bool]]:
    found = [_DECISION.c.convention == convention, ~_DECISION.c.superseded]
    if body:
        found.append(_DECISION.c.body == body)
    if year:
        found.append(_YEAR.in_((year,)))
    return found
