"""Reporting: asks for the final report, checks it, closes. And the forms that feed it."""

from typing import Any

from prefect import flow
from prefect.client.schemas.objects import State

from flows.wrapper import carry_form, carry_stage
from models.events import Stage
from services.forms import CloseForm, FinalReportForm
from services.stages import run_stage


@flow(name="reporting", flow_run_name="reporting: started")
async def stage() -> State[Any]:
    """Take every automatic step that is due."""
    return await carry_stage(Stage.REPORTING, lambda app, holder, gate: run_stage(app, Stage.REPORTING, holder=holder, gate=gate))


@flow(name="reporting", flow_run_name="final-report: started", validate_parameters=False)
async def final_report(form: FinalReportForm) -> State[Any]:
    """File the final report."""
    return await carry_form(FinalReportForm, "final-report", form)


@flow(name="reporting", flow_run_name="close: started", validate_parameters=False)
async def close(form: CloseForm) -> State[Any]:
    """Close an action."""
    return await carry_form(CloseForm, "close", form)
