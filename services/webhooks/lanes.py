"""Posting to every receiver at once, each in a lane of its own: one that is slow or dead holds up nobody else."""

from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from threading import Event

from services.bootstrap import App
from services.webhooks.due import receivers_due
from services.webhooks.posts import Sender, Tried, settle

_MOST = 32
"""Receivers posted to at the same moment."""
SECONDS = 60.0
"""For so long a run posts; what is left is for the next one."""


class Lanes:
    """The posts of one run."""

    def __init__(self, app: App, pool: ThreadPoolExecutor) -> None:
        """Nothing is posted before ``look``."""
        self._app, self._pool, self._sender = app, pool, Sender(app)
        self._lanes: dict[int, Future[Counter[str]]] = {}
        self._over, self._ends = Event(), app.clock.ticks() + SECONDS
        self.counts: Counter[str] = Counter()
        """How many posts came to which state."""

    def look(self, gate: Callable[[], str | None]) -> str | None:
        """Open a lane to each receiver for which something is due, unless one is open; ``gate`` is asked first, and what it answers ends that.

        It is not asked where nothing is due and no lane is open.
        """
        found = self._due()
        if not (found or self._lanes):
            return None
        stopped = gate()
        if stopped is None:
            for receiver in found:
                self._lanes[receiver] = self._pool.submit(self._post, receiver)
        return stopped

    def _due(self) -> list[int]:
        """Receivers to which a lane should be opened."""
        if self._is_over() or self._app.outlet is not None:  # what has an outlet of its own tells nobody outside
            return []
        with self._app.db.read() as connection:
            found = receivers_due(connection, self._app.clock.wall())
        return [receiver for receiver in found if receiver not in self._lanes]

    def at_work(self, seconds: float) -> bool:
        """Whether any lane was open; waits for one to end, at most so long. Raises what broke in one."""
        ended, _ = wait(self._lanes.values(), seconds, FIRST_COMPLETED)
        was_open = bool(self._lanes)
        for receiver in [receiver for receiver, lane in self._lanes.items() if lane in ended]:
            self.counts += self._lanes.pop(receiver).result()
        return was_open

    def end(self) -> None:
        """Begin no further post, and wait for those that are on their way."""
        self._over.set()
        while self.at_work(SECONDS):
            pass

    def _is_over(self) -> bool:
        return self._over.is_set() or self._app.clock.ticks() > self._ends

    def _post(self, receiver: int) -> Counter[str]:
        """One after the other; the commit that records one answer also announces the next post."""
        counts: Counter[str] = Counter()
        tried: Tried | None = None
        while True:
            with self._app.db.write() as connection:
                if tried is not None:
                    counts[settle(self._app, connection, tried)] += 1
                post = None if self._is_over() else self._sender.claim(connection, receiver)
            if post is None:
                return counts
            tried = self._sender.send(post)


@contextmanager
def lanes(app: App) -> Iterator[Lanes]:
    """Lanes that are closed when the block ends, whatever ended it."""
    with ThreadPoolExecutor(_MOST, "webhook") as pool:
        opened = Lanes(app, pool)
        try:
            yield opened
        finally:
            opened.end()
