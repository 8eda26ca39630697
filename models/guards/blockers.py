"""Conditions on what stands in the way of an action: whom it may ask for help, since when, and what can be lifted."""

from models.commands import Command, LiftBlocker, RaiseBlocker
from models.errors import Problem
from models.facts import Facts
from models.guards.table import guard


@guard
def helper_known(facts: Facts, command: Command) -> Problem | None:
    """Help is asked of a body of the convention."""
    if not isinstance(command, RaiseBlocker) or (command.body and facts.charter.body(command.body) is not None):
        return None
    return Problem("helper_unknown", {"body": command.body or "-", "known": ", ".join(body.code for body in facts.charter.bodies)})


@guard
def blocked_already(_facts: Facts, command: Command) -> Problem | None:
    """Something stands in the way since the day on which that is noted, or an earlier one."""
    if not isinstance(command, RaiseBlocker) or command.since is None or command.since <= command.occurred_on:
        return None
    return Problem("blocked_in_future", {"day": command.since.isoformat()})


@guard
def blocker_stands(facts: Facts, command: Command) -> Problem | None:
    """Only a blocker that still stands can be lifted."""
    number = command.blocker if isinstance(command, LiftBlocker) else None
    if number in facts.blockers:
        return None
    return Problem("blocker_absent", {"blocker": number or 0, "standing": ", ".join(map(str, facts.blockers)) or "-"})
