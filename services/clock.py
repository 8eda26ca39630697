"""The only place that reads the clock or makes ids. Everything else takes them as arguments."""

import secrets
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from uuid import UUID, uuid4  # noqa: TID251  # this module is where ids are made
from zoneinfo import ZoneInfo


def wall() -> datetime:
    """The real moment, for leases, wakes and retries."""
    return datetime.now(UTC)  # noqa: TID251  # this module is where the clock is read


def new_id() -> UUID:
    """A fresh random id."""
    return uuid4()


def new_salt() -> str:
    """A fresh random salt of 128 bits."""
    return secrets.token_hex(16)


class Clock:
    """Two times: ``wall`` is real; ``now`` is the business's, which a rehearsal may set ahead."""

    def __init__(self, offset: Callable[[], timedelta], real: Callable[[], datetime] = wall) -> None:
        """``offset`` is asked at each reading, so that every process follows a rehearsal's clock at once."""
        self._offset = offset
        self._real = real

    def wall(self) -> datetime:
        """The real moment in UTC."""
        return self._real()

    def now(self) -> datetime:
        """The business's moment in UTC."""
        return self._real() + self._offset()


def local_day(moment: datetime, timezone: str) -> date:
    """The day that people at ``timezone`` would write for this moment."""
    return moment.astimezone(ZoneInfo(timezone)).date()
