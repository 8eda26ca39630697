import json

import pytest

from flows.deployments import planned
from services.wakes import STAGES

pytestmark = pytest.mark.prefect
AUTOMATIONS = len(STAGES) + 1


@pytest.fixture
def register(system):
    """Registers as ``passerelle run`` does, and gives what it says it did."""

    def again(*arguments):
        program = system.program("register-again", "-m", "flows.register", *arguments)
        program.log.unlink(missing_ok=True)
        program.start()
        assert program.finish() == 0
        return json.loads(program.log.read_text())

    return again


def test_registering_again_writes_nothing(register):
    assert register() == {"written": [], "removed": [], "unchanged": 1 + len(planned()) + AUTOMATIONS}


def test_what_operators_set_is_kept_and_what_was_spoilt_is_mended(system, register):
    propose = system.api.deployment("proposal/propose")
    system.api.pause("proposal/propose")
    system.api.call("PATCH", f"/deployments/{propose.id}", {"description": "spoilt"})
    [woken] = [found for found in system.api.call("POST", "/automations/filter", {}) if "reporting" in found["name"]]
    system.api.call("DELETE", f"/automations/{woken['id']}")
    assert register()["written"] == ["proposal/propose", woken["name"]]
    assert system.api.is_paused("proposal/propose")
    system.api.resume("proposal/propose")
    assert register()["written"] == []


def test_what_is_no_longer_planned_is_removed_and_what_is_not_ours_stays(system, register):
    flow = system.api.call("POST", "/flows/", {"name": "proposal"})
    for name, tags in (("outdated", ["passerelle"]), ("of-an-operator", [])):
        system.api.call("POST", "/deployments/", {"name": name, "flow_id": flow["id"], "entrypoint": "flows.proposal.stage", "tags": tags})
    assert register()["removed"] == ["outdated"]
    assert system.api.is_paused("proposal/of-an-operator") is False
