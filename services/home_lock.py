"""One program at a time sets a home up, runs it or restores it."""

import fcntl
import os
from typing import TextIO

from models.errors import Refused
from services.settings import Settings


def take_home(settings: Settings) -> TextIO:
    """Lock the home until what is returned is closed, or the process ends. Refuses one that another program holds."""
    lock = (settings.home / "run.lock").open("a+", encoding="ascii")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        lock.seek(0)
        holder = lock.read().strip() or "?"
        lock.close()
        raise Refused.because("already_running", str(settings.home), pid=holder) from None
    lock.seek(0)
    lock.truncate()
    lock.write(f"{os.getpid()}\n")
    lock.flush()
    return lock
