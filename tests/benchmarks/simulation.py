"""``simulate.5y``: five years of a convention in virtual time, real services and templates; ``simulate.curve.*``: the same with more actions.

The curve takes many minutes: it is measured only where ``ONLY`` names it.
"""

import resource
import time
from collections.abc import Iterator
from datetime import date
from pathlib import Path

from builders import CHARTER, settings_of

from benchmarks.harness import Benchmark, Line, Room
from services.simulation.outcome import simulate_into
from services.simulation.trial import Plan

_NAME, _CURVE = "simulate.5y", "simulate.curve"
_ACTIONS, _PERSONS, _MAILS = 200, 150, 20_000
_SIZES = (200, 500, 1_000, 2_000)
_FIRST, _LAST = date(2026, 1, 1), date(2030, 12, 31)


def _simulated(room: Room, actions: int) -> float:
    """The seconds that it takes, with everything that it leaves: mails, log, reminders, report."""
    folder: Path = room.folder / f"of-{actions}"
    plan = Plan(CHARTER, _FIRST, _LAST, actions, _PERSONS, seed=7)
    begun, before = time.perf_counter(), resource.getrusage(resource.RUSAGE_SELF)
    lived, figures = simulate_into(plan, settings_of(room.folder / "nowhere"), folder, "fr")
    seconds, after = time.perf_counter() - begun, resource.getrusage(resource.RUSAGE_SELF)
    used = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    kept = sum(1 for _ in (folder / "mailbox" / "new").iterdir())
    room.tell(f"{actions} actions: {kept} mails, {figures.reminders} reminders, {seconds:.1f} s, {used:.1f} s of the processor")
    if kept != lived.mails or (actions >= _ACTIONS and kept < _MAILS):
        raise RuntimeError(f"{kept} mails were kept of {lived.mails}, and {_MAILS} are wanted")
    return seconds


def _five_years(room: Room) -> Iterator[Line]:
    yield Line(_NAME, _simulated(room, _ACTIONS), "s")


def _growing(room: Room) -> Iterator[Line]:
    """The ratio: how many times longer than for the smallest, over how many times more actions; 1 is linear."""
    smallest = None
    for size in _SIZES:
        if f"{_CURVE}.{size}" in room.wanted:
            seconds = _simulated(room, size)
            smallest = smallest or (seconds, size)
            yield Line(f"{_CURVE}.{size}", seconds, "s", ratio=seconds / smallest[0] / (size / smallest[1]))


SIMULATION = [
    Benchmark({_NAME: "s"}, 300, _five_years),
    Benchmark({f"{_CURVE}.{size}": "s" for size in _SIZES}, 3_600, _growing, named=_CURVE),
]
