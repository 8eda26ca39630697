"""Before anything is started: every reason why it could not work, at once."""

import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TextIO

from cli.ports import holder_of, is_free
from models.errors import Problem, Refused
from services.charters import read_charter
from services.home_lock import take_home
from services.homes import prepare_folder
from services.prefect_env import read_secret
from services.settings import METRICS_PORTS, Settings

_OLDEST, _TOO_NEW = (3, 11), (3, 15)


def check_all(settings: Settings, charter: Path | None) -> TextIO:
    """Make sure that the system can run; returns the lock on the home, held until it is closed.

    Refuses with every problem: Python, home, another run at work, ports, secret, charter.
    """
    problems = list(_python()) + _refusals(lambda: prepare_folder(settings))
    if problems:
        raise Refused(*problems, *_charter_problems(charter), *_port_problems(settings))
    problems = [*_charter_problems(charter), *_secret_problems(settings)]
    try:
        lock = take_home(settings)
    except Refused as refused:
        raise Refused(*refused.problems, *problems) from None
    problems += _port_problems(settings)
    if problems:
        lock.close()
        raise Refused(*problems)
    return lock


def ports_of(settings: Settings) -> dict[str, int]:
    """The ports that will be listened on, by the variable that sets them."""
    own_sink = {"PASSERELLE_SMTP_PORT": settings.smtp_port} if has_own_sink(settings) else {}
    return {"PASSERELLE_PORTAL_PORT": settings.portal_port, "PASSERELLE_PREFECT_PORT": settings.prefect_port, **own_sink}


def metrics_ports_of(settings: Settings) -> dict[str, int]:
    """The ports on which metrics will be shown if they are free, by the variable that sets them; the system works without."""
    ports = {variable: settings.metrics_port(process) for process, (variable, _) in METRICS_PORTS.items()}
    return {variable: port for variable, port in ports.items() if port}


def has_own_sink(settings: Settings) -> bool:
    """Whether mails stay here, in the embedded sink."""
    return settings.smtp_url == f"smtp://127.0.0.1:{settings.smtp_port}"


def _python() -> list[Problem]:
    if _OLDEST <= sys.version_info[:2] < _TOO_NEW:
        return []
    return [Problem("python_unfit", {"version": ".".join(map(str, sys.version_info[:3]))})]


def _port_problems(settings: Settings) -> list[Problem]:
    ports = ports_of(settings)
    problems = [
        Problem("port_in_use", {"port": port, "holder": holder_of(port) or "?", "variable": variable}, variable)
        for variable, port in ports.items()
        if not is_free(port)
    ]
    return problems + _alike(ports | metrics_ports_of(settings))


def _alike(ports: Mapping[str, int]) -> list[Problem]:
    sharing: dict[int, list[str]] = {}
    for variable, port in ports.items():
        sharing.setdefault(port, []).append(variable)
    return [Problem("ports_alike", {"port": port}, ", ".join(names)) for port, names in sharing.items() if len(names) > 1]


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
