"""Homes with very many actions: one action is led through the one door, then copied with fresh ids, numbers and a hash chain of its own.

SQLite only, by the bare driver. A copy differs from its original in nothing but what has to be its own; no stage owes an event anything,
all are published, and the counter stands at the last number, as if each had come through the door one by one.
"""

import sqlite3
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from itertools import count
from typing import Any

import sqlalchemy as sa

from models.chain import FIELDS, genesis, link
from models.tables import Action, Event, table
from services.bootstrap import App
from services.clock import new_id
from services.log import read_log

_ACTION, _EVENT = table(Action), table(Event)
_BATCH = 1000
_OF_ACTION = ("milestone", "review", "report", "words", "deadline")
_OF_REVIEW = ("opinion",)
Row = dict[str, Any]
Make = Callable[[], str]


@dataclass
class Original:
    """An action as it lies in the database: raw rows by table, and the ids that each copy has to have anew."""

    number: str
    rows: dict[str, list[Row]]
    log: list[Row]
    ids: list[str] = field(default_factory=list)


def copy_actions(app: App, make: Make, copies: int) -> list[str]:
    """Make one action by ``make`` (it returns its number), then so many copies; returns the copies' numbers."""
    number = make()
    with app.db.write() as connection:
        db: sqlite3.Connection = connection.connection.dbapi_connection  # type: ignore[assignment]  # SQLite's
        original = _read(connection, db, number)
        numbers = []
        for batch in _batches(copies):
            numbers += _Copier(db, original).copy(batch)
    return numbers


def _batches(copies: int) -> Iterable[int]:
    return [_BATCH] * (copies // _BATCH) + ([copies % _BATCH] if copies % _BATCH else [])


def _read(connection: sa.Connection, db: sqlite3.Connection, number: str) -> Original:
    action = _rows(db, "SELECT * FROM action WHERE number = ?", number)
    action_id = action[0]["id"]
    db.execute("UPDATE event SET owed = NULL, published_at = recorded_at WHERE action_id = ?", (action_id,))
    rows = {"action": action, "event": _rows(db, "SELECT * FROM event WHERE action_id = ? ORDER BY seq", action_id)}
    rows |= {name: _rows(db, f"SELECT * FROM {name} WHERE action_id = ?", action_id) for name in _OF_ACTION}  # noqa: S608  # names of ours
    mine = "SELECT id FROM review WHERE action_id = ?"
    rows |= {name: _rows(db, f"SELECT * FROM {name} WHERE review_id IN ({mine})", action_id) for name in _OF_REVIEW}  # noqa: S608  # as above
    log = [dict(zip(FIELDS, line, strict=True)) for line in read_log(connection, action_id)]
    return Original(number, rows, log, [row["id"] for name in ("event", "words") for row in rows[name]])


def _rows(db: sqlite3.Connection, query: str, value: Any) -> list[Row]:
    cursor = db.execute(query, (value,))
    names = [column[0] for column in cursor.description]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


class _Copier:
    """Copies an original some times over; nothing is committed."""

    def __init__(self, db: sqlite3.Connection, original: Original) -> None:
        self._db, self._original = db, original
        self._first = {name: _largest(db, name, key) for name, key in (("action", "id"), ("event", "position"), ("review", "id"))}
        self._out: dict[str, list[Row]] = {name: [] for name in original.rows}
        self._action_ids, self._positions, self._review_ids = (count(first + 1) for first in self._first.values())
        series = original.number.rpartition("-")[0].replace("A-", "action:")
        [[self._last]] = db.execute("SELECT last FROM counter WHERE series = ?", (series,))
        self._series = series

    def copy(self, times: int) -> list[str]:
        """Write the copies; returns their numbers."""
        numbers = [f"{self._original.number.rpartition('-')[0]}-{self._last + step:03d}" for step in range(1, times + 1)]
        for number in numbers:
            self._copy_one(number)
        for name, rows in self._out.items():
            if rows:
                columns = list(rows[0])
                marks = ", ".join("?" * len(columns))
                named = ", ".join(f'"{column}"' for column in columns)
                self._db.executemany(f"INSERT INTO {name} ({named}) VALUES ({marks})", [tuple(row.values()) for row in rows])  # noqa: S608  # names of ours
        self._db.execute("UPDATE counter SET last = ? WHERE series = ?", (self._last + times, self._series))
        return numbers

    def _copy_one(self, number: str) -> None:
        original, action_id = self._original, next(self._action_ids)
        swap = _Swap(original, {old: new_id().hex for old in original.ids}, self._review_ids)
        head = self._events(number, action_id, swap)
        [row] = original.rows["action"]
        self._out["action"].append(row | {"id": action_id, "number": number, "head": head})
        for name in (*_OF_ACTION, *_OF_REVIEW):
            for row in original.rows[name]:
                self._out[name].append(swap.row(name, row, action_id))

    def _events(self, number: str, action_id: int, swap: "_Swap") -> bytes:
        [action] = self._original.rows["action"]
        head = genesis(action["convention"], number)
        for stored, covered in zip(self._original.rows["event"], self._original.log, strict=True):
            fresh = {"id": swap.ids[stored["id"]], "payload": swap.text(stored["payload"])}
            fresh["cause"] = swap.ids.get(stored["cause"], stored["cause"])
            head = link(head, list((covered | fresh).values()))
            own = {"position": next(self._positions), "action_id": action_id, "hash": head}
            self._out["event"].append(stored | fresh | own)
        return head


class _Swap:
    """What stands for what in one copy."""

    def __init__(self, original: Original, ids: dict[str, str], review_ids: Iterable[int]) -> None:
        self.ids = ids
        self._texts = [(_dashed(old), _dashed(new)) for old, new in ids.items()]
        self._reviews = {row["id"]: next(iter(review_ids)) for row in original.rows["review"]}
        self._texts += [(f'"review":{old},', f'"review":{new},') for old, new in self._reviews.items()]

    def text(self, text: str) -> str:
        """A payload of the copy."""
        for old, new in self._texts:
            text = text.replace(old, new)
        return text

    def row(self, name: str, row: Row, action_id: int) -> Row:
        """A row of the copy; where the database counts rows by itself, it goes on counting."""
        fresh = {column: self.ids.get(row[column], row[column]) for column in ("id", "words_id", "event_id") if column in row}
        if name == "review":
            fresh["id"] = self._reviews[row["id"]]
        elif name != "words" and "id" in row:
            fresh["id"] = None
        if "action_id" in row:
            fresh["action_id"] = action_id
        if "review_id" in row:
            fresh["review_id"] = self._reviews[row["review_id"]]
        return row | fresh


def _dashed(raw: str) -> str:
    return f"{raw[:8]}-{raw[8:12]}-{raw[12:16]}-{raw[16:20]}-{raw[20:]}"


def _largest(db: sqlite3.Connection, name: str, key: str) -> int:
    [[largest]] = db.execute(f"SELECT coalesce(max({key}), 0) FROM {name}")  # noqa: S608  # names of ours
    return int(largest)
