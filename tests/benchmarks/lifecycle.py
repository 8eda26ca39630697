"""``lifecycle.*``: whole lives of actions through the public handler, alternated with the floor, on the same disk in the same minutes."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import event

from benchmarks.floor import TRANSITIONS, Floor, Timed, postgres_floor, sqlite_floor
from benchmarks.harness import Benchmark, Line, Room, mid, percentile
from benchmarks.homes import postgres_database, postgres_home, size_of, sqlite_home
from benchmarks.lives import Lives
from benchmarks.peer_venv import NoPeers, Peers, no_peers, peers_in
from services.bootstrap import App

_ROUNDS, _LIVES, _FLOOR_INSTANCES = 7, 20, 60
_PEER_ROUNDS, _PEER_INSTANCES = 3, 60
_BYTES_LIVES = 120
_STATEMENT_LIVES = 5
_FLOOR_STATEMENTS = 4
_SPEED = "commands/s"


def _latency_names(name: str) -> dict[str, str]:
    return {name: _SPEED, f"{name}.p50": "ms", f"{name}.p99": "ms"}


def _alternate(room: Room, ours: Callable[[int], Timed], floor: Floor, peers: Peers) -> tuple[list[Timed], list[Timed], dict[str, float]]:
    """A B A B: ours, floor, ours, floor; peers take their turns in between."""
    mine, theirs = [], []
    measured: dict[str, list[float]] = {}
    for order in range(_ROUNDS + 1):
        figures = ours(_LIVES), floor.drive(_FLOOR_INSTANCES)
        if order == 0:
            continue  # caches fill, statements are compiled
        mine.append(figures[0])
        theirs.append(figures[1])
        room.tell(f"{figures[0].per_second:.0f} commands/s, floor {figures[1].per_second:.0f}/s")
        for name, speed in peers.turn(_PEER_INSTANCES).items() if order <= _PEER_ROUNDS else ():
            measured.setdefault(name, []).append(speed)
    return mine, theirs, {name: mid(speeds) for name, speeds in measured.items()}


def _figures(name: str, ours: list[Timed], floor: list[Timed], peers: dict[str, float], error: str | None) -> Iterator[Line]:
    speed, limit = mid([each.per_second for each in ours]), mid([each.per_second for each in floor])
    yield Line(name, speed, _SPEED, limit, speed / limit, peers, error)
    for label, share in (("p50", 0.5), ("p99", 0.99)):
        mine, theirs = (percentile([1e3 * each for one in rounds for each in one.latencies], share) for rounds in (ours, floor))
        yield Line(f"{name}.{label}", mine, "ms", theirs, mine / theirs)


def _on_sqlite(room: Room) -> Iterator[Line]:
    with sqlite_home(room.folder / "home") as app, sqlite_floor(room.folder / "floor.db") as floor, _peers(room) as (peers, error):
        ours, theirs, speeds = _alternate(room, Lives(app).drive, floor, peers)
        yield from _figures("lifecycle.sqlite", ours, theirs, speeds, error)


@contextmanager
def _peers(room: Room) -> Iterator[tuple[Peers, str | None]]:
    """The peers, if their line is wanted; without them ours is measured all the same, and the line says what is missing."""
    if "lifecycle.sqlite" not in room.wanted:
        yield no_peers(), None
        return
    try:
        peers = peers_in(room)
    except NoPeers as reason:
        yield no_peers(), f"peers: {reason}"
        return
    yield peers, None


def _on_postgres(room: Room) -> Iterator[Line]:
    with postgres_database("lifecycle") as url, postgres_home(room.folder / "home", url) as app, postgres_floor(url) as floor:
        ours, theirs, _ = _alternate(room, Lives(app).drive, floor, no_peers())
        yield from _figures("lifecycle.postgres", ours, theirs, {}, None)


def _growth(app: App, floor: Floor) -> tuple[float, float]:
    """Bytes on disk for each command, and for each transition of the floor."""
    lives = Lives(app)
    lives.drive(1)
    floor.drive(1)
    before = size_of(app), floor.size()
    commands = len(lives.drive(_BYTES_LIVES).latencies)
    transitions = len(floor.drive(commands // TRANSITIONS).latencies)
    return (size_of(app) - before[0]) / commands, (floor.size() - before[1]) / transitions


def _bytes(room: Room) -> Iterator[Line]:
    with sqlite_home(room.folder / "home") as app, sqlite_floor(room.folder / "floor.db") as floor:
        mine, theirs = _growth(app, floor)
        yield Line("lifecycle.bytes", mine, "bytes/command", theirs, mine / theirs)


@contextmanager
def statements_of(app: App) -> Iterator[list[str]]:
    """Every SQL statement that SQLite carries out meanwhile on this home, whoever sent it, BEGIN and COMMIT included."""
    heard: list[str] = []

    def listen(connection: sqlite3.Connection, _record: Any) -> None:
        connection.set_trace_callback(heard.append)

    app.db.close()
    event.listen(app.db.engine, "connect", listen)
    try:
        yield heard
    finally:
        event.remove(app.db.engine, "connect", listen)
        app.db.close()


def statements_per_command(app: App, lives: int = _STATEMENT_LIVES) -> float:
    """The mean over whole lives of how many statements a command takes."""
    driven = Lives(app)
    with statements_of(app) as heard:
        driven.drive(1)
        heard.clear()
        commands = len(driven.drive(lives).latencies)
        return len(heard) / commands


def _statements(room: Room) -> Iterator[Line]:
    with sqlite_home(room.folder / "home") as app:
        mine = statements_per_command(app)
        yield Line("lifecycle.statements", mine, "statements/command", _FLOOR_STATEMENTS, mine / _FLOOR_STATEMENTS)


LIFECYCLE = [
    Benchmark(_latency_names("lifecycle.sqlite"), 300, _on_sqlite),
    Benchmark(_latency_names("lifecycle.postgres"), 180, _on_postgres),
    Benchmark({"lifecycle.bytes": "bytes/command"}, 120, _bytes),
    Benchmark({"lifecycle.statements": "statements/command"}, 60, _statements),
]
