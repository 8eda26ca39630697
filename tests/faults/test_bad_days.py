"""Days on which the machine lets people down: they are told in words, processes wait and go on by themselves, and nothing is lost."""

import logging
import os
import shutil
import sqlite3
import subprocess
import threading
import time
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import timedelta

import pytest
from builders import CHARTER, CLERK, MONDAY, NOBODY_LISTENS, PEOPLE, Desk, Ids, propose_form, provision, settings_of
from faults.truth import chronicle_faults, faults_of, unreacted
from servers import prefect_like_server
from sqlalchemy.exc import OperationalError

from cli.main import run
from models import database
from models.commands import Via
from models.events import Stage
from models.tables import Delivery, Event, Reaction
from notifications.mailbox import Flaw, list_mails
from notifications.sink import prepare, running_sink
from services import leases
from services.clock import Clock
from services.homes import advance_clock
from services.operations import install
from services.prefect_api import PrefectApi
from services.relay import Relay, run_relay
from services.stages import react_quietly, run_deliveries, run_stage

_PATIENCE = 150
"""Milliseconds that a writer waits for another in these tests."""


@pytest.fixture
def passerelle(tmp_path, monkeypatch, capsys):
    """The command on the test's home."""
    named = {"HOME": tmp_path, "SMTP_URL": NOBODY_LISTENS, "PREFECT_PORT": 1, "RELAY_METRICS_PORT": 0, "WORKER_METRICS_PORT": 0}
    for name, value in named.items():
        monkeypatch.setenv(f"PASSERELLE_{name}", str(value))

    def command(*arguments):
        capsys.readouterr()
        code = run([str(argument) for argument in arguments])
        told = capsys.readouterr().err
        assert "Traceback" not in told
        return code, told

    return command


@pytest.fixture
def impatient(monkeypatch):
    """Writers that wait for others a short while only."""
    monkeypatch.setattr(database, "_BUSY_MILLISECONDS", _PATIENCE)


@contextmanager
def stranger_at(path):
    """Somebody else's program writes to the database and does not end."""
    with sqlite3.connect(path, isolation_level=None) as stranger:
        stranger.execute("BEGIN IMMEDIATE")
        yield
        stranger.execute("ROLLBACK")
    stranger.close()


@contextmanager
def relaying(app, prefect):
    """The relay, in a thread of its own."""
    stop = threading.Event()
    with PrefectApi(prefect.url, "passerelle:secret") as api:
        thread = threading.Thread(target=run_relay, args=(app, api, stop))
        thread.start()
        try:
            yield
            assert thread.is_alive()
        finally:
            stop.set()
            thread.join()


def eventually(look, seconds=20):
    end = time.monotonic() + seconds
    while not look():
        assert time.monotonic() < end
        time.sleep(0.02)


def unpublished(desk):
    return desk.rows(Event, published_at=None)


# --- locked ----------------------------------------------------------------------------------------------------------------------


def test_a_command_at_a_locked_database_is_refused_in_words_and_may_be_asked_again(impatient, tmp_path, light_desk, passerelle):  # noqa: ARG001  # sets the limit
    propose = ("action", "propose", "--seat", CLERK, "--title", "Une idée", "--axis", provision().axis)
    with stranger_at(tmp_path / "passerelle.db"):
        code, told = passerelle(*propose)
        assert (code, "un autre programme retient la base de données (database is locked)" in told) == (2, True)
    assert light_desk.rows(Event) == []
    assert passerelle(*propose)[0] == 0
    assert [row.topic for row in light_desk.rows(Event)] == ["action.proposed"]


def test_looking_works_while_the_database_is_locked(impatient, tmp_path, light_desk, passerelle):  # noqa: ARG001  # sets the limit
    light_desk.propose()
    with stranger_at(tmp_path / "passerelle.db"):
        assert [passerelle(*look)[0] for look in (("action", "list"), ("status",), ("events",), ("audit", "verify"))] == [0] * 4


def test_a_locked_database_is_no_fault_of_what_waits_in_it(impatient, tmp_path, light_desk):  # noqa: ARG001  # sets the limit
    for place in (1, 2):
        light_desk.propose(provision(place))
    for _ in range(6):
        with stranger_at(tmp_path / "passerelle.db"), pytest.raises(OperationalError):
            react_quietly(light_desk.app, Stage.PROPOSAL)
    assert light_desk.rows(Reaction) == []
    light_desk.settle()
    assert (unreacted(light_desk.app), chronicle_faults(light_desk.app)) == ([], [])


@pytest.mark.parametrize("patience_spans", [0.5, 1.5, 2.5, 3.5])
def test_a_lock_counts_against_no_item_whenever_it_ends(impatient, tmp_path, light_desk, patience_spans):  # noqa: ARG001  # sets the limit
    light_desk.propose()
    light_desk.app.db.close()
    with sqlite3.connect(tmp_path / "passerelle.db", isolation_level=None, check_same_thread=False) as stranger:
        stranger.execute("BEGIN IMMEDIATE")
        leaving = threading.Timer(patience_spans * _PATIENCE / 1000, stranger.execute, ("ROLLBACK",))
        leaving.start()
        with suppress(OperationalError):
            react_quietly(light_desk.app, Stage.PROPOSAL)
        leaving.join()
    stranger.close()
    assert light_desk.rows(Reaction) == []
    light_desk.settle()
    assert unreacted(light_desk.app) == []


def test_the_relay_waits_for_a_locked_database_says_so_once_and_goes_on(impatient, tmp_path, light_desk, caplog):  # noqa: ARG001  # sets the limit
    with prefect_like_server() as prefect, relaying(light_desk.app, prefect):
        light_desk.propose()
        eventually(lambda: not unpublished(light_desk))
        with stranger_at(tmp_path / "passerelle.db"):
            time.sleep(1.5)
            light_desk.watch.advance(seconds=30)
            eventually(lambda: "the relay waits: OperationalError" in caplog.messages)
        light_desk.propose(provision(2))
        eventually(lambda: not unpublished(light_desk))
        eventually(lambda: "the relay goes on" in caplog.messages)
    assert [message for message in caplog.messages if message.startswith("the relay")] == [
        "the relay waits: OperationalError",
        "the relay goes on",
    ]


# --- full ------------------------------------------------------------------------------------------------------------------------


@contextmanager
def small_disk(folder, size):
    folder.mkdir()
    if os.geteuid() != 0 or shutil.which("mount") is None:
        pytest.skip("only root can mount a small disk")
    mounting = ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(folder)]
    if subprocess.run(mounting, capture_output=True, check=False).returncode:  # noqa: S603  # the machine's own
        pytest.skip("this machine mounts nothing")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)  # noqa: S603, S607  # as above


@contextmanager
def filled_up(folder):
    """Not a page is left for anybody."""
    ballast = folder / "ballast"
    with ballast.open("wb", buffering=0) as file, suppress(OSError):
        while True:
            file.write(b"x" * 4096)
    yield
    ballast.unlink()


def test_on_a_full_disk_commands_are_refused_mails_wait_and_all_goes_on_once_there_is_room(tmp_path, watch, passerelle, monkeypatch):
    with small_disk(tmp_path / "small", "8m") as home:
        monkeypatch.setenv("PASSERELLE_HOME", str(home))
        app = _installed(home, watch)
        with running_sink(home / "mailbox") as port:
            desk = Desk(app, watch).through(f"smtp://127.0.0.1:{port}")
            for place in range(1, 8):
                desk.propose(provision(place))
            before = len(desk.rows(Event))
            with filled_up(home):
                code, told = passerelle("action", "propose", "--seat", CLERK, "--title", "Une idée", "--axis", provision().axis)
                assert (code, "database or disk is full" in told) == (2, True)
                for stage in Stage:
                    with pytest.raises(OperationalError):
                        run_stage(app, stage, holder="test", gate=lambda: None)
                with pytest.raises(OperationalError):
                    run_deliveries(app, holder="test", gate=lambda: None)
                assert (len(desk.rows(Event)), desk.rows(Reaction)) == (before, [])
            come = desk.settle()
            assert len(come) >= before
            run_deliveries(desk.app, holder="test", gate=lambda: None)
            assert faults_of(desk.app, home / "mailbox") == []
        desk.app.close()


def _installed(home, watch):
    app, _ = install(settings_of(home), kind="rehearsal", charter=CHARTER, people=PEOPLE)
    return replace(app, clock=Clock(lambda: timedelta(0), watch), ids=Ids())


def test_a_mail_that_finds_the_disk_full_is_tried_again_later(light_desk, tmp_path):
    light_desk.propose()
    light_desk.settle()
    with small_disk(tmp_path / "small", "1m") as folder, running_sink(folder / "mailbox") as port:
        light_desk.through(f"smtp://127.0.0.1:{port}")
        with filled_up(folder):
            run_deliveries(light_desk.app, holder="test", gate=lambda: None)
            assert {(row.state, row.code) for row in light_desk.rows(Delivery)} == {("retrying", 452)}
            assert [mail.flaw for mail in list_mails(folder / "mailbox")] == []
        light_desk.watch.advance(minutes=16)
        run_deliveries(light_desk.app, holder="test", gate=lambda: None)
        assert faults_of(light_desk.app, folder / "mailbox") == []


# --- the clock -------------------------------------------------------------------------------------------------------------------


def test_with_the_clock_set_back_a_stage_is_still_woken_and_served(light_desk, sink):
    light_desk.through(sink.url)
    with prefect_like_server() as prefect, PrefectApi(prefect.url, "passerelle:secret") as api:
        relay = Relay(light_desk.app, api)
        light_desk.propose()
        relay.look()
        light_desk.watch.advance(hours=-3)
        light_desk.propose(provision(2))
        relay.look()
        light_desk.watch.advance(seconds=3)
        relay.look()
        assert (prefect.wakes, unpublished(light_desk)) == (["proposal"] * 2, [])
        assert Relay(light_desk.app, api).look() is None
        light_desk.watch.advance(seconds=61)
        relay.look()
    assert len(prefect.wakes) > 2
    run_stage(light_desk.app, Stage.PROPOSAL, holder="test", gate=lambda: None)
    light_desk.settle()
    assert unreacted(light_desk.app) == []
    assert chronicle_faults(light_desk.app) == []


def test_with_the_clock_set_back_a_dead_holder_keeps_its_lease_no_longer_than_twice_its_time(light_desk):
    db = light_desk.app.db
    assert leases.take(db, "stage:proposal", "dead", MONDAY, 60)
    earlier = MONDAY - timedelta(hours=3)
    assert leases.take(db, "stage:proposal", "living", earlier, 60)
    assert not leases.renew(db, "stage:proposal", "dead", earlier, 60)


def test_a_lease_of_somebody_whose_clock_is_a_little_ahead_is_respected(light_desk):
    db = light_desk.app.db
    assert leases.take(db, "stage:proposal", "one", MONDAY + timedelta(seconds=30), 60)
    assert not leases.take(db, "stage:proposal", "other", MONDAY, 60)


def test_with_the_clock_set_back_mails_that_wait_are_sent(light_desk, sink):
    light_desk.through(sink.url).propose()
    light_desk.settle()
    light_desk.watch.advance(hours=-3)
    run_deliveries(light_desk.app, holder="test", gate=lambda: None)
    assert faults_of(light_desk.app, sink.folder) == []


def test_what_fell_due_before_the_clock_was_set_back_does_not_fall_twice(light_desk):
    number = light_desk.to_work()
    light_desk.watch.go_to(light_desk.today + timedelta(days=182))
    light_desk.settle()
    topics = light_desk.topics(number)
    light_desk.watch.advance(days=-30)
    light_desk.settle()
    light_desk.watch.advance(days=30)
    light_desk.settle()
    assert (light_desk.topics(number), chronicle_faults(light_desk.app)) == (topics, [])


def test_what_is_done_after_the_clock_was_set_back_follows_in_the_log_and_keeps_the_chain(light_desk):
    number = light_desk.to_work()
    advance_clock(light_desk.app.db, timedelta(days=3))
    light_desk.report(number, 10)
    light_desk.watch.advance(days=-5)
    light_desk.report(number, 20)
    first, second = light_desk.events(number)[-2:]
    assert (second.seq - first.seq, second.recorded_at < first.recorded_at) == (1, True)
    assert chronicle_faults(light_desk.app) == []


# --- Prefect's secret -------------------------------------------------------------------------------------------------------------


def test_with_another_secret_the_relay_waits_says_why_and_goes_on_once_it_is_right(light_desk, caplog):
    caplog.set_level(logging.WARNING)
    with prefect_like_server() as prefect, relaying(light_desk.app, prefect):
        light_desk.propose()
        eventually(lambda: not unpublished(light_desk))
        prefect.secret = "another:secret"
        light_desk.propose(provision(2))
        eventually(lambda: any("another installation may hold its port" in message for message in caplog.messages))
        assert len(unpublished(light_desk)) == 1
        prefect.secret = None
        eventually(lambda: not unpublished(light_desk))
    assert chronicle_faults(light_desk.app) == []


# --- the Maildir -----------------------------------------------------------------------------------------------------------------


def test_half_written_and_unreadable_mails_are_shown_as_such_and_stop_no_other(light_desk, tmp_path, passerelle):
    mailbox = tmp_path / "mailbox"
    prepare(mailbox)
    (mailbox / "tmp" / "half").write_bytes(b"Return-Path: <a@ville")
    (mailbox / "new" / "noise").write_bytes(bytes(range(256)) * 10)
    (mailbox / "new" / "folder").mkdir()
    with running_sink(mailbox) as port:
        light_desk.through(f"smtp://127.0.0.1:{port}").propose()
        light_desk.ask(propose_form(provision(2)), via=Via.CLI)
        light_desk.settle()
        run_deliveries(light_desk.app, holder="test", gate=lambda: None)
    shown = list_mails(mailbox)
    assert {mail.flaw for mail in shown} == {None, Flaw.UNFINISHED, Flaw.UNREADABLE}
    assert sum(mail.flaw is None for mail in shown) == len(light_desk.rows(Delivery, state="sent")) > 0
    assert passerelle("mailbox", "list")[0] == 0
