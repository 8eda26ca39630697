"""When a message that could not leave is tried again."""

import hashlib
from datetime import timedelta
from uuid import UUID

FIRST_PAUSE, LONGEST_PAUSE = timedelta(minutes=5), timedelta(hours=6)
GIVE_UP_AFTER = timedelta(days=2)
_SPREAD = 0.2


def pause_before(delivery: UUID, attempts: int) -> timedelta:
    """How long to wait after ``attempts`` earlier tries and this one: 5 minutes, tripling up to 6 hours, less up to a fifth.

    How much less follows from the delivery, so that many that failed together do not all come back together.
    """
    longest: timedelta = min(FIRST_PAUSE * 3 ** min(attempts, 9), LONGEST_PAUSE)
    return longest * (1 - _SPREAD * share(delivery, attempts))


def share(delivery: UUID, attempts: int) -> float:
    """A number from 0 to 1 that looks drawn by lot, and is always the same for the same try."""
    drawn = hashlib.sha256(delivery.bytes + attempts.to_bytes(4)).digest()
    return int.from_bytes(drawn[:4]) / 2**32
