"""When the worker asks Prefect for runs: at once when Prefect's own event stream tells of a new one, and every few seconds in any case."""

import asyncio
import logging

from prefect.events.clients import get_events_subscriber
from prefect.events.filters import EventFilter, EventNameFilter

_LOG = logging.getLogger(__name__)
_POLL_SECONDS, _DEAF_POLL_SECONDS = 3.0, 1.0
_HURRY_SECONDS, _HURRIES = 0.05, 4
"""Prefect tells of a run a moment before it can be fetched: so the worker asks a few times in a row."""
_AWAY_SECONDS = 2.0
_NEW_RUN = EventFilter(event=EventNameFilter(name=["prefect.flow-run.Scheduled"]))


class Pace:
    """The worker's rest between two questions. What is told only shortens it: a worker that hears nothing asks all the same."""

    def __init__(self) -> None:
        self._told = asyncio.Event()
        self._hurries = 0
        self._hearing = False

    async def rest(self) -> None:
        """Wait until it is time to ask again."""
        if self._hurries:
            self._hurries -= 1
            await asyncio.sleep(_HURRY_SECONDS)
            return
        try:
            async with asyncio.timeout(_POLL_SECONDS if self._hearing else _DEAF_POLL_SECONDS):
                await self._told.wait()
        except TimeoutError:
            return
        self._told.clear()
        self._hurries = _HURRIES

    async def listen(self) -> None:
        """Hear of new runs for ever; while Prefect is away, or says nothing, the worker goes on asking at its own pace."""
        while True:
            try:
                async with get_events_subscriber(filter=_NEW_RUN, reconnection_attempts=0) as events:
                    self._hearing = True
                    async for _ in events:
                        self._told.set()
            except Exception as error:  # noqa: BLE001  # whatever its absence looks like, listening begins again
                _LOG.debug("Prefect tells of no runs: %s", type(error).__name__)
            self._hearing = False
            await asyncio.sleep(_AWAY_SECONDS)
