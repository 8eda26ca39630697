"""``deploy/prefect.yaml``, deployed by Prefect's own command on a real server."""

import pytest
from builders import ROOT

from flows.deployments import planned

pytestmark = pytest.mark.prefect


@pytest.fixture
def processes(system):
    """A process pool beside ours; afterwards everything is as it was."""

    def carry_out(*arguments):
        program = system.program("deploy", *arguments)
        program.start()
        assert program.finish() == 0, program.log.read_text(encoding="utf-8")

    system.api.call("POST", "/work_pools/", {"name": "processes", "type": "process"})
    yield carry_out
    carry_out("-m", "flows.register")
    system.remove_pool("processes")


def held(system):
    """What Prefect holds of every deployment: pool, entrypoint, tags, seconds between scheduled runs, steps before a run."""
    found = {}
    for row in system.api.call("POST", "/deployments/filter", {}):
        every = [each["schedule"]["interval"] for each in row["schedules"]]
        found[row["entrypoint"]] = (row["name"], row["work_pool_name"], sorted(row["tags"]), every, row["pull_steps"])
    return found


def test_prefect_deploys_the_file_and_holds_what_the_program_plans(system, processes):
    processes("-m", "prefect", "--no-prompt", "deploy", "--all", "--prefect-file", str(ROOT / "deploy/prefect.yaml"))
    wanted = {
        each.entrypoint: (each.name, "processes", sorted(each.tags), [each.every.total_seconds()] if each.begins else [], [])
        for each in planned()
    }
    assert held(system) == wanted
