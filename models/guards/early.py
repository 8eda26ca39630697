"""Conditions on an opinion that comes before its body is asked."""

from models.commands import Command, RecordOpinion
from models.errors import Problem
from models.facts import Facts
from models.guards.table import guard


@guard
def review_to_come(facts: Facts, command: Command) -> Problem | None:
    """An opinion is kept for a body that examines actions and is not at it: one that is takes the opinion itself.

    Where opinions are hidden or secret, none comes early: it would lie by name in the log.
    """
    review, body = facts.latest(command.body), facts.charter.body(command.body) if command.body else None
    if body is None or body.rules is None:
        known = ", ".join(one.code for one in facts.charter.bodies if one.rules is not None)
        return Problem("body_unknown", {"body": command.body or "-", "known": known})
    if review is not None and review.open:
        return Problem("review_open_already", {"body": body.code})
    return Problem("early_not_discreet", {"body": body.code}) if body.rules.discreet else None


@guard
def voter_sits(facts: Facts, command: Command) -> Problem | None:
    """Only a seat that votes in the body today has an opinion to keep."""
    voters = facts.voters(command.body)
    if not isinstance(command, RecordOpinion) or command.voter in voters:
        return None
    return Problem("voter_not_seated", {"seat": command.voter, "asked": ", ".join(sorted(voters)) or "-"})
