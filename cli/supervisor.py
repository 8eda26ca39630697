"""Keeping processes alive: started with their logs, started again when they die, stopped in order, never left behind."""

import ctypes
import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType

from cli.logs import open_log, rotate
from models.errors import Fault

_PR_SET_PDEATHSIG = 1
_TICK = 0.2
_DEATHS, _WITHIN = 3, 30.0
_FIRST_PAUSE = 0.5
_POLITE_SECONDS, _LAST_SECONDS = 5.0, 3.0


class Stopped(Exception):  # noqa: N818  # not an error: somebody asked for it
    """Ctrl-C or SIGTERM."""


class GaveUp(Fault):
    """A process died again and again; ``log`` says why."""

    def __init__(self, name: str, log: Path) -> None:
        """Name the process and its log."""
        super().__init__(name)
        self.name, self.log = name, log


@dataclass(frozen=True, slots=True)
class Program:
    """How a process is started. ``rank``: those of the lowest are stopped first."""

    name: str
    command: Sequence[str]
    environment: Mapping[str, str]
    folder: Path
    log: Path
    rank: int


@dataclass(slots=True)
class _Child:
    program: Program
    process: subprocess.Popen[bytes]
    deaths: list[float] = field(default_factory=list)
    again_at: float | None = None


class Supervisor:
    """The processes of one system, watched from one thread."""

    def __init__(self, told: Callable[[str, int, float], None]) -> None:
        """``told`` hears of a process that died: its name, its exit code, and in how many seconds it is started again."""
        self._children: list[_Child] = []
        self._told = told
        self._asked = 0
        for sign in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(sign, self._ask_to_stop)

    def start(self, program: Program) -> None:
        """Start a process, and again whenever it dies."""
        self._children.append(_Child(program, _spawn(program)))

    def run_once(self, program: Program) -> None:
        """Run a process to its end. Raises GaveUp if it fails, Stopped if somebody wants to stop."""
        once = _spawn(program)
        try:
            self.wait_until(lambda: once.poll() is not None)
        finally:
            _kill(once, signal.SIGKILL)
        if once.wait():
            raise GaveUp(program.name, program.log)

    def wait_until(self, reached: Callable[[], bool], seconds: float = float("inf")) -> bool:
        """Watch until something is reached, for so long at most; returns whether it was.

        Raises Stopped when somebody wants to stop, GaveUp when a process died three times in thirty seconds.
        """
        end = time.monotonic() + seconds
        while not reached():
            if time.monotonic() >= end:
                return False
            self.watch()
        return True

    def watch(self) -> None:
        """One look at every process, and a short rest."""
        if self._asked:
            raise Stopped
        for child in self._children:
            self._look_after(child)
        time.sleep(_TICK)

    def stop(self) -> None:
        """Stop every process: those that use others first, politely, then by force; a second Ctrl-C goes to force at once."""
        for rank in sorted({child.program.rank for child in self._children}):
            group = [child.process for child in self._children if child.program.rank == rank]
            for process in group:
                _kill(process, signal.SIGTERM)
            self._wait_for(group, _POLITE_SECONDS if rank == 0 else _LAST_SECONDS)
        for child in self._children:
            _kill(child.process, signal.SIGKILL)
            child.process.wait()
        self._children.clear()

    def _wait_for(self, processes: list[subprocess.Popen[bytes]], seconds: float) -> None:
        begun, asked = time.monotonic(), self._asked
        while any(process.poll() is None for process in processes):
            if time.monotonic() - begun >= seconds or self._asked > asked:
                return
            time.sleep(_TICK / 4)

    def _look_after(self, child: _Child) -> None:
        now = time.monotonic()
        if child.again_at is not None:
            if now >= child.again_at:
                child.process, child.again_at = _spawn(child.program), None
            return
        code = child.process.poll()
        if code is None:
            rotate(child.program.log)
            return
        _kill(child.process, signal.SIGKILL)
        child.deaths = [death for death in child.deaths if now - death < _WITHIN] + [now]
        if len(child.deaths) >= _DEATHS:
            raise GaveUp(child.program.name, child.program.log)
        pause = _FIRST_PAUSE * 2 ** len(child.deaths)
        child.again_at = now + pause
        self._told(child.program.name, code, pause)

    def _ask_to_stop(self, _sign: int, _frame: FrameType | None) -> None:
        self._asked += 1


def _spawn(program: Program) -> subprocess.Popen[bytes]:
    """Start a process in a group of its own, which a Ctrl-C of the terminal does not reach."""
    with open_log(program.log) as log:
        return subprocess.Popen(  # noqa: S603  # our own programs
            list(program.command),
            env=dict(program.environment),
            cwd=program.folder,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            preexec_fn=_die_with(os.getpid()),  # noqa: PLW1509  # the supervisor has one thread
        )


def _die_with(parent: int) -> Callable[[], None]:
    """On Linux, what the child does first: ask the system to end it when its parent dies, however that happens."""
    try:
        prctl = ctypes.CDLL(None).prctl
    except (OSError, AttributeError):
        return lambda: None

    def promise() -> None:
        prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
        if os.getppid() != parent:  # it died in between
            os._exit(1)

    return promise


def _kill(process: subprocess.Popen[bytes], sign: signal.Signals) -> None:
    """Signal a process and all that it started."""
    try:
        os.killpg(process.pid, sign)
    except ProcessLookupError:
        process.poll()
