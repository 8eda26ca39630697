"""The driver of virtual time: goes to the next moment at which something is due, lets the stages do all of it, and goes on.

The stages are the real ones, as their flows run them, without Prefect. Nothing here knows what may be due.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from heapq import heappop, heappush
from itertools import count
from typing import Protocol

from models.errors import Fault
from models.events import Stage
from services.bootstrap import App
from services.stages import StageReport, run_deliveries, run_stage
from services.timelapse.scratch import Scratch
from services.timelapse.upcoming import next_due
from services.wakes import DELIVERIES, STAGES, work

_HOLDER = "timelapse"
_MOST_CHUNKS = 20_000
"""Chunks of up to 200 items, and batches of up to 50 messages, that one moment may take before it counts as endless."""


class Unsettled(Fault):
    """What is due at a moment does not come to rest: the same work is found again and again."""


class Agenda(Protocol):
    """What people will do, in the order of time."""

    def next_at(self) -> datetime | None:
        """The moment of the next act; None if nobody has anything more in mind."""

    def act(self, app: App) -> None:
        """Carry out every act whose moment has come by the application's clock; each is over once this returns."""


@dataclass
class Script:
    """Acts with their moments, given in any order; those of the same moment are carried out in the order in which they were given."""

    _acts: list[tuple[datetime, int, Callable[[App], object]]] = field(default_factory=list)
    _numbers: Iterator[int] = field(default_factory=count)

    def at(self, moment: datetime, act: Callable[[App], object]) -> None:
        """Have something done at a moment; one that is past is done at the next step."""
        heappush(self._acts, (moment, next(self._numbers), act))

    def next_at(self) -> datetime | None:
        """The moment of the next act."""
        return self._acts[0][0] if self._acts else None

    def act(self, app: App) -> None:
        """Carry out what is due."""
        while self._acts and self._acts[0][0] <= app.clock.now():
            heappop(self._acts)[2](app)


@dataclass(frozen=True, slots=True)
class Step:
    """What the stages did at one moment, in the order of their runs."""

    moment: datetime
    runs: tuple[StageReport, ...]


Watching = Callable[[Step], None]


class Driver:
    """Drives one scratch application."""

    def __init__(self, scratch: Scratch, agenda: Agenda | None = None) -> None:
        """``agenda``: what people do; without one, nobody does anything."""
        self._app, self._time = scratch.app, scratch.time
        self._agenda = agenda or Script()

    def run_until(self, moment: datetime, on_step: Watching = lambda _: None) -> None:
        """Let time pass up to and with this moment; ``on_step`` is told of each moment at which something was done.

        Raises Unsettled, naming what does not settle, and what an act of the agenda raises. A moment that is past settles what is due now.
        """
        self._step(on_step)
        while (following := self._following()) is not None and following <= moment:
            self._time.go_to(max(following, self._time()))
            self._step(on_step)
        if moment > self._time():
            self._time.go_to(moment)

    def stand_still_until(self, moment: datetime) -> None:
        """Let time pass while nobody and nothing does anything, as if the machine were off."""
        self._time.go_to(moment)

    def settle(self) -> Step:
        """Let the stages do everything that is due now. Raises Unsettled."""
        gate = _Gate(self)
        runs: list[StageReport] = []
        while due := work(self._app.db, self._app.clock.now(), self._app.clock.wall()):
            done = [self._run(stage, gate) for stage in STAGES if stage in due]
            if not any(run.lines or run.deliveries for run in done):
                raise self.unsettled()
            runs += done
        return Step(self._time(), tuple(runs))

    def unsettled(self) -> Unsettled:
        """The fault that says when, and how much is left for whom."""
        due = work(self._app.db, self._app.clock.now(), self._app.clock.wall())
        left = ", ".join(f"{stage}: {number}" for stage, number in sorted(due.items()))
        return Unsettled(f"what is due at {self._time().isoformat()} does not settle; still to be done: {left or 'nothing'}")

    def _step(self, on_step: Watching) -> None:
        self._agenda.act(self._app)
        step = self.settle()
        if step.runs:
            on_step(step)

    def _following(self) -> datetime | None:
        return min((each for each in (next_due(self._app), self._agenda.next_at()) if each is not None), default=None)

    def _run(self, stage: str, gate: Callable[[], str | None]) -> StageReport:
        if stage == DELIVERIES:
            return run_deliveries(self._app, holder=_HOLDER, gate=gate)
        return run_stage(self._app, Stage(stage), holder=_HOLDER, gate=gate)


class _Gate:
    """Lets the stages go on, but not for ever at one moment."""

    def __init__(self, driver: Driver) -> None:
        self._driver, self._left = driver, _MOST_CHUNKS

    def __call__(self) -> str | None:
        self._left -= 1
        if self._left < 0:
            raise self._driver.unsettled()
        return None
