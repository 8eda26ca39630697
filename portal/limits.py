"""How often somebody may try: a budget for each address and kind of request, kept in this process."""

import threading
from collections import OrderedDict
from collections.abc import Callable

from models.errors import Problem, Refused

_KNOWN_AT_MOST = 10_000


class TooMany(Refused):
    """Too many tries: wait a moment, then try again."""


class Limits:
    """Budgets that fill up again with time. ``clock``: seconds that only grow."""

    def __init__(self, clock: Callable[[], float]) -> None:
        """Nobody has tried yet."""
        self._clock = clock
        self._spent: OrderedDict[tuple[str, str], tuple[float, float]] = OrderedDict()
        self._lock = threading.Lock()

    def spend(self, kind: str, who: str, *, tries: int, seconds: float) -> None:
        """Take one of so many tries in so many seconds; raises TooMany once they are used up."""
        now, key = self._clock(), (kind, who)
        with self._lock:
            left, since = self._spent.pop(key, (float(tries), now))
            left = min(left + (now - since) * tries / seconds, float(tries))
            self._spent[key] = (max(left - 1, 0.0) if left >= 1 else left, now)
            while len(self._spent) > _KNOWN_AT_MOST:
                self._spent.popitem(last=False)
        if left < 1:
            raise TooMany(Problem("too_many_tries", {"minutes": int(seconds / tries / 60) + 1}))
