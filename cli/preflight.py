"""Before anything is started: every reason why it could not work, at once."""

import fcntl
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TextIO

from cli.ports import holder_of, is_free
from models.errors import Problem, Refused
from services.charters import read_charter
from services.homes import prepare_folder
from services.prefect_env import read_secret
from services.settings import Settings

_OLDEST, _TOO_NEW = (3, 11), (3, 15)


def check_all(settings: Settings, charter: Path | None) -> TextIO:
    """Make sure that the system can run; returns the lock on the home, held until it is closed.

    Refuses with every problem: Python, home, another run at work, ports, secret, charter.
    """
    problems = list(_python()) + _refusals(lambda: prepare_folder(settings))
    if problems:
        raise Refused(*problems, *_charter_problems(charter), *_port_problems(settings))
    lock, others = _lock(settings)
    problems = [*others, *_charter_problems(charter), *_secret_problems(settings)]
    problems += [] if others else _port_problems(settings)
    if problems:
        lock.close()
        raise Refused(*problems)
    return lock


def ports_of(settings: Settings) -> dict[str, int]:
    """The ports that will be listened on, by the variable that sets them."""
    own_sink = {"PASSERELLE_SMTP_PORT": settings.smtp_port} if has_own_sink(settings) else {}
    return {"PASSERELLE_PREFECT_PORT": settings.prefect_port, **own_sink}


def has_own_sink(settings: Settings) -> bool:
    """Whether mails stay here, in the embedded sink."""
    return settings.smtp_url == f"smtp://127.0.0.1:{settings.smtp_port}"


def _python() -> list[Problem]:
    if _OLDEST <= sys.version_info[:2] < _TOO_NEW:
        return []
    return [Problem("python_unfit", {"version": ".".join(map(str, sys.version_info[:3]))})]


def _lock(settings: Settings) -> tuple[TextIO, list[Problem]]:
    lock = (settings.home / "run.lock").open("a+", encoding="ascii")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        lock.seek(0)
        return lock, [Problem("already_running", {"pid": lock.read().strip() or "?"}, str(settings.home))]
    lock.seek(0)
    lock.truncate()
    lock.write(f"{os.getpid()}\n")
    lock.flush()
    return lock, []


def _port_problems(settings: Settings) -> list[Problem]:
    ports = ports_of(settings)
    problems = [
        Problem("port_in_use", {"port": port, "holder": holder_of(port) or "?", "variable": variable}, variable)
        for variable, port in ports.items()
        if not is_free(port)
    ]
    if len(set(ports.values())) < len(ports):
        problems.append(Problem("ports_alike", {"port": settings.prefect_port}, ", ".join(ports)))
    return problems


def _charter_problems(charter: Path | None) -> list[Problem]:
    return _refusals(lambda: read_charter(charter)) if charter else []


def _secret_problems(settings: Settings) -> list[Problem]:
    return _refusals(lambda: read_secret(settings.prefect_auth)) if settings.prefect_auth.exists() else []


def _refusals(check: Callable[[], object]) -> list[Problem]:
    try:
        check()
    except Refused as refused:
        return list(refused.problems)
    return []
