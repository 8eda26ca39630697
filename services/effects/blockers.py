"""Blockers: raised by whoever carries an action out, lifted with a note of how."""

from typing import cast
from uuid import UUID

import sqlalchemy as sa

from models.commands import Command, LiftBlocker, RaiseBlocker
from models.facts import Facts
from models.prepared import Prepared, insert
from models.tables import Blocker, table
from services.effects.change import Change, known
from services.work import Work, keep_words

_BLOCKER = table(Blocker)
_MINE = _BLOCKER.c.action_id == sa.bindparam("action_")
_RAISE = insert(_BLOCKER, "action_id", "number", "seat", "body", "since", "raised_on", "words_id")
_LAST = Prepared(sa.select(sa.func.max(_BLOCKER.c.number)).where(_MINE))
_LIFT = Prepared(_BLOCKER.update().where(_MINE & (_BLOCKER.c.number == sa.bindparam("number_"))), "lifted_on", "lifted_words_id")


def raise_one(work: Work, facts: Facts, command: Command, _event: UUID) -> Change:
    """Note what stands in the way, since when, and which body is asked for help."""
    asked, action_id, author = cast("RaiseBlocker", command), known(facts), command.actor.seat
    number = (_LAST.scalar(work.connection, action_=action_id) or 0) + 1
    since = asked.since or asked.occurred_on
    words_id, words = keep_words(work, action_id, "blocker", author, asked.reason)
    told = {"number": number, "seat": author, "body": asked.body, "since": since, "raised_on": asked.occurred_on, "words_id": words_id}
    _RAISE.run(work.connection, action_id=action_id, **told)
    _, late = keep_words(work, action_id, "late_reason", author, asked.late_reason)
    return Change({"blocker": number, "since": since.isoformat(), **words, **late})


def lift(work: Work, facts: Facts, command: Command, _event: UUID) -> Change:
    """Note that something no longer stands in the way, and how that came."""
    asked, action_id, author = cast("LiftBlocker", command), known(facts), command.actor.seat
    words_id, words = keep_words(work, action_id, "reason", author, asked.reason)
    _LIFT.run(work.connection, action_=action_id, number_=asked.blocker, lifted_on=asked.occurred_on, lifted_words_id=words_id)
    _, late = keep_words(work, action_id, "late_reason", author, asked.late_reason)
    return Change({"blocker": asked.blocker, **words, **late}, body=facts.blockers[asked.blocker])
