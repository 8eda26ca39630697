"""``kill -9`` of every process of a real ``passerelle run`` during bursts: all is done once, every mail is received once or uncertain."""

from dataclasses import dataclass

import pytest
from faults.postgres import own_postgres
from faults.running import Patient, patient
from faults.truth import deliveries, faults_of, received

pytestmark = [pytest.mark.prefect, pytest.mark.timeout(400)]
BURST = 30
MAILS_EACH = 3


@dataclass(frozen=True)
class Survivor:
    """A system that has been through it."""

    patient: Patient
    prefect_was_back: bool
    runs_after: list[str]


@pytest.fixture(scope="module")
def survivor(open_folder):
    """First every process but Prefect dies during a burst; then Prefect does, and is away during the whole of a second one."""
    with own_postgres(open_folder / "postgres") as postgres, patient(open_folder, postgres) as system:
        system.burst(BURST, "relay", "sink", "postgres", "worker")
        system.kill("prefect")
        since = system.system.app.clock.wall()
        system.burst(BURST)
        back = system.answers()
        system.come_to_rest()
        yield Survivor(system, back, system.runs_since(since))


def test_nothing_is_lost_or_done_twice(survivor):
    home = survivor.patient
    assert faults_of(home.system.app, home.settings.mailbox) == []
    assert sorted(home.numbers) == [f"A-2026-{n:03}" for n in range(1, 2 * BURST + 1)]


def test_received_and_uncertain_mails_together_are_those_that_were_expected(survivor):
    home = survivor.patient
    states = deliveries(home.system.app)
    assert (set(states) <= {"sent", "uncertain"}, sum(states.values())) == (True, 2 * BURST * MAILS_EACH)
    assert 0 <= received(home.settings.mailbox).total() - states["sent"] <= states.get("uncertain", 0)


def test_what_prefect_missed_is_caught_up_in_few_runs(survivor):
    assert not survivor.prefect_was_back
    assert 1 <= len(survivor.runs_after) <= 10, survivor.runs_after
