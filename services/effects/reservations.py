"""Reservations: raised when a review closes, lifted, or lapsed once they mean nothing any more."""

from collections.abc import Iterable
from datetime import date
from itertools import count
from typing import Any, NamedTuple, cast
from uuid import UUID

import sqlalchemy as sa

from models.commands import Command, LiftReservation
from models.facts import Facts, ReservationFacts
from models.prepared import Prepared, insert
from models.review.rules import OpinionValue, ReviewRules
from models.review.votes import electors
from models.tables import Reservation, table
from services.counting import Ballot
from services.deadline_kinds import Kind, reservation_due, reservation_end
from services.effects.change import Change, known
from services.reservations import standing_rows
from services.work import Work, keep_words, plan, settle

_RESERVATION = table(Reservation)
_MINE = _RESERVATION.c.action_id == sa.bindparam("action_")
_NUMBERED = _MINE & (_RESERVATION.c.number == sa.bindparam("number_"))
_RAISE = insert(_RESERVATION, "action_id", "number", "review_id", "seat", "raised_on", "due_on", "blocks")
_LAST = Prepared(sa.select(sa.func.max(_RESERVATION.c.number)).where(_MINE))
_LIFT = Prepared(_RESERVATION.update().where(_NUMBERED), "lifted_on", "words_id")
_LAPSE = Prepared(_RESERVATION.update().where(_NUMBERED), "lapsed_on")


class Closed(NamedTuple):
    """The review whose closing raises reservations, and the day."""

    id: int
    body: str
    on: date


def raise_all(work: Work, action_id: int, review: Closed, ballot: Ballot) -> dict[str, Any]:
    """Keep what the seats ask for whose opinion counts and is favourable with reservations; returns what the event says of it.

    A secret ballot raises none: nobody knows whose they would be, nor what they ask for.
    """
    if ballot.rules.ballot == "secret":
        return {}
    return raise_for(work, action_id, review, ballot.rules, asking(ballot))


def asking(ballot: Ballot) -> list[str]:
    """The seats whose opinion counts and is favourable with reservations."""
    return [vote.seat for vote in electors(ballot.votes, ballot.rules) if vote.opinion is OpinionValue.WITH_RESERVATIONS]


def raise_for(work: Work, action_id: int, review: Closed, rules: ReviewRules, seats_asking: Iterable[str]) -> dict[str, Any]:
    """Keep the reservations of these seats, and plan the day by which they are to be lifted, if the rules give one."""
    seats = tuple(seats_asking)
    if not seats:
        return {}
    numbers = dict(zip(seats, count((_LAST.scalar(work.connection, action_=action_id) or 0) + 1), strict=False))
    due_on, blocks = reservation_end(work, review.on, rules), rules.reservations_block
    shared = {"action_id": action_id, "review_id": review.id, "raised_on": review.on, "due_on": due_on, "blocks": blocks}
    for seat, number in numbers.items():
        _RAISE.run(work.connection, number=number, seat=seat, **shared)
    if due_on is not None:
        plan(work, action_id, [reservation_due(work, number, review.body, due_on) for number in numbers.values()])
    told = {"due_on": due_on.isoformat() if due_on else None, "blocks": blocks}
    return {"reservations": {"seats": numbers, **{name: value for name, value in told.items() if value is not None}}}


def lapse(work: Work, action_id: int, day: date, *, body: str | None = None, seat: tuple[int, str] | None = None) -> dict[str, Any]:
    """Let reservations that stand lapse: all of the action, those of a body, or that of a seat in a review. Returns what the event says."""
    numbers = [
        row.number
        for row in standing_rows(work.connection, action_id)
        if body in (None, row.body) and seat in (None, (row.review_id, row.seat))
    ]
    for number in numbers:
        _LAPSE.run(work.connection, action_=action_id, number_=number, lapsed_on=day)
        settle(work, action_id, [Kind.RESERVATION], "lapsed", subject=number)
    return {"lapsed": numbers} if numbers else {}


def lift(work: Work, facts: Facts, command: Command, event: UUID) -> Change:
    """Note that what a reservation asked for is met, and how."""
    standing, action_id = _standing(facts, cast("LiftReservation", command).reservation), known(facts)
    words_id, words = keep_words(work, action_id, "reason", command.actor.seat, command.reason)
    _LIFT.run(work.connection, action_=action_id, number_=standing.number, lifted_on=command.occurred_on, words_id=words_id)
    settle(work, action_id, [Kind.RESERVATION], "lifted", event, subject=standing.number)
    _, late = keep_words(work, action_id, "late_reason", command.actor.seat, command.late_reason)
    return Change({"reservation": standing.number, "seat": standing.seat, **words, **late}, body=standing.body)


def _standing(facts: Facts, number: int | None) -> ReservationFacts:
    standing = facts.reservation(number)
    if standing is None:
        message = "there is no such reservation"
        raise LookupError(message)
    return standing
