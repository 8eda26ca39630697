"""Holding the rows of an action against what its log says of them, and its texts against their salted hashes."""

import json
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from operator import attrgetter
from typing import Any

from models.findings import Finding, Place
from models.replay import UNSAID, Reached, Replay, Row, Source, Text
from services.work import fingerprint

_DOCUMENTS = ("electorate", "verdict")
_APART: Mapping[str, Callable[[Any], Hashable]] = {
    "review": lambda row: row.id,
    "opinion": lambda row: row.event_id,
    "decision": lambda row: row.event_id,
    "report": lambda row: (row.event_id, row.kind),
    "attachment": lambda row: row.sha256,
}
"""By which columns a row is known to the log, by table."""


_PLAIN: Mapping[str, Callable[[Any], Hashable]] = {
    "review": attrgetter("body", "opened_on", "closed_on", "verdict", "round", "due_on", "electorate"),
    "opinion": attrgetter("review_id", "seat", "value", "given_on", "words_id", "superseded"),
    "decision": attrgetter(
        *("review_id", "body", "number", "revision", "outcome", "decided_on", "words_id", "reference", "superseded"),
    ),
    "report": attrgetter("kind", "percent", "words_id", "reported_on", "superseded"),
    "attachment": attrgetter("media_type", "size", "sha256", "file_name", "added_at"),
}
"""The columns of a row as ``models.replay`` lists them: most rows are the same at a glance, the others are gone through one by one."""


@dataclass(slots=True)
class Comparison:
    """One action's rows beside its log. ``erased`` texts cannot be read any more; of ``unproven`` columns the log says nothing."""

    place: Place
    action: Any
    replay: Replay
    rows: Mapping[str, Sequence[Any]]
    words: Mapping[str, Any]
    erased: int = 0
    unproven: int = 0
    sheet: Mapping[str, Any] = field(default_factory=dict)

    def findings(self) -> Iterator[Finding]:
        """Everything that does not agree."""
        yield from self._texts()
        yield from self._action()
        kept = self.replay
        expected: Mapping[str, Mapping[Any, Row]] = {
            "review": kept.reviews,
            "opinion": kept.opinions,
            "decision": kept.decisions,
            "report": kept.reports,
            "attachment": kept.files,
        }
        for name, said in expected.items():
            yield from self._table(name, said)
        yield from self._milestones()

    def _texts(self) -> Iterator[Finding]:
        known = self.replay.texts
        for text in known.values():
            row = self.words.get(text.id)
            if row is None:
                self.erased += 1
            elif fingerprint(row.salt, row.body) != text.hash:
                yield self._finding("text_changed", text.by, kind=text.kind)
            elif (row.kind, row.author_seat, row.convention) != (text.kind, text.author, self.place.convention):
                yield self._finding("text_misfiled", text.by, kind=text.kind)
        if len(self.words) > len(known) or not self.words.keys() <= known.keys():
            for words_id in sorted(self.words.keys() - known.keys()):
                yield self._finding("text_unknown", None, text=words_id)

    def _action(self) -> Iterator[Finding]:
        replay, row = self.replay, self.action
        said = {"state": replay.state, "proposer_seat": replay.proposer, "created_at": replay.created_at}
        for column, value in said.items():
            if getattr(row, column) != value:
                yield self._differs("action", column, replay.by, getattr(row, column), value)
        yield from self._sheet(replay.sheet)

    def _sheet(self, text: Text | None) -> Iterator[Finding]:
        self.sheet = _document(self.action.sheet) or {}
        if text is None:
            yield self._finding("row_unknown", None, table="action")
            return
        row = self.words.get(text.id)
        if row is None or fingerprint(row.salt, self.action.sheet) == text.hash:
            self.unproven += row is None
        elif fingerprint(row.salt, row.body) == text.hash:
            logged = _document(row.body)
            if logged != self.sheet:
                yield self._finding("row_text_differs", text.by, table="action", column="sheet")
            self.sheet = logged

    def _table(self, name: str, said: Mapping[Any, Row]) -> Iterator[Finding]:
        stored, key = dict(said), _APART[name]
        for row in self.rows[name]:
            expected = stored.pop(key(row), None)
            if expected is None:
                yield self._finding("row_unknown", None, table=name)
            elif _PLAIN[name](row) != tuple(expected.values.values()) or not self._at_home(row):
                yield from self._row(name, row, expected)
        for expected in stored.values():
            yield self._finding("row_missing", expected.by, table=name)

    def _row(self, name: str, row: Any, expected: Row) -> Iterator[Finding]:
        if not self._at_home(row):
            yield self._differs(name, "convention", expected.by, row.convention, self.place.convention)
        for column, value in expected.values.items():
            stored = getattr(row, column)
            if value is UNSAID:
                self.unproven += 1
            elif isinstance(value, Text):
                yield from self._named(name, column, stored, value)
            elif column in _DOCUMENTS:
                if _document(stored) != value:
                    yield self._finding("row_text_differs", expected.by, table=name, column=column)
            elif stored != value:
                yield self._differs(name, column, expected.by, stored, value)

    def _at_home(self, row: Any) -> bool:
        """Whether a row that names its convention names the right one."""
        return bool(getattr(row, "convention", self.place.convention) == self.place.convention)

    def _named(self, name: str, column: str, stored: Any, text: Text) -> Iterator[Finding]:
        """A column that repeats a text."""
        row = self.words.get(text.id)
        if row is None:
            self.unproven += 1
        elif row.body != stored:
            yield self._finding("row_text_differs", text.by, table=name, column=column)

    def _milestones(self) -> Iterator[Finding]:
        """Milestones repeat the sheet; only the day on which one was reached is the log's own."""
        planned = dict(enumerate(self.sheet.get("milestones") or (), 1))
        by = self.replay.sheet.by if self.replay.sheet else None
        for row in self.rows["milestone"]:
            plan = planned.pop(row.position, None)
            if plan is None:
                yield self._finding("row_unknown", by, table="milestone")
                continue
            if plan["title"] != row.title:
                yield self._finding("row_text_differs", by, table="milestone", column="title")
            if plan["due_on"] != row.due_on:
                yield self._differs("milestone", "due_on", by, row.due_on, plan["due_on"])
            yield from self._reached(row, self.replay.reached.get(row.position))
        for _ in planned:
            yield self._finding("row_missing", by, table="milestone")

    def _reached(self, row: Any, reached: Reached | None) -> Iterator[Finding]:
        day = reached.day if reached else None
        if reached is not None and not reached.surely:
            self.unproven += 1
            if row.reached_on is None:
                return
        if row.reached_on != day:
            yield self._differs("milestone", "reached_on", reached.by if reached else None, row.reached_on, day)

    def _differs(self, table: str, column: str, by: Source | None, stored: Any, said: Any) -> Finding:
        shown = {"stored": _shown(stored), "said": _shown(said)}
        return self._finding("row_differs", by, table=table, column=column, **shown)

    def _finding(self, code: str, by: Source | None, **params: str | int) -> Finding:
        return Finding(code, *self.place, by[0] if by else None, by[1] if by else None, params)


def by_id(rows: Iterable[Any]) -> Mapping[str, Any]:
    """The texts of an action by their ids."""
    return {row.id: row for row in rows}


def titles(words: Mapping[str, Any]) -> Callable[[str], Sequence[str] | None]:
    """Looks the milestones of a sheet up by the id of its text; None for one that is erased."""

    def look(text: str) -> Sequence[str] | None:
        row = words.get(text)
        return None if row is None else [step["title"] for step in (_document(row.body) or {}).get("milestones") or ()]

    return look


def _document(text: Any) -> Any:
    try:
        return None if text is None else json.loads(text)
    except ValueError:
        return {}


def _shown(value: Any) -> str | int:
    return value if isinstance(value, int) else "-" if value is None else str(value)
