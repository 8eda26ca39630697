"""All benchmarks, in the order in which they run."""

from benchmarks.bare import BARE
from benchmarks.burst import BURST
from benchmarks.deadlines import DEADLINES
from benchmarks.fanout import FANOUT
from benchmarks.forecasts import FORECASTS
from benchmarks.harness import Benchmark
from benchmarks.idle import IDLE
from benchmarks.latency import LATENCY
from benchmarks.lifecycle import LIFECYCLE
from benchmarks.mails import MAILS
from benchmarks.portal import PORTAL
from benchmarks.reviews import REVIEWS
from benchmarks.scale import SCALE
from benchmarks.searching import SEARCHING
from benchmarks.simulation import SIMULATION
from benchmarks.sweeps import SWEEPS
from benchmarks.waiting import WAITING

SUITE: list[Benchmark] = [
    *LIFECYCLE,
    BARE,
    *LATENCY,
    *BURST,
    *IDLE,
    *SCALE,
    *WAITING,
    *SWEEPS,
    DEADLINES,
    *REVIEWS,
    *MAILS,
    *FANOUT,
    *PORTAL,
    *SEARCHING,
    FORECASTS,
    *SIMULATION,
]
