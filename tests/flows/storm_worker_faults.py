import time

import pytest

from models.events import Topic

pytestmark = pytest.mark.prefect


def proposals(system):
    return [system.desk.propose() for _ in range(3)]


def reacted(system, numbers):
    """The actions whose automatic step has happened, as often as it has."""
    return [number for number in numbers for topic in system.desk.topics(number) if topic == Topic.REVIEW_OPENED]


def done_once_later(system, numbers):
    with system.relay():
        system.at_rest()
    return reacted(system, numbers) == numbers


def test_a_cancelled_run_stops_before_its_next_chunk_and_its_work_is_done_later(system):
    numbers = proposals(system)
    with system.held_in("proposal/stage") as run_id:
        system.api.cancel(run_id)
    run = system.finished(run_id)
    assert (run.state, run.name) == ("CANCELLED", "proposal: cancelled, nothing done")
    assert reacted(system, numbers) == []
    assert done_once_later(system, numbers)


def test_the_run_of_a_killed_worker_is_marked_crashed_operators_hear_of_it_and_its_work_is_done_later(system, since):
    numbers = proposals(system)
    with system.held_in("proposal/stage") as run_id:
        system.worker.kill()
    system.worker.start()
    run = system.finished(run_id)
    assert (run.state, run.message) == ("CRASHED", "its worker ended without a word; what it had not done waits in the database")
    [alert] = system.eventually(lambda: [alert for alert in system.runs("operations", since) if alert.finished])
    assert alert.state == "COMPLETED"
    assert done_once_later(system, numbers)


def test_a_worker_told_to_stop_ends_its_run_before_the_next_chunk(system):
    numbers = proposals(system)
    with system.held_in("proposal/stage") as run_id:
        system.worker.tell_to_stop()
        time.sleep(0.5)
    assert system.worker.finish() == 0
    run = system.api.run(run_id)
    assert (run.state, run.name) == ("COMPLETED", "proposal: the worker stops, nothing done")
    system.worker.start()
    assert done_once_later(system, numbers)


def test_worker_and_relay_outlive_an_absence_of_prefect(system, caplog):
    system.server.stop()
    with system.relay():
        number = system.desk.propose()
        time.sleep(3)
        assert system.desk.topics(number) == ["action.proposed"]
        system.server.start()
        system.eventually(lambda: Topic.REVIEW_OPENED in system.desk.topics(number), 90)
        system.at_rest(90)
    told = [record.getMessage().partition(":")[0] for record in caplog.records if record.name == "passerelle.relay"]
    assert told == ["the relay waits", "the relay goes on"]


def test_a_worker_stops_while_prefect_is_away(system):
    system.server.stop()
    time.sleep(2)
    assert system.worker.stop() == 0
    system.server.start()
    system.eventually(system.api.healthy, 90)
    system.worker.start()
