"""The whole system as ``passerelle run`` starts it, in a home and on ports of its own; and a few ways to look at it."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx
from ports import free_ports
from prometheus_client.parser import text_string_to_metric_families

from services.bootstrap import App, open_app
from services.homes import environment_of
from services.prefect_api import PrefectApi
from services.settings import Settings
from services.status import status

_START_SECONDS, _STOP_SECONDS = 180.0, 40.0
_PORTS = ("PREFECT", "SMTP", "PORTAL", "RELAY_METRICS", "WORKER_METRICS")
_PAGE = 200
_TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class Running:
    """A system at work."""

    app: App
    api: PrefectApi
    pid: int

    def mails(self) -> int:
        """How many mails the sink has kept."""
        return sum(1 for _ in os.scandir(self.app.settings.mailbox / "new"))

    def at_rest(self) -> bool:
        """Whether nothing is left to publish, to react to or to send, and no run is under way."""
        found = status(self.app, self.api)
        waiting = sum(found["deliveries"].get(state, 0) for state in ("ready", "sending", "retrying"))
        return bool(found["ready"]) and not waiting and not self.unfinished(self.app.clock.wall())

    def unfinished(self, by: datetime) -> int:
        """How many runs are due by a moment and have not ended."""
        asked = {"state": {"type": {"any_": ["SCHEDULED", "PENDING", "RUNNING", "CANCELLING"]}}}
        return int(self.api.call("POST", "/flow_runs/count", {"flow_runs": asked | {"expected_start_time": {"before_": by.isoformat()}}}))

    def runs(self, since: datetime, until: datetime) -> list[dict[str, Any]]:
        """Every run that Prefect created for a moment of this span, whatever became of it."""
        span = {"expected_start_time": {"after_": since.isoformat(), "before_": until.isoformat()}}
        found: list[dict[str, Any]] = []
        while True:
            asked = {"flow_runs": span, "sort": "EXPECTED_START_TIME_ASC", "limit": _PAGE, "offset": len(found)}
            page = self.api.call("POST", "/flow_runs/filter", asked)
            found += page
            if len(page) < _PAGE:
                return found

    def worker_metric(self, name: str) -> float:
        """A figure that the worker shows on its metrics page. Raises LookupError if it shows none of this name."""
        port = self.app.settings.worker_metrics_port
        page = httpx.get(f"http://127.0.0.1:{port}/metrics", trust_env=False, timeout=5).text
        for family in text_string_to_metric_families(page):
            for sample in family.samples:
                if sample.name == name:
                    return float(sample.value)
        raise LookupError(f"the worker shows no {name}")

    def cpu_seconds(self, *programs: str) -> float:
        """Processor time that these programs of the system have taken so far; named by the end of their command line."""
        found = {program: pid for pid in _children(self.pid) for program in programs if _command(pid).endswith(program)}
        if len(found) < len(programs):
            raise LookupError(f"not at work: {', '.join(sorted(set(programs) - set(found)))}")
        return sum(_cpu(pid) for pid in found.values())


def wait_until(reached: Callable[[], object], seconds: float, pause: float = 0.1) -> None:
    """Look again and again. Raises TimeoutError."""
    end = time.monotonic() + seconds
    while not reached():
        if time.monotonic() > end:
            raise TimeoutError(f"not within {seconds:.0f} s")
        time.sleep(pause)


def own_settings(home: Path) -> Settings:
    """Settings of a home on free ports, otherwise the embedded default."""
    return Settings.from_environment({"PASSERELLE_HOME": str(home), **free_ports(*_PORTS)})


@contextmanager
def running(settings: Settings, *arguments: str) -> Iterator[Running]:
    """``passerelle run`` while the block runs, from the moment it says that it is ready."""
    console = settings.home.parent / "console.txt"
    with console.open("w", encoding="utf-8") as out:
        command = [sys.executable, "-m", "cli.main", "run", *arguments]
        process = subprocess.Popen(command, env=environment_of(settings, os.environ), stdout=out, stderr=out)  # noqa: S603  # our own command
    try:
        wait_until(lambda: _is_ready(process, console), _START_SECONDS)
        app = open_app(settings)
        try:
            with PrefectApi.of(settings) as api:
                system = Running(app, api, process.pid)
                wait_until(system.at_rest, _START_SECONDS, 0.5)
                yield system
        finally:
            app.close()
    finally:
        _end(process)


def _is_ready(process: subprocess.Popen[bytes], console: Path) -> bool:
    if process.poll() is not None:
        raise RuntimeError(f"passerelle run ended with {process.returncode}: {console.read_text(encoding='utf-8')[-500:]}")
    return "Ctrl-C" in console.read_text(encoding="utf-8")


def _end(process: subprocess.Popen[bytes]) -> None:
    process.send_signal(signal.SIGINT)
    try:
        process.wait(_STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _children(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split()]


def _command(pid: int) -> str:
    return Path(f"/proc/{pid}/cmdline").read_text(encoding="utf-8").replace("\0", " ").strip()


def _cpu(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    user, system = fields[11:13]
    return (int(user) + int(system)) / _TICKS
