"""What every run shares: skip when late, stop when held, do one service call in a thread, then say what happened."""

import asyncio
import functools
from collections.abc import Callable
from datetime import timedelta
from typing import Any, TypeVar

from prefect.artifacts import acreate_markdown_artifact, acreate_table_artifact
from prefect.client.orchestration import get_client
from prefect.client.schemas.objects import FlowRun, State
from prefect.context import FlowRunContext
from prefect.states import Cancelled, Completed
from pydantic import ValidationError

from flows.gate import CANCELLED, Gate, gate_of
from flows.naming import answer_message, answer_name, answer_rows, run_name, run_report, run_rows, run_tags
from flows.process import process_app
from models.commands import Via
from models.errors import Fault
from services.bootstrap import App
from services.faults import told_safely
from services.forms import Form
from services.meetings.forms import MeetingForm
from services.prefect_api import PrefectApi
from services.requests import FormResult, submit_form
from services.stages import StageReport, record_sweep
from services.stopping import STOPPED
from services.validation import explain_validation

LATE_AFTER = timedelta(seconds=90)
StageService = Callable[[App, str, Gate], StageReport]
_T = TypeVar("_T")


class RunContextMissing(Fault):
    """A flow of ours was called outside a Prefect run."""


async def carry_stage(stage: str, service: StageService) -> State[Any]:
    """Carry out one run of a stage; ``service`` is given the application, the holder of the lease and the gate.

    A scheduled run that begins late is skipped: the next one does its work. Raises RunFault when the service raises.
    """
    run = _current_run()
    if _is_late(run):
        return await _skip(run, stage)
    report = await _guarded(run, stage, functools.partial(_run_stage, run, stage, service))
    name = run_name(report)
    await _label(run, name, run_tags(report))
    await asyncio.gather(
        acreate_table_artifact(key=f"{stage}-actions", table=run_rows(report), description=name),
        acreate_markdown_artifact(key=f"{stage}-report", markdown=run_report(report), description=name),
    )
    return Cancelled(message=name) if report.stopped == CANCELLED else Completed(message=name)


async def carry_form(form: type[Form] | type[MeetingForm], verb: str, filled: Any) -> State[Any]:
    """Carry out a person's command; the run's id is its idempotency key.

    A refusal is an answer: the run completes and says why, in codes. Raises RunFault when the service raises.
    """
    run = _current_run()
    result = await _guarded(run, verb, functools.partial(_submit, form, filled, str(run.id)))
    name = answer_name(verb, result.action, result.refusals)
    await _label(run, name, (verb, *sorted(result.bodies)))
    table = answer_rows(verb, result.action, result.state, result.refusals)
    told = answer_message(name, result.refusals, result.reasons)
    await acreate_table_artifact(key=f"{verb}-answer", table=table, description=told)
    return Completed(name="Refused" if result.refusals else "Completed", message=told)


async def carry_plain(name: str, service: Callable[[App], object]) -> State[Any]:
    """Carry out a service that has nothing to report but that it was done. Raises RunFault when it raises."""
    run = _current_run()
    await _guarded(run, name, lambda: service(process_app()))
    await _label(run, name, ())
    return Completed(message=name)


def _run_stage(run: FlowRun, stage: str, service: StageService) -> StageReport:
    app = process_app()
    with PrefectApi.of(app.settings) as api:
        report = service(app, str(run.id), gate_of(api, run.id, f"{stage}/stage"))
    if run.auto_scheduled and report.stopped in (None, STOPPED):
        record_sweep(app, stage)
    return report


def _submit(form: type[Form] | type[MeetingForm], filled: Any, key: str) -> FormResult:
    try:
        checked = form.model_validate(filled)
    except ValidationError as error:
        wrong = tuple(f"{problem.code} ({problem.where})" for problem in explain_validation(error))
        return FormResult("-", form.verb, None, wrong)
    return submit_form(process_app(), checked, key=key, via=Via.PREFECT_FORM)


def _current_run() -> FlowRun:
    context = FlowRunContext.get()
    if context is None or context.flow_run is None:
        raise RunContextMissing("no flow run")
    return context.flow_run


def _is_late(run: FlowRun) -> bool:
    due = run.expected_start_time
    return bool(run.auto_scheduled and due and process_app().clock.wall() - due > LATE_AFTER)


async def _skip(run: FlowRun, stage: str) -> State[Any]:
    await _label(run, f"{stage}: late, skipped", (stage,))
    return Completed(name="Skipped", message="the schedule's moment had passed; the next run does its work")


async def _guarded(run: FlowRun, what: str, work: Callable[[], _T]) -> _T:
    try:
        return await asyncio.to_thread(work)
    except Exception as error:  # noqa: BLE001  # whatever it was, the run fails with it, without the words it may quote
        fault = told_safely(error)
    await _label(run, f"{what}: fault ({fault.kind})", ())
    raise fault


async def _label(run: FlowRun, name: str, tags: tuple[str, ...]) -> None:
    async with get_client() as client:
        await client.update_flow_run(run.id, name=name, tags=sorted({*run.tags, *tags}))
