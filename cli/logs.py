"""The logs of the processes: appended, kept small, shown by their end."""

import os
import shutil
from pathlib import Path
from typing import BinaryIO

_LARGEST = 10_000_000
_TAIL_BYTES, _TAIL_LINES = 8_000, 20


def open_log(log: Path) -> BinaryIO:
    """Open a log to be appended to, for its owner alone."""
    descriptor = os.open(log, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    return os.fdopen(descriptor, "ab")


def rotate(log: Path) -> None:
    """Put a log that has grown large aside as ``<name>.1`` and empty it; its writer goes on appending."""
    if log.exists() and log.stat().st_size > _LARGEST:
        shutil.copyfile(log, log.with_suffix(f"{log.suffix}.1"))
        os.truncate(log, 0)


def tail(log: Path) -> str:
    """The last lines of a log."""
    with log.open("rb") as file:
        file.seek(max(0, log.stat().st_size - _TAIL_BYTES))
        return "\n".join(file.read().decode("utf-8", "replace").splitlines()[-_TAIL_LINES:])
