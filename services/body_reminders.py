"""Reminding the secretaries and chairs of bodies of what belongs to no action: a rung is climbed, and its messages are written, in one transaction.

There is no log of an action to note it in. Each message is named after the deadline, its day, the rung and the person, so that two runs at the same
rung write it once.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa

from models.charter import BodyKind
from models.ladders import Level, Step, climb
from models.prepared import Prepared
from models.tables import Deadline, Delivery, table
from models.telling.reasons import Reason
from notifications.catalogue import BODY_REMINDER, Audience
from notifications.channels import MAIL
from services.audiences import presiding, secretaries
from services.clock import local_day
from services.deadline_kinds import Kind, ladder_of, next_moment
from services.notices import SUPPRESSED, fold_by_address, new_delivery, suppress, write_deliveries
from services.planning import in_own_rooms, put_off
from services.standing_in import StandIn, stand_ins
from services.work import Work

_DEADLINE, _DELIVERY = table(Deadline), table(Delivery)
_CLIMB = Prepared(_DEADLINE.update().where(_DEADLINE.c.id == sa.bindparam("deadline_")), "due_at", "rung")
Row = Mapping[Any, Any]


def remind(work: Work, dues: Sequence[Row]) -> list[str | None]:
    """Climb the rungs that have come for deadlines that belong to no action; returns how many messages were written for each, None for no rung.

    Seats of a body that end on the same day are told of in one message: terms of office mostly end together.
    """
    steps = [climb(ladder_of(Kind(due["kind"]), work.charter), due["due_on"], due["rung"], work.today, work.calendar) for due in dues]
    others = stand_ins(work.connection, work.convention, work.today)
    written = [_rows(work, due, step, others) if step is not None else None for due, (step, _) in zip(dues, steps, strict=True)]
    rows = [row for told in written for row in told or ()]
    _tell_together(work, rows)
    rows += in_own_rooms(work, rows)
    put_off(work, rows, None)
    fold_by_address(work, rows)
    write_deliveries(work, rows)
    _CLIMB.run_all(
        work.connection,
        [
            {"deadline_": due["id"], "rung": place.rung, "due_at": next_moment(work, Kind(due["kind"]), due["due_on"], place)}
            for due, (_, place) in zip(dues, steps, strict=True)
        ],
    )
    return [None if told is None else f"messages: {sum(row['state'] != SUPPRESSED for row in told)}" for told in written]


def days_reminded(work: Work, deadline: int, due_on: date, before: datetime | None = None) -> list[date]:
    """The days on which messages left that reminded somebody of this deadline on this day. ``before``: of those written before this moment."""
    key, shared = _key_of(deadline, due_on), _DELIVERY.alias("shared")
    same = (_DELIVERY.c.unique_key >= key) & (_DELIVERY.c.unique_key < f"{key};")  # what begins so, by the index: ';' follows the digits
    same = same if before is None else same & (_DELIVERY.c.created_at < before)
    left = (
        sa.select(sa.func.coalesce(shared.c.settled_at, _DELIVERY.c.settled_at))
        .outerjoin(shared, shared.c.id == _DELIVERY.c.folded_into)
        .where(same, sa.func.coalesce(shared.c.state, _DELIVERY.c.state) == "sent")
    )
    moments = work.connection.execute(left).scalars()
    return sorted({local_day(moment + (work.now - work.wall), work.timezone) for moment in moments})


def _key_of(deadline: int, due_on: date) -> str:
    """What the names of all messages about a deadline on a day begin with."""
    return f"deadline:{deadline}:{due_on.isoformat()}:"


def _rows(work: Work, due: Row, step: Step, others: Iterable[StandIn]) -> list[dict[str, Any]]:
    """The messages of a rung, about to be written; somebody on two of its levels gets one, and whoever stands in for somebody away gets theirs too."""
    named = {name: due[name] for name in ("kind", "about", "body")}
    addressees = _addressees(work, step.to, due["body"])
    whom: dict[int, dict[str, Any]] = {person: {"because": because.value, "away": None} for person, because in addressees.items()}
    for other in others:
        if other.away in addressees and due["body"] in (None, other.body):
            whom.setdefault(other.person_id, {"because": Audience.BODY_STAND_IN.value, "away": other.away})
    about = {"event_id": None, "stage": due["stage"], "message": BODY_REMINDER, "channel": MAIL}
    key, rung = f"{_key_of(due['id'], due['due_on'])}{step.rung}", {"days": step.days, "rung": step.rung}
    return [
        new_delivery(
            work,
            **about,
            because=told["because"],
            unique_key=f"{key}:{person}",
            person_id=person,
            details={**named, "away": told["away"], "deadlines": [due["id"]], "due_on": due["due_on"].isoformat(), **rung},
        )
        for person, told in whom.items()
    ]


def _tell_together(work: Work, rows: Iterable[dict[str, Any]]) -> None:
    """Let the first message about a seat of a body that ends on a day speak of all that end with it; what is left of the others says so."""
    first: dict[tuple[Any, ...], dict[str, Any]] = {}
    for row in rows:
        details = row["details"]
        if details["kind"] == Kind.SEAT_END:
            kept = first.setdefault((row["person_id"], *(details[name] for name in ("body", "due_on", "days", "away"))), row)
            if kept is not row:
                kept["details"]["deadlines"] += details["deadlines"]
                suppress(work, row, Reason.TOGETHER, kept["id"])


def _addressees(work: Work, levels: Iterable[Level], body: str | None) -> dict[int, Audience]:
    """Who is told, each in the first capacity that fits: where the levels of a rung reach nobody, the steering committee's secretaries."""
    found: dict[int, Audience] = {}
    for level in (*levels, Level.STEERING):
        if level in levels or not found:
            audience, people = _ON_LEVEL[level](work, body)
            found |= {person: audience for person in people if person not in found}
    return found


def _secretaries(work: Work, body: str | None) -> tuple[Audience, list[int]]:
    """The body's own; the technical committee's where it has none, or for what is no one body's business."""
    own = secretaries(work, body) if body is not None else []
    return (Audience.BODY_SECRETARY, own) if own else _technical(work, body)


def _technical(work: Work, _body: str | None) -> tuple[Audience, list[int]]:
    return Audience.TECHNICAL_SECRETARY, secretaries(work, work.charter.body_of_kind(BodyKind.TECHNICAL).code)


def _steering(work: Work, _body: str | None) -> tuple[Audience, list[int]]:
    return Audience.STEERING_SECRETARY, secretaries(work, work.charter.body_of_kind(BodyKind.STEERING).code)


def _chairs(work: Work, body: str | None) -> tuple[Audience, list[int]]:
    """Whoever chairs the body; the technical committee where nobody does."""
    technical = work.charter.body_of_kind(BodyKind.TECHNICAL).code
    return Audience.BODY_CHAIR, presiding(work, body or technical) or presiding(work, technical)


_ON_LEVEL: Mapping[Level, Callable[[Work, str | None], tuple[Audience, list[int]]]] = {
    Level.OWNER: _secretaries,
    Level.GROUP_SECRETARY: _secretaries,
    Level.CHAIR: _chairs,
    Level.TECHNICAL: _technical,
    Level.STEERING: _steering,
}
