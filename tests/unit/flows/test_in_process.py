"""What the worker's event loop would wait for, does without, or has behind it before the first run."""

import asyncio
import gc
import ssl
import sys
import threading
from types import SimpleNamespace
from uuid import UUID

import prefect.results
import pytest
from prefect.client.schemas.objects import FlowRun
from prefect.settings import PREFECT_API_URL, temporary_settings

from flows import proposal, worker
from flows.deployments import planned
from flows.in_process import StageWorker, _Engine


@pytest.fixture
def run():
    return FlowRun(flow_id=UUID(int=1), deployment_id=UUID(int=2))


def test_a_run_has_no_thread_of_its_own_that_watches_for_suspensions(run):
    before = threading.enumerate()
    with _Engine(flow=proposal.stage, flow_run=run).setup_flow_run_suspension_request() as request:
        assert threading.enumerate() == before
        request.raise_if_requested()


def test_a_flow_is_loaded_by_one_question_and_says_that_it_keeps_no_results(run, monkeypatch):
    asked = []

    async def answer(method, path, path_params):
        asked.append((method, path, path_params))
        return SimpleNamespace(json=lambda: {"entrypoint": "flows.proposal.stage"})

    flow = asyncio.run(StageWorker._load(SimpleNamespace(client=SimpleNamespace(request=answer)), run))
    assert asked == [("GET", "/deployments/{id}", {"id": run.deployment_id})]
    assert (flow, flow.persist_result) == (proposal.stage, False)
    monkeypatch.setattr(prefect.results, "_read_server_default_result_storage_block_id", lambda: pytest.fail("the server was asked"))
    with temporary_settings({PREFECT_API_URL: "http://127.0.0.1:9/api"}):
        store = prefect.results.get_result_store().update_for_flow(flow, _sync=True)
    assert store.result_storage is not None


def test_before_the_first_run_everything_is_imported_and_set_apart_from_garbage(monkeypatch):
    monkeypatch.setattr(ssl, "create_default_context", ssl.create_default_context)
    try:
        worker._prepare()
        assert gc.get_freeze_count() > 0
    finally:
        gc.unfreeze()
    assert {plan.entrypoint.rpartition(".")[0] for plan in planned()} <= set(sys.modules)
    assert ssl.create_default_context() is ssl.create_default_context()
