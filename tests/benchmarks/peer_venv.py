"""The peers: a virtual environment of their own, made once from a hashed lock, and one turn of each."""

import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import venv
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from benchmarks.harness import Room

_HERE = Path(__file__).parent
_LOCK = _HERE / "peers.lock"
_SCRIPTS = _HERE / "peers"
NAMES = tuple(sorted(script.stem.removeprefix("with_") for script in _SCRIPTS.glob("with_*.py")))
_INSTALL_SECONDS, _TURN_SECONDS = 240, 60
_KEPT = ("PATH", "HOME", "LANG", "TMPDIR", "SSL_CERT_FILE", "REQUESTS_CA_BUNDLE")
_INSTALLER = ("PIP_", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "no_proxy")


class NoPeers(Exception):  # noqa: N818  # often no fault of ours: the packages could not be fetched
    """The peers could not be installed, or one of them did not answer."""


@dataclass(frozen=True, slots=True)
class Peers:
    """``turn(instances)``: transitions a second of each peer, over so many instances of eight transitions."""

    turn: Callable[[int], dict[str, float]]


def no_peers() -> Peers:
    """Nobody to compare with."""
    return Peers(lambda _instances: {})


def peers_in(room: Room) -> Peers:
    """The peers, installed in the cache on first use. Raises NoPeers, also from a turn."""
    python = _environment(room)
    return Peers(lambda instances: {name: _turn(room, python, name, instances) for name in NAMES})


def _environment(room: Room) -> Path:
    digest = hashlib.sha256(_LOCK.read_bytes() + sys.version.encode()).hexdigest()[:12]
    ready = room.cache / f"peers-{digest}"
    if not ready.is_dir():
        room.tell("installing the peers")
        making = Path(tempfile.mkdtemp(prefix="peers-making-", dir=room.cache))
        try:
            _install(making)
            making.rename(ready)
        finally:
            shutil.rmtree(making, ignore_errors=True)
    return ready / "bin" / "python"


def _install(folder: Path) -> None:
    venv.EnvBuilder(with_pip=True, symlinks=True).create(folder)
    asked = ["install", "--quiet", "--disable-pip-version-check", "--no-deps", "--require-hashes", "-r", str(_LOCK)]
    environment = _environment_of(*_KEPT) | {name: value for name, value in os.environ.items() if name.startswith(_INSTALLER)}
    command = [str(folder / "bin" / "python"), "-m", "pip", *asked]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=_INSTALL_SECONDS)  # noqa: S603  # our own
    if done.returncode:
        sys.stderr.write(done.stderr)
        raise NoPeers("they could not be installed (see above)")


def _turn(room: Room, python: Path, name: str, instances: int) -> float:
    folder = Path(tempfile.mkdtemp(prefix=f"{name}-", dir=room.folder))
    command = [str(python), str(_SCRIPTS / f"with_{name}.py"), str(folder), str(instances)]
    done = subprocess.run(  # noqa: S603  # our own script
        command, env=_environment_of(*_KEPT), cwd=folder, capture_output=True, text=True, check=False, timeout=_TURN_SECONDS
    )
    if done.returncode:
        sys.stderr.write(done.stderr)
        raise NoPeers(f"{name} ended with {done.returncode} (see above)")
    said = json.loads(done.stdout.splitlines()[-1])
    speed = float(said["transitions"] / said["seconds"])
    room.tell(f"{name} {speed:.0f} transitions/s")
    return speed


def _environment_of(*names: str) -> dict[str, str]:
    return {name: os.environ[name] for name in names if name in os.environ}
