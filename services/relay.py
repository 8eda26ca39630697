"""The relay: tells Prefect what happened, and wakes the stages that have something to do.

Everything it does may be done twice: events carry their own ids, and a wake says nothing but "look". So it needs no memory that matters.
"""

import logging
import sqlite3
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Any

from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError

from models.events import REACTS, Topic
from services import leases
from services.bootstrap import App
from services.faults import is_database_away
from services.hold import held
from services.meter import committed_at
from services.prefect_api import PrefectAnswered, PrefectApi, PrefectFault, PrefectSecretRefused
from services.sweep_watch import SweepWatch, paused_in
from services.wake_rule import OVERDUE_AFTER, Readiness, Sent, attempts_after, is_due, may_wake, wake_event
from services.wakes import DELIVERIES, STAGES, forget_wake, mark_published, note_wake, unpublished, wakes, work
from services.webhooks.owing import owe

_LOG = logging.getLogger("passerelle.relay")
BATCH = 200
LEASE = "relay"
_LEASE_SECONDS = 10.0
_RENEW_SECONDS = 3.0
_FULL_LOOK_SECONDS, _CHANGED_LOOK_SECONDS = 1.0, 0.25
_ASK_AGAIN_SECONDS = 0.5
_FIRST_BACKOFF, _LONGEST_BACKOFF = 0.25, 5.0
_PATIENCE = {DELIVERIES: timedelta(seconds=10)}
"""A stage sends what it wrote itself, for so long: only what is left then is for ``deliveries``."""
_POISON = (HTTPStatus.BAD_REQUEST, HTTPStatus.REQUEST_ENTITY_TOO_LARGE, HTTPStatus.UNPROCESSABLE_ENTITY)
_TOLD = ("convention", "seq", "via", "before", "after")


def run_relay(app: App, api: PrefectApi, stop: threading.Event) -> None:
    """Relay until ``stop`` is set. Survives the absence of Prefect and of the database; says so once, and once that they are back.

    Only one relay works at a time: others wait for its lease.
    """
    holder = str(app.ids())
    signal = ChangeSignal(app)
    try:
        _Loop(app, api, signal, holder).run(stop)
    finally:
        signal.close()
        _give_back(app, holder)


def _give_back(app: App, holder: str) -> None:
    try:
        leases.release(app.db, LEASE, holder)
    except DBAPIError as error:
        _LOG.warning("the relay leaves its lease to expire: %s", type(error).__name__)


class ChangeSignal:
    """Says whether another connection changed the database: almost free on SQLite, always yes elsewhere."""

    def __init__(self, app: App) -> None:
        """Opens a connection of its own on SQLite; ``seconds`` is how often asking makes sense."""
        self._connection: sqlite3.Connection | None = None
        self._seen: int | None = None
        self.seconds = 0.25
        if app.db.is_sqlite:
            self._connection = sqlite3.connect(make_url(app.settings.database_url).database or "", check_same_thread=False)
            self.seconds = 0.05

    def changed(self) -> bool:
        """Whether anything was committed since the last call."""
        if self._connection is None:
            return True
        try:
            version = int(self._connection.execute("PRAGMA data_version").fetchone()[0])
        except sqlite3.Error:  # what is wrong with the database, the look itself will say
            return True
        before, self._seen = self._seen, version
        return version != before

    def close(self) -> None:
        """Give the connection back."""
        if self._connection is not None:
            self._connection.close()


@dataclass(frozen=True, slots=True)
class _Woken:
    """The last wake of a stage, and how much work it had then."""

    sent: Sent
    work: int


class Relay:
    """One look at the database, and what follows from it."""

    def __init__(self, app: App, api: PrefectApi) -> None:
        """Remembers the wakes of a predecessor, so that a restart wakes nobody twice."""
        self._app, self._api = app, api
        self._woken = {row.stage: _Woken(Sent(row.sent_at, row.attempts), 0) for row in wakes(app.db).values()}
        self._busy_since: dict[str, datetime] = {}
        self._ask_at: dict[str, datetime] = {}
        self._looked_at = app.clock.wall()

    def publish(self) -> int:
        """Publish what is unpublished; returns how many events. Raises PrefectFault when Prefect does not follow."""
        rows = batch = self._publish_some()
        while batch == BATCH:
            batch = self._publish_some()
            rows += batch
        return rows

    def look(self) -> None:
        """Publish what is unpublished, then wake what has work. Raises PrefectFault when Prefect does not follow: look again later."""
        self.publish()
        wall = self._tell_time()
        counts = work(self._app.db, self._app.clock.now(), wall)
        for stage in STAGES:
            self._attend(stage, counts.get(stage, 0), wall)

    def _tell_time(self) -> datetime:
        """The moment of this look. Once the clock has been set back, the moments remembered are worth nothing."""
        wall = self._app.clock.wall()
        if wall < self._looked_at:
            self._busy_since.clear()
            self._ask_at.clear()
        self._looked_at = wall
        return wall

    def _publish_some(self) -> int:
        rows = unpublished(self._app.db, BATCH)
        self._publish(rows)
        return len(rows)

    def _publish(self, rows: Sequence[Mapping[str, Any]]) -> None:
        """A batch that Prefect will not have is halved until the one event at fault stands alone; that one is let go, the log keeps it."""
        if not rows:
            return
        wall = self._app.clock.wall()
        try:
            self._api.post_events([event_of(row, wall - timedelta(microseconds=len(rows) - order)) for order, row in enumerate(rows)])
        except PrefectAnswered as refused:
            if refused.status not in _POISON:
                raise
            if len(rows) > 1:
                self._publish(rows[: len(rows) // 2])
                self._publish(rows[len(rows) // 2 :])
                return
            _LOG.error("Prefect will not have event %s (%s); it stays in our log only", rows[0]["id"], refused.status)
        mark_published(self._app.db, [row["id"] for row in rows], wall, lambda connection: owe(connection, rows, wall, self._app.ids))
        self._measure(rows)

    def _measure(self, rows: Sequence[Mapping[str, Any]]) -> None:
        wall = self._app.clock.wall()
        for row in rows:
            self._app.meter.published(max((wall - committed_at(row)).total_seconds(), 0.0))

    def _attend(self, stage: str, count: int, wall: datetime) -> None:
        woken = self._woken.get(stage)
        if count == 0:
            self._rest(stage)
            return
        if wall - self._busy_since.setdefault(stage, wall) < _PATIENCE.get(stage, timedelta(0)):
            return
        if woken is not None and count < woken.work:
            woken = self._woken[stage] = replace(woken, sent=replace(woken.sent, answered=True))
        sent = woken.sent if woken else None
        if is_due(sent, wall) and wall >= self._ask_at.get(stage, wall):
            self._ask_at[stage] = wall + timedelta(seconds=_ASK_AGAIN_SECONDS)
            if may_wake(self._readiness(stage, wall)):
                self._wake(stage, count, attempts_after(sent), wall)

    def _rest(self, stage: str) -> None:
        self._busy_since.pop(stage, None)
        if self._woken.pop(stage, None) is not None:
            forget_wake(self._app.db, stage)

    def _readiness(self, stage: str, wall: datetime) -> Readiness:
        if self._held():
            return Readiness(paused=True)
        deployment = self._api.deployment(f"{stage}/stage")
        if deployment.paused:
            return Readiness(paused=True)
        runs = self._api.unfinished_runs(deployment.name, wall)
        if not any(run.state != "SCHEDULED" and run.due_at < wall - OVERDUE_AFTER for run in runs):
            return Readiness(unfinished_run=bool(runs))
        with self._app.db.read() as connection:
            lease_held = leases.held(connection, f"stage:{stage}", wall)
        polling = deployment.pool is not None and self._api.worker_polling(deployment.pool)
        return Readiness(unfinished_run=True, overdue_run=True, lease_held=lease_held, worker_polling=polling)

    def _held(self) -> bool:
        """Whether this home was restored and waits for an operator."""
        with self._app.db.read() as connection:
            return held(connection) is not None

    def _wake(self, stage: str, count: int, attempts: int, wall: datetime) -> None:
        wake_id = self._app.ids()
        resource = {"prefect.resource.id": f"passerelle.stage.{stage}"}
        event = {
            "id": str(wake_id),
            "event": wake_event(stage),
            "occurred": wall.isoformat(),
            "resource": resource,
            "payload": {"work": count},
        }
        self._api.post_events([event])
        note_wake(self._app.db, stage, wake_id, wall, attempts)
        self._app.meter.woke(stage)
        self._woken[stage] = _Woken(Sent(wall, attempts), count)


class _Loop:
    """When to look: at once for new events, soon after another change, and once a second in any case, since deadlines fall without one.

    While messages are sent one by one, the database changes a hundred times a second, and counting what waits each time would take from
    the sending what it needs.
    """

    def __init__(self, app: App, api: PrefectApi, signal: ChangeSignal, holder: str) -> None:
        self._app, self._api, self._signal, self._holder = app, api, signal, holder
        self._relay: Relay | None = None
        self._looked = self._renewed = float("-inf")
        self._leading = self._changed = False
        self._backoff = 0.0
        self._trouble: str | None = None
        self._sweeps = SweepWatch(app, paused_in(api))

    def run(self, stop: threading.Event) -> None:
        while not stop.wait(self._backoff or self._signal.seconds):
            try:
                self._turn()
            except (PrefectFault, DBAPIError) as error:
                if isinstance(error, DBAPIError) and not is_database_away(error):
                    raise
                self._fail(error)
            else:
                self._recover()

    def _turn(self) -> None:
        self._keep_lease()
        changed = self._signal.changed()
        self._changed |= changed
        if not self._leading:
            return
        self._sweeps.look(time.monotonic())
        relay = self._relay = self._relay or Relay(self._app, self._api)
        published = relay.publish() if changed else 0
        rest = _CHANGED_LOOK_SECONDS if self._changed else _FULL_LOOK_SECONDS
        if published or self._trouble or time.monotonic() - self._looked >= rest:
            self._looked, self._changed = time.monotonic(), False
            relay.look()

    def _keep_lease(self) -> None:
        if time.monotonic() - self._renewed >= (_RENEW_SECONDS if self._leading else _FULL_LOOK_SECONDS):
            self._leading = leases.take(self._app.db, LEASE, self._holder, self._app.clock.wall(), _LEASE_SECONDS)
            self._renewed = time.monotonic()
            self._app.meter.leads(_LEASE_SECONDS if self._leading else 0.0)

    def _fail(self, error: Exception) -> None:
        self._backoff = min(max(self._backoff * 2, _FIRST_BACKOFF), _LONGEST_BACKOFF)
        trouble = type(error).__name__
        if trouble != self._trouble:
            advice = "; another installation may hold its port" if isinstance(error, PrefectSecretRefused) else ""
            _LOG.warning("the relay waits: %s%s", error if isinstance(error, PrefectFault) else trouble, advice)
        self._trouble = trouble
        self._app.meter.heard(well=False)

    def _recover(self) -> None:
        if self._trouble:
            _LOG.warning("the relay goes on")
        self._backoff, self._trouble = 0.0, None
        self._app.meter.heard(well=True)


def _known_to_all(row: Mapping[str, Any]) -> dict[str, Any]:
    """The payload without what an opinion was: whoever operates Prefect need not know, and where opinions are hidden must not."""
    return {name: value for name, value in row["payload"].items() if name not in _OPINIONS.get(row["topic"], ())}


_OPINIONS = {Topic.OPINION_RECORDED: ("opinion",), Topic.FACT_RECTIFIED: ("changed",)}


def event_of(row: Mapping[str, Any], latest: datetime) -> dict[str, Any]:
    """An event of the log as Prefect takes it. A rehearsal's clock may run ahead: to Prefect nothing occurs later than ``latest``."""
    stage = REACTS[Topic(row["topic"])]
    related = [{"prefect.resource.id": f"passerelle.stage.{stage}", "prefect.resource.role": "stage"}] if stage else []
    if row["body"]:
        related.append({"prefect.resource.id": f"passerelle.body.{row['body']}", "prefect.resource.role": "body"})
    return {
        "id": str(row["id"]),
        "event": f"passerelle.{row['topic']}",
        "occurred": min(row["recorded_at"], latest).isoformat(),
        "resource": {"prefect.resource.id": f"passerelle.action.{row['action']}", "prefect.resource.name": row["action"]},
        "related": related,
        "payload": {**_known_to_all(row), **{name: row[name] for name in _TOLD}, "occurred_on": row["occurred_on"].isoformat()},
    }
