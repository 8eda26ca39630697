"""Deliveries: catches up the messages that a stage could not send in its own run."""

from typing import Any

from prefect import flow
from prefect.client.schemas.objects import State

from flows.wrapper import carry_stage
from services.stages import run_deliveries
from services.wakes import DELIVERIES


@flow(name="deliveries", flow_run_name="deliveries: started")
async def stage() -> State[Any]:
    """Send what is due."""
    return await carry_stage(DELIVERIES, lambda app, holder, gate: run_deliveries(app, holder=holder, gate=gate))
