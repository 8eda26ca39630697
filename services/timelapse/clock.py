"""Time that passes only when told to, and ids and salts that come out the same every time."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import count
from uuid import UUID

from services.clock import Clock, numbered_id
from services.timelapse.seeds import seeded


class VirtualTime:
    """The moment, as far as a scratch application is concerned: the business's and that of the wall alike, and no work takes any of it."""

    def __init__(self, moment: datetime) -> None:
        """Begin at a moment, which needs a zone."""
        self._moment = moment.astimezone(UTC)

    def __call__(self) -> datetime:
        """The moment in UTC."""
        return self._moment

    def go_to(self, moment: datetime) -> None:
        """Jump, forward or back."""
        self._moment = moment.astimezone(UTC)

    @property
    def clock(self) -> Clock:
        """The clock that services read."""
        return Clock(lambda: timedelta(0), self, lambda: 0.0)


def seeded_ids(time: VirtualTime, seed: int) -> Callable[[], UUID]:
    """Ids that lie in the order of time as real ones do, and come out the same for the same seed and the same moments."""
    numbers = count(seeded(seed, "ids").getrandbits(60))
    return lambda: numbered_id(int(time().timestamp() * 1000), next(numbers))


def seeded_salts(seed: int) -> Callable[[], str]:
    """Salts that come out the same for the same seed."""
    chance = seeded(seed, "salts")
    return lambda: f"{chance.getrandbits(128):032x}"
