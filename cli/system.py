"""The programs that make up the system, and in which order they begin."""

import os
import sys
from collections.abc import Callable
from pathlib import Path

from cli.ports import answers
from cli.preflight import has_own_sink
from cli.supervisor import GaveUp, Program, Supervisor
from services.homes import environment_of
from services.prefect_api import PrefectApi
from services.prefect_env import prefect_environment, prepare_prefect, server_command, working_folder
from services.settings import Settings

_SERVER_SECONDS = 120.0
_SINK_SECONDS = 20.0
_PORTAL_SECONDS = 30.0
_CLIENTS, _SERVERS = 0, 1
"""Ranks: those that use others stop first."""


class System:
    """The programs of one home."""

    def __init__(self, settings: Settings, supervisor: Supervisor) -> None:
        """Nothing is started yet; Prefect's folder and secret are made."""
        prepare_prefect(settings)
        self._settings, self._supervisor = settings, supervisor
        self._environment = prefect_environment(settings, environment_of(settings, os.environ))

    def start_servers(self) -> None:
        """Start the mail sink and Prefect, and wait until both answer. Raises GaveUp if one does not, Stopped on Ctrl-C."""
        if has_own_sink(self._settings):
            sink = self._program("sink", _own("sink"), _SERVERS)
            self._supervisor.start(sink)
            self._wait(sink, lambda: answers(self._settings.smtp_port), _SINK_SECONDS)
        server = self._program("prefect", server_command(self._settings), _SERVERS)
        self._supervisor.start(server)
        with PrefectApi.of(self._settings) as api:
            self._wait(server, api.healthy, _SERVER_SECONDS)

    def start_clients(self) -> None:
        """Register deployments and automations, then start the worker, the relay and the portal."""
        self._supervisor.run_once(self._program("register", _module("flows.register"), _CLIENTS))
        self._supervisor.start(self._program("worker", _module("flows.worker"), _CLIENTS))
        self._supervisor.start(self._program("relay", _own("relay"), _CLIENTS))
        portal = self._program("portal", _module("portal"), _CLIENTS)
        self._supervisor.start(portal)
        self._wait(portal, lambda: answers(self._settings.portal_port), _PORTAL_SECONDS)

    def _wait(self, program: Program, ready: Callable[[], bool], seconds: float) -> None:
        if not self._supervisor.wait_until(ready, seconds):
            raise GaveUp(program.name, program.log)

    def _program(self, name: str, command: list[str], rank: int) -> Program:
        log: Path = self._settings.logs / f"{name}.log"
        return Program(name, command, self._environment, working_folder(self._settings), log, rank)


def _module(name: str) -> list[str]:
    return [sys.executable, "-m", name]


def _own(command: str) -> list[str]:
    return [*_module("cli.main"), command]
