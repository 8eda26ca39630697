"""The checkpoint as Prefect runs it."""

import pytest

from services.audit import verify
from services.checkpoints import read_all

pytestmark = pytest.mark.prefect


def test_the_checkpoint_of_the_day_is_taken_by_its_flow_once_however_often_it_runs(system):
    first, again = system.run("operations/checkpoint"), system.run("operations/checkpoint")
    [taken] = read_all(system.settings.checkpoints)
    assert [(run.state, run.name) for run in (first, again)] == [("COMPLETED", "checkpoint")] * 2
    assert verify(system.app, root=taken.root).agrees


def test_the_checkpoint_is_due_every_night(system):
    found = system.api.call("GET", "/deployments/name/operations/checkpoint")
    [schedule] = found["schedules"]
    assert (schedule["schedule"]["interval"], "passerelle" in found["tags"]) == (86_400, True)
