"""The metrics over real HTTP, what the services tell the meters, and alerts that speak of metrics that exist."""

import asyncio
import os
import re
import socket
import subprocess
import sys
import threading
import time
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta

import httpx
import pytest
from builders import CONVENTION, MONDAY, ROOT, settings_of
from portal_http import served
from ports import free_port
from prometheus_client import generate_latest
from prometheus_client.parser import text_string_to_metric_families
from ruamel.yaml import YAML
from servers import Script, scripted_server

from flows.worker import _feel_pulse
from models.events import Stage
from services import exposition
from services.backup import back_up
from services.doctor import examine
from services.exposition import shown, standing
from services.homes import environment_of
from services.metrics import RelayMetrics, WorkerMetrics
from services.prefect_env import prepare_prefect
from services.status import status

RULES = ROOT / "deploy/prometheus/passerelle.rules.yaml"
SCRAPES = ROOT / "deploy/prometheus/prometheus.yaml"


def until(reached, seconds=30.0):
    end = time.monotonic() + seconds
    while not (answer := reached()):
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.05)
    return answer


def samples_of(text):
    families = text_string_to_metric_families(text)
    return {(sample.name, *sample.labels.values()): sample.value for family in families for sample in family.samples}


def exposed(metrics):
    return samples_of(generate_latest(metrics.registry).decode())


def on_port(app, process, port):
    return replace(app, settings=replace(app.settings, **{f"{process}_metrics_port": port}))


def ask(port):
    try:
        return httpx.get(f"http://127.0.0.1:{port}/metrics", timeout=5, trust_env=False)
    except httpx.ConnectError:
        return None


# --- over HTTP --------------------------------------------------------------------------------------------------------------------
@contextmanager
def running_relay(settings):
    log = settings.home / "relay.txt"
    with log.open("wb") as told:
        process = subprocess.Popen(
            [sys.executable, "-m", "cli.main", "relay"], env=environment_of(settings, os.environ), stdout=told, stderr=told, cwd=ROOT
        )
    try:
        yield process, log
    finally:
        process.terminate()
        assert process.wait(20) == 0, log.read_text(encoding="utf-8")


@pytest.fixture
def home(light_desk):
    """A home that relays without Prefect."""
    (light_desk.app.settings.home / "prefect").mkdir()
    prepare_prefect(light_desk.app.settings)
    return light_desk


def relay_settings(home, port):
    unheard = {"PASSERELLE_PREFECT_PORT": "1", "PASSERELLE_RELAY_METRICS_PORT": str(port)}
    return settings_of(home.app.settings.home, home.app.settings.database_url, **unheard)


def test_a_running_relay_shows_its_metrics_over_http(home):
    port = free_port()
    home.propose()
    with running_relay(relay_settings(home, port)) as (process, _):
        until(lambda: ask(port) or process.poll() is not None)
        found = until(lambda: (seen := samples_of(ask(port).text)) and seen["passerelle_relay_leading",] == 1 and seen)
    assert (found["passerelle_database_up",], found["passerelle_events_unpublished",]) == (1, 1)
    assert found["passerelle_lease_held", "relay"] == 1
    assert found["passerelle_relay_hearing",] == 0
    assert found["passerelle_home_info", "rehearsal"] == 1


def test_a_relay_whose_metrics_port_is_taken_says_so_and_works(home):
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        settings = relay_settings(home, other.getsockname()[1])
        with running_relay(settings) as (process, log):
            until(lambda: _lease(home) or process.poll() is not None)
            assert process.poll() is None
    assert f"port {settings.relay_metrics_port} (PASSERELLE_RELAY_METRICS_PORT) cannot be had" in log.read_text(encoding="utf-8")


def _lease(home):
    with home.app.db.read() as connection:
        return connection.exec_driver_sql("SELECT count(*) FROM lease WHERE name = 'relay'").scalar_one()


def test_a_port_that_becomes_free_is_taken_after_all(light_app, monkeypatch, caplog):
    monkeypatch.setattr(exposition, "_AGAIN_SECONDS", 0.05)
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        with shown(on_port(light_app, "worker", port), WorkerMetrics()):
            until(lambda: "no metrics are shown" in caplog.text)
            other.close()
            assert until(lambda: ask(port)).status_code == 200
    assert [record.getMessage().partition(":")[0] for record in caplog.records] == [
        "no metrics are shown",
        f"the metrics are shown on port {port}",
    ]


def test_no_port_no_server(light_app):
    quiet = on_port(light_app, "relay", 0)
    with shown(quiet, RelayMetrics()):
        assert [thread.name for thread in threading.enumerate() if thread.name == "metrics"] == []
        assert standing(quiet.settings, "relay") == "off"


def test_the_server_ends_with_its_process(light_app):
    port = free_port()
    with shown(on_port(light_app, "relay", port), RelayMetrics()):
        until(lambda: ask(port))
    assert ask(port) is None


def test_a_database_that_does_not_answer_is_told_and_hides_nothing_else(light_app, tmp_path, caplog):
    metrics = WorkerMetrics()
    metrics.watch(light_app)
    light_app.close()
    (tmp_path / "passerelle.db").unlink()
    (tmp_path / "passerelle.db").mkdir()
    found = [exposed(metrics) for _ in range(2)][-1]
    assert found["passerelle_database_up",] == 0
    assert ("passerelle_events_unpublished",) not in found
    assert ("passerelle_worker_loop_lag_seconds_count",) in found
    assert [record.getMessage() for record in caplog.records] == ["the database does not answer the metrics: OperationalError"]


def test_the_age_of_the_last_checkpoint_and_backup_is_shown_once_there_is_one(light_app, tmp_path, watch):
    metrics = RelayMetrics()
    metrics.watch(light_app)
    assert {name for name, *_ in exposed(metrics)} & {"passerelle_checkpoint_age_seconds", "passerelle_backup_age_seconds"} == set()
    for hours in (30, 6):
        checkpoint(tmp_path, watch() - timedelta(hours=hours))
    back_up(light_app, tmp_path / "ailleurs.tar")
    watch.advance(hours=2)
    found = exposed(metrics)
    assert (found["passerelle_checkpoint_age_seconds",], found["passerelle_backup_age_seconds",]) == (8 * 3600, 2 * 3600)


def test_the_oldest_open_review_of_each_body_is_shown_and_a_body_without_one_has_no_series(light_desk, watch):
    light_desk.to_technical()
    watch.advance(days=3)
    metrics = RelayMetrics()
    metrics.watch(light_desk.app)
    found = exposed(metrics)
    assert found["passerelle_reviews_open", "cotech", CONVENTION] == 1
    assert found["passerelle_oldest_waiting_seconds", "cotech", CONVENTION] == timedelta(days=3, hours=MONDAY.hour).total_seconds()
    assert ("passerelle_reviews_open", "copil", CONVENTION) not in found


def checkpoint(home, moment):
    (home / "checkpoints").mkdir(exist_ok=True)
    file = home / "checkpoints" / f"{moment:%d%H%M-%Y-%m-%d}.jsonl"
    file.touch()
    os.utime(file, (moment.timestamp(),) * 2)


# --- the doctor -------------------------------------------------------------------------------------------------------------------
def told_by_doctor(settings, process):
    return [
        (check.name, check.level) for check in examine(settings) if check.name.startswith("metrics") and check.params["name"] == process
    ]


def test_the_doctor_tells_whether_metrics_are_shown_off_silent_or_hindered(light_app, tmp_path):
    mine, other = on_port(light_app, "relay", free_port()), on_port(light_app, "relay", 0)
    assert told_by_doctor(other.settings, "relay") == [("metrics_off", "right")]
    assert told_by_doctor(mine.settings, "relay") == [("metrics_silent", "look")]
    with shown(mine, RelayMetrics()):
        until(lambda: ask(mine.settings.relay_metrics_port))
        assert told_by_doctor(mine.settings, "relay") == [("metrics", "right")]
        worker_there = on_port(light_app, "worker", mine.settings.relay_metrics_port)
        assert standing(worker_there.settings, "worker") == "taken"
        assert standing(replace(mine.settings, home=tmp_path / "autre"), "relay") == "taken"


def test_what_speaks_another_language_than_metrics_has_taken_the_port(light_app):
    with scripted_server(Script()) as port:
        assert told_by_doctor(on_port(light_app, "relay", port).settings, "relay") == [("metrics_taken", "look")]


def test_the_doctor_and_the_metrics_tell_whether_the_portal_answers(light_app):
    def told(app):
        metrics = RelayMetrics()
        metrics.watch(app)
        checks = [(check.name, check.level) for check in examine(app.settings) if check.name.startswith("portal")]
        return checks, exposed(metrics)["passerelle_portal_up",], status(app, None)["portal"] is not None

    def at(port):
        return replace(light_app, settings=replace(light_app.settings, portal_port=port))

    assert told(at(free_port())) == ([("portal_silent", "look")], 0.0, False)
    with served(light_app) as address:
        assert told(at(int(address.rpartition(":")[2]))) == ([("portal", "right")], 1.0, True)
    with scripted_server(Script()) as port:
        assert told(at(port)) == ([("portal_taken", "mend")], 0.0, False)


# --- what is told to the meters ---------------------------------------------------------------------------------------------------
def test_a_stage_run_tells_its_chunks_its_lag_and_its_mails(light_desk, watch):
    metrics = WorkerMetrics()
    light_desk.app = replace(light_desk.app, meter=metrics)
    with scripted_server(Script(RCPT=["550 unknown"])) as port:
        light_desk.through(f"smtp://127.0.0.1:{port}")
        for _ in range(2):
            light_desk.propose()
        watch.advance(seconds=4)
        light_desk.run(Stage.PROPOSAL, light_desk.quiet(Stage.PROPOSAL))
        watch.advance(seconds=3)
        light_desk.run(Stage.PROPOSAL)
    found = exposed(metrics)
    assert (found["passerelle_reaction_lag_seconds_count", "proposal"], found["passerelle_reaction_lag_seconds_sum", "proposal"]) == (2, 8)
    assert found["passerelle_chunk_seconds_count", "proposal"] in (1, 2)
    assert [found["passerelle_delivery_tries_total", state] for state in ("sent", "dead", "retrying")] == [1, 1, 0]
    assert (found["passerelle_delivery_lag_seconds_count",], found["passerelle_delivery_lag_seconds_sum",]) == (1, 3)


def test_an_empty_run_counts_no_chunk(light_desk):
    metrics = WorkerMetrics()
    light_desk.app = replace(light_desk.app, meter=metrics)
    light_desk.run(Stage.PROPOSAL)
    assert exposed(metrics)["passerelle_chunk_seconds_count", "proposal"] == 0


def test_a_held_up_event_loop_is_seen_once_as_the_longest_lag():
    metrics = WorkerMetrics()

    async def hold_up():
        pulse = asyncio.create_task(_feel_pulse(metrics, lambda: True))
        await asyncio.sleep(0.05)
        time.sleep(0.4)  # noqa: ASYNC251  # that is the point
        await asyncio.sleep(0.05)
        pulse.cancel()

    asyncio.run(hold_up())
    found = exposed(metrics)
    assert found["passerelle_worker_loop_lag_max_seconds",] >= 0.3
    assert 1 <= found["passerelle_worker_loop_lag_seconds_count",] <= 3
    assert exposed(metrics)["passerelle_worker_loop_lag_max_seconds",] == 0


def test_two_meters_share_nothing():
    one, other = RelayMetrics(), RelayMetrics()
    one.woke("proposal")
    one.leads(60)
    assert [exposed(each)["passerelle_wakes_total", "proposal"] for each in (one, other)] == [1, 0]
    assert [exposed(each)["passerelle_relay_leading",] for each in (one, other)] == [1, 0]


def test_a_lease_that_was_not_renewed_leads_no_longer():
    metrics = RelayMetrics()
    metrics.leads(0.05)
    assert exposed(metrics)["passerelle_relay_leading",] == 1
    time.sleep(0.06)
    assert exposed(metrics)["passerelle_relay_leading",] == 0


# --- names and alerts -------------------------------------------------------------------------------------------------------------
@pytest.fixture
def everything(light_app, tmp_path, watch):
    """The text of both processes, on a home that has a checkpoint and a backup."""
    checkpoint(tmp_path, watch())
    back_up(light_app)
    texts = []
    for metrics in (RelayMetrics(), WorkerMetrics()):
        metrics.watch(light_app)
        texts.append(generate_latest(metrics.registry).decode())
    return texts


def test_every_metric_is_named_after_passerelle_and_explained(everything):
    families = [family for text in everything for family in text_string_to_metric_families(text)]
    assert [family.name for family in families if not family.name.startswith("passerelle_") or not family.documentation.strip()] == []


def alerts():
    [group] = YAML(typ="safe").load(RULES)["groups"]
    return group["rules"]


def test_every_metric_in_the_alerts_is_shown(everything):
    shown_names = {name for text in everything for name, *_ in samples_of(text)}
    named = {name for alert in alerts() for name in re.findall(r"passerelle_\w+", alert["expr"])}
    assert named - shown_names == set()


def test_every_label_value_in_the_alerts_is_shown(everything):
    values = {value for text in everything for _, *labels in samples_of(text) for value in labels}
    named = {value for alert in alerts() for found in re.findall(r'\w+=~?"([^"]+)"', alert["expr"]) for value in found.split("|")}
    assert named - values == set()


def test_every_alert_says_what_is_wrong_and_what_to_do():
    names = [alert["alert"] for alert in alerts()]
    assert len(set(names)) == len(names)
    for alert in alerts():
        assert alert["labels"]["severity"] in ("page", "ticket")
        assert all(alert["annotations"][part].endswith(".") for part in ("summary", "remedy"))


def test_the_example_scrapes_the_ports_of_the_defaults():
    targets = [
        target for job in YAML(typ="safe").load(SCRAPES)["scrape_configs"] for each in job["static_configs"] for target in each["targets"]
    ]
    settings = settings_of(ROOT)
    assert targets == [f"127.0.0.1:{settings.metrics_port(process)}" for process in ("relay", "worker")]
