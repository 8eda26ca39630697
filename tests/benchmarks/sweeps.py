"""``sweep.sqlite``, ``sweep.postgres``: of a million open deadlines, a thousand have reached a rung of their ladder: find them, write each reminder, reschedule.

The stage's own chunks, each a transaction that is durable when it ends. What they leave is checked: one event for each, owed to the stage, and the next
rung planned. Telling people is another matter, and not measured here.
"""

import tempfile
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import sqlalchemy as sa

from benchmarks.harness import Benchmark, Line, Room, mid
from benchmarks.homes import postgres_database, postgres_home
from benchmarks.items import open_items
from benchmarks.waiting import home_with
from models.events import Stage, Topic
from models.tables import Deadline, Event, table
from services.bootstrap import App
from services.clock import local_day
from services.deadline_kinds import Kind
from services.stages import _chunk

_DEADLINE, _EVENT = table(Deadline), table(Event)
_MANY, _DUE, _ROUNDS = 1_000_000, 1_000, 5
_CLIMBED = 1


def _on_sqlite(room: Room) -> Iterator[Line]:
    app, _ = home_with(room.cache, _MANY)
    yield Line("sweep.sqlite", _sweeps(app), "ms")


def _on_postgres(room: Room) -> Iterator[Line]:
    with (
        tempfile.TemporaryDirectory(dir=room.folder) as folder,
        postgres_database("sweep") as url,
        postgres_home(Path(folder) / "home", url) as app,
    ):
        open_items(app, _MANY)
        yield Line("sweep.postgres", _sweeps(app), "ms")


def _sweeps(app: App) -> float:
    """The median of some sweeps, the first of which only warms up."""
    return mid([_sweep(app) for _ in range(_ROUNDS + 1)][1:])


def _sweep(app: App) -> float:
    due = _fall(app)
    begun = time.perf_counter()
    climbed = 0
    while climbed < len(due):
        climbed += len(_chunk(app, Stage.IMPLEMENTATION))
    taken = 1e3 * (time.perf_counter() - begun)
    _check(app, due)
    return taken


def _fall(app: App) -> list[int]:
    """The milestones of a thousand actions passed two days ago: the rung after them has come an hour ago."""
    fell = app.clock.now() - timedelta(hours=1)
    passed = local_day(fell, "Europe/Paris") - timedelta(days=2)
    with app.db.write() as connection:
        still = (
            (_DEADLINE.c.kind == Kind.MILESTONE) & (_DEADLINE.c.subject == 1) & (_DEADLINE.c.rung == 0) & _DEADLINE.c.settled_at.is_(None)
        )
        chosen = connection.execute(sa.select(_DEADLINE.c.id).where(still).order_by(_DEADLINE.c.id).limit(_DUE)).scalars().all()
        values = {"due_on": passed, "due_at": fell, "rung": _CLIMBED}
        connection.execute(_DEADLINE.update().where(_DEADLINE.c.id.in_(chosen)).values(**values))
    if len(chosen) < _DUE:
        raise RuntimeError(f"only {len(chosen)} actions are left whose first milestone nobody was reminded of")
    return list(chosen)


def _check(app: App, due: list[int]) -> None:
    """Raises RuntimeError unless every deadline has its event and its next rung; then the stage owes these events nothing any more."""
    with app.db.write() as connection:
        planned = sa.select(sa.func.count()).where(
            _DEADLINE.c.id.in_(due), _DEADLINE.c.rung > _CLIMBED, _DEADLINE.c.due_at > app.clock.now()
        )
        owed = (_EVENT.c.topic == Topic.MILESTONE_PASSED) & _EVENT.c.owed.is_not(None)
        found = connection.execute(planned).scalar_one(), connection.execute(sa.select(sa.func.count()).where(owed)).scalar_one()
        if found != (_DUE, _DUE):
            raise RuntimeError(f"of {_DUE} deadlines {found[0]} were rescheduled, and {found[1]} reminders written")
        connection.execute(_EVENT.update().where(owed).values(owed=None, published_at=app.clock.wall()))


SWEEPS = [Benchmark({"sweep.sqlite": "ms"}, 240, _on_sqlite), Benchmark({"sweep.postgres": "ms"}, 240, _on_postgres)]
