"""``lifecycle.sqlite.bare``: the statements of whole lives, with the same values, by the bare driver: what no line of ours can make faster."""

import shutil
import sqlite3
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import event

from benchmarks.floor import Timed, sqlite_floor
from benchmarks.harness import Benchmark, Line, Room, mid
from benchmarks.homes import checkpoint, sqlite_home
from benchmarks.lives import Lives
from models.database import prepare_sqlite
from services.bootstrap import App

_ROUNDS, _LIVES, _FLOOR_INSTANCES = 7, 10, 30
_NAME, _SPEED = "lifecycle.sqlite.bare", "commands/s"
_BEGIN, _END = "BEGIN IMMEDIATE", "COMMIT"
_Statement = tuple[str, Any]


class _Overheard(sqlite3.Connection):
    """Carries everything out, and tells it to whoever listens."""

    heard: Callable[[str, Any], None] = staticmethod(lambda _sql, _values: None)

    def execute(self, sql: str, values: Any = (), /) -> sqlite3.Cursor:
        self.heard(sql, values)
        return super().execute(sql, values)

    def commit(self) -> None:
        self.heard(_END, ())
        super().commit()

    def cursor(self, factory: Any = None, /) -> Any:
        cursor = super().cursor(factory or _OverheardCursor)
        cursor.heard = self.heard
        return cursor


class _OverheardCursor(sqlite3.Cursor):
    heard: Callable[[str, Any], None]

    def execute(self, sql: str, values: Any = (), /) -> sqlite3.Cursor:
        self.heard(sql, values)
        return super().execute(sql, values)

    def executemany(self, sql: str, rows: Iterable[Any], /) -> sqlite3.Cursor:
        many = list(rows)
        for values in many:
            self.heard(sql, values)
        return super().executemany(sql, many)


@contextmanager
def _overheard(app: App) -> Iterator[list[_Statement]]:
    """Every statement that is carried out meanwhile on this home, with its values."""
    heard: list[_Statement] = []

    def connect(_dialect: Any, _record: Any, given: Any, named: Any) -> Any:
        connection = sqlite3.connect(*given, **named, factory=_Overheard)
        connection.heard = lambda sql, values: heard.append((sql, values))
        return connection

    app.db.close()
    event.listen(app.db.engine, "do_connect", connect)
    try:
        yield heard
    finally:
        event.remove(app.db.engine, "do_connect", connect)
        app.db.close()


def commands_of(app: App, lives: int) -> list[list[_Statement]]:
    """The statements of each command of so many lives, from its beginning to its commit."""
    driven = Lives(app)
    with _overheard(app) as heard:
        driven.drive(lives)
    commands: list[list[_Statement]] = []
    for statement in heard:
        if statement[0] == _BEGIN:
            commands.append([])
        if commands and (not commands[-1] or commands[-1][-1][0] != _END):
            commands[-1].append(statement)
    return commands


def replay(db: sqlite3.Connection, commands: Iterable[list[_Statement]]) -> Timed:
    """Carry them out again, as they were asked."""
    latencies = []
    begun = time.perf_counter()
    for command in commands:
        start = time.perf_counter()
        for sql, values in command:
            cursor = db.execute(sql, values)
            if cursor.description:
                cursor.fetchall()
        latencies.append(time.perf_counter() - start)
    return Timed(latencies, time.perf_counter() - begun)


def _measure(room: Room) -> Iterator[Line]:
    copy = room.folder / "copy.db"
    with sqlite_home(room.folder / "home") as app:
        checkpoint(app.db)
        app.db.close()
        shutil.copy(Path(app.db.engine.url.database or ""), copy)
        rounds = [commands_of(app, _LIVES) for _ in range(_ROUNDS + 1)]
    with closing(sqlite3.connect(copy)) as db, sqlite_floor(room.folder / "floor.db") as floor:
        prepare_sqlite(db, None)
        figures = [(replay(db, commands).per_second, floor.drive(_FLOOR_INSTANCES).per_second) for commands in rounds][1:]
    ours, limit = (mid([each[n] for each in figures]) for n in (0, 1))
    yield Line(_NAME, ours, _SPEED, limit, ours / limit)


BARE = Benchmark({_NAME: _SPEED}, 180, _measure)
