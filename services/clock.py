"""The only place that reads the clock or makes ids. Everything else takes them as arguments."""

import secrets
import time
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

_FREE_BITS = 0xFFFFFFFF_FFFF_0FFF_3FFF_FFFFFFFFFFFF
_VERSION_7 = 0x00000000_0000_7000_8000_000000000000


def wall() -> datetime:
    """The real moment, for leases, wakes and retries."""
    return datetime.now(UTC)  # noqa: TID251  # this module is where the clock is read


def new_id() -> UUID:
    """A fresh id: the millisecond, then 74 random bits (UUID version 7, RFC 9562), so that an index of ids grows at its end."""
    return numbered_id(time.time_ns() // 1_000_000, secrets.randbits(80))


def numbered_id(millisecond: int, number: int) -> UUID:
    """The id of a millisecond that has these bits, at most 80; those that name the version are not its own."""
    return UUID(int=(millisecond << 80 | number) & _FREE_BITS | _VERSION_7)


def new_salt() -> str:
    """A fresh random salt of 128 bits."""
    return secrets.token_hex(16)


class Clock:
    """Two times: ``wall`` is real; ``now`` is the business's, which a rehearsal may set ahead. ``ticks`` only measures how long work takes."""

    def __init__(
        self, offset: Callable[[], timedelta], real: Callable[[], datetime] = wall, ticks: Callable[[], float] = time.monotonic
    ) -> None:
        """``offset`` is asked at each reading, so that every process follows a rehearsal's clock at once."""
        self._offset = offset
        self._real = real
        self.ticks = ticks

    def wall(self) -> datetime:
        """The real moment in UTC."""
        return self._real()

    def now(self) -> datetime:
        """The business's moment in UTC."""
        return self._real() + self._offset()


def local_day(moment: datetime, timezone: str) -> date:
    """The day that people at ``timezone`` would write for this moment."""
    return moment.astimezone(ZoneInfo(timezone)).date()
