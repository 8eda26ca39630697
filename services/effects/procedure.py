"""What a secretary may change about a review that is open: its last day, and the rules it goes by."""

from datetime import date
from typing import Any, cast
from uuid import UUID

import sqlalchemy as sa

from models.commands import Command, ExtendReview
from models.facts import Facts, ReviewFacts
from models.prepared import Prepared
from models.review.rules import ReviewRules
from models.tables import Review, table
from services.counting import examining
from services.deadline_kinds import Kind, review_due, review_end
from services.effects.change import Change, known, reasons
from services.effects.opinions import empty_urn, said_of
from services.work import Work, plan, settle

_REVIEW = table(Review)
_MINE = _REVIEW.c.id == sa.bindparam("review_")
_EXTEND = Prepared(_REVIEW.update().where(_MINE), "due_on")
_MOVE = Prepared(_REVIEW.update().where(_MINE), "due_on", "charter_id", "urn")


def extend(work: Work, facts: Facts, command: Command, _event: UUID) -> Change:
    """Move the last day of an open review, and its reminder with it."""
    review, until = _open_one(facts, command), cast("ExtendReview", command).until
    _, rules = examining(work, review.body, review.charter_id)
    _EXTEND.run(work.connection, review_=review.id, due_on=until)
    _plan(work, facts, review, until, rules)
    return Change({"review": review.id, "due_on": until.isoformat(), **reasons(work, known(facts), command)})


def move(work: Work, facts: Facts, command: Command, _event: UUID) -> Change:
    """Put a review under the rules in force. Its electorate stays; its last day too, unless the new rules give more time."""
    review = _open_one(facts, command)
    _, rules = examining(work, review.body)
    until = max(review.due_on, review_end(work, review.opened_on, rules))
    _MOVE.run(work.connection, review_=review.id, due_on=until, charter_id=work.charter_id, urn=empty_urn(rules))
    _plan(work, facts, review, until, rules)
    said: dict[str, Any] = {"review": review.id, "due_on": until.isoformat(), "charter": work.charter_id}
    return Change({**said, **said_of(rules), **reasons(work, known(facts), command)})


def _open_one(facts: Facts, command: Command) -> ReviewFacts:
    review = facts.latest(command.body)
    if review is None:
        message = "there is no review to change"
        raise LookupError(message)
    return review


def _plan(work: Work, facts: Facts, review: ReviewFacts, until: date, rules: ReviewRules) -> None:
    """Plan the end anew, with the reminders before it; one whose day has come is not repeated."""
    settle(work, known(facts), [Kind.REVIEW_END], "extended", body=review.body)
    plan(work, known(facts), [review_due(work, review.body, until, rules)])
