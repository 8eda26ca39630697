"""The whole system as ``passerelle run`` starts it, on a PostgreSQL of its own, and a way to kill each of its processes during a burst."""

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path

import sqlalchemy as sa
from benchmarks.system import Running, own_settings, running, wait_until
from builders import CHARTER, CLERK, PEOPLE, propose_form, provision
from faults.postgres import OwnPostgres
from sqlalchemy.exc import DBAPIError

from models.commands import Via
from models.tables import Delivery, table
from services.homes import mark_seeded
from services.operations import install
from services.requests import send
from services.settings import Settings
from services.status import status

_DELIVERY = table(Delivery)
_PROCESSES = {"worker": "flows.worker", "relay": "cli.main relay", "sink": "cli.main sink", "prefect": "flows.server"}
_REST_SECONDS = 150.0
_INCOMPLETE = provision(description=None)


@dataclass
class Patient:
    """A running system, what was asked of it, and whom to kill."""

    system: Running
    postgres: OwnPostgres | None = None
    asked: int = 0
    numbers: list[str] = field(default_factory=list)

    @property
    def settings(self) -> Settings:
        return self.system.app.settings

    def propose(self) -> None:
        """One proposal, asked again with the same key until there is an answer; its stage returns it, which tells three persons."""
        self.asked += 1
        answers: list[str] = []
        wait_until(lambda: self._asks(f"proposal-{self.asked}", answers), 60)
        self.numbers += answers

    def _asks(self, key: str, answers: list[str]) -> bool:
        try:
            answers.append(send(self.system.app, propose_form(_INCOMPLETE, seat=CLERK), key=key, via=Via.CLI).number)
        except DBAPIError:
            return False
        return True

    def burst(self, commands: int, *victims: str) -> None:
        """So many proposals, and evenly among them the death of each victim."""
        every = max(commands // (len(victims) + 1), 1)
        doomed = list(victims)
        for n in range(1, commands + 1):
            self.propose()
            if doomed and n % every == 0:
                self.kill(doomed.pop(0))

    def kill(self, victim: str) -> None:
        """``kill -9``. Whoever keeps the process starts it again; for PostgreSQL that is us."""
        if victim == "postgres" and self.postgres is not None:
            self.postgres.kill()
            self.postgres.start()
        else:
            os.kill(self.pid_of(victim), signal.SIGKILL)

    def pid_of(self, victim: str) -> int:
        """The process of this name, once it is there."""
        found: list[int] = []
        wait_until(lambda: found.extend(self._pids(victim)) or found, 60)
        return found[0]

    def _pids(self, victim: str) -> list[int]:
        children = Path(f"/proc/{self.system.pid}/task/{self.system.pid}/children").read_text(encoding="ascii").split()
        return [int(pid) for pid in children if _PROCESSES[victim] in _command_of(pid)]

    def come_to_rest(self) -> None:
        """Wait until nothing is left to do. The minutes for which a message waits before the next try are over at once."""
        try:
            wait_until(self._rests, _REST_SECONDS, 0.5)
        except TimeoutError as error:
            raise AssertionError(f"{error}: {self._look_around()}") from error

    def _look_around(self) -> str:
        """What stands in the way, and what the processes said last."""
        logs = [f"{log.name}: {log.read_text(encoding='utf-8')[-1500:]}" for log in sorted(self.settings.logs.glob("*.log"))]
        return "\n".join([str(status(self.system.app, self.system.api)), *logs])

    def _rests(self) -> bool:
        try:
            with self.system.app.db.write() as connection:
                connection.execute(_DELIVERY.update().where(_dormant(self.system.app.clock.wall())).values(_AWAKE))
            return self.system.at_rest()
        except DBAPIError:
            return False

    def answers(self) -> bool:
        """Whether Prefect does."""
        return self.system.api.healthy()

    def runs_since(self, moment: datetime) -> list[str]:
        """The names of every run that Prefect created for a moment since, whatever became of it."""
        return [run["name"] for run in self.system.runs(moment, self.system.app.clock.wall() + timedelta(seconds=1))]


_AWAKE = {"not_before": _DELIVERY.c.created_at, "claimed_until": None}


def _dormant(wall: datetime) -> sa.ColumnElement[bool]:
    """Those to be tried again in minutes, and those whose sender has been silent for longer than any mail takes here."""
    silent = (_DELIVERY.c.state == "sending") & (_DELIVERY.c.claimed_until < wall + timedelta(seconds=170))
    return (_DELIVERY.c.state == "retrying") | silent


def _command_of(pid: str) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_text(encoding="utf-8").replace("\0", " ")
    except (FileNotFoundError, ProcessLookupError):
        return ""


@contextmanager
def patient(folder: Path, postgres: OwnPostgres | None = None) -> Iterator[Patient]:
    """A rehearsal at work in this folder, nothing proposed yet; on PostgreSQL if there is one."""
    settings = own_settings(folder / "home")
    if postgres is not None:
        settings = replace(settings, database_url=postgres.new_database("home"))
    app, _ = install(settings, kind="rehearsal", charter=CHARTER, people=PEOPLE)
    mark_seeded(app.db, app.clock.wall())
    app.close()
    with running(settings) as system:
        yield Patient(system, postgres)
