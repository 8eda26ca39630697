"""Opinions that come before their body is asked: kept, and counted when its review opens."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any, NamedTuple, cast
from uuid import UUID

import sqlalchemy as sa

from models.commands import Command, KeepOpinion
from models.events import Topic
from models.facts import Facts
from models.prepared import Prepared, insert
from models.tables import EarlyOpinion, Event, table
from services.asked import event_named
from services.counting import examining
from services.effects.change import Also, Change, known
from services.effects.opinions import HEAR
from services.recusals import recusal, recused_seats
from services.work import Work, keep_words

_EARLY, _EVENT = table(EarlyOpinion), table(Event)
_WAITING = _EARLY.c.review_id.is_(None) & ~_EARLY.c.superseded
_OF_SEAT = (_EARLY.c.body == sa.bindparam("body_")) & (_EARLY.c.seat == sa.bindparam("seat_"))
_SUPERSEDE = Prepared(_EARLY.update().where(_EARLY.c.action_id == sa.bindparam("action_"), _OF_SEAT, _WAITING), "superseded")
_KEEP = insert(_EARLY, "action_id", "body", "seat", "value", "words_id", "given_on", "event_id", "superseded")
_KEPT = Prepared(
    sa.select(_EARLY, _EVENT.c.payload)
    .join(_EVENT, _EVENT.c.id == _EARLY.c.event_id)
    .where(_EARLY.c.action_id == sa.bindparam("action_"), _WAITING)
    .order_by(_EARLY.c.id)
)
_COUNT = Prepared(_EARLY.update().where(_EARLY.c.id == sa.bindparam("id_")), "review_id")


def keep(work: Work, facts: Facts, command: Command, event: UUID) -> Change:
    """Keep an opinion until its body is asked; what the seat had kept for it before is superseded."""
    asked, action_id = cast("KeepOpinion", command), known(facts)
    words_id, words = keep_words(work, action_id, "reason", asked.voter, asked.reason)
    _SUPERSEDE.run(work.connection, action_=action_id, body_=asked.body, seat_=asked.voter, superseded=True)
    said = {"body": asked.body, "seat": asked.voter, "value": asked.opinion, "words_id": words_id, "given_on": asked.occurred_on}
    _KEEP.run(work.connection, action_id=action_id, event_id=event, superseded=False, **said)
    _, late = keep_words(work, action_id, "late_reason", command.actor.seat, command.late_reason)
    return Change({"voter": asked.voter, "opinion": asked.opinion, **words, **late})


class Opened(NamedTuple):
    """A review that has just been opened."""

    body: str
    payload: Mapping[str, Any]


def count_kept(work: Work, facts: Facts, command: Command, opened: Sequence[Opened], others: int) -> tuple[Also, ...]:
    """Count the opinions that were kept for the bodies just asked, each with an event of its own after ``others`` further ones.

    What cannot be counted stays kept: of a seat that is not asked or takes no part, or not among the answers that the rules offer.
    """
    kept = _KEPT.all(work.connection, action_=known(facts))
    if not kept:
        return ()
    numbered = ((row, review) for review in opened for row in _countable(work, review, kept))
    return tuple(_count(work, command, row, review, others + n) for n, (row, review) in enumerate(numbered, 1))


def _countable(work: Work, review: Opened, kept: Collection[Any]) -> Iterator[Any]:
    mine = [row for row in kept if row.body == review.body]
    _, rules = examining(work, review.body)
    if not mine or rules.discreet:
        return
    out = recused_seats(work, recusal(work.connection, review.payload["review"]))
    for row in mine:
        reasoned = row.words_id is not None or row.value not in rules.reasons_required_for
        if row.seat in review.payload["electorate"] and row.seat not in out and row.value in rules.opinions and reasoned:
            yield row


def _count(work: Work, command: Command, row: Any, review: Opened, place: int) -> Also:
    review_id, day = review.payload["review"], command.occurred_on
    said = {"seat": row.seat, "value": row.value, "words_id": row.words_id, "superseded": False, "holder": None}
    HEAR.run(work.connection, review_id=review_id, given_on=day, event_id=event_named(command.key, place), **said)
    _COUNT.run(work.connection, id_=row.id, review_id=review_id)
    words = {name: row.payload[name] for name in ("reason_id", "reason_hash") if name in row.payload}
    told = {"review": review_id, "voter": row.seat, "opinion": row.value, "kept": str(row.event_id), **words}
    return Also(Topic.OPINION_RECORDED, review.body, told)
