"""Holding the rows of an action against what its log says of them, and its texts against their salted hashes."""

from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from operator import itemgetter
from typing import Any

from orjson import loads

from models.findings import Finding, Place
from models.replay import Replay
from models.replayed import UNSAID, Reached, Row, Source, Text, Urn
from services.audit_rows import KEY, LAYOUT, PLAIN, Line
from services.work import fingerprint

_APART: Mapping[str, Callable[[Line], Hashable]] = {
    "review": itemgetter(KEY),
    "opinion": itemgetter(KEY),
    "decision": itemgetter(KEY),
    "report": itemgetter(KEY, PLAIN),
    "early_opinion": itemgetter(KEY),
    "conflict": itemgetter(KEY),
    "reservation": itemgetter(KEY),
    "blocker": itemgetter(KEY),
    "deliberation": itemgetter(KEY),
    "proxy": itemgetter(KEY),
    "attachment": itemgetter(KEY),
}
"""By which columns a row is known to the log, by table."""
_AT_HOME = {name for name in _APART if LAYOUT[name][-1] == "convention"}
"""The tables whose rows name their convention too."""
_SALT, _BODY = (1 + LAYOUT["words"].index(name) for name in ("salt", "body"))
_DOCUMENTS = ("electorate", "frozen", "verdict", "urn", "recused", "attendance")
_READ = frozenset(1 + LAYOUT["review"].index(name) for name in _DOCUMENTS)


@dataclass(slots=True)
class Comparison:
    """One action's rows beside its log. ``erased`` texts cannot be read any more; of ``unproven`` columns the log says nothing."""

    place: Place
    action: Any
    replay: Replay
    rows: Mapping[str, Mapping[int, Sequence[Line]]]
    words: Mapping[str, Line]
    erased: int = 0
    unproven: int = 0
    sheet: Mapping[str, Any] = field(default_factory=dict)

    def findings(self) -> Iterator[Finding]:
        """Everything that does not agree."""
        yield from self._texts()
        yield from self._action()
        kept = self.replay
        said: tuple[tuple[str, Mapping[Any, Row]], ...] = (
            ("review", kept.reviews),
            ("opinion", kept.opinions),
            ("decision", kept.decisions),
            ("report", kept.reports),
            ("early_opinion", kept.early),
            ("conflict", kept.conflicts),
            ("reservation", kept.reservations),
            ("blocker", kept.blockers),
            ("deliberation", kept.deliberations),
            ("proxy", kept.proxies),
            ("attachment", kept.files),
        )
        for name, expected in said:
            rows = self.rows[name].get(self.action.id, ())
            if rows or expected:
                yield from self._table(name, rows, expected)
        yield from self._milestones()

    def _texts(self) -> Iterator[Finding]:
        known, words, convention = self.replay.texts, self.words, self.place.convention
        for words_id, (told, kind, author, by) in known.items():
            row = words.get(words_id)
            if row is None:
                self.erased += 1
            elif fingerprint(row[_SALT], row[_BODY]) != told:
                yield self._finding("text_changed", by, kind=kind)
            elif row[PLAIN:_SALT] != (convention, kind, author):
                yield self._finding("text_misfiled", by, kind=kind)
        if not words.keys() <= known.keys():
            for words_id in sorted(words.keys() - known.keys()):
                yield self._finding("text_unknown", None, text=words_id)

    def _action(self) -> Iterator[Finding]:
        replay, row = self.replay, self.action
        said = (replay.state, replay.proposer, replay.created_at, replay.superseded_by)
        if (row.state, row.proposer_seat, row.created_at, row.superseded_by) != said:
            for column, value in zip(("state", "proposer_seat", "created_at", "superseded_by"), said, strict=True):
                if getattr(row, column) != value:
                    yield self._differs("action", column, replay.by, getattr(row, column), value)
        yield from self._sheet(replay.sheet)

    def _sheet(self, text: Text | None) -> Iterator[Finding]:
        self.sheet = _mapping(self.action.sheet)
        if text is None:
            yield self._finding("row_unknown", None, table="action")
            return
        row = self.words.get(text.id)
        if row is None:
            self.unproven += 1
        elif row[_BODY] != self.action.sheet and fingerprint(row[_SALT], row[_BODY]) == text.hash:
            logged = _mapping(row[_BODY])
            if logged != self.sheet:
                yield self._finding("row_text_differs", text.by, table="action", column="sheet")
            self.sheet = logged

    def _table(self, name: str, rows: Sequence[Line], said: Mapping[Any, Row]) -> Iterator[Finding]:
        left, key, home = dict(said), _APART[name], (self.place.convention,) if name in _AT_HOME else ()
        for stored in rows:
            row = _read(stored) if name == "review" else stored
            expected = left.pop(key(row), None)
            if expected is None:
                yield self._finding("row_unknown", None, table=name)
            elif row[PLAIN:] != (*expected.values.values(), *home):
                yield from self._row(name, row, expected)
        for expected in left.values():
            yield self._finding("row_missing", expected.by, table=name)

    def _row(self, name: str, row: Line, expected: Row) -> Iterator[Finding]:
        if name in _AT_HOME and row[-1] != self.place.convention:
            yield self._differs(name, "convention", expected.by, row[-1], self.place.convention)
        for (column, value), stored in zip(expected.values.items(), row[PLAIN:], strict=False):
            if value is UNSAID:
                self.unproven += 1
            elif isinstance(value, Urn):
                if sum((stored or {}).values()) != value.votes:
                    yield self._finding("row_text_differs", expected.by, table=name, column=column)
            elif isinstance(value, Text):
                yield from self._named(name, column, stored, value)
            elif stored == value:
                continue
            elif column in _DOCUMENTS:
                yield self._finding("row_text_differs", expected.by, table=name, column=column)
            else:
                yield self._differs(name, column, expected.by, stored, value)

    def _named(self, name: str, column: str, stored: Any, text: Text) -> Iterator[Finding]:
        """A column that repeats a text."""
        row = self.words.get(text.id)
        if row is None:
            self.unproven += 1
        elif row[_BODY] != stored:
            yield self._finding("row_text_differs", text.by, table=name, column=column)

    def _milestones(self) -> Iterator[Finding]:
        """Milestones repeat the sheet; only the day on which one was reached is the log's own."""
        plan, rows, reached = _plan(self.sheet), self.rows["milestone"].get(self.action.id, ()), self.replay.reached
        by = self.replay.sheet.by if self.replay.sheet else None
        if not reached and [row[KEY:] for row in rows] == [(place, *step, None) for place, step in enumerate(plan, 1)]:
            return
        planned = dict(enumerate(plan, 1))
        for _, place, title, due_on, reached_on in rows:
            step = planned.pop(place, None)
            if step is None:
                yield self._finding("row_unknown", by, table="milestone")
                continue
            if step[0] != title:
                yield self._finding("row_text_differs", by, table="milestone", column="title")
            if step[1] != due_on:
                yield self._differs("milestone", "due_on", by, due_on, step[1])
            yield from self._reached(reached_on, reached.get(place))
        for _ in planned:
            yield self._finding("row_missing", by, table="milestone")

    def _reached(self, stored: Any, reached: Reached | None) -> Iterator[Finding]:
        day = reached.day if reached else None
        if reached is not None and not reached.surely:
            self.unproven += 1
            if stored is None:
                return
        if stored != day:
            yield self._differs("milestone", "reached_on", reached.by if reached else None, stored, day)

    def _differs(self, table: str, column: str, by: Source | None, stored: Any, said: Any) -> Finding:
        shown = {"stored": _shown(stored), "said": _shown(said)}
        return self._finding("row_differs", by, table=table, column=column, **shown)

    def _finding(self, code: str, by: Source | None, **params: str | int) -> Finding:
        return Finding(code, *self.place, by[0] if by else None, by[1] if by else None, params)


def by_id(rows: Sequence[Line]) -> Mapping[str, Line]:
    """The texts of an action by their ids."""
    return {row[KEY]: row for row in rows}


def titles(words: Mapping[str, Line]) -> Callable[[str], Sequence[str] | None]:
    """Looks the milestones of a sheet up by the id of its text; None for one that is erased."""

    def look(text: str) -> Sequence[str] | None:
        row = words.get(text)
        return None if row is None else [title for title, _ in _plan(_mapping(row[_BODY]))]

    return look


def _plan(sheet: Mapping[str, Any]) -> Sequence[tuple[Any, Any]]:
    """Title and day of each milestone of a sheet; of one that is not a sheet, none."""
    try:
        return [(step["title"], step["due_on"]) for step in sheet.get("milestones") or ()]
    except (KeyError, TypeError):
        return []


def _mapping(text: Any) -> Mapping[str, Any]:
    """What a sheet says; nothing where it is none."""
    document = _document(text)
    return document if isinstance(document, dict) else {}


def _read(review: Line) -> Line:
    """A row of a review with its documents read."""
    return (*(_document(cell) if n in _READ else cell for n, cell in enumerate(review)),)


def _document(text: Any) -> Any:
    try:
        return None if text is None else loads(text)
    except ValueError:
        return {}


def _shown(value: Any) -> str | int:
    return value if isinstance(value, int) else "-" if value is None else str(value)
