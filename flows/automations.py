"""The automations: each stage runs on its own wake, and operators hear of failures."""

from collections.abc import Mapping
from typing import Any

from flows.deployments import ALERT, MANAGED
from services.wake_rule import wake_event
from services.wakes import STAGES

PREFIX = "Passerelle: "
_EVENT = {"type": "event", "posture": "Reactive", "threshold": 1, "within": 0}


def automations(deployment_ids: Mapping[str, str]) -> list[dict[str, Any]]:
    """Every automation as it should be, given the deployments' ids by full name.

    No domain event triggers anything: a trigger's window counts when an event occurred, so a posted backlog would start a run per past window.
    """
    wakes = [_wake(stage, deployment_ids[f"{stage}/stage"]) for stage in STAGES]
    return [*wakes, _alert(deployment_ids[ALERT])]


def _wake(stage: str, deployment_id: str) -> dict[str, Any]:
    return {
        "name": f"{PREFIX}{stage} runs when it is woken",
        "description": f"The relay sends {wake_event(stage)} when the database holds something for this stage to do.",
        "trigger": _EVENT | {"expect": [wake_event(stage)]},
        "actions": [_run(deployment_id, {})],
    }


def _alert(deployment_id: str) -> dict[str, Any]:
    told = {"run_name": _say("flow_run.name"), "state": _say("flow_run.state.name"), "run_id": _say("flow_run.id")}
    return {
        "name": f"{PREFIX}operators hear of a run that failed or crashed",
        "description": "Runs of the alert itself carry another tag, so that an alert never alerts about itself.",
        "trigger": _EVENT
        | {
            "expect": ["prefect.flow-run.Failed", "prefect.flow-run.Crashed"],
            "match_related": {"prefect.resource.role": "tag", "prefect.resource.id": f"prefect.tag.{MANAGED}"},
            "for_each": ["prefect.resource.id"],
        },
        "actions": [_run(deployment_id, told)],
    }


def _say(expression: str) -> dict[str, str]:
    return {"__prefect_kind": "jinja", "template": f"{{{{ {expression} }}}}"}


def _run(deployment_id: str, parameters: Mapping[str, Any]) -> dict[str, Any]:
    return {"type": "run-deployment", "source": "selected", "deployment_id": deployment_id, "parameters": dict(parameters)}
