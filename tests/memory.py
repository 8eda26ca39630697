"""Folders in memory: hardly a test is about disks, and synced writes take their time."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_MEMORY, _ENOUGH = Path("/dev/shm"), 2**30  # noqa: S108  # ours are made under names of their own


def memory() -> Path | None:
    """Where files are kept in memory; None where there is no such place, or no room in it."""
    return _MEMORY if _MEMORY.is_dir() and shutil.disk_usage(_MEMORY).free > _ENOUGH else None


@contextmanager
def in_memory() -> Iterator[Path]:
    """A folder that is gone afterwards."""
    with tempfile.TemporaryDirectory(dir=memory(), ignore_cleanup_errors=True) as folder:
        yield Path(folder)
