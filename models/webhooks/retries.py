"""When a post that was not taken is tried again, and when a receiver is given up."""

from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from uuid import UUID

from models.telling.retries import share

PAUSES = tuple(timedelta(seconds=seconds) for seconds in (10, 60, 5 * 60, 30 * 60, 2 * 3600, 4 * 3600, 5 * 3600, 6 * 3600, 6 * 3600))
"""Between one try and the next: ten tries in about a day."""
TRIES = len(PAUSES) + 1
GIVE_UP_AFTER = timedelta(days=1)
"""A receiver that has taken nothing for so long, and in so many tries as one post has, is switched off."""
LONGEST_WAIT = timedelta(days=1)
"""However long a receiver asks us to wait."""
_LONGEST_REST = timedelta(minutes=10)
_SPREAD = 0.2
_ITS_OWN_STATE = frozenset({408, 425, 429})


def pause_before(message: UUID, attempts: int) -> timedelta | None:
    """How long to wait after so many tries, less up to a fifth, which follows from the message; None: it was the last one."""
    if attempts >= TRIES:
        return None
    return PAUSES[attempts - 1] * (1 - _SPREAD * share(message, attempts))


def rest_after(failures: int) -> timedelta:
    """For how long a receiver that does not work is left alone, whatever waits for it: 10 s, tripling up to 10 minutes."""
    rest: timedelta = min(PAUSES[0] * 3 ** min(failures - 1, 9), _LONGEST_REST)
    return rest


def is_of_receiver(status: int | None) -> bool:
    """Whether a failure tells of the receiver as a whole (silent, broken, busy), and not of the one post."""
    return status is None or status in _ITS_OWN_STATE or status not in range(300, 500)


def is_hopeless(failures: int, failing_since: datetime, at: datetime) -> bool:
    """Whether a receiver that fails again is given up."""
    return failures >= TRIES and at - failing_since >= GIVE_UP_AFTER


def asked_wait(told: str | None, at: datetime) -> timedelta:
    """How long ``Retry-After`` asks us to wait, in seconds or until a moment (RFC 9110); nothing if it says neither."""
    if not told:
        return timedelta(0)
    if told.isascii() and told.isdigit():
        return min(timedelta(seconds=min(int(told[:9]), LONGEST_WAIT.total_seconds())), LONGEST_WAIT)
    try:
        until = parsedate_to_datetime(told)
        until = until if until.tzinfo is not None else until.replace(tzinfo=UTC)
        return min(max(until - at, timedelta(0)), LONGEST_WAIT)
    except (ValueError, OverflowError):
        return timedelta(0)
