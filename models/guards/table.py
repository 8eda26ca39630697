"""Where every condition is entered under its name, and what several of them share."""

from collections.abc import Callable

from models.charter import ActionSheet
from models.commands import Command, Create, Edit
from models.errors import Problem
from models.facts import Facts

Guard = Callable[[Facts, Command], Problem | None]
GUARDS: dict[str, Guard] = {}


def guard(check: Guard) -> Guard:
    """Enter a condition under the name of its function, by which the table of the lifecycle asks for it."""
    GUARDS[check.__name__] = check
    return check


def sheet_of(facts: Facts, command: Command) -> ActionSheet:
    """The sheet as it would be after the command."""
    if isinstance(command, Create):
        return command.sheet
    if isinstance(command, Edit) and command.sheet is not None:
        return command.sheet
    return facts.sheet or ActionSheet(title="?")
