"""Mistakes in the way a command was typed, in words: what was wrong and how to mend it."""

from collections.abc import Callable
from difflib import get_close_matches
from typing import Any

from cyclopts import CycloptsError
from cyclopts.exceptions import (
    CoercionError,
    MissingArgumentError,
    RepeatArgumentError,
    UnknownCommandError,
    UnknownOptionError,
    UnusedCliTokensError,
)

from models.errors import Problem

_TYPES = {int: "validation.whole_number", float: "validation.number"}


def usage_problem(error: CycloptsError) -> Problem:
    """The mistake as a problem with a sentence of our own."""
    command = " ".join(("passerelle", *(error.command_chain or ())))
    code, params = next(saying(error) for kind, saying in _SAYINGS if isinstance(error, kind))
    return Problem(code, {"command": command, **params}, params.get("where", command))


Said = tuple[str, dict[str, str]]


def _command(error: UnknownCommandError) -> Said:
    given, known = (error.unused_tokens or [""])[0], [name for name in error.app or () if not name.startswith("-")]
    return "usage.command", {"given": given, "known": _near(given, known)}


def _option(error: UnknownOptionError) -> Said:
    given = error.token.keyword or error.token.value
    return "usage.option", {
        "given": given,
        "known": _near(given, [name for argument in error.argument_collection for name in argument.names]),
    }


def _missing(error: MissingArgumentError) -> Said:
    return "usage.missing", {"name": _name(error)}


def _value(error: CoercionError) -> Said:
    code = _TYPES.get(error.target_type or str, "usage.value")
    return code, {"given": error.token.value if error.token else "", "where": _name(error)}


def _repeated(error: RepeatArgumentError) -> Said:
    return "usage.repeated", {"name": error.token.keyword or ""}


def _too_many(error: UnusedCliTokensError) -> Said:
    return "usage.too_many", {"given": " ".join(error.unused_tokens or ())}


def _other(error: CycloptsError) -> Said:
    return "usage.other", {"detail": str(error)}


_SAYINGS: tuple[tuple[type[CycloptsError], Callable[[Any], Said]], ...] = (
    (UnknownCommandError, _command),
    (UnknownOptionError, _option),
    (MissingArgumentError, _missing),
    (CoercionError, _value),
    (RepeatArgumentError, _repeated),
    (UnusedCliTokensError, _too_many),
    (CycloptsError, _other),
)
"""What is said of each kind of mistake; the first that fits."""


def _near(given: str, known: list[str]) -> str:
    return ", ".join(get_close_matches(given, known, n=3) or known) or "-"


def _name(error: CycloptsError) -> str:
    return error.argument.name if error.argument else ""
