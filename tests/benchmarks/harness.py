"""Runs benchmarks and prints their lines: JSON on standard output, one figure a line; everything else goes to standard error."""

import json
import os
import shutil
import signal
import sys
import tempfile
import time
import traceback
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path
from statistics import median
from typing import Any, TextIO

DONE, FAULT, REFUSED = 0, 1, 2


@dataclass(frozen=True, slots=True)
class Line:
    """One figure. ``floor``: the same figure of the floor; ``ratio``: ``value`` over ``floor`` unless the line's page says otherwise.

    ``error``: why there is no figure, or what is missing from it.
    """

    name: str
    value: float | None
    unit: str
    floor: float | None = None
    ratio: float | None = None
    peers: Mapping[str, float] = field(default_factory=dict)
    error: str | None = None

    def as_json(self) -> str:
        """The line as it is printed; ``error`` is there only if there is one."""
        figures = {"value": _round(self.value), "unit": self.unit, "floor": _round(self.floor), "ratio": _round(self.ratio)}
        peers = {name: _round(figure) for name, figure in self.peers.items()}
        return json.dumps({"name": self.name, **figures, "peers": peers} | ({"error": self.error} if self.error else {}))


@dataclass(frozen=True, slots=True)
class Room:
    """What a benchmark is given: a folder of its own, on the disk that is measured, and which of its lines are wanted."""

    folder: Path
    cache: Path
    wanted: frozenset[str]

    def tell(self, text: str) -> None:
        """Say something to whoever watches."""
        sys.stderr.write(f"  {text}\n")
        sys.stderr.flush()


@dataclass(frozen=True, slots=True)
class Benchmark:
    """Measures the lines named, in the units named, within so many seconds. ``named``: it takes so long that only a pattern that begins so asks for it."""

    lines: Mapping[str, str]
    seconds: float
    measure: Callable[[Room], Iterator[Line]]
    named: str = ""

    def wanted(self, only: str) -> frozenset[str]:
        """Which of its lines a pattern names."""
        if not only.startswith(self.named):
            return frozenset()
        if self.named and only == self.named:
            return frozenset(self.lines)
        return frozenset(name for name in self.lines if fnmatchcase(name, only))


class OutOfTime(Exception):  # noqa: N818  # not a fault of the code: the machine was too slow, or something hangs
    """A benchmark did not end within its time."""


def run(benchmarks: list[Benchmark], only: str, cache: Path, out: TextIO) -> int:
    """Run every benchmark that has a line named by ``only`` (a glob); returns the exit code: 1 if a line has an error, 2 if none is named."""
    chosen = [(benchmark, wanted) for benchmark in benchmarks if (wanted := benchmark.wanted(only))]
    if not chosen:
        known = "\n  ".join(name for benchmark in benchmarks for name in benchmark.lines)
        sys.stderr.write(f"ONLY={only!r} names no benchmark. There are:\n  {known}\n")
        return REFUSED
    failed = [_run_one(benchmark, wanted, cache, out) for benchmark, wanted in chosen]
    return FAULT if any(failed) else DONE


def _run_one(benchmark: Benchmark, wanted: frozenset[str], cache: Path, out: TextIO) -> bool:
    begun, missing, failed = time.monotonic(), [name for name in benchmark.lines if name in wanted], False
    sys.stderr.write(f"{', '.join(missing)}\n")
    reason = "it was not measured"
    try:
        with _folder(cache) as folder, _within(benchmark.seconds):
            for line in benchmark.measure(Room(folder, cache, wanted)):
                if line.name in missing:
                    missing.remove(line.name)
                    failed |= line.error is not None
                    _print(line, out)
    except Exception as error:  # noqa: BLE001  # whatever it was, the other benchmarks go on, and this one's lines say why they are empty
        traceback.print_exc()
        reason = f"{type(error).__name__}: {error}".strip(": ").splitlines()[0]
    for name in missing:
        _print(Line(name, None, benchmark.lines[name], error=reason), out)
    sys.stderr.write(f"  ({time.monotonic() - begun:.0f} s)\n")
    return failed or bool(missing)


def _print(line: Line, out: TextIO) -> None:
    out.write(line.as_json() + "\n")
    out.flush()


@contextmanager
def _folder(cache: Path) -> Iterator[Path]:
    cache.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix="run-", dir=cache))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _within(seconds: float) -> Iterator[None]:
    def ring(_sign: int, _frame: Any) -> None:
        raise OutOfTime(f"not done within {seconds:.0f} s")

    before = signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


@contextmanager
def own_output() -> Iterator[TextIO]:
    """Standard output for the lines alone: whatever else is printed, by this process or those it starts, goes to standard error."""
    sys.stdout.flush()
    with os.fdopen(os.dup(1), "w", encoding="utf-8") as out:
        os.dup2(2, 1)
        try:
            yield out
        finally:
            os.dup2(out.fileno(), 1)


def percentile(figures: list[float], share: float) -> float:
    """The smallest figure that at least this share of them does not exceed."""
    ordered = sorted(figures)
    return ordered[min(int(len(ordered) * share), len(ordered) - 1)]


def mid(figures: list[float]) -> float:
    """The median."""
    return float(median(figures))


def _round(figure: float | None) -> float | None:
    return None if figure is None else float(f"{figure:.4g}")
