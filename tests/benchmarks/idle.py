"""``idle.cpu``: what relay and worker take of one core while nothing happens."""

import time
from collections.abc import Iterator

from benchmarks.harness import Benchmark, Line, Room
from benchmarks.system import own_settings, running

_SETTLE_SECONDS, _SECONDS = 10.0, 60.0
_RELAY, _WORKER = "cli.main relay", "flows.worker"


def _measure(room: Room) -> Iterator[Line]:
    with running(own_settings(room.folder / "home")) as system:
        time.sleep(_SETTLE_SECONDS)
        before, begun = [system.cpu_seconds(program) for program in (_RELAY, _WORKER)], time.monotonic()
        time.sleep(_SECONDS)
        lasted = time.monotonic() - begun
        spent = [system.cpu_seconds(program) - at for program, at in zip((_RELAY, _WORKER), before, strict=True)]
    shares = [100 * each / lasted for each in spent]
    yield Line("idle.cpu", sum(shares), "% of one core")
    yield Line("idle.cpu.relay", shares[0], "% of one core")
    yield Line("idle.cpu.worker", shares[1], "% of one core")


IDLE = [Benchmark(dict.fromkeys(("idle.cpu", "idle.cpu.relay", "idle.cpu.worker"), "% of one core"), 240, _measure)]
