"""Hurrying people: nothing changes, the log says who hurried whom, and the stage writes to them."""

from typing import Any
from uuid import UUID

from models.chasing import chased
from models.commands import Chase, Command
from models.events import Topic
from models.facts import Facts
from models.lifecycle import find_move
from services.effects.change import Change, known, reasons
from services.work import Work


def chase(work: Work, facts: Facts, command: Command, _event: UUID) -> Change:
    """Name the seats of a review that a chase reaches; where nothing is examined, the deadlines that it is about."""
    move = find_move(facts.state, command.verb)
    about = _awaited(facts, command) if move is not None and move.topic is Topic.REVIEW_CHASED else _overdue(facts)
    return Change({**about, **reasons(work, known(facts), command)})


def _awaited(facts: Facts, command: Command) -> dict[str, Any]:
    review = facts.latest(command.body)
    if review is None or not isinstance(command, Chase):
        message = "there is no review in which anybody could be chased"
        raise LookupError(message)
    seats = chased(command.seats, facts.awaited(command.body), facts.reach(command.body))
    return {"review": review.id, "seats": list(seats)}


def _overdue(facts: Facts) -> dict[str, Any]:
    return {
        "overdue": [
            {"deadline": due.id, "kind": due.kind, "subject": due.subject, "body": due.body, "due_on": due.due_on.isoformat()}
            for due in facts.overdue
        ]
    }
