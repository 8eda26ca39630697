"""A clock that several processes share: the real one, set ahead by whoever drives the storm."""

import mmap
import struct
from datetime import datetime, timedelta
from pathlib import Path

from services.clock import wall

_SECONDS = struct.Struct("=d")


class SharedClock:
    """By how many seconds it is ahead lies in a small file that every process maps."""

    def __init__(self, path: Path) -> None:
        if not path.exists():
            path.write_bytes(_SECONDS.pack(0.0))
        with path.open("r+b") as file:
            self._memory = mmap.mmap(file.fileno(), _SECONDS.size)

    def __call__(self) -> datetime:
        return wall() + timedelta(seconds=self._ahead)

    @property
    def _ahead(self) -> float:
        return float(_SECONDS.unpack(self._memory[: _SECONDS.size])[0])

    def advance(self, seconds: float) -> None:
        self._memory[: _SECONDS.size] = _SECONDS.pack(self._ahead + seconds)

    def close(self) -> None:
        self._memory.close()
