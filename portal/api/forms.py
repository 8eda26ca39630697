"""The bodies of commands: the forms of the services, without what the address and the headers say, taken to the letter."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from types import NoneType
from typing import Any

from pydantic import ValidationError

from models.errors import Problem, Refused
from services.form_base import Asked
from services.validation import explain_validation

_SHOWN = 60
_BY_ADDRESS = frozenset({"action", "convention", "seen_version", "outcome"})
_BY_ADDRESS_OF_MEETINGS = frozenset({"meeting", "convention", "seen_version"})


@dataclass(frozen=True, slots=True)
class Body:
    """What a command takes. ``left_out``: the fields that are not in its body; ``optional``: those that may be left out here, though the form needs them."""

    name: str
    form: type[Asked]
    left_out: frozenset[str] = _BY_ADDRESS
    optional: frozenset[str] = frozenset({"seat"})

    @property
    def fields(self) -> list[str]:
        """The fields that a body may have."""
        return [name for name in self.form.model_fields if name not in self.left_out]

    @property
    def required(self) -> list[str]:
        """Those that it must have."""
        return [name for name in self.fields if name not in self.optional and self.form.model_fields[name].is_required()]


def of_meeting(name: str, form: type[Asked]) -> Body:
    """The body of a command about a meeting."""
    return Body(name, form, _BY_ADDRESS_OF_MEETINGS)


def filled(form: type[Asked], given: Mapping[str, Any], known: Mapping[str, Any]) -> Asked:
    """A form filled with what was given and with what is ``known`` already. JSON has types, so no text passes for a number, and nothing for a blank.

    Refuses every mistake at once.
    """
    schema = _schema_of(form)
    told = [
        problem
        for name, value in given.items()
        if name in schema["properties"]
        for problem in _unlike(value, schema["properties"][name], schema.get("$defs", {}), name)
    ]
    try:
        asked = form.model_validate({**given, **known})
    except ValidationError as error:
        before = {problem.where for problem in told}
        raise Refused(*told, *(problem for problem in explain_validation(error) if problem.where not in before)) from None
    Refused.unless_empty(told)
    return asked


def check_names(body: Body, given: Mapping[str, Any]) -> None:
    """Refuse fields that a command does not have."""
    Refused.unless_empty(Problem("validation.unknown_field", {}, name) for name in given if name not in body.fields)


@cache
def _schema_of(form: type[Asked]) -> Mapping[str, Any]:
    return form.model_json_schema()


_KINDS: Mapping[str, tuple[type, ...]] = {
    "string": (str,),
    "integer": (int, float),
    "number": (int, float),
    "array": (list,),
    "object": (dict,),
    "null": (NoneType,),
}
_SAID = {"string": "text", "integer": "whole_number", "number": "number", "array": "list", "object": "fields"}
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")


def _unlike(value: Any, schema: Mapping[str, Any], definitions: Mapping[str, Any], where: str) -> Iterator[Problem]:
    """Where a value is not of the kind that its schema says: forms themselves take what run forms and pages send, blanks and figures in texts."""
    offered = [_resolved(one, definitions) for one in schema.get("anyOf", (schema,))]
    fitting = next((one for one in offered if _is_like(value, one)), None)
    if fitting is None:
        code = "empty" if value is None else _SAID[offered[0].get("type", "string")]
        yield Problem(f"validation.{code}", {"given": str(value)[:_SHOWN]}, where)
    elif isinstance(value, str) and not value.strip():
        yield Problem("validation.empty", {}, where)
    elif isinstance(value, str) and fitting.get("format") == "date" and not _DAY.fullmatch(value):
        yield Problem("validation.date", {"given": value[:_SHOWN]}, where)
    elif isinstance(value, list):
        for place, part in enumerate(value):
            yield from _unlike(part, fitting["items"], definitions, f"{where}.{place}")
    elif isinstance(value, dict):
        for name, part in value.items():
            if name in fitting["properties"]:
                yield from _unlike(part, fitting["properties"][name], definitions, f"{where}.{name}")


def _resolved(schema: Mapping[str, Any], definitions: Mapping[str, Any]) -> Mapping[str, Any]:
    found: Mapping[str, Any] = definitions[schema["$ref"].rpartition("/")[2]] if "$ref" in schema else schema
    return found


def _is_like(value: Any, schema: Mapping[str, Any]) -> bool:
    return isinstance(value, _KINDS[schema.get("type", "string")]) and not isinstance(value, bool)
