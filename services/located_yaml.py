"""Reading a YAML file that a person edits: the values, and the line of every key, so that a mistake can be shown where it stands.

Only plain YAML is read: no anchors, no tags, no second document. Scalars stay as written: the models turn them into numbers and dates.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.events import AliasEvent, CollectionEndEvent, CollectionStartEvent, NodeEvent
from ruamel.yaml.nodes import MappingNode, ScalarNode, SequenceNode
from ruamel.yaml.reader import ReaderError

from models.errors import Problem, Refused
from services.wording import place

LARGEST = 1_000_000
_DEEPEST = 20
_NULL = "tag:yaml.org,2002:null"

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
        Refused.unless_empty(_forbidden(text, located.file))
        node = YAML(typ="safe", pure=True).compose(text)
    except ReaderError as error:
        where = place(located.file, text.count("\n", 0, error.position) + 1)
        raise Refused.because("charter.character_refused", where) from None
    except MarkedYAMLError as error:
        raise Refused(_syntax(error, located.file)) from None
    except YAMLError:
        raise Refused.because("charter.not_yaml", located.file) from None
    if node is None:
        raise Refused.because("charter.file_empty", located.file)
    located.values = _build(node, (), located)
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


def _forbidden(text: str, file: str) -> list[Problem]:
    problems: list[Problem] = []
    depth = 0
    for event in YAML(typ="safe", pure=True).parse(text):
        where = place(file, event.start_mark.line + 1)
        depth += isinstance(event, CollectionStartEvent) - isinstance(event, CollectionEndEvent)
        if depth > _DEEPEST:
            return [*problems, Problem("charter.too_deep", {"limit": _DEEPEST}, where)]
        if isinstance(event, AliasEvent) or (isinstance(event, NodeEvent) and event.anchor):
            problems.append(Problem("charter.anchor_refused", {"name": str(event.anchor)}, where))
        elif getattr(event, "tag", None):
            problems.append(Problem("charter.tag_refused", {"tag": str(event.tag)}, where))
    return problems


def _syntax(error: MarkedYAMLError, file: str) -> Problem:
    mark = error.problem_mark or error.context_mark
    line = mark.line + 1 if mark else 1
    return Problem("charter.syntax", {"detail": str(error.problem or error.context or "")}, place(file, line))


def _build(node: Any, path: KeyPath, located: LocatedYaml) -> Any:
    if path not in located.lines:
        located.lines[path] = node.start_mark.line + 1
    if isinstance(node, MappingNode):
        return _build_mapping(node, path, located)
    if isinstance(node, SequenceNode):
        return [_build(item, (*path, position), located) for position, item in enumerate(node.value)]
    return None if node.tag == _NULL else node.value


def _build_mapping(node: MappingNode, path: KeyPath, located: LocatedYaml) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for key, value in node.value:
        line = key.start_mark.line + 1
        name = key.value if isinstance(key, ScalarNode) else "?"
        if name in values:
            first = located.lines[(*path, name)]
            where = place(located.file, line, located.name((*path, name)))
            located.problems.append((line, Problem("charter.key_twice", {"key": name, "first": first}, where)))
            continue
        located.lines[(*path, name)] = line
        values[name] = _build(value, (*path, name), located)
    return values


def _leading(value: Any, parts: list[str]) -> tuple[str | int, int]:
    """The first key that these parts name in a value, and how many of them it takes."""
    joined = (".".join(parts[:length]) for length in range(1, len(parts) + 1))
    key = next((key for key in joined if isinstance(value, Mapping) and key in value), parts[0])
    return (int(key) if isinstance(value, list) and key.isdigit() else key), key.count(".") + 1


def _child(value: Any, part: str | int) -> Any:
    if isinstance(value, list) and isinstance(part, int) and part < len(value):
        return value[part]
    return value.get(part) if isinstance(value, Mapping) else None
