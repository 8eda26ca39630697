"""With 100,000 open actions: ``audit.verify``, ``flatness.*`` against 1,000 of them, ``sweep.*`` and ``drain.events``."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

from builders import CLERK, provision

from benchmarks.crowds import crowd_of
from benchmarks.harness import Benchmark, Line, Room, mid
from benchmarks.lives import Lives
from models.events import Stage
from models.lifecycle import Verb
from services.audit import verify
from services.bootstrap import App
from services.deadline_kinds import Kind
from services.prefect_api import PrefectApi
from services.relay import Relay
from services.stages import react_quietly
from services.wakes import work

_MANY, _FEW = 100_000, 1_000
_ROUNDS, _LIVES, _PROPOSALS = 9, 20, 120
_DUE = 1_000
_BACKLOG = 20_000
_IDLE_LOOKS = 200
_LONG_AGO = "2020-01-01 08:00:00.000000"


def _audit(room: Room) -> Iterator[Line]:
    app = crowd_of(room.cache, _MANY).app
    begun = time.perf_counter()
    audit = verify(app)
    seconds = time.perf_counter() - begun
    if not audit.agrees:
        raise RuntimeError(f"the audit found {audit.first}")
    room.tell(f"{audit.events} events of {audit.actions} actions in {seconds:.1f} s")
    yield Line("audit.verify", audit.events / seconds, "events/s")


def _flatness(room: Room) -> Iterator[Line]:
    """A B A B: the same work in both homes; what it leaves owed is settled unmeasured. The ratio is the median of those of the pairs."""
    homes = [crowd_of(room.cache, size).app for size in (_MANY, _FEW)]
    lives: list[list[float]] = [[], []]
    reactions: list[list[float]] = [[], []]
    for order in range(_ROUNDS + 1):
        for which, app in enumerate(homes):
            speeds = Lives(app).drive(_LIVES).per_second, _reaction(app)
            if order:
                lives[which].append(speeds[0])
                reactions[which].append(speeds[1])
        if order:
            room.tell(", ".join(f"{lives[which][-1]:.0f} commands/s {reactions[which][-1]:.0f} reactions/s" for which in (0, 1)))
    figures = [("lifecycle", "commands/s", lives), ("reaction", "reactions/s", reactions)]
    ratios = [mid([many / few for many, few in zip(*speeds, strict=True)]) for _, _, speeds in figures]
    yield Line("flatness.100k", min(ratios), "ratio", 1.0, min(ratios))
    for (name, unit, speeds), ratio in zip(figures, ratios, strict=True):
        yield Line(f"flatness.100k.{name}", mid(speeds[0]), unit, mid(speeds[1]), ratio)


def _reaction(app: App) -> float:
    """How many proposals a second their stage admits: it opens the review, plans its deadlines and writes to the voters."""
    for stage in Stage:
        react_quietly(app, stage)
    driven = Lives(app)
    for _ in range(_PROPOSALS):
        driven.do(Verb.PROPOSE, None, CLERK, sheet=provision(7))
    speed = _per_second(_PROPOSALS, lambda: react_quietly(app, Stage.PROPOSAL))
    for stage in Stage:
        react_quietly(app, stage)
    return speed


def _per_second(items: int, deal: Callable[[], int]) -> float:
    begun = time.perf_counter()
    done = deal()
    seconds = time.perf_counter() - begun
    if done != items:
        raise RuntimeError(f"{done} items were dealt with, not {items}")
    return items / seconds


def _sweep(room: Room) -> Iterator[Line]:
    """Nothing due, then a thousand reports of progress to be asked for, among all that will fall due one day."""
    app = crowd_of(room.cache, _MANY).app
    for stage in Stage:
        react_quietly(app, stage)
    begun = time.perf_counter()
    for _ in range(_IDLE_LOOKS):
        react_quietly(app, Stage.IMPLEMENTATION)
    yield Line("sweep.nothing_due", 1e3 * (time.perf_counter() - begun) / _IDLE_LOOKS, "ms")
    begun = time.perf_counter()
    for _ in range(_IDLE_LOOKS):
        work(app.db, app.clock.now(), app.clock.wall())
    yield Line("sweep.relay_look", 1e3 * (time.perf_counter() - begun) / _IDLE_LOOKS, "ms")
    chosen = f"SELECT id FROM deadline WHERE kind = '{Kind.PROGRESS}' AND settled_at IS NULL LIMIT {_DUE}"  # noqa: S608  # our own figures
    with app.db.write() as connection:
        connection.exec_driver_sql(f"UPDATE deadline SET due_at = '{_LONG_AGO}' WHERE id IN ({chosen})")  # noqa: S608  # as above
    yield Line("sweep.1000_due", _DUE / _per_second(_DUE, lambda: _fallen(app)), "s")


def _fallen(app: App) -> int:
    """The requests that were due; the stage then reacts to them too, which tells the pilots."""
    return react_quietly(app, Stage.IMPLEMENTATION) // 2


class _Null(BaseHTTPRequestHandler):
    """Takes every event and keeps none."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self._answer(200, b'{"token": "none"}')

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self._answer(204, b"")

    def _answer(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing of each request."""


@contextmanager
def _null_prefect() -> Iterator[PrefectApi]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Null)
    thread = Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    try:
        with PrefectApi(f"http://127.0.0.1:{server.server_port}/api", "nobody:nothing") as api:
            yield api
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _drain(room: Room) -> Iterator[Line]:
    """The relay's backlog to a server that takes everything: what our side can do."""
    app = crowd_of(room.cache, _MANY).app
    for stage in Stage:
        react_quietly(app, stage)
    with app.db.write() as connection:
        connection.exec_driver_sql("UPDATE event SET published_at = '2026-01-01 08:00:00.000000' WHERE published_at IS NULL")
        connection.exec_driver_sql("DELETE FROM delivery")
        connection.exec_driver_sql(f"UPDATE event SET published_at = NULL WHERE position <= {_BACKLOG}")  # noqa: S608  # our own figure
    with _null_prefect() as api:
        relay = Relay(app, api)
        begun = time.perf_counter()
        relay.look()
        seconds = time.perf_counter() - begun
    with app.db.read() as connection:
        [left] = connection.exec_driver_sql("SELECT count(*) FROM event WHERE published_at IS NULL").one()
    if left:
        raise RuntimeError(f"{left} events were not published")
    yield Line("drain.events", _BACKLOG / seconds, "events/s")


SCALE = [
    Benchmark({"audit.verify": "events/s"}, 300, _audit),
    Benchmark({"flatness.100k": "ratio", "flatness.100k.lifecycle": "commands/s", "flatness.100k.reaction": "reactions/s"}, 420, _flatness),
    Benchmark({"sweep.nothing_due": "ms", "sweep.relay_look": "ms", "sweep.1000_due": "s"}, 240, _sweep),
    Benchmark({"drain.events": "events/s"}, 240, _drain),
]
