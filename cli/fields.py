"""A form as the options of a command: one option a field, its help from the form, its value checked with all others at once."""

import inspect
import re
from collections.abc import Mapping
from datetime import date
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from cyclopts import Parameter
from pydantic.fields import FieldInfo

from cli.words import say
from services.days import in_order
from services.form_base import Asked

_DATED = re.compile(r"(\S+?)[\s:]+(.+)", re.DOTALL)


def parameters_of(form: type[Asked]) -> list[inspect.Parameter]:
    """The parameters of a command that asks for this form: the action's number by its place, all else by name; none compulsory yet."""
    by_place = place_of(form)
    found = sorted(form.model_fields.items(), key=lambda item: item[0] != by_place)
    return [_parameter(name, field, by_place=name == by_place) for name, field in found]


def place_of(form: type[Asked]) -> str | None:
    """The field that is given by its place: the number of the action, or of the meeting, that a form is about."""
    return next((name for name in ("action", "meeting") if name in form.model_fields), None)


def option_of(name: str, *, by_place: bool = False) -> str:
    """How a field is called on the command line."""
    return say("place.number") if by_place or name == "action" else f"--{name.replace('_', '-')}"


def typed(form: type[Asked], given: Mapping[str, Any]) -> dict[str, Any]:
    """What was typed, as the form takes it: days in either spelling, lists by repeating the option or with commas (titles of items by repeating it alone), dated milestones."""
    return {name: _typed(name, form.model_fields[name], value) for name, value in given.items() if value is not None}


def _parameter(name: str, field: FieldInfo, *, by_place: bool) -> inspect.Parameter:
    words = f"{field.title}. {field.description}"
    words = f"{words} {say('usage.required')}" if field.is_required() else words
    if name == "milestones":
        words = f"{words} {say('usage.milestones')}"
    kind = inspect.Parameter.POSITIONAL_ONLY if by_place else inspect.Parameter.KEYWORD_ONLY
    value: Any = list[str] | None if _is_list(field) else str | None
    settings = Parameter(name=option_of(name, by_place=by_place), help=words, negative=())
    return inspect.Parameter(name, kind, default=None, annotation=Annotated[value, settings])


def _typed(name: str, field: FieldInfo, value: Any) -> Any:
    if name == "milestones":
        return [_milestone(item) for item in value]
    if name == "items":
        return [line for item in value for line in item.splitlines()]
    if isinstance(value, list):
        return [part.strip() for item in value for part in item.split(",")]
    return in_order(value) if date in _alternatives(field.annotation) else value


def _milestone(text: str) -> dict[str, str]:
    """``2026-12-01 What will have been done``."""
    found = _DATED.fullmatch(text.strip())
    return {"due_on": in_order(found[1]), "title": found[2]} if found else {"due_on": "", "title": text}


def _is_list(field: FieldInfo) -> bool:
    return any(get_origin(kind) is tuple for kind in _alternatives(field.annotation))


def _alternatives(annotation: Any) -> tuple[Any, ...]:
    return get_args(annotation) if get_origin(annotation) in (Union, UnionType) else (annotation,)
