"""What no command may note."""

from models.commands import Command
from models.errors import Problem
from models.facts import Facts
from models.guards.table import guard


@guard
def deadline_says_so(_facts: Facts, command: Command) -> Problem | None:
    """A reminder is noted when a deadline reaches a rung of its ladder, and in no other way."""
    return Problem("deadline_says_so", {"verb": command.verb})
