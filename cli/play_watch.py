"""Waiting for what the flows do by themselves, and counting what follows from a step. Looks only; touches nothing."""

import time
from collections import Counter
from collections.abc import Callable
from datetime import datetime
from typing import Any
from uuid import UUID

from models.errors import Fault, Problem
from services import queries
from services.bootstrap import App
from services.prefect_api import PrefectApi, PrefectUnreachable, RunView
from services.status import status

_POLL_SECONDS = 0.2
_PATIENCE_SECONDS = 90.0
_ALL = 1_000_000
_ON_THEIR_WAY = ("ready", "sending")


class Stuck(Fault):
    """Something that should have happened by itself did not, within the time that it may take. ``problem`` says what."""

    def __init__(self, problem: Problem) -> None:
        """Keep the problem, to be worded."""
        super().__init__(problem.code)
        self.problem = problem


class Watch:
    """One pair of eyes on the running system."""

    def __init__(self, app: App, api: PrefectApi, patience: float = _PATIENCE_SECONDS) -> None:
        """Counting begins now."""
        self._app, self._api, self._patience = app, api, patience
        self._begun: datetime = app.clock.wall()
        self._seen = self._sent()
        self._mails = 0

    def settle(self) -> None:
        """Return once nothing is left to publish, to react to or to send. Raises Stuck when that takes too long."""
        last: dict[str, Any] = {}

        def quiet() -> bool:
            last.update(status(self._app, self._api))
            return bool(last["ready"]) and not any(last["deliveries"].get(state) for state in _ON_THEIR_WAY)

        if not self._eventually(quiet):
            raise Stuck(_what_is_left(last, self._patience))

    def finished(self, run: UUID) -> RunView:
        """A run of a form once it has ended. Raises Stuck when that takes too long, or when it ended with a fault."""
        found: list[RunView] = []

        def ended() -> bool:
            found[:] = [self._api.run(run)]
            return found[0].finished

        if not self._eventually(ended):
            raise Stuck(Problem("play.run_unfinished", {"run": str(run), "seconds": round(self._patience)}))
        if found[0].state != "COMPLETED":
            raise Stuck(Problem("play.run_failed", {"run": found[0].name, "state": found[0].outcome}))
        return found[0]

    def new_mails(self) -> Counter[str]:
        """How many mails left since the last call, by action."""
        sent = self._sent()
        new = sent - self._seen
        self._seen = sent
        self._mails += new.total()
        return new

    @property
    def mails(self) -> int:
        """How many mails ``new_mails`` has told of."""
        return self._mails

    def flow_runs(self) -> int:
        """How many flow runs began since the watch did."""
        begun = {"start_time": {"after_": self._begun.isoformat()}, "state": {"type": {"not_any_": ["SCHEDULED", "PENDING"]}}}
        return int(self._api.call("POST", "/flow_runs/count", {"flow_runs": begun}))

    def _sent(self) -> Counter[str]:
        sent = queries.list_deliveries(self._app, state="sent", limit=_ALL)
        return Counter(row["action"] or "-" for row in sent if row["folded_into"] is None)

    def _eventually(self, look: Callable[[], bool]) -> bool:
        end = time.monotonic() + self._patience
        while not _answers(look):
            if time.monotonic() >= end:
                return False
            time.sleep(_POLL_SECONDS)
        return True


def _answers(look: Callable[[], bool]) -> bool:
    """What a look tells; a Prefect that is away for a moment tells nothing yet."""
    try:
        return look()
    except PrefectUnreachable:
        return False


def _what_is_left(last: dict[str, Any], patience: float) -> Problem:
    """What stood still, in figures; the place where to look."""
    if not last["prefect"]["reachable"] or not all(last["processes"].values()):
        return Problem("play.stuck_processes", {"seconds": round(patience)})
    waiting = sum(last["deliveries"].get(state, 0) for state in _ON_THEIR_WAY)
    figures = {name: last["events"][name] for name in ("unpublished", "unreacted")}
    return Problem("play.stuck", {**figures, "unsent": waiting, "seconds": round(patience)})
