"""The floor: one guarded state update and one event row, written by the bare driver in one durable commit.

Instances go through eight transitions each. The event carries a unique (instance, version), a 64-character hash and a 200-byte JSON payload,
as a real log would. SQLite runs in WAL with synchronous=FULL; PostgreSQL with its default durability, one round trip a statement.
"""

import json
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

import psycopg

from services.clock import wall

TRANSITIONS = 8
_PAYLOAD = json.dumps(
    {"actor": "seat-017", "via": "cli", "cause": None, "before": "submitted", "after": "technical_review", "note": "x" * 90}
)
_HASH = "0" * 64
_CHUNK = 10_000


@dataclass(frozen=True, slots=True)
class Timed:
    """What a series took: a second figure for each operation, and the whole."""

    latencies: list[float]
    seconds: float

    @property
    def per_second(self) -> float:
        return len(self.latencies) / self.seconds


@dataclass(frozen=True, slots=True)
class Floor:
    """A floor at work; ``drive`` takes so many fresh instances through their transitions, ``size`` is the space they take in bytes."""

    drive: Callable[[int], Timed]
    size: Callable[[], int]


def _drive(instances: range, transition: Callable[[int, int], None]) -> Timed:
    latencies = []
    begun = time.perf_counter()
    for instance in instances:
        for version in range(1, TRANSITIONS + 1):
            start = time.perf_counter()
            transition(instance, version)
            latencies.append(time.perf_counter() - start)
    return Timed(latencies, time.perf_counter() - begun)


@contextmanager
def sqlite_floor(path: Path) -> Iterator[Floor]:
    """The floor on a fresh SQLite file."""
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        db.execute("pragma journal_mode=wal")
        db.execute("pragma synchronous=full")
        db.execute("create table instance(id integer primary key, state text, version int)")
        db.execute("create table event(seq integer primary key, instance int, version int, type text, at real, hash text, payload text)")
        db.execute("create unique index event_version on event(instance, version)")
        first = count(0, _CHUNK)

        def transition(instance: int, version: int) -> None:
            db.execute("begin immediate")
            moved = ("update instance set state=?, version=? where id=? and version=?", (f"s{version}", version, instance, version - 1))
            assert db.execute(*moved).rowcount == 1
            values = (instance, version, f"e{version}", wall().timestamp(), _HASH, _PAYLOAD)
            db.execute("insert into event(instance, version, type, at, hash, payload) values(?,?,?,?,?,?)", values)
            db.execute("commit")

        def drive(instances: int) -> Timed:
            mine = range(start := next(first), start + instances)
            db.execute("begin")
            db.executemany("insert into instance values(?, 's0', 0)", ((number,) for number in mine))
            db.execute("commit")
            return _drive(mine, transition)

        def size() -> int:
            db.execute("pragma wal_checkpoint(truncate)")
            return path.stat().st_size

        yield Floor(drive, size)


@contextmanager
def postgres_floor(url: str) -> Iterator[Floor]:
    """The floor in a PostgreSQL database, in tables of its own."""
    with psycopg.connect(url) as db:
        db.execute("create table floor_instance(id int primary key, state text, version int)")
        columns = "seq bigserial primary key, instance int, version int, type text, at timestamptz default now(), hash text, payload jsonb"
        db.execute(f"create table floor_event({columns}, unique(instance, version))")
        db.commit()
        first = count(0, _CHUNK)

        def transition(instance: int, version: int) -> None:
            values: tuple[Any, ...] = (f"s{version}", version, instance, version - 1)
            assert db.execute("update floor_instance set state=%s, version=%s where id=%s and version=%s", values).rowcount == 1
            values = (instance, version, f"e{version}", _HASH, _PAYLOAD)
            db.execute("insert into floor_event(instance, version, type, hash, payload) values(%s,%s,%s,%s,%s)", values)
            db.commit()

        def drive(instances: int) -> Timed:
            mine = range(start := next(first), start + instances)
            db.cursor().executemany("insert into floor_instance values(%s, 's0', 0)", [(number,) for number in mine])
            db.commit()
            return _drive(mine, transition)

        def size() -> int:
            query = "select pg_total_relation_size('floor_event') + pg_total_relation_size('floor_instance')"
            [(total,)] = db.execute(query).fetchall()
            db.commit()
            return int(total)

        yield Floor(drive, size)
