"""``forecast.6m``: six months of a convention with 200 actions, as ``passerelle forecast`` asks for them."""

import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

from builders import Desk, Ids, Watch, provision
from foretold import Life

from benchmarks.harness import Benchmark, Line, Room
from benchmarks.homes import sqlite_home
from services.clock import Clock
from services.forecast.reading import Asked, forecast
from services.timelapse.outbox import Outbox

_ACTIONS, _A_DAY = 200, 10
NAMES = {"forecast.6m": "s", "forecast.6m.assumed": "s"}
_LIVES = (Desk.to_technical, Desk.to_work, Desk.to_final_report, Desk.to_work, Desk.to_steering)


def _measure(room: Room) -> Iterator[Line]:
    with sqlite_home(room.folder) as app:
        watch = Watch()
        desk = Desk(replace(app, clock=Clock(app.clock._offset, watch), ids=Ids(), outlet=Outbox()), watch)
        for number in range(_ACTIONS):
            _LIVES[number % len(_LIVES)](desk, provision(1 + number % 6) if number % len(_LIVES) == 0 else provision())
            if number % _A_DAY == 0:
                watch.advance(hours=24)
        Life(desk).quieten()
        watch.advance(hours=1)
        reported = desk.today + timedelta(days=100)
        for name, assumed in (("forecast.6m", ()), ("forecast.6m.assumed", (f"A-2026-002:progress={reported}",))):
            begun = time.perf_counter()
            found = forecast(desk.app, Asked(assume=assumed))
            spent = time.perf_counter() - begun
            room.tell(f"{name}: {found.counts['messages']} messages to {found.counts['readers']} persons")
            yield Line(name, spent, NAMES[name])


FORECASTS = Benchmark(NAMES, 300, _measure)
