"""The doctor on homes that are really broken: each fault is found, named and comes with its remedy; on a sound home it is quiet."""

import os
import shutil
import sqlite3
import subprocess
import sys
import threading
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import psycopg
import pytest
from builders import CLERK, ROOT, settings_of
from institutions import SECRET, forging

from models.charter import Language
from models.commands import Via
from models.tables import Deadline, Delivery, Event, Home, Lease, Sweep, table
from services.attachments import Request, attach
from services.backup import back_up
from services.clock import wall
from services.doctor import examine
from services.doctor_check import Check
from services.homes import content_path
from services.restore import restore
from services.wakes import STAGES, TRIES
from services.wording import catalogue

EXPECTED_AT_REST = {("secret", "look"), ("prefect", "mend"), ("process", "mend"), ("sweep_never", "look"), ("smtp", "mend")}
"""What is wrong in a home where nothing runs: nothing runs."""


def found(settings, name):
    """The checks of this name."""
    return [check for check in examine(settings) if check.name == name]


def the(settings, name):
    [check] = found(settings, name)
    return check


def change(app, statement):
    with app.db.write() as connection:
        connection.execute(statement)


@pytest.fixture
def settings(light_app):
    return light_app.settings


def test_a_home_where_nothing_runs_has_no_other_fault(settings):
    settings.home.chmod(0o700)
    wrong = {
        (check.name, check.level)
        for check in examine(settings)
        if check.level != "right" and not check.name.startswith(("metrics", "portal"))
    }
    assert wrong == EXPECTED_AT_REST


# --- room ------------------------------------------------------------------------------------------------------------------------


@pytest.mark.skipif(os.geteuid() != 0 or shutil.which("mount") is None, reason="only root can mount a small disk")
@pytest.mark.parametrize(("size", "level"), [("50m", "mend"), ("500m", "look"), ("2g", "right")])
def test_a_disk_that_fills_up_is_found(tmp_path, size, level):
    with mounted(tmp_path / "small", size) as home:
        assert the(settings_of(home), "disk").level == level


@contextmanager
def mounted(folder, size):
    folder.mkdir()
    done = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", folder], capture_output=True, check=False)  # noqa: S603, S607  # the machine's own
    if done.returncode:
        pytest.skip("this machine mounts nothing")
    try:
        yield folder
    finally:
        subprocess.run(["umount", folder], check=True)  # noqa: S603, S607  # as above


# --- the database ----------------------------------------------------------------------------------------------------------------

HOLD = """
import sqlite3, sys
connection = sqlite3.connect(sys.argv[1], isolation_level=None)
connection.execute("PRAGMA locking_mode=" + sys.argv[2])
connection.execute("BEGIN " + sys.argv[3])
print("held", flush=True)
sys.stdin.read()
"""


@contextmanager
def stranger(path, *how):
    """Another program that holds the database."""
    program = subprocess.Popen([sys.executable, "-c", HOLD, str(path), *how], stdin=subprocess.PIPE, stdout=subprocess.PIPE)  # noqa: S603  # our own program
    try:
        assert program.stdout.readline() == b"held\n"
        yield program
    finally:
        program.communicate()


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
@pytest.mark.parametrize("how", [("normal", "IMMEDIATE"), ("exclusive", "EXCLUSIVE")])
def test_a_stranger_that_holds_the_database_is_named(settings, how):
    with stranger(settings.home / "passerelle.db", *how) as program:
        check = the(settings, "database_locked")
        name = Path(f"/proc/{program.pid}/comm").read_text(encoding="utf-8").strip()
    assert (check.level, check.params["holder"]) == ("mend", f"{name} ({program.pid})")
    assert the(settings, "database").level == "right"


@pytest.mark.postgres
def test_a_session_that_sits_on_a_transaction_is_named_on_postgresql(postgres_url, tmp_path, monkeypatch):
    monkeypatch.setattr("services.doctor_database._IDLE_SECONDS", 0.2)
    settings = settings_of(tmp_path, postgres_url)
    with psycopg.connect(postgres_url, application_name="tableur") as session:
        session.execute("SELECT count(*) FROM action")
        threading.Event().wait(0.5)
        assert the(settings, "database_locked").params["holder"] == f"tableur ({session.info.backend_pid})"
        session.rollback()
    assert found(settings, "database_locked") == []


@pytest.mark.parametrize("part", ["head", "page"])
def test_a_damaged_database_is_told_and_nothing_is_concluded_from_it(settings, part):
    path = settings.home / "passerelle.db"
    with sqlite3.connect(path) as database:
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        page = database.execute("SELECT rootpage FROM sqlite_master WHERE name = 'ix_seat_person_id'").fetchone()[0]
    database.close()
    with path.open("r+b") as file:
        file.seek(0 if part == "head" else (page - 1) * 4096)
        file.write(b"\xa5" * 64)
    checks = {check.name: check.level for check in examine(settings)}
    assert (checks["database_damaged"], "charter" in checks) == ("mend", False)


def test_an_absent_an_older_and_a_newer_schema_are_told_apart(settings, tmp_path):
    assert the(settings_of(tmp_path / "nowhere"), "database_absent").level == "mend"
    for revision, name in (("9999", "schema_newer"), ("0001", "schema_older")):
        with sqlite3.connect(settings.home / "passerelle.db") as database:
            database.execute("UPDATE alembic_version SET version_num = ?", (revision,))
        database.close()
        assert the(settings, name).level == "mend"


def test_a_log_of_writes_that_grew_large_is_told(settings, monkeypatch):
    monkeypatch.setattr("services.doctor_database._LARGE_LOG", 1_000)
    keeper = sqlite3.connect(settings.home / "passerelle.db")
    keeper.execute("UPDATE person SET name = name || '.'")
    keeper.commit()
    assert the(settings, "database_log").level == "look"
    keeper.close()


@pytest.mark.parametrize("what", ["event", "lease"])
def test_a_clock_that_was_set_back_is_told(light_desk, what):
    light_desk.propose()
    later = wall() + timedelta(hours=3)
    change(light_desk.app, table(Event).update().values(recorded_at=wall()))
    assert found(light_desk.app.settings, "clock_back") == []
    if what == "event":
        change(light_desk.app, table(Event).update().values(recorded_at=later))
    else:
        change(light_desk.app, table(Lease).insert().values(name="relay", holder="dead", expires_at=later))
    check = the(light_desk.app.settings, "clock_back")
    assert (check.level, 170 < check.params["minutes"] <= 180) == ("mend", True)


def test_a_rehearsal_whose_clock_is_ahead_is_no_clock_set_back(light_desk):
    light_desk.propose()
    with light_desk.app.db.write() as connection:
        connection.exec_driver_sql("UPDATE home SET clock_offset_seconds = 864000")
    change(light_desk.app, table(Event).update().values(recorded_at=wall() + timedelta(days=10)))
    settings = light_desk.app.settings
    assert (found(settings, "clock_back"), the(settings, "clock")) == ([], Check("clock", "look", {"days": 10}))


# --- files -----------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("harm", [Path.unlink, lambda path: path.write_bytes(b"cut")], ids=["lost", "cut"])
def test_an_attached_file_that_is_lost_is_told(light_desk, tmp_path, harm):
    plan = tmp_path / "plan.pdf"
    plan.write_bytes(b"%PDF-1.7 plan")
    attach(light_desk.app, plan, Request(light_desk.propose(), CLERK, "cle-0001"), via=Via.CLI)
    settings = light_desk.app.settings
    assert the(settings, "attachments").level == "right"
    [path] = [path for path in settings.attachments.rglob("*") if path.is_file()]
    harm(path)
    assert the(settings, "attachments") == Check("attachments", "mend", {"count": 1, "first": path.name})
    assert path == content_path(settings, path.name)


def test_a_half_written_maildir_is_told_but_not_a_mail_being_written(settings):
    for folder in ("tmp", "new", "cur"):
        (settings.mailbox / folder).mkdir(parents=True)
    cut, whole, junk = settings.mailbox / "tmp/cut", settings.mailbox / "new/whole", settings.mailbox / "new/junk"
    cut.write_bytes(b"To: someb")
    whole.write_bytes(b"From: a@ville.example\r\nTo: b@ville.example\r\nSubject: Bonjour\r\n\r\nTexte")
    assert the(settings, "mailbox").level == "right"
    junk.write_bytes(b"\x00\x01")
    for path in (cut, whole, junk):
        os.utime(path, (wall().timestamp() - 120,) * 2)
    assert (the(settings, "mailbox").level, the(settings, "mailbox").params["count"]) == ("look", 2)


def live(app, **age):
    change(app, table(Home).update().values(kind="live", created_at=wall() - timedelta(**age)))


def test_a_live_home_without_a_backup_of_the_day_is_told(light_app, settings, watch):
    live(light_app, hours=1)
    assert found(settings, "backup_never") == []
    live(light_app, hours=37)
    assert the(settings, "backup_never").level == "look"
    watch.moment = wall() - timedelta(hours=40)
    old = back_up(light_app)
    assert the(settings, "backup") == Check("backup", "look", {"hours": 40, "file": str(old.path)})
    watch.moment = wall()
    back_up(light_app)
    assert the(settings, "backup").level == "right"


def test_a_home_without_a_recent_checkpoint_is_told(light_app, settings):
    live(light_app, hours=50)
    assert the(settings, "checkpoint_never").level == "look"
    settings.checkpoints.mkdir()
    file = settings.checkpoints / "000001-2026-10-05.jsonl"
    file.touch()
    assert the(settings, "checkpoint").level == "right"
    os.utime(file, (wall().timestamp() - 50 * 3600,) * 2)
    assert the(settings, "checkpoint") == Check("checkpoint", "look", {"hours": 50})


def test_a_restored_home_that_is_held_is_told(light_app, settings, watch, tmp_path):
    assert found(settings, "held") == []
    other = settings_of(tmp_path / "other")
    restore(back_up(light_app).path, other, watch())
    assert the(other, "held") == Check("held", "look", {"moment": "2026-10-05 07:00 UTC"})


# --- Prefect and the processes ---------------------------------------------------------------------------------------------------


@contextmanager
def somebody_else(status):
    """A server that answers everything with one status, as Prefect does to a secret that it does not know."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(status)
            self.end_headers()

        def log_message(self, *_):
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@pytest.mark.parametrize(("status", "name"), [(401, "prefect_secret"), (500, "prefect")])
def test_a_prefect_that_refuses_our_secret_is_told_apart_from_one_that_is_ill(settings, status, name):
    settings.prefect_auth.write_text("passerelle:expired\n", encoding="ascii")
    settings.prefect_auth.chmod(0o600)
    with somebody_else(status) as port:
        mine = settings_of(settings.home, settings.database_url, PASSERELLE_PREFECT_PORT=str(port))
        assert the(mine, name).level == "mend"


def test_a_secret_that_others_can_read_does_not_stop_the_examination(settings):
    settings.prefect_auth.write_text("passerelle:open\n", encoding="ascii")
    settings.prefect_auth.chmod(0o644)
    assert (the(settings, "secret").level, the(settings, "prefect").level) == ("mend", "mend")


def test_processes_and_sweeps_are_told_as_their_leases_and_rows_have_them(light_app, settings):
    change(light_app, table(Lease).insert().values(name="relay", holder="somebody", expires_at=wall() + timedelta(seconds=15)))
    for stage in STAGES:
        change(light_app, table(Sweep).insert().values(stage=stage, swept_at=wall() - timedelta(minutes=40)))
    assert [(check.params["name"], check.level) for check in found(settings, "process")] == [("relay", "right"), ("worker", "mend")]
    assert the(settings, "sweep") == Check("sweep", "look", {"minutes": 40, "stages": ", ".join(STAGES)})


def test_what_waits_for_a_person_is_counted(light_desk):
    light_desk.to_technical()
    first, second, *_ = light_desk.rows(Delivery)
    rows = table(Delivery)
    change(light_desk.app, rows.update().where(rows.c.id == first.id).values(state="uncertain"))
    change(light_desk.app, rows.update().where(rows.c.id == second.id).values(state="dead"))
    parked = light_desk.dues()[0]
    change(light_desk.app, table(Deadline).update().where(table(Deadline).c.id == parked.id).values(tries=TRIES))
    settings = light_desk.app.settings
    assert [the(settings, name).params["count"] for name in ("parked", "deliveries_uncertain", "deliveries_dead")] == [1, 1, 1]
    assert the(settings, "backlog").level == "look"


def test_a_mail_server_that_answers_is_told(settings, sink):
    mine = settings_of(settings.home, settings.database_url, PASSERELLE_SMTP_URL=sink.url)
    assert (the(mine, "smtp").level, the(settings, "smtp").level) == ("right", "mend")


# --- the wording -----------------------------------------------------------------------------------------------------------------


def test_an_institution_that_answers_is_away_or_calls_itself_otherwise_is_told(settings, watch):
    with forging(watch) as ville, forging(watch) as univ, forging(watch) as metropole:
        univ.away, metropole.metadata["issuer"] = "cut", "https://ailleurs.example"
        asked = replace(settings, institutions=(ville.institution(), univ.institution("univ"), metropole.institution("metropole")))
        checks = {check.params["name"]: check for check in (*found(asked, "sso"), *found(asked, "sso_wrong"))}
    assert {name: (check.name, check.level) for name, check in checks.items()} == {
        "ville": ("sso", "right"),
        "univ": ("sso", "look"),
        "metropole": ("sso_wrong", "mend"),
    }
    assert "https://ailleurs.example" in checks["metropole"].params["why"]
    assert SECRET not in str(checks)


@pytest.mark.parametrize(
    ("base_url", "times"), [("http://passerelle.example", 1), ("https://passerelle.example", 0), ("http://127.0.0.1:8080", 0)]
)
def test_signing_in_by_an_institution_in_plain_sight_is_told(settings, watch, base_url, times):
    with forging(watch) as ville:
        asked = replace(settings, base_url=base_url, institutions=(ville.institution(),))
        assert len(found(asked, "sso_plain")) == times


def test_every_finding_of_the_source_has_its_sentence_and_no_sentence_is_left_over():
    """Names stand in the source as literals; ``process``, ``deliveries_*`` and the metrics' are made of them."""
    source = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "services").glob("doctor*.py"))
    names = {code.split(".")[1] for code in catalogue(Language.FRENCH) if code.startswith("doctor.")}
    assert sorted(name for name in names if f'"{name}"' not in source and not name.startswith("deliveries_")) == []
