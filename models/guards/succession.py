"""Conditions on one action taking the place of another."""

from models.commands import Command, Supersede
from models.errors import Problem
from models.facts import Facts
from models.guards.table import guard
from models.lifecycle import State

_FALLEN = frozenset({State.DRAFT, State.WITHDRAWN, State.REJECTED, State.ABANDONED})


@guard
def successor_known(facts: Facts, command: Command) -> Problem | None:
    """What takes the place of an action is another one, which is no mere draft and has not fallen itself, and does not give way to this one in turn."""
    if not isinstance(command, Supersede):
        return None
    found = facts.successor
    if found is None:
        return Problem("successor_unknown", {"number": command.successor or "-"})
    if found.number == facts.number:
        return Problem("successor_itself", {"number": found.number})
    if facts.number in found.gives_way_to:
        return Problem("successor_gives_way", {"number": found.number})
    if found.state in _FALLEN:
        return Problem("successor_fallen", {"number": found.number, "state": found.state})
    return Problem("superseded_already", {"number": found.number}) if facts.superseded_by == found.number else None
