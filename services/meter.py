"""What services tell of their work while they do it, and from when a wait is counted."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any


class Meter:
    """Is told what happens, and keeps nothing. The processes that are watched carry one of ``services.metrics`` in its place.

    Lags and durations are seconds, told once what they measure is durable. No method raises, none waits.
    """

    def published(self, lag: float) -> None:
        """Prefect took an event, so long after its commit."""

    def woke(self, stage: str) -> None:
        """A wake was sent to a stage."""

    def leads(self, seconds: float) -> None:
        """This relay is the one at work for so long from now; 0: it is not, or no longer."""

    def heard(self, *, well: bool) -> None:
        """The relay got through to Prefect and the database, or it did not."""

    def chunk_ended(self, stage: str, seconds: float) -> None:
        """A stage dealt with a chunk, from its first look to its commit."""

    def reacted(self, stage: str, lag: float) -> None:
        """A stage dealt with an event, so long after that event's commit."""

    def answered(self, state: str, lag: float) -> None:
        """A message was tried and is now in ``state``, so long after it was written."""

    def loop_lagged(self, lag: float) -> None:
        """The worker's event loop came back so much later than it was asked to."""


def committed_at(event: Mapping[Any, Any]) -> datetime:
    """The real moment of an event's commit: the log is dated by the business's clock, which a rehearsal may have set ahead."""
    recorded: datetime = event["recorded_at"]
    return recorded - timedelta(seconds=event["ahead"])
