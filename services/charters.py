"""Charters as files: read and checked whole, compared with one another, and kept from orphaning what is stored."""

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from operator import itemgetter
from pathlib import Path
from typing import Any, cast, get_args, get_origin

import holidays
from pydantic import BaseModel, JsonValue, TypeAdapter, ValidationError

from models.charter import Charter
from models.contradictions import contradictions, nearest
from models.errors import Problem, Refused
from services.calendars import school_amiss
from services.located_yaml import LocatedYaml, read_yaml
from services.recipients import recipients_amiss
from services.validation import mistakes_in


@dataclass(frozen=True, slots=True)
class Change:
    """One difference between two charters: ``before`` None for what is new, ``after`` None for what has gone."""

    path: str
    before: JsonValue
    after: JsonValue


def read_charter(path: Path) -> Charter:
    """Read the charter in ``path``.

    Raises:
        Refused: with every mistake of the file at once, each with its file, line and key.
    """
    located = read_yaml(path)
    if not isinstance(located.values, Mapping):
        raise Refused.because("charter.not_a_charter", located.place(()))
    problems = list(located.problems)
    try:
        charter = Charter.model_validate(located.values)
    except ValidationError as error:
        problems += [(located.line(path), Problem(code, params, located.place(path))) for path, code, params in mistakes_in(error)]
        problems += [_placed(problem, located) for problem in _salvaged(located.values)]
    else:
        problems += [_placed(problem, located) for problem in _everything(charter, tuple(Charter.model_fields))]
    Refused.unless_empty([problem for _, problem in sorted(problems, key=itemgetter(0))])
    return charter


def digest(charter: Charter) -> str:
    """Return a fingerprint of what the charter says; comments and layout of its file do not matter."""
    document = json.dumps(charter.model_dump(mode="json"), sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(document.encode()).hexdigest()


def diff(old: Charter, new: Charter) -> list[Change]:
    """Return what differs, in the order of the charter's keys. Entries of a list are paired by their code, or title, not by position."""
    return list(_differences(old.model_dump(mode="json"), new.model_dump(mode="json"), ""))


def orphans(old: Charter | None, new: Charter, used: Mapping[str, Mapping[str, list[str]]]) -> list[Problem]:
    """Return what stored rows would lose if ``new`` replaced ``old``.

    ``used`` says who uses which code, by the name of the charter's field (``bodies``, ``themes``, ..., and ``languages``). A used code that
    ``new`` lacks is an orphan; so is a used body that would change its kind, or a used objective that would change its axis.
    """
    known: dict[str, tuple[str, ...]] = {**new.codes(), "languages": new.convention.languages}
    gone = [
        Problem("charter.code_in_use", {"given": code, "users": _some(users), "known": nearest(code, known[kind])}, kind)
        for kind, codes in used.items()
        for code, users in codes.items()
        if code not in known[kind]
    ]
    return gone + [
        problem for kind, key in (("bodies", "kind"), ("objectives", "axis")) for problem in _moved(old, new, used.get(kind, {}), kind, key)
    ]


def _placed(problem: Problem, located: LocatedYaml) -> tuple[int, Problem]:
    path = located.path(problem.where)
    return located.line(path), Problem(problem.code, problem.params, located.place(path))


def _everything(charter: Charter, sections: tuple[str, ...]) -> list[Problem]:
    problems = contradictions(charter, sections)
    if "telling" in sections:
        problems += recipients_amiss(charter.telling)
    if "calendar" in sections:
        part, known = charter.calendar.subdivision, holidays.country_holidays(charter.calendar.holidays).subdivisions
        if part is not None and part not in known:
            problems.append(Problem("charter.unknown_code", {"given": part, "known": nearest(part, known)}, "calendar.subdivision"))
    if "calendar" in sections and "convention" in sections:
        problems += school_amiss(charter.calendar, charter.convention)
    return problems


def _salvaged(values: Mapping[str, Any]) -> list[Problem]:
    """The contradictions among the parts that are well formed, so that they are told together with the mistakes elsewhere."""
    sections, broken = {}, []
    for name, field in Charter.model_fields.items():
        try:
            sections[name], bad = _section(values.get(name, field.get_default()), cast("Any", field.annotation))
        except ValidationError:
            continue
        broken += [f"{name}.{position}." for position in bad]
    problems = _everything(Charter.model_construct(**sections), tuple(sections))
    return [p for p in problems if not f"{p.where}.".startswith(tuple(broken)) and (p.where != "bodies" or not broken)]


def _section(values: Any, annotation: Any) -> tuple[Any, list[int]]:
    """A section and the positions of its ill-formed entries, which keep their code so that what names them is not called unknown."""
    if get_origin(annotation) is not tuple or not isinstance(values, list):
        return TypeAdapter(annotation).validate_python(values), []
    model: type[BaseModel] = get_args(annotation)[0]
    entries, bad = [], []
    for position, value in enumerate(values):
        try:
            entries.append(model.model_validate(value))
        except ValidationError:
            entries.append(_stub(model, value))
            bad.append(position)
    return tuple(entries), bad


def _stub(model: type[BaseModel], value: Any) -> BaseModel:
    given = value if isinstance(value, Mapping) else {}
    needed = [name for name, field in model.model_fields.items() if field.is_required()]
    kept = {name: given[name] if isinstance(given.get(name), str) else "" for name in needed}
    return model.model_construct(_fields_set=None, **kept)


def _differences(before: Any, after: Any, path: str) -> Iterator[Change]:
    if _is_list_of_entries(before) and _is_list_of_entries(after):
        before, after = _by_key(before), _by_key(after)
        kept, moved = [k for k in before if k in after], [k for k in after if k in before]
        if kept != moved:
            yield Change(f"{path} (order)", cast("JsonValue", kept), cast("JsonValue", moved))
    if not (isinstance(before, dict) and isinstance(after, dict)):
        if before != after:
            yield Change(path, before, after)
        return
    for key in [*before, *(key for key in after if key not in before)]:
        yield from _differences(before.get(key), after.get(key), f"{path}.{key}" if path else key)


def _is_list_of_entries(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(entry, dict) and _key(entry) for entry in value) and len(_by_key(value)) == len(value)


def _by_key(entries: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    return {_key(entry): entry for entry in entries}


def _key(entry: dict[str, Any]) -> str:
    return str(entry.get("code") or entry.get("title") or "")


def _moved(old: Charter | None, new: Charter, used: Mapping[str, list[str]], family: str, key: str) -> Iterator[Problem]:
    before = {entry.code: getattr(entry, key) for entry in getattr(old, family)} if old else {}
    for entry in getattr(new, family):
        was, now = before.get(entry.code), getattr(entry, key)
        if was is not None and was != now and entry.code in used:
            params = {"given": entry.code, "before": str(was), "after": str(now), "users": _some(used[entry.code])}
            yield Problem("charter.entry_moved", params, f"{family}.{entry.code}.{key}")


def _some(users: list[str], most: int = 5) -> str:
    return ", ".join(users[:most]) + (f", … ({len(users)})" if len(users) > most else "")
