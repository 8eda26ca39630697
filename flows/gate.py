"""The gate: asked before each chunk of a run whether to go on. Prefect itself is asked, so it holds in any kind of worker."""

import threading
import time
from collections.abc import Callable
from uuid import UUID

from services.prefect_api import PrefectApi, PrefectUnreachable

CANCELLED = "cancelled"
PAUSED = "paused"
STOPPING = "the worker stops"
AWAY = "Prefect does not answer"
_FRESH_SECONDS = 0.2

Gate = Callable[[], str | None]

stopping = threading.Event()
"""Set when the process that carries runs has to end: they stop between two chunks, and what is left waits in the database."""


def gate_of(api: PrefectApi, run_id: UUID, deployment: str) -> Gate:
    """Answers why the run has to end here, or None. Chunks take some 40 ms: Prefect is asked at most five times a second."""
    asked_at = float("-inf")

    def gate() -> str | None:
        nonlocal asked_at
        if stopping.is_set():
            return STOPPING
        if time.monotonic() - asked_at < _FRESH_SECONDS:
            return None
        answer = _ask(api, run_id, deployment)
        asked_at = time.monotonic()
        return answer

    return gate


def _ask(api: PrefectApi, run_id: UUID, deployment: str) -> str | None:
    try:
        if api.run(run_id).state in {"CANCELLING", "CANCELLED"}:
            return CANCELLED
        return PAUSED if api.is_paused(deployment) else None
    except PrefectUnreachable:
        return AWAY
