"""``deadline.rate``: deadlines a second by the shipped calendar, in the units and lengths that charters use."""

import time
from collections.abc import Iterator
from datetime import date, timedelta
from itertools import product

from builders import real_charter

from benchmarks.harness import Benchmark, Line, Room, mid
from models.deadlines import Delay, DelayUnit, deadline
from services.calendars import calendar_of

_ROUNDS, _DAYS = 5, 2_000
_NAME, _UNIT = "deadline.rate", "deadlines/s"
_DELAYS = (
    *(Delay(amount, DelayUnit.WORKING_DAYS) for amount in (-3, 1, 5, 15, 20, 60)),
    *(Delay(amount, DelayUnit.CALENDAR_DAYS) for amount in (15, 60, 240)),
    Delay(5, DelayUnit.CLEAR_DAYS),
    Delay(6, DelayUnit.MONTHS),
)


def _measure(_room: Room) -> Iterator[Line]:
    calendar = calendar_of(real_charter())
    starts = [date(2025, 6, 1) + timedelta(days=offset) for offset in range(_DAYS)]
    speeds = []
    for _ in range(_ROUNDS):
        begun = time.perf_counter()
        for delay, start in product(_DELAYS, starts):
            deadline(start, delay, calendar)
        speeds.append(len(_DELAYS) * _DAYS / (time.perf_counter() - begun))
    yield Line(_NAME, mid(speeds), _UNIT)


DEADLINES = Benchmark({_NAME: _UNIT}, 60, _measure)
