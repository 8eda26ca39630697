"""The relay against a small HTTP server that answers as Prefect does, and as Prefect does on a bad day."""

import json
import logging
import threading
import time
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise
from types import SimpleNamespace

import pytest
from prometheus_client import generate_latest
from prometheus_client.parser import text_string_to_metric_families
from servers import prefect_like_server

from models.events import Stage
from services import leases
from services import relay as relay_module
from services.forms import DraftForm
from services.homes import advance_clock
from services.metrics import RelayMetrics
from services.prefect_api import PrefectApi
from services.relay import ChangeSignal, Relay, run_relay
from services.wakes import forget_wake


@pytest.fixture
def prefect():
    with prefect_like_server() as told:
        yield told


@pytest.fixture
def api(prefect):
    with PrefectApi(prefect.url, "passerelle:secret") as api:
        yield api


@pytest.fixture
def relay(light_desk, api):
    return Relay(light_desk.app, api)


def published(desk):
    with desk.app.db.read() as connection:
        return connection.exec_driver_sql("SELECT count(*) FROM event WHERE published_at IS NOT NULL").scalar_one()


def unfinished_run(due_at, state="RUNNING"):
    return {
        "id": "00000000-0000-0000-0000-000000000002",
        "name": "n",
        "tags": [],
        "state": {"type": state, "name": state.title(), "message": None},
        "expected_start_time": due_at.isoformat(),
        "start_time": due_at.isoformat(),
    }


def test_events_are_told_in_order_once_with_stable_ids_and_no_words(light_desk, relay, prefect):
    numbers = [light_desk.propose() for _ in range(3)]
    relay.look()
    relay.look()
    assert [event["resource"]["prefect.resource.id"] for event in prefect.events] == [f"passerelle.action.{number}" for number in numbers]
    assert [event["id"] for event in prefect.events] == [str(light_desk.events(number)[0].id) for number in numbers]
    assert {event["event"] for event in prefect.events} == {"passerelle.action.proposed"}
    assert light_desk.action(numbers[0]).sheet["title"] not in json.dumps(prefect.events, ensure_ascii=False)
    assert published(light_desk) == 3


def test_what_occurred_ahead_of_the_clock_is_told_as_of_now_in_the_order_of_the_log(light_desk, relay, prefect, watch):
    for _ in range(3):
        light_desk.propose()
    watch.advance(days=-30)
    relay.look()
    occurred = [event["occurred"] for event in prefect.events]
    assert occurred == sorted(set(occurred))
    assert max(occurred) < watch().isoformat()


def test_an_event_that_prefect_refuses_holds_no_other_back(light_desk, relay, prefect, caplog):
    numbers = [light_desk.propose() for _ in range(5)]
    poison = str(light_desk.events(numbers[2])[0].id)
    prefect.refused_ids = {poison}
    relay.look()
    assert [event["payload"]["seq"] for event in prefect.events] == [1, 1, 1, 1]
    assert published(light_desk) == 5
    assert [record.getMessage() for record in caplog.records if record.levelno == logging.ERROR] == [
        f"Prefect will not have event {poison} (422); it stays in our log only"
    ]


def test_a_stage_with_work_is_woken_once(light_desk, relay, prefect, watch):
    light_desk.propose()
    relay.look()
    relay.look()
    assert prefect.wakes == ["proposal"]
    watch.advance(seconds=2)
    relay.look()
    assert prefect.wakes == ["proposal", "proposal"]
    watch.advance(seconds=3)
    relay.look()
    assert len(prefect.wakes) == 2
    watch.advance(seconds=1)
    relay.look()
    assert len(prefect.wakes) == 3


def test_a_relay_that_starts_again_keeps_to_the_pauses_of_its_predecessor(light_desk, relay, prefect, api, watch):
    light_desk.propose()
    relay.look()
    watch.advance(seconds=1)
    Relay(light_desk.app, api).look()
    assert prefect.wakes == ["proposal"]


def test_the_next_stage_is_woken_when_its_turn_has_come(light_desk, relay, prefect, watch):
    light_desk.propose()
    relay.look()
    light_desk.run(Stage.PROPOSAL, light_desk.quiet(Stage.PROPOSAL))
    watch.advance(seconds=1)
    relay.look()
    assert prefect.wakes == ["proposal", "committee-review"]
    assert [row.stage for row in light_desk_wakes(light_desk)] == ["committee-review"]


def light_desk_wakes(desk):
    with desk.app.db.read() as connection:
        return connection.exec_driver_sql("SELECT stage FROM wake").all()


def test_a_paused_stage_is_not_woken(light_desk, relay, prefect, watch):
    prefect.paused = {"proposal/stage"}
    light_desk.propose()
    relay.look()
    assert prefect.wakes == []
    prefect.paused = set()
    watch.advance(seconds=1)
    relay.look()
    assert prefect.wakes == ["proposal"]


def test_a_run_under_way_is_left_to_it_but_not_one_that_is_long_dead(light_desk, relay, prefect, watch):
    prefect.unfinished = {"proposal": [unfinished_run(watch())]}
    light_desk.propose()
    relay.look()
    assert prefect.wakes == []
    watch.advance(seconds=61)
    relay.look()
    assert prefect.wakes == ["proposal"]


def test_deliveries_are_left_to_their_stage_for_ten_seconds(light_desk, relay, prefect, watch):
    light_desk.propose()
    light_desk.run(Stage.PROPOSAL, light_desk.quiet(Stage.PROPOSAL))
    relay.look()
    assert "deliveries" not in prefect.wakes
    watch.advance(seconds=10)
    relay.look()
    assert prefect.wakes.count("deliveries") == 1


def test_the_signal_sees_every_commit_of_others_and_nothing_else(light_desk):
    signal = ChangeSignal(light_desk.app)
    signal.changed()
    assert signal.changed() is False
    light_desk.propose()
    assert signal.changed() is True
    assert signal.changed() is False
    forget_wake(light_desk.app.db, "proposal")
    signal.close()


def test_the_relay_waits_for_prefect_tells_so_once_and_goes_on(light_desk, prefect, api, caplog):
    prefect.away = True
    stop = threading.Event()
    thread = threading.Thread(target=run_relay, args=(light_desk.app, api, stop))
    thread.start()
    light_desk.propose()
    time.sleep(2.5)
    prefect.away = False
    end = time.monotonic() + 15
    while not prefect.events and time.monotonic() < end:
        time.sleep(0.05)
    stop.set()
    thread.join()
    assert len(prefect.events) == 1
    told = [record.getMessage().partition(":")[0] for record in caplog.records if record.name == "passerelle.relay"]
    assert told == ["the relay waits", "the relay goes on"]


def exposed(metrics):
    families = text_string_to_metric_families(generate_latest(metrics.registry).decode())
    return {(sample.name, *sample.labels.values()): sample.value for family in families for sample in family.samples}


def test_the_relay_measures_from_commit_to_prefect_and_counts_its_wakes(light_desk, api, watch):
    metrics = RelayMetrics()
    light_desk.propose()
    watch.advance(seconds=3)
    advance_clock(light_desk.app.db, timedelta(days=30))
    light_desk.propose(form=DraftForm)
    watch.advance(seconds=2)
    Relay(replace(light_desk.app, meter=metrics), api).look()
    found = exposed(metrics)
    assert (found["passerelle_publish_lag_seconds_count",], found["passerelle_publish_lag_seconds_sum",]) == (2, 5 + 2)
    assert (found["passerelle_wakes_total", "proposal"], found["passerelle_wakes_total", "reporting"]) == (1, 0)


def test_of_two_relays_one_leads_and_tells_whether_prefect_is_heard(light_desk, prefect, api):
    prefect.away = True
    stop, meters = threading.Event(), [RelayMetrics(), RelayMetrics()]
    apps = [replace(light_desk.app, meter=metrics) for metrics in meters]
    threads = [threading.Thread(target=run_relay, args=(app, api, stop)) for app in apps]

    def seen(name):
        return sorted(exposed(metrics)[name,] for metrics in meters)

    for thread in threads:
        thread.start()
    try:
        light_desk.propose()
        time.sleep(2)
        assert seen("passerelle_relay_leading") == [0, 1]
        assert seen("passerelle_relay_hearing") == [0, 1]
        prefect.away = False
        end = time.monotonic() + 15
        while seen("passerelle_relay_hearing") != [1, 1] and time.monotonic() < end:
            time.sleep(0.05)
        assert seen("passerelle_relay_hearing") == [1, 1]
    finally:
        stop.set()
        for thread in threads:
            thread.join()


class Swift:
    """In place of the event that ends the relay: its rests pass at once on a clock of their own, and meanwhile things happen.

    Notes when the relay took a full look, when it looked for events alone, and how long it rested.
    """

    def __init__(self, monkeypatch, seconds, happens=lambda _now: None):
        self.now, self._until, self._happens = 0.0, seconds, happens
        self.looks, self.glances, self.rests = [], [], []
        monkeypatch.setattr(relay_module, "time", SimpleNamespace(monotonic=lambda: self.now))
        self._note(monkeypatch, "work", self.looks)
        self._note(monkeypatch, "unpublished", self.glances)

    def _note(self, monkeypatch, name, moments):
        original = getattr(relay_module, name)

        def noted(*arguments):
            moments.append(round(self.now, 2))
            return original(*arguments)

        monkeypatch.setattr(relay_module, name, noted)

    def wait(self, seconds):
        self.rests.append(seconds)
        self.now += seconds
        self._happens(round(self.now, 2))
        return self.now >= self._until

    @property
    def gaps(self):
        return [round(later - sooner, 2) for sooner, later in pairwise(self.looks)]


def touch(desk):
    """A change that is no event, as the recording of a mail's answer is: somebody takes a lease."""
    leases.take(desk.app.db, str(desk.app.ids()), "somebody", desk.app.clock.wall(), 10)


def at(*moments, do):
    return lambda now: do() if now in moments else None


def test_at_rest_the_relay_looks_once_a_second(light_desk, api, monkeypatch):
    swift = Swift(monkeypatch, 3.0)
    run_relay(light_desk.app, api, swift)
    assert swift.looks == [0.05, 1.05, 2.05]
    assert set(swift.glances) == set(swift.looks)
    assert set(swift.rests) == {0.05}


def test_new_events_are_told_and_looked_at_at_once_however_fast_they_come(light_desk, api, prefect, monkeypatch):
    moments = (0.5, 0.55, 0.6, 1.3)
    swift = Swift(monkeypatch, 1.5, at(*moments, do=light_desk.propose))
    told = []
    monkeypatch.setattr(prefect, "_take", lambda batch: told.append((round(swift.now, 2), len(batch))) or (204, None))
    run_relay(light_desk.app, api, swift)
    assert set(moments) <= set(swift.looks)
    assert {moment for moment, _ in told} >= set(moments)


def test_another_change_is_looked_at_soon_and_never_forgotten(light_desk, api, monkeypatch):
    """The second change comes too soon after the look that the first one led to, and is looked at when its time has come."""
    swift = Swift(monkeypatch, 1.5, at(0.5, 0.6, do=lambda: touch(light_desk)))
    run_relay(light_desk.app, api, swift)
    assert swift.looks[:3] == [0.05, 0.5, 0.75]


def test_while_messages_are_sent_one_by_one_not_every_change_is_a_full_look(light_desk, api, monkeypatch):
    swift = Swift(monkeypatch, 3.0, lambda _now: touch(light_desk))
    run_relay(light_desk.app, api, swift)
    assert set(swift.gaps) <= {0.25, 0.3}
    assert len(swift.looks) <= 3.0 / 0.25
    assert len(swift.glances) > 4 * len(swift.looks)


def test_events_are_told_at_once_also_while_messages_are_sent(light_desk, api, prefect, monkeypatch):
    def happens(now):
        touch(light_desk)
        if now == 0.4:
            light_desk.propose()

    swift = Swift(monkeypatch, 1.0, happens)
    run_relay(light_desk.app, api, swift)
    assert 0.4 in swift.looks
    assert len(prefect.events) == 1


def test_the_relay_asks_a_prefect_that_is_away_ever_more_seldom_and_looks_at_once_when_it_is_back(light_desk, api, prefect, monkeypatch):
    light_desk.propose()
    prefect.away = True

    def happens(now):
        prefect.away = now < 20.0

    swift = Swift(monkeypatch, 25.0, happens)
    run_relay(light_desk.app, api, swift)
    assert swift.rests[:9] == [0.05, 0.25, 0.5, 1.0, 2.0, 4.0, 5.0, 5.0, 5.0]
    assert set(swift.rests[9:]) == {0.05}
    assert swift.looks[0] == round(sum(swift.rests[:9]), 2)
    assert len(prefect.events) == 1
