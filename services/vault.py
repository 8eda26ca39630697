"""What was read of Prefect's Secret blocks: kept in this process's memory for a minute, and nowhere else."""

import time
from collections.abc import Callable

_SECONDS = 60.0


class Vault:
    """Secrets by name. ``clock``: seconds that only grow."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        """Nothing is known yet."""
        self._clock = clock
        self._known: dict[str, tuple[object, float]] = {}

    def recall(self, name: str, read: Callable[[str], object]) -> object:
        """What ``read`` says of a name, or said less than a minute ago; that there is nothing (None) is not kept."""
        now = self._clock()
        value, since = self._known.get(name, (None, now))
        if value is None or now - since >= _SECONDS:
            value = read(name)
            self._known[name] = (value, now)
        return value
