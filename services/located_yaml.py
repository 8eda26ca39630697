"""Reading a YAML file that a person edits: the values, and the line of every key, so that a mistake can be shown where it stands.

Only plain YAML is read: no anchors, no tags, no second document. Scalars stay as written: the models turn them into numbers and dates.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.events import (
    AliasEvent,
    CollectionEndEvent,
    CollectionStartEvent,
    MappingEndEvent,
    MappingStartEvent,
    NodeEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
    StreamEndEvent,
)
from ruamel.yaml.reader import ReaderError

from models.errors import Problem, Refused
from services.wording import place

LARGEST = 1_000_000
_DEEPEST = 20
_NULLS = ("", "~", "null", "Null", "NULL")
"""YAML 1.2, core schema: what stands for nothing where it is written plainly."""

KeyPath = tuple[str | int, ...]


@dataclass(slots=True)
class LocatedYaml:
    """The values of a file, where each key stands, and the keys that stand twice."""

    file: str
    values: Any = None
    lines: dict[KeyPath, int] = field(default_factory=dict)
    problems: list[tuple[int, Problem]] = field(default_factory=list)

    def path(self, where: str) -> KeyPath:
        """Return the path of a key that a problem names by its parts, joined by dots; a key may hold dots itself."""
        path, rest, value = list[str | int](), where.split("."), self.values
        while rest:
            part, taken = _leading(value, rest)
            path.append(part)
            rest, value = rest[taken:], _child(value, part)
        return tuple(path)

    def line(self, path: KeyPath) -> int:
        """Return the line of a key, or of the nearest key above it that exists."""
        known = next((path[:length] for length in range(len(path), -1, -1) if path[:length] in self.lines), ())
        return self.lines.get(known, 1)

    def name(self, path: KeyPath) -> str:
        """Return a path as people read it: an entry of a list goes by its code, or by its position from 1."""
        names, value = [], self.values
        for part in path:
            value = _child(value, part)
            code = value.get("code") if isinstance(part, int) and isinstance(value, Mapping) else None
            names.append(code if isinstance(code, str) else str(part + 1 if isinstance(part, int) else part))
        return ".".join(names)

    def place(self, path: KeyPath) -> str:
        """Return where a key stands, ready for a ``Problem``."""
        return place(self.file, self.line(path), self.name(path))


def read_yaml(path: Path) -> LocatedYaml:
    """Read a file. Refuses what cannot be read as plain YAML at all; keys that stand twice are left among the ``problems``."""
    text = _read_text(path)
    located = LocatedYaml(str(path))
    try:
        found = _build_document(_Plain(text, located.file), located)
    except ReaderError as error:
        where = place(located.file, text.count("\n", 0, error.position) + 1)
        raise Refused.because("charter.character_refused", where) from None
    except MarkedYAMLError as error:
        raise Refused(_syntax(error, located.file)) from None
    except YAMLError:
        raise Refused.because("charter.not_yaml", located.file) from None
    if not found:
        raise Refused.because("charter.file_empty", located.file)
    return located


def _read_text(path: Path) -> str:
    if path.is_dir():
        raise Refused.because("charter.file_is_folder", str(path))
    try:
        with path.open("rb") as file:
            content = file.read(LARGEST + 1)
    except FileNotFoundError:
        raise Refused.because("charter.file_missing", str(path)) from None
    except OSError as error:
        raise Refused.because("charter.file_unreadable", str(path), why=error.strerror or "") from None
    if len(content) > LARGEST:
        raise Refused.because("charter.file_too_large", str(path), limit=LARGEST)
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise Refused.because("charter.not_utf8", place(str(path), line)) from None


class _Plain:
    """The events of a text, in order; what is not plain YAML is noted on the way, and refused at once where it is too deep to go on."""

    def __init__(self, text: str, file: str) -> None:
        self._events, self._file, self._depth = YAML(typ="safe", pure=True).parse(text), file, 0
        self.problems: list[Problem] = []

    def next(self) -> Any:
        event = next(self._events)
        self._depth += isinstance(event, CollectionStartEvent) - isinstance(event, CollectionEndEvent)
        if self._depth > _DEEPEST:
            self.note(event, Problem("charter.too_deep", {"limit": _DEEPEST}))
            raise Refused(*self.problems)
        if isinstance(event, AliasEvent) or (isinstance(event, NodeEvent) and event.anchor):
            self.note(event, Problem("charter.anchor_refused", {"name": str(event.anchor)}))
        elif getattr(event, "tag", None):
            self.note(event, Problem("charter.tag_refused", {"tag": str(event.tag)}))
        return event

    def note(self, event: Any, problem: Problem) -> None:
        self.problems.append(replace(problem, where=place(self._file, event.start_mark.line + 1)))


def _syntax(error: MarkedYAMLError, file: str) -> Problem:
    mark = error.problem_mark or error.context_mark
    line = mark.line + 1 if mark else 1
    return Problem("charter.syntax", {"detail": str(error.problem or error.context or "")}, place(file, line))


def _build_document(events: _Plain, located: LocatedYaml) -> bool:
    """Take the values of the one document over; returns whether there is one."""
    events.next()  # the start of the text
    if isinstance(events.next(), StreamEndEvent):
        return False
    located.values = _build(events.next(), events, (), located)
    events.next()  # the end of the document
    after = events.next()
    if not isinstance(after, StreamEndEvent):
        events.note(after, Problem("charter.syntax", {"detail": "but found another document"}))
    Refused.unless_empty(events.problems)
    return True


def _build(event: Any, events: _Plain, path: KeyPath, located: LocatedYaml) -> Any:
    located.lines.setdefault(path, event.start_mark.line + 1)
    if isinstance(event, MappingStartEvent):
        return _build_mapping(events, path, located)
    if isinstance(event, SequenceStartEvent):
        return _build_sequence(events, path, located)
    if isinstance(event, ScalarEvent):
        return None if event.implicit[0] and event.value in _NULLS else event.value
    return None  # an alias, which is refused


def _build_sequence(events: _Plain, path: KeyPath, located: LocatedYaml) -> list[Any]:
    values: list[Any] = []
    while not isinstance(event := events.next(), SequenceEndEvent):
        values.append(_build(event, events, (*path, len(values)), located))
    return values


def _build_mapping(events: _Plain, path: KeyPath, located: LocatedYaml) -> dict[str, Any]:
    values: dict[str, Any] = {}
    while not isinstance(key := events.next(), MappingEndEvent):
        line, name = key.start_mark.line + 1, _name(key, events)
        if name in values:
            first = located.lines[(*path, name)]
            where = place(located.file, line, located.name((*path, name)))
            located.problems.append((line, Problem("charter.key_twice", {"key": name, "first": first}, where)))
            _skip(events.next(), events)
            continue
        located.lines[(*path, name)] = line
        values[name] = _build(events.next(), events, (*path, name), located)
    return values


def _name(key: Any, events: _Plain) -> str:
    if isinstance(key, ScalarEvent):
        return str(key.value)
    _skip(key, events)
    return "?"


def _skip(event: Any, events: _Plain) -> None:
    """Pass over a value that begins with this event."""
    _build(event, events, (), LocatedYaml(""))


def _leading(value: Any, parts: list[str]) -> tuple[str | int, int]:
    """The first key that these parts name in a value, and how many of them it takes."""
    joined = (".".join(parts[:length]) for length in range(1, len(parts) + 1))
    key = next((key for key in joined if isinstance(value, Mapping) and key in value), parts[0])
    return (int(key) if isinstance(value, list) and key.isdigit() else key), key.count(".") + 1


def _child(value: Any, part: str | int) -> Any:
    if isinstance(value, list) and isinstance(part, int) and part < len(value):
        return value[part]
    return value.get(part) if isinstance(value, Mapping) else None
