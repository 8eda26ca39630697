"""When a stage is woken. Pure: the relay brings the facts, this says whether to send now.

A wake carries no work; it says that the database holds some. So a lost wake is repeated, a needless one is harmless,
and only their number has to be kept down: a run costs about a second of Prefect's time.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

_FIRST_PAUSE = timedelta(seconds=2)
_LONGEST_PAUSE = timedelta(seconds=60)
_DOUBLINGS = 5
OVERDUE_AFTER = timedelta(seconds=60)
"""As long as a stage's lease: a living run has taken or prolonged it by then."""


def wake_event(stage: str) -> str:
    """The event that wakes a stage."""
    return f"passerelle.wake.{stage}"


@dataclass(frozen=True, slots=True)
class Sent:
    """The last wake of a stage that still has work; ``answered`` once some of that work was seen to be done."""

    at: datetime
    attempts: int
    answered: bool = False


@dataclass(frozen=True, slots=True)
class Readiness:
    """What Prefect and the lease say about a stage that has work.

    ``unfinished_run``: one is due and has not ended; ``overdue_run``: one that a worker took over was due long ago.
    """

    paused: bool = False
    unfinished_run: bool = False
    overdue_run: bool = False
    lease_held: bool = False
    worker_polling: bool = False


def is_due(sent: Sent | None, wall: datetime) -> bool:
    """Whether it is time to think of a wake: at once for new work, then after 2 s, doubling to 60 s while nothing moves.

    A wake of the future was sent before the clock was set back: nobody knows how long ago.
    """
    return sent is None or wall < sent.at or wall >= sent.at + _pause(sent)


def may_wake(ready: Readiness) -> bool:
    """Whether a wake makes sense: not for a paused stage, nor while a run of it is under way.

    An overdue run without a lease, while a worker polls, is dead, whatever Prefect believes: it holds nothing back.
    """
    if ready.paused:
        return False
    dead = ready.overdue_run and ready.worker_polling and not ready.lease_held
    return dead or not ready.unfinished_run


def attempts_after(sent: Sent | None) -> int:
    """How often the stage has now been woken in vain, this time included."""
    return 1 if sent is None or sent.answered else sent.attempts + 1


def _pause(sent: Sent) -> timedelta:
    doublings = 0 if sent.answered else min(sent.attempts - 1, _DOUBLINGS)
    return min(_FIRST_PAUSE * (1 << doublings), _LONGEST_PAUSE)
