"""The command itself, in this process (in French) or in its own (in English), on a ready home of its own."""

import json
import os
import socket
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
from builders import NOBODY_LISTENS
from ports import free_ports

from cli.main import run

REHEARSAL = "Maison de répétition\u00a0: rien de ce qui s'y passe n'engage personne.\n"


@dataclass(frozen=True, slots=True)
class Answer:
    """What a command answered."""

    code: int
    out: str
    err: str

    @property
    def said(self) -> str:
        """What was said beside the answer, the notice of a rehearsal apart."""
        return self.err.removeprefix(REHEARSAL)

    @property
    def data(self):
        return json.loads(self.out)


@pytest.fixture
def environment(tmp_path, monkeypatch):
    """The variables of a home where nothing runs."""
    silent = {f"PASSERELLE_{name}_PORT": "0" for name in ("RELAY_METRICS", "WORKER_METRICS")}
    nobody_there = {"PASSERELLE_SMTP_URL": NOBODY_LISTENS, "PASSERELLE_PREFECT_PORT": "1", **free_ports("PORTAL")}
    variables = {"PASSERELLE_HOME": str(tmp_path), **nobody_there, **silent}
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    return variables


@pytest.fixture
def bare(environment, capsys):  # noqa: ARG001  # sets the variables
    """The command on a home that was not set up."""

    def command(*arguments):
        capsys.readouterr()
        code = run([str(argument) for argument in arguments])
        return Answer(code, *capsys.readouterr())

    return command


@pytest.fixture
def passerelle(sqlite_url, bare):  # noqa: ARG001  # puts the database there
    """The command on a ready home."""
    return bare


@pytest.fixture
def english(environment):
    """The command in a process of its own, in English."""

    def command(*arguments):
        variables = {**os.environ, **environment, "PASSERELLE_LANGUAGE": "en"}
        done = subprocess.run(  # noqa: S603  # our own command
            [sys.executable, "-m", "cli.main", *map(str, arguments)], env=variables, capture_output=True, text=True, check=False, timeout=60
        )
        return Answer(done.returncode, done.stdout, done.stderr)

    return command


@dataclass(frozen=True, slots=True)
class TakenPort:
    """A port on which this process listens."""

    number: int
    holder: str


@pytest.fixture
def taken_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        name = Path("/proc/self/comm").read_text(encoding="utf-8").strip()
        yield TakenPort(listener.getsockname()[1], f"{name} ({os.getpid()})")
