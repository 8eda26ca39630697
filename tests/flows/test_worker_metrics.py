"""The worker that runs shows what it did, over real HTTP."""

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from services.exposition import standing

pytestmark = pytest.mark.prefect


def scraped(system):
    answer = httpx.get(f"http://127.0.0.1:{system.settings.worker_metrics_port}/metrics", timeout=10, trust_env=False)
    families = text_string_to_metric_families(answer.text)
    return {(sample.name, *sample.labels.values()): sample.value for family in families for sample in family.samples}


def test_a_worker_shows_its_chunks_its_lags_its_mails_and_its_pulse(system):
    system.eventually(lambda: standing(system.settings, "worker") == "shown")  # a worker that has just begun shows nothing yet
    before = scraped(system)
    system.desk.propose()
    with system.relay():
        system.at_rest()
    after = scraped(system)

    def gained(*name):
        return after[name] - before[name]

    assert gained("passerelle_chunk_seconds_count", "proposal") == 1
    assert gained("passerelle_reaction_lag_seconds_count", "proposal") == 1
    assert 0 < gained("passerelle_reaction_lag_seconds_sum", "proposal") < 30
    assert gained("passerelle_delivery_tries_total", "sent") == gained("passerelle_delivery_lag_seconds_count") > 1
    assert gained("passerelle_worker_loop_lag_seconds_count") >= 5
    assert after["passerelle_lease_held", "worker"] == 1
    assert standing(system.settings, "worker") == "shown"
