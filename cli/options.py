"""The options that several commands share."""

from typing import Annotated

from cyclopts import Parameter

from cli.words import say


def _worth_showing(default: object) -> str | None:
    """A default that says something: not the absence of a flag, nor of anything to be repeated."""
    return None if default in (None, ()) or isinstance(default, bool) else str(default)


def option(code: str, name: str) -> Parameter:
    """An option called ``name``, with its help from the catalogue."""
    return Parameter(name=name, help=say(f"option.{code}"), negative=(), show_default=_worth_showing)


def place(code: str) -> Parameter:
    """Something given by its place, with its name and help from the catalogue."""
    return Parameter(name=say(f"place.{code}"), help=say(f"option.{code}"))


Json = Annotated[bool, option("json", "--json")]
Convention = Annotated[str | None, option("convention", "--convention")]
Number = Annotated[str, place("number")]
Limit = Annotated[int, option("limit", "--limit")]
OfAction = Annotated[str | None, option("of_action", "--action")]
