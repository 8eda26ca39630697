"""Forms as secretaries see them in Prefect: titles in words, choices from the charter, plain fields, the important ones first."""

from collections.abc import Iterable, Mapping
from copy import deepcopy
from typing import Any

from models.charter import BodyKind, Charter
from services.wording import Wording

_FIRST = ("seat", "action", "event", "title", "body", "voter", "opinion", "outcome", "percent", "summary")
_LAST = ("reason", "seen_version", "occurred_on", "late_reason", "convention")
_BLANK = {"type": "null"}

Choices = Mapping[str, list[tuple[str, str]]]


def form_schema(schema: Mapping[str, Any], charter: Charter, conventions: Iterable[str], wording: Wording) -> dict[str, Any]:
    """A flow's parameter schema made fit for people.

    Forms are called by what they do; closed vocabularies become lists of the charter's codes with their names in the help; a field that
    may stay empty is a plain field and not a choice of types; the convention is asked for only where there are several.
    """
    known = list(conventions)
    choices = choices_of(charter, known, wording.language)
    filled = deepcopy(dict(schema))
    for name, definition in filled.get("definitions", {}).items():
        title = wording.labels("form").get(name)
        if title is not None:
            definition["title"] = title
            definition.pop("description", None)
        if "properties" in definition:
            definition["properties"] = _in_order(definition["properties"], single=len(known) <= 1)
            titles = wording.labels(f"nested.{name}")
            for key, field in definition["properties"].items():
                _offer(field, choices)
                _flatten(field)
                if key in titles:
                    field["title"] = titles[key]
                    field.pop("description", None)
    return filled


def choices_of(charter: Charter, conventions: list[str], language: str) -> Choices:
    """Code and name of everything that each closed vocabulary offers."""
    families = ("axes", "objectives", "themes", "sites", "partners", "bodies")
    choices = {family: [(entry.code, entry.name.of(language)) for entry in getattr(charter, family)] for family in families}
    thematic = {body.code for body in charter.bodies if body.kind is BodyKind.THEMATIC}
    choices["committees"] = [(code, name) for code, name in choices["bodies"] if code not in thematic]
    choices["groups"] = [(code, name) for code, name in choices["bodies"] if code in thematic]
    choices["leaders"] = choices["partners"] + choices["bodies"]
    choices["conventions"] = [(code, code) for code in conventions]
    return choices


def in_order(names: Iterable[str]) -> list[str]:
    """Fields by their names as people fill them in: what the form is about first, what is seldom needed last."""
    rank = {name: place for place, name in enumerate(_FIRST)} | {name: 100 + place for place, name in enumerate(_LAST)}
    return sorted(names, key=lambda name: rank.get(name, 50))


def _in_order(fields: Mapping[str, Any], *, single: bool) -> dict[str, Any]:
    kept = [name for name in fields if not (single and name == "convention")]
    return {name: fields[name] for name in in_order(kept)}


def _offer(field: dict[str, Any], choices: Choices) -> None:
    """Put the choices on the text of a field, or on the items of a list."""
    field.pop("wording", None)
    vocabulary = field.pop("vocabulary", None)
    if vocabulary is None:
        return
    offered = choices[vocabulary]
    names = "\u00a0; ".join(f"{code} = {name}" for code, name in offered if code != name)
    field["description"] = " ".join(part for part in (field.get("description"), names) if part)
    for branch in (field, *field.get("anyOf", ())):
        target = branch.get("items", branch)
        if target.get("type") == "string":
            target["enum"] = [code for code, _ in offered]


def _flatten(field: dict[str, Any]) -> None:
    """Empty is simply not sent: what is left is one plain type (a number, where a number could also be written as text)."""
    branches = [branch for branch in field.get("anyOf", ()) if branch != _BLANK]
    if not branches:
        return
    del field["anyOf"]
    if field.get("default", "") is None:
        del field["default"]
    plain = next((branch for branch in branches if branch.get("type") == "number"), branches[0])
    field.update({name: value for name, value in plain.items() if name not in field})
