"""A rehearsal at work, started once by ``passerelle run`` as a newcomer would, and the command on it."""

import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import pytest
from e2e.traces import GONE_TOKEN, ROOM_TOKEN
from ports import free_port, free_ports
from servers import recording_chat

from services.settings import Settings

_READY_SECONDS = 240


@dataclass
class House:
    """A home of its own, and what is typed there."""

    folder: Path
    environment: dict[str, str]

    @classmethod
    def at(cls, folder, **more):
        ports = free_ports("PREFECT", "SMTP", "PORTAL", "RELAY_METRICS", "WORKER_METRICS")
        return cls(folder, {**os.environ, "PASSERELLE_HOME": str(folder), **ports, **more})

    @property
    def settings(self):
        return Settings.from_environment(self.environment)

    def start(self):
        with (self.folder.parent / "console.txt").open("w", encoding="utf-8") as console:
            return subprocess.Popen([*_COMMAND, "run"], env=self.environment, stdout=console, stderr=console)  # noqa: S603  # our own command

    def type(self, *arguments, seconds=60):
        return subprocess.run(  # noqa: S603  # as above
            [*_COMMAND, *arguments], env=self.environment, capture_output=True, text=True, check=False, timeout=seconds
        )

    def list(self, *arguments):
        """The answer of a command as data."""
        return json.loads(self.type(*arguments, "--json").stdout)


_COMMAND = (sys.executable, "-m", "cli.main")


@pytest.fixture
def house(tmp_path):
    """A home where nothing has been set up yet."""
    return House.at(tmp_path / "var")


@pytest.fixture(scope="session")
def rehearsal(tmp_path_factory):
    """A home at work, its seven provisions proposed; it knows two chat rooms, ``env:ROOM`` and one whose server is gone, ``env:GONE_ROOM``."""
    with recording_chat() as chat:
        rooms = {name: f"matrix://{token}@127.0.0.1:{port}/!room:x.example" for name, (token, port) in _rooms(chat.port).items()}
        house = House.at(tmp_path_factory.mktemp("rehearsal") / "var", PASSERELLE_CHAT_HOSTS="127.0.0.1", **rooms)
        running = house.start()
        try:
            _wait_until_ready(house, running)
            yield house
        finally:
            running.send_signal(signal.SIGINT)
            running.wait(30)


def _rooms(port):
    return {"ROOM": (ROOM_TOKEN, port), "GONE_ROOM": (GONE_TOKEN, free_port())}


def _wait_until_ready(house, running):
    console = house.folder.parent / "console.txt"
    end = time.monotonic() + _READY_SECONDS
    while "Ctrl-C" not in console.read_text(encoding="utf-8"):
        assert running.poll() is None, console.read_text(encoding="utf-8")
        assert time.monotonic() < end, console.read_text(encoding="utf-8")
        time.sleep(0.2)
