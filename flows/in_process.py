"""A Prefect worker that carries runs in its own process: no second start of Python, no second import of Prefect.

Flow bodies hand their work to threads, so polling stays alive meanwhile. Cancelling and crashing are ours: the gate of a run asks Prefect
between two chunks, and ``orphans`` clears up after a dead worker.
"""

import asyncio
import logging
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import UUID

import anyio.abc
from prefect.client.schemas.objects import FlowRun
from prefect.exceptions import Abort, Pause
from prefect.flow_engine import AsyncFlowRunEngine
from prefect.flows import Flow, load_flow_from_entrypoint
from prefect.workers.base import BaseJobConfiguration, BaseVariables, BaseWorker, BaseWorkerResult

from flows.deployments import POOL_TYPE
from models.errors import Fault

_LOG = logging.getLogger(__name__)
_UNUSED = Path("results")
"""Where results would lie, were any kept. Unless a flow says it, Prefect's engine asks the server, three times a run, while our loop waits for it."""


class StageResult(BaseWorkerResult):
    """A run was carried out here; Prefect knows how it ended."""


class _Engine(AsyncFlowRunEngine[..., Any]):
    """Prefect's engine without its watch over suspensions, since we suspend no run.

    That watch is a thread with an event loop and a connection of its own for each run; the engine waits on our loop until it is there, and again
    until it has ended: up to 200 ms each time, in which nothing else moves (Prefect 3.8).
    """

    @contextmanager
    def setup_flow_run_suspension_request(self) -> Iterator[Any]:
        yield self._get_flow_run_suspension_request()


async def _carry(flow: Flow[..., Any], flow_run: FlowRun) -> None:
    """As Prefect's ``run_flow_async``."""
    engine = _Engine(flow=flow, parameters=flow_run.parameters, flow_run=flow_run)
    async with engine.start():
        while engine.is_running():
            async with engine.run_context():
                await engine.call_flow_fn()  # type: ignore[unused-coroutine]  # its type promises one more than it gives


class StageWorker(BaseWorker[BaseJobConfiguration, BaseVariables, StageResult]):
    """Carries the runs of its pool in this process, many at a time."""

    type = POOL_TYPE
    job_configuration = BaseJobConfiguration
    _description = "Carries the runs of Passerelle in one process."

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._handing: set[UUID] = set()
        self._carrying: set[UUID] = set()

    @property
    def held(self) -> frozenset[UUID]:
        """The runs that this process has in hand."""
        return frozenset(self._handing | self._carrying)

    async def run(
        self, flow_run: FlowRun, configuration: BaseJobConfiguration, task_status: anyio.abc.TaskStatus[int] | None = None
    ) -> StageResult:
        """Carry out one run here. A run that Prefect stopped in the meantime is left alone."""
        del configuration  # nothing to configure: the run is a coroutine of this process
        self._carrying.add(flow_run.id)
        try:
            flow = await self._load(flow_run)
            if task_status is not None:
                task_status.started(os.getpid())
            await _carry(flow, flow_run)
        except (Abort, Pause) as stopped:
            _LOG.info("run %s was stopped by Prefect: %s", flow_run.id, type(stopped).__name__)
        finally:
            self._carrying.discard(flow_run.id)
        return StageResult(status_code=0, identifier=f"{socket.gethostname()}:{os.getpid()}")

    async def _load(self, flow_run: FlowRun) -> Flow[..., Any]:
        if flow_run.deployment_id is None:
            raise Fault("run without a deployment")
        # Not read_deployment: to check a schedule's time zone, it walks through those of the whole system, 7 to 40 ms on the event loop.
        deployment = await self.client.request("GET", "/deployments/{id}", path_params={"id": flow_run.deployment_id})
        entrypoint = deployment.json()["entrypoint"]
        flow: Flow[..., Any] = await asyncio.to_thread(load_flow_from_entrypoint, entrypoint, use_placeholder_flow=False)
        flow.persist_result, flow.result_storage = False, _UNUSED
        return flow

    async def _submit_run(self, flow_run: FlowRun) -> None:
        """Take a run over and carry it.

        The base class first asks Prefect six times what to build and where; here nothing is built. A server that goes away in the middle
        ends this hand-over only, not the worker and its other runs: the run is offered again, or cleared up as an orphan.
        """
        self._handing.add(flow_run.id)
        try:
            if await self._propose_pending_state(flow_run):
                await self.run(flow_run, self.job_configuration())
        except Exception as error:  # noqa: BLE001  # as said above
            _LOG.warning("run %s could not be carried: %s", flow_run.id, type(error).__name__)
        finally:
            self._handing.discard(flow_run.id)
            self._submitting_flow_run_ids.discard(flow_run.id)
            self._release_limit_slot(flow_run.id)
