"""Every process of ``passerelle run`` killed again and again during bursts, on SQLite and on a PostgreSQL of its own."""

import time
from collections import Counter, defaultdict
from contextlib import ExitStack

import pytest
from faults.postgres import own_postgres
from faults.running import Patient, patient
from faults.truth import deliveries, faults_of
from memory import in_memory
from storms.weather import SHORT, Weather

pytestmark = [pytest.mark.prefect, pytest.mark.timeout(3600)]
KILLS = 5 if SHORT else 30
"""On each database."""
VICTIMS = ("worker", "relay", "sink", "prefect")
BURST = 12
_TWICE_WITHIN = 32.0
"""The keeper of the processes gives up when one dies three times in thirty seconds."""


@pytest.mark.parametrize("database", ["sqlite", "postgres"])
def test_a_system_whose_processes_keep_dying_does_everything_once(database):
    weather = Weather(f"system {database}")
    with in_memory() as folder, ExitStack() as stack:
        folder.chmod(0o755)
        postgres = stack.enter_context(own_postgres(folder / "postgres")) if database == "postgres" else None
        system = stack.enter_context(patient(folder, postgres))
        killed = blow(system, weather, (*VICTIMS, "postgres") if postgres else VICTIMS)
        system.come_to_rest()
        assert faults_of(system.system.app, system.settings.mailbox) == []
        assert sorted(system.numbers) == [f"A-2026-{n:03}" for n in range(1, len(system.numbers) + 1)]
        print(f"killed {dict(killed)}; {len(system.numbers)} proposals, {deliveries(system.system.app)}")  # noqa: T201  # what the storm was like


def blow(system: Patient, weather: Weather, victims: tuple[str, ...]) -> Counter[str]:
    deaths: dict[str, list[float]] = defaultdict(list)
    while sum(map(len, deaths.values())) < KILLS:
        victim = weather.one_of([name for name in victims if may_die(deaths[name])])
        system.burst(BURST, victim)
        deaths[victim].append(time.monotonic())
        time.sleep(weather.seconds(0.0, 8.0))
    return Counter({name: len(times) for name, times in deaths.items()})


def may_die(deaths: list[float]) -> bool:
    return len(deaths) < 2 or time.monotonic() - deaths[-2] > _TWICE_WITHIN  # the third would be one too many
