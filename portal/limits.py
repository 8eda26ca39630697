"""How often somebody may try: a budget for each address and kind of request, kept in this process."""

import math
import threading
from collections import OrderedDict, defaultdict
from collections.abc import Callable
from ipaddress import IPv6Address, IPv6Network, ip_address

from fastapi import Request

from models.errors import Problem, Refused

_KNOWN_AT_MOST = 10_000
"""Budgets of one kind; of more, those that were asked for longest ago are forgotten."""
_OF_ONE_SITE = 64
"""Bits of an IPv6 address that its provider gives out: the others are chosen by whoever has it."""
Budgets = OrderedDict[str, tuple[float, float]]


class TooMany(Refused):
    """Too many tries: wait ``seconds``, then try again."""

    def __init__(self, *problems: Problem, seconds: int) -> None:
        """Keep how long to wait."""
        super().__init__(*problems)
        self.seconds = seconds


class Limits:
    """Budgets that fill up again with time. ``clock``: seconds that only grow. However many of one kind are asked for, those of another stay."""

    def __init__(self, clock: Callable[[], float]) -> None:
        """Nobody has tried yet."""
        self._clock = clock
        self._spent: defaultdict[str, Budgets] = defaultdict(OrderedDict)
        self._lock = threading.Lock()

    def spend(self, kind: str, who: str, *, tries: int, seconds: float) -> None:
        """Take one of so many tries in so many seconds; raises TooMany once they are used up."""
        now = self._clock()
        with self._lock:
            spent = self._spent[kind]
            left, since = spent.pop(who, (float(tries), now))
            left = min(left + (now - since) * tries / seconds, float(tries))
            spent[who] = (max(left - 1, 0.0) if left >= 1 else left, now)
            while len(spent) > _KNOWN_AT_MOST:
                spent.popitem(last=False)
        if left < 1:
            wait = math.ceil((1 - left) * seconds / tries)
            raise TooMany(Problem("too_many_tries", {"minutes": int(seconds / tries / 60) + 1}), seconds=wait)


def caller(request: Request) -> str:
    """From where somebody comes, for what they may try: their address, or in IPv6 the network that is theirs to choose addresses in."""
    host = request.client.host if request.client else "?"
    try:
        address = ip_address(host)
    except ValueError:
        return host
    if isinstance(address, IPv6Address):
        return str(address.ipv4_mapped or IPv6Network((int(address), _OF_ONE_SITE), strict=False))
    return host
