"""Declaring a conflict of interest about an action, and withdrawing it."""

from typing import Any, cast
from uuid import UUID

import sqlalchemy as sa

from models.commands import Command, DeclareConflict, WithdrawConflict
from models.conflicts import written
from models.facts import Facts
from models.prepared import Prepared, insert
from models.review.rules import CONCEALED, Role
from models.tables import Conflict, Event, Opinion, Review, Seat, table
from services.effects.change import Change, known
from services.lookups import look_up_seat
from services.work import Work, keep_words

_CONFLICT, _EVENT, _OPINION, _REVIEW, _SEAT = table(Conflict), table(Event), table(Opinion), table(Review), table(Seat)
_DECLARE = insert(_CONFLICT, "action_id", "seat", "words_id", "declared_on", "event_id")
_WITHDRAW = Prepared(
    _CONFLICT.update().where(_CONFLICT.c.event_id == sa.bindparam("event_", type_=_CONFLICT.c.event_id.type)), "withdrawn_on"
)
_SET_ASIDE = Prepared(
    _OPINION.update().where(
        _OPINION.c.review_id == sa.bindparam("review_"), _OPINION.c.seat == sa.bindparam("seat_"), ~_OPINION.c.superseded
    ),
    "superseded",
)


def declare(work: Work, facts: Facts, command: Command, event: UUID) -> Change:
    """Note that somebody takes no part from now on: what they answered in reviews still open no longer counts.

    Of the conflict, the log holds the seat and a salted hash; what kind it is of lies with the words.
    """
    asked, action_id = cast("DeclareConflict", command), known(facts)
    words_id, words = keep_words(work, action_id, "conflict", asked.concerned, written(asked.kind, asked.reason))
    told = {"seat": asked.concerned, "words_id": words_id, "declared_on": asked.occurred_on, "event_id": event}
    _DECLARE.run(work.connection, action_id=action_id, **told)
    aside = [[row.review_id, row.seat] for row in _answers_of(work, action_id, asked.concerned)]
    for review_id, seat in aside:
        _SET_ASIDE.run(work.connection, review_=review_id, seat_=seat, superseded=True)
    payload = {"seat": asked.concerned, **({"set_aside": aside} if aside else {}), **words}
    return Change(payload | _late(work, action_id, command), body=_body(work, asked.concerned))


def withdraw(work: Work, facts: Facts, command: Command, _event: UUID) -> Change:
    """Note that a conflict no longer stands. In reviews still open they are asked again; what is closed stays as it was."""
    asked, action_id, standing = cast("WithdrawConflict", command), known(facts), facts.conflict
    if standing is None:
        message = "there is no conflict to withdraw"
        raise LookupError(message)
    _WITHDRAW.run(work.connection, event_=standing.event, withdrawn_on=asked.occurred_on)
    _, words = keep_words(work, action_id, "conflict", standing.seat, asked.reason)
    payload = {"seat": standing.seat, "withdraws": str(standing.event), **words}
    return Change(payload | _late(work, action_id, command), body=_body(work, asked.concerned))


def _late(work: Work, action_id: int, command: Command) -> dict[str, str]:
    return keep_words(work, action_id, "late_reason", command.actor.seat, command.late_reason)[1]


def _body(work: Work, seat: str) -> str:
    statement, values = look_up_seat(work.convention, seat)
    return str(statement.first(work.connection, **values).body)


def _answers_of(work: Work, action_id: int, seat: str) -> list[Any]:
    """The opinions that stand in open reviews of the action and that the person of a seat gave: for their seats, as a deputy, or by proxy.

    A vote already cast in a secret ballot is not among them: it lies among the others, and nobody can tell which it is.
    """
    theirs = sa.select(_SEAT.c.person_id).where(_SEAT.c.convention == work.convention, _SEAT.c.code == seat).scalar_subquery()
    held = sa.select(_SEAT.c.code).where(_SEAT.c.convention == work.convention, _SEAT.c.person_id == theirs)
    stood_in = _EVENT.c.on_behalf_of.is_not(None) & _EVENT.c.actor.in_(held.where(_SEAT.c.role == Role.DEPUTY))
    query = (
        sa.select(_OPINION.c.review_id, _OPINION.c.seat)
        .join(_REVIEW, _REVIEW.c.id == _OPINION.c.review_id)
        .join(_EVENT, _EVENT.c.id == _OPINION.c.event_id)
        .where(_REVIEW.c.action_id == action_id, _REVIEW.c.closed_on.is_(None), ~_OPINION.c.superseded)
        .where(_OPINION.c.seat.in_(held) | stood_in | _OPINION.c.holder.in_(held), _OPINION.c.value != CONCEALED)
        .order_by(_OPINION.c.id)
    )
    return list(work.connection.execute(query))
