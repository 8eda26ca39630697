"""Operations: tells the operators that a run failed or crashed. Started by an automation, never about itself."""

from typing import Any

from prefect import flow
from prefect.client.schemas.objects import State

from flows.wrapper import carry_plain
from services import operations


@flow(name="operations", flow_run_name="alert: started")
async def alert(run_name: str, state: str, run_id: str) -> State[Any]:
    """Hand the failed run over to those who watch."""
    return await carry_plain(f"alert: {run_name}", lambda app: operations.alert(app, run_id=run_id, name=run_name, state=state))
