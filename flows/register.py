"""Tells Prefect the work pool, the deployments and the automations: ``python -m flows.register``. Only differences are written."""

import argparse
import json
import os
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

from prefect.flows import load_flow_from_entrypoint
from prefect.utilities.callables import parameter_schema
from prefect.workers.base import BaseWorker

from flows.automations import PREFIX, automations
from flows.deployments import MANAGED, OPERATIONS, POOL, POOL_TYPE, Planned, planned
from flows.in_process import StageWorker
from services.bootstrap import App, open_app
from services.charter_store import charter_in_force, conventions
from services.form_schema import form_schema
from services.prefect_api import PrefectAnswered, PrefectApi
from services.settings import Settings
from services.wording import Wording


@dataclass
class Changes:
    """What had to be written or removed; what was right already is only counted."""

    written: list[str] = field(default_factory=list)
    removed: list[str] = field(default_factory=list)
    unchanged: int = 0


def register(api: PrefectApi, app: App, pool: str = POOL, pool_type: str = POOL_TYPE) -> Changes:
    """Make Prefect's pool, deployments and automations what they should be. Twice changes nothing.

    What operators may set themselves is kept: a deployment's pause, an automation's switch. Raises PrefectFault when Prefect does not follow.
    """
    changes = Changes()
    _register_pool(api, changes, pool, pool_type)
    wording = Wording(app.settings.language)
    fill = _vocabularies(app, wording)
    wanted = {plan: _wanted(plan, fill, wording, pool) for plan in planned()}
    ids = {plan.full_name: _register_deployment(api, changes, plan, deployment) for plan, deployment in wanted.items()}
    _remove_deployments(api, changes, set(ids.values()))
    _register_automations(api, changes, automations(ids))
    return changes


def covers(found: Any, wanted: Any) -> bool:
    """Whether ``found`` says everything that ``wanted`` says; what it says besides is Prefect's business."""
    if isinstance(wanted, Mapping):
        return isinstance(found, Mapping) and all(key in found and covers(found[key], value) for key, value in wanted.items())
    if isinstance(wanted, list):
        return isinstance(found, list) and len(found) == len(wanted) and all(map(covers, found, wanted))
    return bool(found == wanted)


def _register_pool(api: PrefectApi, changes: Changes, pool: str, pool_type: str) -> None:
    if _find(api, f"/work_pools/{pool}"):
        changes.unchanged += 1
        return
    kind = BaseWorker.get_worker_class_from_type(pool_type) or StageWorker
    template = kind.get_default_base_job_template()
    api.call("POST", "/work_pools/", {"name": pool, "type": pool_type, "base_job_template": template})
    changes.written.append(f"pool {pool}")


def _vocabularies(app: App, wording: Wording) -> Callable[[dict[str, Any]], dict[str, Any]]:
    """Makes a form fit for people, with the codes of the charter: of the only one, or of the first where there are several."""
    with app.db.read() as connection:
        known = conventions(connection)
        charter = charter_in_force(connection, known[0]) if known else None
    return (lambda schema: form_schema(schema, charter, known, wording)) if charter else (lambda schema: schema)


def _wanted(plan: Planned, fill: Callable[[dict[str, Any]], dict[str, Any]], wording: Wording, pool: str) -> dict[str, Any]:
    schema = fill(parameter_schema(load_flow_from_entrypoint(plan.entrypoint, use_placeholder_flow=False)).model_dump(mode="json"))
    for parameter in schema["properties"].values():
        form = schema["definitions"].get(parameter.get("$ref", "").rpartition("/")[2], {})
        parameter["title"] = form.get("title", parameter["title"])
    return {
        "name": plan.name,
        "entrypoint": plan.entrypoint,
        "description": wording.say(f"deployment.{plan.full_name.replace('/', '.')}"),
        "tags": sorted(plan.tags),
        "work_pool_name": pool,
        "parameter_openapi_schema": schema,
        "enforce_parameter_schema": True,
        "schedules": _schedules(plan),
    }


def _schedules(plan: Planned) -> list[dict[str, Any]]:
    if plan.begins is None:
        return []
    anchor = plan.begins.isoformat().replace("+00:00", "Z")
    return [{"schedule": {"interval": plan.every.total_seconds(), "anchor_date": anchor, "timezone": "UTC"}}]


def _register_deployment(api: PrefectApi, changes: Changes, plan: Planned, wanted: dict[str, Any]) -> str:
    found = _find(api, f"/deployments/name/{plan.full_name}")
    if found and covers(found | {"tags": sorted(found["tags"])}, wanted):
        changes.unchanged += 1
        return str(found["id"])
    flow = api.call("POST", "/flows/", {"name": plan.flow})
    changes.written.append(plan.full_name)
    return str(api.call("POST", "/deployments/", wanted | {"flow_id": flow["id"]})["id"])


def _remove_deployments(api: PrefectApi, changes: Changes, kept: set[str]) -> None:
    for tag in (MANAGED, OPERATIONS):
        for found in api.call("POST", "/deployments/filter", {"deployments": {"tags": {"all_": [tag]}}}):
            if found["id"] not in kept:
                api.call("DELETE", f"/deployments/{found['id']}")
                changes.removed.append(found["name"])


def _register_automations(api: PrefectApi, changes: Changes, wanted: list[dict[str, Any]]) -> None:
    known: dict[str, list[dict[str, Any]]] = {}
    for found in api.call("POST", "/automations/filter", {}):
        if found["name"].startswith(PREFIX):
            known.setdefault(found["name"], []).append(found)
    for automation in wanted:
        found = known.pop(automation["name"], [])
        _register_automation(api, changes, automation, found[0] if found else None)
        _remove_automations(api, changes, found[1:])
    _remove_automations(api, changes, [found for twins in known.values() for found in twins])


def _register_automation(api: PrefectApi, changes: Changes, wanted: dict[str, Any], found: dict[str, Any] | None) -> None:
    if found and covers(_ordered(found), _ordered(wanted)):
        changes.unchanged += 1
    elif found:
        api.call("PUT", f"/automations/{found['id']}", wanted | {"enabled": found["enabled"]})
        changes.written.append(wanted["name"])
    else:
        api.call("POST", "/automations/", wanted)
        changes.written.append(wanted["name"])


def _ordered(automation: dict[str, Any]) -> dict[str, Any]:
    """To Prefect the expected events are a set, given back in any order."""
    return automation | {"trigger": automation["trigger"] | {"expect": sorted(automation["trigger"]["expect"])}}


def _remove_automations(api: PrefectApi, changes: Changes, found: list[dict[str, Any]]) -> None:
    for automation in found:
        api.call("DELETE", f"/automations/{automation['id']}")
        changes.removed.append(automation["name"])


def _find(api: PrefectApi, path: str) -> dict[str, Any] | None:
    try:
        return dict(api.call("GET", path))
    except PrefectAnswered as error:
        if error.status != HTTPStatus.NOT_FOUND:
            raise
        return None


def main() -> None:
    """Register once; the changes go to standard output as one JSON line."""
    parser = argparse.ArgumentParser(prog="flows.register", description="Tell Prefect the pool, deployments and automations of Passerelle.")
    parser.add_argument("--pool", default=POOL, help="the work pool of every deployment")
    parser.add_argument("--pool-type", default=POOL_TYPE, help="its type, should it have to be created")
    chosen = parser.parse_args()
    app = open_app(Settings.from_environment(os.environ))
    with PrefectApi.of(app.settings) as api:
        changes = register(api, app, chosen.pool, chosen.pool_type)
    app.close()
    sys.stdout.write(json.dumps({"written": changes.written, "removed": changes.removed, "unchanged": changes.unchanged}) + "\n")


if __name__ == "__main__":
    main()
