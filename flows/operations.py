"""Operations: tells the operators that a run failed or crashed, and notes every night where the log stands and whether everybody was told.

The alert is started by an automation, never about itself; the checkpoint by its schedule.
"""

from typing import Any

from prefect import flow
from prefect.client.schemas.objects import State

from flows.wrapper import carry_plain
from services import operations


@flow(name="operations", flow_run_name="alert: started")
async def alert(run_name: str, state: str, run_id: str) -> State[Any]:
    """Hand the failed run over to those who watch."""
    return await carry_plain(f"alert: {run_name}", lambda app: operations.alert(app, run_id=run_id, name=run_name, state=state))


@flow(name="operations", flow_run_name="checkpoint: started")
async def checkpoint() -> State[Any]:
    """Take the checkpoint of the day, unless it was taken, and prove that nobody was forgotten."""
    return await carry_plain("checkpoint", operations.by_night)
