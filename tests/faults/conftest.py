"""A bench on each database."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from faults.bench import Bench

from services import stages

MEMORY = Path("/dev/shm")  # noqa: S108  # what breaks off here are processes, not disks; and synced writes take their time


@pytest.fixture
def tmp_path():
    with tempfile.TemporaryDirectory(dir=MEMORY if MEMORY.is_dir() else None) as folder:
        yield Path(folder)


@pytest.fixture
def bench(desk, sink, monkeypatch) -> Iterator[Bench]:
    """A home at work, with a real mail server, that can be brought back to its beginning."""
    # How many transactions a run makes must not depend on how fast it is.
    monkeypatch.setattr(stages, "CHUNK_SECONDS", float("inf"))
    monkeypatch.setattr(stages, "DELIVERY_SECONDS", float("inf"))
    _without_waiting_for_the_disk(desk)
    bench = Bench(desk, sink)
    yield bench
    bench.desk.app.close()


def _without_waiting_for_the_disk(desk) -> None:
    if not desk.app.db.is_sqlite:
        with desk.app.db.write() as connection:
            connection.exec_driver_sql(f"ALTER DATABASE {desk.app.db.engine.url.database} SET synchronous_commit = off")
        desk.app.db.close()
