"""A process that has loaded everything and brings up others in a moment: they are made to be killed.

As a program it reads a line for each wish (a role and its lot, or a process to kill) and answers each with one.
"""

import json
import os
import signal
import subprocess
import sys
import traceback
from pathlib import Path
from typing import Any


class Nursery:
    """The program, from the outside."""

    def __init__(self, log: Path) -> None:
        self._log = log.open("ab")
        tests = Path(__file__).parents[1]
        environment = {**os.environ, "PYTHONPATH": f"{tests.parent}{os.pathsep}{tests}"}
        command = [sys.executable, "-m", "storms.nursery"]
        self._process = subprocess.Popen(  # noqa: S603  # our own command
            command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self._log, text=True
        )

    def bring_up(self, role: str, **lot: Any) -> int:
        """A new process that plays a role of ``storms.roles`` until it is killed; returns its id."""
        return int(self._wish({"role": role, **lot}))

    def kill(self, pid: int) -> bool:
        """``kill -9``; returns whether it still lived."""
        return self._wish({"kill": pid}) == str(-signal.SIGKILL)

    def close(self) -> None:
        """End it; those it brought up must have been killed."""
        self._pipe(self._process.stdin).close()
        self._process.wait(30)
        self._pipe(self._process.stdout).close()
        self._log.close()

    def _wish(self, wish: dict[str, Any]) -> str:
        speak, hear = self._pipe(self._process.stdin), self._pipe(self._process.stdout)
        speak.write(json.dumps(wish) + "\n")
        speak.flush()
        return str(hear.readline()).strip()

    @staticmethod
    def _pipe(pipe: Any) -> Any:
        assert pipe is not None
        return pipe


def main() -> None:
    """Answer wishes until there are no more."""
    from storms.roles import ROLES, rehearse  # noqa: PLC0415  # only the program needs them

    rehearse()
    for line in sys.stdin:
        wish = json.loads(line)
        print(_kill(wish["kill"]) if "kill" in wish else _fork(ROLES, wish), flush=True)  # noqa: T201  # its answer


def _kill(pid: int) -> int:
    """It was not waited for yet: the id is still its own, whether it lives or not."""
    os.kill(pid, signal.SIGKILL)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def _fork(roles: dict[str, Any], wish: dict[str, Any]) -> int:
    role, grave = roles[wish.pop("role")], Path(wish.pop("broken"))
    pid = os.fork()
    if pid:
        return pid
    try:
        os.dup2(os.open(os.devnull, os.O_RDWR), 0)
        os.dup2(2, 1)
        role(**wish)
    except BaseException:  # noqa: BLE001  # told where the storm looks for it
        (grave / f"{os.getpid()}.txt").write_text(traceback.format_exc(), encoding="utf-8")
    os._exit(1)


if __name__ == "__main__":
    main()
