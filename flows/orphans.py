"""Runs whose worker is gone: Prefect has no service that notices, so the next worker tells it."""

from collections.abc import Callable, Collection
from typing import Any
from uuid import UUID

from services.prefect_api import PrefectApi

_IN_HAND = ("PENDING", "RUNNING", "CANCELLING")


def end_orphans(api: PrefectApi, pool: str, held: Callable[[], Collection[UUID]]) -> tuple[UUID, ...]:
    """Mark Crashed (Cancelled if that was asked) the runs of the pool that nobody carries; returns them.

    Only for the one worker that holds the pool's lease: ``held`` tells the runs it has in hand. It is asked before and after Prefect,
    since a run may begin or end in between; and Prefect itself keeps the state of a run that has ended.
    """
    before = set(held())
    wanted = {"work_pools": {"name": {"any_": [pool]}}, "flow_runs": {"state": {"type": {"any_": _IN_HAND}}}}
    found = {UUID(row["id"]): row for row in api.call("POST", "/flow_runs/filter", wanted)}
    orphans = tuple(run_id for run_id in found if run_id not in before | set(held()))
    for run_id in orphans:
        api.call("POST", f"/flow_runs/{run_id}/set_state", {"state": _end_of(found[run_id])})
    return orphans


def _end_of(row: dict[str, Any]) -> dict[str, str]:
    if row["state_type"] == "CANCELLING":
        return {"type": "CANCELLED", "name": "Cancelled", "message": "its worker ended before it could stop it"}
    return {"type": "CRASHED", "name": "Crashed", "message": "its worker ended without a word; what it had not done waits in the database"}
