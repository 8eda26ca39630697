"""What waiting costs: ``ready.1m``, start-up among a million open deadlines; ``sweep.idle``, a stage with nothing due; ``bottlenecks``, where things wait."""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

from builders import CHARTER, PEOPLE, settings_of

from benchmarks.crowds import crowd_of
from benchmarks.harness import Benchmark, Line, Room, mid
from benchmarks.homes import postgres_database, postgres_home
from benchmarks.items import open_items
from benchmarks.lifecycle import statements_of
from models.events import Stage
from services.bootstrap import App
from services.bottlenecks import bottlenecks
from services.homes import environment_of
from services.operations import install
from services.settings import Settings
from services.stages import react_quietly, run_stage

_MANY, _FEW = 1_000_000, 1_000
_ROUNDS = 7
_LOOKS = 200
_LOGGED, _EVENTS_EACH = 100_000, 4
_ENDS = ("BEGIN", "COMMIT", "ROLLBACK")


@cache
def home_with(cache_folder: Path, items: int) -> tuple[App, tempfile.TemporaryDirectory[str]]:
    """An open home on SQLite with so many open deadlines, none due; its folder goes when the run ends."""
    folder = tempfile.TemporaryDirectory(prefix="items-", dir=cache_folder)
    app, _ = install(settings_of(Path(folder.name) / "home"), kind="rehearsal", charter=CHARTER, people=PEOPLE)
    open_items(app, items)
    return app, folder


def _ready(room: Room) -> Iterator[Line]:
    """A B A B, each time a fresh process; the figures are the medians of the differences of the pairs."""
    homes = [home_with(room.cache, items)[0].settings for items in (_MANY, _FEW)]
    seconds, memory = [], []
    for order in range(_ROUNDS + 1):
        many, few = (_start(settings) for settings in homes)
        room.tell(f"{many['seconds']:.3f} s and {many['bytes'] / 1e6:.1f} MB, {few['seconds']:.3f} s and {few['bytes'] / 1e6:.1f} MB")
        if order:
            seconds.append(many["seconds"] - few["seconds"])
            memory.append((many["bytes"] - few["bytes"]) / (_MANY - _FEW))
    yield Line("ready.1m", mid(seconds), "s more")
    yield Line("ready.1m.memory", mid(memory), "bytes/item")


def _start(settings: Settings) -> dict[str, float]:
    command = [sys.executable, "-m", "benchmarks.start"]
    done = subprocess.run(command, env=environment_of(settings, os.environ), capture_output=True, text=True, check=True)  # noqa: S603  # our own
    found: dict[str, float] = json.loads(done.stdout)
    return found


def _idle(room: Room) -> Iterator[Line]:
    app, _ = home_with(room.cache, _MANY)
    yield Line("sweep.idle", _milliseconds(lambda: react_quietly(app, Stage.IMPLEMENTATION)), "ms")
    yield Line("sweep.idle.run", _milliseconds(lambda: _run(app)), "ms")
    for name, deal in (("", lambda: react_quietly(app, Stage.IMPLEMENTATION)), (".run", lambda: _run(app))):
        yield Line(f"sweep.idle{name}.statements", statements_taken(app, deal), "statements")


def _idle_on_postgres(room: Room) -> Iterator[Line]:
    with _many_on_postgres(room) as app:
        yield Line("sweep.idle.postgres", _milliseconds(lambda: react_quietly(app, Stage.IMPLEMENTATION)), "ms")


@contextmanager
def _many_on_postgres(room: Room) -> Iterator[App]:
    with postgres_database("items") as url, postgres_home(room.folder / "home", url) as app:
        open_items(app, _MANY)
        yield app


def _run(app: App) -> int:
    """A whole run of the stage: its lease, the look, what is to be sent, what is parked."""
    return len(run_stage(app, Stage.IMPLEMENTATION, holder="benchmark", gate=lambda: None).lines)


def _milliseconds(look: Callable[[], int]) -> float:
    """The median of many looks, once the statements are compiled. Raises RuntimeError if one finds anything."""
    taken = []
    for _ in range(_LOOKS + 1):
        begun = time.perf_counter()
        if found := look():
            raise RuntimeError(f"{found} items were due")
        taken.append(1e3 * (time.perf_counter() - begun))
    return mid(taken[1:])


def statements_taken(app: App, look: Callable[[], object]) -> int:
    """How many statements a look takes on SQLite, without those that only begin and end its transactions."""
    with statements_of(app) as heard:
        look()
        heard.clear()
        look()
        return sum(not statement.startswith(_ENDS) for statement in heard)


def _bottlenecks(room: Room) -> Iterator[Line]:
    app = crowd_of(room.cache, _LOGGED // _EVENTS_EACH).app
    taken = []
    for _ in range(_ROUNDS):
        begun = time.perf_counter()
        bottlenecks(app)
        taken.append(time.perf_counter() - begun)
    yield Line("bottlenecks.100k", mid(taken), "s")


_COUNTED = ("sweep.idle.statements", "sweep.idle.run.statements")
WAITING = [
    Benchmark({"ready.1m": "s more", "ready.1m.memory": "bytes/item"}, 240, _ready),
    Benchmark({"sweep.idle": "ms", "sweep.idle.run": "ms", **dict.fromkeys(_COUNTED, "statements")}, 180, _idle),
    Benchmark({"sweep.idle.postgres": "ms"}, 180, _idle_on_postgres),
    Benchmark({"bottlenecks.100k": "s"}, 120, _bottlenecks),
]
