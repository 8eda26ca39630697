"""Opinions: by name, every version kept; or in a secret ballot, where the log says who voted and never what."""

from typing import Any, cast
from uuid import UUID

import sqlalchemy as sa

from models.commands import Command, RecordOpinion, VoteByProxy
from models.facts import Facts, ReviewFacts
from models.prepared import Prepared, insert
from models.review.rules import CONCEALED, OpinionValue, ReviewRules
from models.tables import Opinion, Review, table
from services.effects.change import Change, known
from services.work import Work, keep_words

_REVIEW, _OPINION = table(Review), table(Opinion)
HEAR = insert(_OPINION, "review_id", "seat", "value", "words_id", "given_on", "event_id", "superseded", "holder")
"""Keeps an opinion."""
_IN_REVIEW = _OPINION.c.review_id == sa.bindparam("review_")
_SUPERSEDE = Prepared(_OPINION.update().where(_IN_REVIEW, _OPINION.c.seat == sa.bindparam("seat_")), "superseded")
_MINE = _REVIEW.c.id == sa.bindparam("review_")
_LOOK_INTO = Prepared(sa.select(_REVIEW.c.urn).where(_MINE))
_PUT_INTO = Prepared(_REVIEW.update().where(_MINE), "urn")


def record_opinion(work: Work, facts: Facts, command: Command, event: UUID) -> Change:
    """Record an opinion; an earlier one of the same seat is superseded and kept. In a secret ballot, only that the seat has voted.

    An opinion given by proxy names the seat that gave it, beside the one whose opinion it is.
    """
    asked, review, rules = cast("RecordOpinion", command), facts.latest(command.body), facts.rules(command.body)
    if review is None:
        message = "there is no review to answer in"
        raise LookupError(message)
    if rules is not None and rules.ballot == "secret":
        return _vote(work, asked, review, event)
    words_id, words = keep_words(work, known(facts), "reason", asked.voter, command.reason)
    holder = asked.holder if isinstance(asked, VoteByProxy) else None
    if asked.voter in review.answered:
        _SUPERSEDE.run(work.connection, review_=review.id, seat_=asked.voter, superseded=True)
    said = {"seat": asked.voter, "value": asked.opinion, "words_id": words_id, "superseded": False, "holder": holder}
    HEAR.run(work.connection, review_id=review.id, given_on=command.occurred_on, event_id=event, **said)
    _, late = keep_words(work, known(facts), "late_reason", command.actor.seat, command.late_reason)
    by_proxy = {"holder": holder} if holder else {}
    return Change({"review": review.id, "voter": asked.voter, "opinion": asked.opinion, **by_proxy, **words, **late})


def _vote(work: Work, asked: RecordOpinion, review: ReviewFacts, event: UUID) -> Change:
    """Put a vote into the urn, and note that the seat has voted. Taking no part is no vote: it changes who is counted, so it is said openly."""
    takes_part = asked.opinion is not OpinionValue.NO_PART
    if takes_part:
        urn = _LOOK_INTO.scalar(work.connection, review_=review.id)
        _PUT_INTO.run(work.connection, review_=review.id, urn={**urn, asked.opinion.value: urn[asked.opinion] + 1})
    said = {"seat": asked.voter, "value": CONCEALED if takes_part else asked.opinion, "words_id": None, "superseded": False, "holder": None}
    HEAR.run(work.connection, review_id=review.id, given_on=asked.occurred_on, event_id=event, **said)
    openly = {} if takes_part else {"opinion": asked.opinion}
    return Change({"review": review.id, "voter": asked.voter, **openly}, discreet=True)


def empty_urn(rules: ReviewRules) -> dict[str, int] | None:
    """The urn of a secret ballot, with every choice in it from the start, so that their order says nothing; None where votes are open."""
    if rules.ballot != "secret":
        return None
    return {choice.value: 0 for choice in rules.opinions if choice is not OpinionValue.NO_PART}


def said_of(rules: ReviewRules) -> dict[str, Any]:
    """What the log says of the ballot when a review opens; nothing of an open one."""
    return {"ballot": rules.ballot} if rules.ballot == "secret" else {}
