"""``python -m flows.worker``: asks Prefect for runs (see ``flows.pace``) and carries them, as long as it holds the pool's lease.

It outlives the server's absences. On SIGTERM the runs in hand stop between two chunks, and what they leave waits in the database.
"""

import asyncio
import functools
import gc
import logging
import os
import signal
import socket
import ssl
import threading
from collections.abc import Awaitable, Callable

from prefect.context import AsyncClientContext
from prefect.flows import load_flow_from_entrypoint

from flows.deployments import POOL, planned
from flows.gate import stopping
from flows.in_process import StageWorker
from flows.orphans import end_orphans
from flows.pace import Pace
from flows.process import process_app, process_metrics
from models.errors import Fault
from services import leases
from services.bootstrap import App
from services.exposition import shown
from services.meter import Meter
from services.prefect_api import PrefectApi
from services.wakes import STAGES

_LOG = logging.getLogger(__name__)
_LEASE = "worker"
_LEASE_SECONDS = 15
_QUEUE_SECONDS = 0.5
_BEAT_SECONDS = 5.0
_PULSE_SECONDS, _IDLE_PULSE_SECONDS = 0.05, 0.25
_AWAY_SECONDS = 2.0
_FAREWELL_SECONDS = 20.0
_LAST_WORDS_SECONDS = 8.0


class LeaseLost(Fault):
    """Another worker took over while this one did not answer."""


class RunsLeftOver(Fault):
    """Some runs did not end in time; they are broken off, and Prefect is told that they crashed."""


def serve(app: App, stop: threading.Event) -> None:
    """Carry runs until ``stop`` is set; returns once the runs in hand have ended. Raises nothing: a failed round is told and begun again."""
    holder = f"{socket.gethostname()}:{os.getpid()}"
    while not stop.is_set():
        try:
            try:
                asyncio.run(_hold_and_work(app, holder, stop))
            finally:
                leases.release(app.db, _LEASE, holder)
        except Exception as error:  # noqa: BLE001  # a worker never gives up by itself
            _LOG.warning("the worker starts again: %s", _kinds(error))
            stop.wait(_AWAY_SECONDS)


async def _hold_and_work(app: App, holder: str, stop: threading.Event) -> None:
    if not await _take_lease(app, holder, stop):
        return
    with PrefectApi.of(app.settings) as api:
        async with AsyncClientContext.get_or_create(), StageWorker(POOL, name=f"passerelle-{socket.gethostname()}") as worker:
            pace = Pace()
            async with asyncio.TaskGroup() as group:
                rounds = (
                    _again(worker.get_and_submit_flow_runs, pace.rest),
                    _again(worker.sync_with_backend, _beat),
                    _again(lambda: asyncio.to_thread(_clear_up, app, api, worker), _beat),
                    pace.listen(),
                    _keep_lease(app, holder),
                    _feel_pulse(app.meter, lambda: bool(worker.held)),
                )
                tasks = [group.create_task(each) for each in rounds]
                await _told(stop)
                for task in tasks:  # one may be in the middle of a minute of Prefect's own retries
                    task.cancel()
            await _say_farewell(worker)


async def _take_lease(app: App, holder: str, stop: threading.Event) -> bool:
    told = False
    while not stop.is_set():
        if await asyncio.to_thread(leases.take, app.db, _LEASE, holder, app.clock.wall(), _LEASE_SECONDS):
            return True
        if not told:
            _LOG.warning("another worker holds the pool; waiting for its lease to end")
            told = True
        await asyncio.sleep(_QUEUE_SECONDS)
    return False


async def _keep_lease(app: App, holder: str) -> None:
    while True:
        if not await asyncio.to_thread(leases.renew, app.db, _LEASE, holder, app.clock.wall(), _LEASE_SECONDS):
            raise LeaseLost("worker")
        await asyncio.sleep(_BEAT_SECONDS)


async def _feel_pulse(meter: Meter, busy: Callable[[], bool]) -> None:
    """Measure how late the event loop comes back: what keeps it busy keeps every run and the polling waiting."""
    loop = asyncio.get_running_loop()
    while True:
        seconds = _PULSE_SECONDS if busy() else _IDLE_PULSE_SECONDS
        due = loop.time() + seconds
        await asyncio.sleep(seconds)
        meter.loop_lagged(max(loop.time() - due, 0.0))


async def _beat() -> None:
    await asyncio.sleep(_BEAT_SECONDS)


async def _again(task: Callable[[], Awaitable[object]], rest: Callable[[], Awaitable[None]]) -> None:
    """Do something again and again, with a rest in between; say once that Prefect is away, and once that it is back."""
    away = False
    while True:
        try:
            await task()
        except Exception as error:  # noqa: BLE001  # whatever Prefect's absence looks like, the next round tries again
            if not away:
                _LOG.warning("Prefect does not answer: %s", _kinds(error))
            away = True
        else:
            if away:
                _LOG.warning("Prefect answers again")
            away = False
        await (asyncio.sleep(_AWAY_SECONDS) if away else rest())


def _clear_up(app: App, api: PrefectApi, worker: StageWorker) -> None:
    """End what a dead predecessor began, and give back the leases that its runs held."""
    for run_id in end_orphans(api, POOL, lambda: worker.held):
        _LOG.warning("run %s had lost its worker", run_id)
        for stage in STAGES:
            leases.release(app.db, f"stage:{stage}", str(run_id))


async def _told(stop: threading.Event) -> None:
    while not stop.is_set():  # noqa: ASYNC110  # it is set in another thread
        await asyncio.sleep(0.25)


async def _say_farewell(worker: StageWorker) -> None:
    """Let the runs in hand end at their next gate."""
    stopping.set()
    end = asyncio.get_running_loop().time() + _FAREWELL_SECONDS
    while worker.held and asyncio.get_running_loop().time() < end:  # noqa: ASYNC110  # the runs in hand end one by one
        await asyncio.sleep(0.1)
    if worker.held:
        raise RunsLeftOver(f"{len(worker.held)} runs")


def _kinds(error: BaseException) -> str:
    if isinstance(error, BaseExceptionGroup):
        return ", ".join(_kinds(inner) for inner in error.exceptions)
    return type(error).__name__


def _prepare() -> None:
    """Do before the first run what would hold up all runs later, 20 to 180 ms at a time, since nothing else moves meanwhile."""
    # Prefect 3.8 reads all certificates anew three times a run.
    ssl.create_default_context = functools.cache(ssl.create_default_context)  # type: ignore[assignment]  # the same function, remembered
    for plan in planned():  # the first run of each would import it
        load_flow_from_entrypoint(plan.entrypoint, use_placeholder_flow=False)
    gc.collect()
    gc.freeze()  # what was imported stays for good: a full collection need not walk through it


def main() -> None:
    """Carry runs until SIGTERM or Ctrl-C.

    The event loop lives in a second thread: Prefect's engine replaces the SIGTERM handler of the main thread while a run is under way.
    """
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    _prepare()
    app = process_app()
    stop = threading.Event()
    for sign in (signal.SIGTERM, signal.SIGINT):
        signal.signal(sign, lambda _sign, _frame: stop.set())
    carrying = threading.Thread(target=serve, args=(app, stop), name="worker")
    carrying.start()
    with shown(app, process_metrics()):
        stop.wait()
        carrying.join(_FAREWELL_SECONDS + _AWAY_SECONDS)
    if carrying.is_alive():
        _LOG.error("some runs did not end; the next worker marks them crashed")
        os._exit(1)
    app.close()
    end_within(_LAST_WORDS_SECONDS)


def end_within(seconds: float) -> None:
    """End this process well, also where Prefect's own threads would not: they hand over the last lines of their log for as long as the server lets them wait."""
    last = threading.Timer(seconds, os._exit, (0,))
    last.daemon = True
    last.start()


if __name__ == "__main__":
    main()
