"""How many mails a relay was given of late: counted in slices of six seconds, so that no sixty seconds hold more than the limit."""

from collections.abc import Mapping

SLICE_SECONDS = 6
_SLICES = 11
"""As many slices as sixty seconds can touch."""
Given = Mapping[int, int]
"""Mails by slice, numbered from the beginning of the clock."""


def recent(given: Given, second: float) -> dict[int, int]:
    """What still counts; slices of a future that the clock has left behind do not."""
    now = int(second // SLICE_SECONDS)
    return {part: count for part, count in given.items() if now - _SLICES < part <= now}


def one_more(given: Given, second: float, limit: int) -> dict[int, int] | None:
    """The mails given after one more; None where the limit is reached."""
    counts, now = recent(given, second), int(second // SLICE_SECONDS)
    if sum(counts.values()) >= limit:
        return None
    return {**counts, now: counts.get(now, 0) + 1}


def room_from(given: Given, second: float, limit: int) -> float:
    """The second from which one more mail may leave."""
    counts = recent(given, second)
    left = sum(counts.values())
    moment = second
    for part in sorted(counts):
        if left < limit:
            break
        left -= counts[part]
        moment = float((part + _SLICES) * SLICE_SECONDS)
    return moment


def bulk_of(limit: int) -> int:
    """What of a limit any message may use: a tenth is kept for those that somebody waits for in front of their screen."""
    return limit - limit // 10
