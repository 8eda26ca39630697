"""``burst.*``: 300 separate commands, ten recipients each, to 3,000 messages in the sink, while Prefect, relay and worker run as installed."""

import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from email.parser import BytesHeaderParser
from pathlib import Path

from builders import CHARTER, CLERK

from benchmarks.bulk import copy_actions
from benchmarks.harness import Benchmark, Line, Room
from benchmarks.lives import Lives, voters_of
from benchmarks.people import with_voters
from benchmarks.system import Running, own_settings, running, wait_until
from models.lifecycle import Verb
from services.bootstrap import App
from services.homes import mark_seeded
from services.operations import install
from services.settings import Settings

_COMMANDS, _RECIPIENTS = 300, 10
_LIMIT_SECONDS, _REST_SECONDS = 300.0, 60.0
_ONE_RUN_PER_ROW = 0.8
"""Runs a second that the same server carries on SQLite when each event starts a run of its own."""
_LAG = "passerelle_worker_loop_lag_max_seconds"
_UNITS = {"burst.seconds": "s", "burst.flow_runs": "runs", "burst.loop_lag_ms": "ms", "burst.ratio_one_run_per_row": "times"}


@dataclass
class _Burst:
    """What was seen."""

    begun: datetime
    commands: float = 0.0
    seconds: float = 0.0
    longest_lag: float = 0.0


def _measure(room: Room) -> Iterator[Line]:
    settings = own_settings(room.folder / "home")
    numbers = _prepare(room, settings)
    with running(settings) as system:
        burst = _let_loose(room, system, numbers)
        wait_until(system.at_rest, _REST_SECONDS, 0.5)
        runs = system.runs(burst.begun, system.app.clock.wall())
    _check(settings.mailbox / "new")
    room.tell(f"commands {burst.commands:.1f} s; runs: {Counter(run['name'] for run in runs)}")
    yield Line("burst.seconds", burst.seconds, "s")
    yield Line("burst.flow_runs", len(runs), "runs")
    yield Line("burst.loop_lag_ms", 1e3 * burst.longest_lag, "ms")
    speed = _COMMANDS / burst.seconds
    yield Line("burst.ratio_one_run_per_row", speed / _ONE_RUN_PER_ROW, "times", _ONE_RUN_PER_ROW, speed / _ONE_RUN_PER_ROW)


def _prepare(room: Room, settings: Settings) -> list[str]:
    """A home whose technical committee has ten voters, and 300 adjourned actions that wait to be put to it again."""
    people = room.folder / "people.csv"
    people.write_text(with_voters("cotech", _RECIPIENTS), encoding="utf-8")
    app, _ = install(settings, kind="rehearsal", charter=CHARTER, people=people)
    try:
        mark_seeded(app.db, app.clock.wall())
        if len(voters_of(app, "cotech")) != _RECIPIENTS:
            raise RuntimeError("the committee has not ten voters")
        numbers = copy_actions(app, lambda: _adjourned(app), _COMMANDS)
    finally:
        app.close()
    return numbers


def _adjourned(app: App) -> str:
    lives = Lives(app)
    number = lives.do(Verb.PROPOSE, None, CLERK, sheet=lives.sheet).number
    lives.do(Verb.OPEN_TECHNICAL_REVIEW, number, CLERK, body="cotech")
    lives.do(Verb.CLOSE_REVIEW, number, CLERK, body="cotech", reason="Séance tenue")
    lives.do(Verb.ADJOURN, number, CLERK, body="cotech", reason="À compléter")
    return number


def _let_loose(room: Room, system: Running, numbers: list[str]) -> _Burst:
    lives, wanted = Lives(system.app), _COMMANDS * _RECIPIENTS
    system.worker_metric(_LAG)  # it tells the longest since it was last asked
    burst, start = _Burst(system.app.clock.wall()), time.perf_counter()
    for number in numbers:
        lives.do(Verb.OPEN_TECHNICAL_REVIEW, number, CLERK, body="cotech")
    burst.commands = time.perf_counter() - start
    asked = start
    while (arrived := system.mails()) < wanted:
        if time.perf_counter() - start > _LIMIT_SECONDS:
            raise TimeoutError(f"{arrived} of {wanted} messages within {_LIMIT_SECONDS:.0f} s")
        if time.perf_counter() - asked > 1.0:
            asked = time.perf_counter()
            burst.longest_lag = max(burst.longest_lag, system.worker_metric(_LAG))
            room.tell(f"{asked - start:.0f} s: {arrived} messages")
        time.sleep(0.05)
    burst.seconds = time.perf_counter() - start
    burst.longest_lag = max(burst.longest_lag, system.worker_metric(_LAG))
    return burst


def _check(folder: Path) -> None:
    """Every message arrived, each once: ten for each command, to ten people."""
    parser = BytesHeaderParser()
    found = [parser.parsebytes(file.read_bytes()) for file in folder.iterdir()]
    people = Counter(str(mail["Delivered-To"]) for mail in found)
    ids = {str(mail["Message-ID"]) for mail in found}
    if len(found) != len(ids) or len(ids) != _COMMANDS * _RECIPIENTS or set(people.values()) != {_COMMANDS}:
        raise RuntimeError(f"{len(found)} messages, {len(ids)} different ones, to {len(people)} people")


BURST = [Benchmark(_UNITS, 600, _measure)]
