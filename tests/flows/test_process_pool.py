import pytest
from builders import propose_form

pytestmark = [pytest.mark.prefect, pytest.mark.slow]


@pytest.fixture
def processes(system):
    """The same deployments in a standard process pool with Prefect's own worker; ours has nothing to do meanwhile."""

    def register(*pool):
        program = system.program("register-pool", "-m", "flows.register", *pool)
        program.start()
        assert program.finish() == 0

    register("--pool", "processes", "--pool-type", "process")
    worker = system.program("process-worker", "-m", "prefect", "worker", "start", "--pool", "processes", "--type", "process")
    worker.start()
    system.api.pause("committee-review/stage")
    yield system
    system.api.resume("committee-review/stage")
    worker.end()  # it was once seen to hang for ten minutes after SIGTERM
    register()
    system.remove_pool("processes")


def test_the_same_flows_run_in_a_standard_process_pool(processes, since):
    system = processes
    form = system.run("proposal/propose", **propose_form().model_dump(mode="json", exclude_none=True))
    number = form.name.removeprefix("propose: ")
    assert form.state == "COMPLETED"
    with system.relay():
        run = system.eventually(lambda: next((run for run in system.runs("proposal", since, "stage") if run.finished), None), 90)
    assert system.desk.topics(number) == ["action.proposed", "review.opened"]
    assert (run.state, run.name) == ("COMPLETED", f"proposal: {number}; 1 message sent")
