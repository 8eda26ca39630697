"""Backups taken and restored: everything comes back, on either database, and nothing else."""

import gzip
import json
import os
import shutil
import sqlite3
import subprocess
import sys
import tarfile
import threading
import time
from collections import Counter
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from itertools import count
from uuid import UUID

import pytest
import sqlalchemy as sa
from builders import CLERK, CONVENTION, MONDAY, ROOT, Desk, Ids, Watch, provision, settings_of
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from sqlmodel import SQLModel

from models.commands import Via
from models.database import Database
from models.errors import Refused
from models.migrations import standing
from models.tables import Absence, Account, Bounce, Event, Person, table
from services.absences import note_absence
from services.attachments import Request, attach
from services.audit import verify
from services.backup import back_up, last_backup, thin_out
from services.backup_file import MANIFEST, Reader, Writer
from services.bootstrap import open_app
from services.clock import Clock
from services.feed_addresses import Whose, renew
from services.home_lock import take_home
from services.homes import content_path, prepare_folder
from services.links import secret_of, token_of
from services.preferences import choose, mute
from services.restore import restore
from services.tokens import make
from services.visitors import ask_to_sign_in, sign_in_with
from services.webhooks.journal import try_receiver
from services.webhooks.receivers import add

OPERATIONAL = {"lease", "wake"}


def contents(db):
    """Every row of every table but those that belong to running processes."""
    found = {}
    with db.read() as connection:
        for rows in SQLModel.metadata.sorted_tables:
            if rows.name not in OPERATIONAL:
                found[rows.name] = connection.execute(sa.select(rows).order_by(*rows.primary_key.columns)).all()
    return found


def refusal(call, *args):
    with pytest.raises(Refused) as refused:
        call(*args)
    return [problem.code for problem in refused.value.problems]


def play(desk, tmp_path):
    number = desk.to_final_report()
    desk.to_technical(provision(1))
    desk.to_technical(provision(description=None))
    plan = tmp_path / "plan.pdf"
    plan.write_bytes(b"%PDF-1.7" + bytes(range(256)) * 5000)
    attach(desk.app, plan, Request(number, CLERK, "cle-0001"), via=Via.CLI)
    be_away(desk)
    wish(desk, number)
    delivery = ask_to_sign_in(desk.app, "patrimoine@universite.example")
    sign_in_with(desk.app, token_of(secret_of(desk.app.db), delivery))
    return desk


def wish(desk, number):
    """Somebody chose how they are told, follows an action no more, and a mail to them came back."""
    [person] = desk.rows(Person, code="patrimoine")
    choose(desk.app, person.id, {"rhythm": "weekly", "hour": "8", "weekday": "0", "decisions.mail": "digest"}, 0)
    mute(desk.app, person.id, desk.action(number).id, desk.today + timedelta(days=30))
    renew(desk.app, Whose(CONVENTION, person.id))
    made = add(desk.app, CONVENTION, "http://127.0.0.1:9/", ("action.closed",), "operator")
    try_receiver(desk.app, CONVENTION, made.id)
    make(desk.app, person.id, name="Tableau de bord", scopes=("read", "act"), days=30, via=Via.PORTAL)
    bounce = {"person_id": person.id, "address": person.email, "hard": 0, "soft": 1, "last_on": desk.today, "convention": CONVENTION}
    account = {"person_id": person.id, "issuer": "https://connexion.ville.example", "subject": "u-1", "convention": CONVENTION}
    with desk.app.db.write() as connection:
        connection.execute(table(Bounce).insert().values(**bounce))
        connection.execute(table(Account).insert().values(made_at=desk.watch(), used_at=desk.watch(), **account))


def be_away(desk, days=0):
    """A member is away for a day, and a deputy answers meanwhile."""
    day = (desk.today + timedelta(days=days)).isoformat()
    note_absence(desk.app, CONVENTION, "patrimoine", {"starts_on": day, "ends_on": day, "deputy": "COTECH-08"})


@pytest.fixture
def played(desk, tmp_path):
    """A home where something of everything has happened, once on each database."""
    return play(desk, tmp_path)


@pytest.fixture
def light_played(light_desk, tmp_path):
    """The same, on SQLite only."""
    return play(light_desk, tmp_path)


@pytest.fixture
def elsewhere(request, tmp_path):
    """The settings of an empty home, once on each database."""
    return lambda kind: settings_of(tmp_path / "elsewhere", request.getfixturevalue("empty_postgres") if kind == "postgres" else None)


@pytest.mark.parametrize("kind", ["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def test_a_backup_restored_on_either_database_has_every_row_and_every_byte(played, elsewhere, kind):
    done = back_up(played.app)
    settings = elsewhere(kind)
    restore(done.path, settings, played.watch())
    app = open_app(settings)
    assert contents(app.db) == contents(played.app.db)
    filled = {name for name, rows in contents(app.db).items() if rows}
    assert {"preference", "wish", "mute", "bounce", "fanout", "feed", "account", "api_token"} <= filled
    assert {"webhook", "webhook_delivery", "webhook_try"} <= filled
    [sha256] = done.manifest.attachments
    assert content_path(settings, sha256).read_bytes() == content_path(played.app.settings, sha256).read_bytes()
    app.close()


@pytest.mark.parametrize("kind", ["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def test_a_restored_home_goes_on_numbering_where_the_first_one_was(light_desk, elsewhere, kind):
    be_away(light_desk)
    light_desk.to_technical()
    settings = elsewhere(kind)
    restore(back_up(light_desk.app).path, settings, light_desk.watch())
    app = replace(open_app(settings), clock=light_desk.app.clock)
    desk = replace(light_desk, app=app)
    number = desk.propose()
    assert (number, [event.seq for event in desk.events(number)]) == ("A-2026-002", [1])
    be_away(desk, days=1)
    assert len(desk.rows(Absence)) == 2
    app.close()


def test_a_backup_is_for_its_owner_alone_and_holds_no_secret(light_desk):
    light_desk.app.settings.prefect_auth.write_text("passerelle:motdepasse\n", encoding="ascii")
    done = back_up(light_desk.app)
    assert (done.path.parent, done.path.stat().st_mode & 0o777, done.path.parent.stat().st_mode & 0o777) == (
        light_desk.app.settings.backups,
        0o600,
        0o700,
    )
    with tarfile.open(done.path) as archive:
        texts = [gzip.decompress(archive.extractfile(info).read()) if info.name.endswith(".gz") else b"" for info in archive]
    assert [text for text in texts if b"motdepasse" in text] == []
    assert b"motdepasse" not in done.path.read_bytes()


def test_an_unpacked_backup_is_verified_by_a_common_tool(light_played, tmp_path):
    with tarfile.open(back_up(light_played.app).path) as archive:
        archive.extractall(tmp_path / "unpacked", filter="data")
    checked = subprocess.run([shutil.which("sha256sum"), "--check", "--strict", "SHA256SUMS"], cwd=tmp_path / "unpacked", check=False)  # noqa: S603  # the machine's own
    assert checked.returncode == 0


def test_a_backup_never_overwrites_another(light_app, tmp_path):
    taken = tmp_path / "taken.tar"
    taken.write_bytes(b"precious")
    assert refusal(back_up, light_app, taken) == ["backup_exists"]
    assert taken.read_bytes() == b"precious"
    first = back_up(light_app, tmp_path)
    assert (refusal(back_up, light_app, tmp_path), first.path.parent) == (["backup_exists"], tmp_path)


def test_the_last_backup_is_remembered_wherever_it_was_written(light_app, watch, tmp_path):
    assert last_backup(light_app.settings) is None
    done = back_up(light_app, tmp_path / "copy.tar")
    assert last_backup(light_app.settings) == (watch(), done.path)


def test_only_the_oldest_backups_are_thinned_out(light_app, watch):
    paths = []
    for _ in range(3):
        paths.append(back_up(light_app).path)
        watch.advance(days=1)
    own = paths[0].with_name("mine.tar")
    own.write_bytes(b"")
    assert (thin_out(own.parent, 2), sorted(own.parent.glob("*.tar"))) == ([paths[0]], [own, *paths[1:]])


@pytest.mark.parametrize("harm", [lambda path: path.unlink(), lambda path: path.write_bytes(b"autre chose")], ids=["lost", "changed"])
def test_an_attached_file_that_is_lost_is_named_and_the_rest_is_saved(light_played, tmp_path, harm):
    [sha256] = back_up(light_played.app).manifest.attachments
    harm(content_path(light_played.app.settings, sha256))
    light_played.watch.advance(seconds=1)
    done = back_up(light_played.app)
    assert (done.manifest.attachments, done.manifest.missing) == ((), (sha256,))
    settings = settings_of(tmp_path / "elsewhere")
    assert restore(done.path, settings, light_played.watch()).manifest.missing == (sha256,)


def test_checkpoints_come_along_and_one_that_says_more_is_left_as_it_is(light_app, tmp_path, watch):
    folder = light_app.settings.checkpoints
    folder.mkdir()
    for name in ("2026-10-03", "2026-10-04"):
        (folder / name).write_text(f"heads of {name}", encoding="ascii")
    (folder / ".2026-10-05.part").write_text("half", encoding="ascii")
    done = back_up(light_app)
    settings = settings_of(tmp_path / "elsewhere")
    settings.checkpoints.mkdir(parents=True)
    (settings.checkpoints / "2026-10-04").write_text("other heads", encoding="ascii")
    (settings.checkpoints / "2026-10-05").write_text("later heads", encoding="ascii")
    assert (done.manifest.checkpoints, restore(done.path, settings, watch()).kept) == (
        ("2026-10-03", "2026-10-04"),
        ("2026-10-04", "2026-10-05"),
    )
    assert {path.name: path.read_text(encoding="ascii") for path in settings.checkpoints.iterdir()} == {
        "2026-10-03": "heads of 2026-10-03",
        "2026-10-04": "other heads",
        "2026-10-05": "later heads",
    }


def test_a_home_in_use_is_never_restored_into(app, watch):
    before = contents(app.db)
    path = back_up(app).path
    assert refusal(restore, path, app.settings, watch()) == ["restore_into_used"]
    assert contents(app.db) == before


def test_a_home_that_lost_its_database_is_restored_in_place(light_played, watch, tmp_path):
    done = back_up(light_played.app)
    settings = settings_of(tmp_path / "elsewhere")
    [sha256] = done.manifest.attachments
    for content in (content_path(light_played.app.settings, sha256).read_bytes(), b"gnawed"):
        content_path(settings, sha256).parent.mkdir(parents=True, exist_ok=True)
        content_path(settings, sha256).write_bytes(content)
        restore(done.path, settings, watch())
        assert content_path(settings, sha256).read_bytes() == content_path(light_played.app.settings, sha256).read_bytes()
        (settings.home / "passerelle.db").unlink()


def test_a_restoration_waits_for_no_other_program_in_the_home(light_app, tmp_path, watch):
    path = back_up(light_app).path
    settings = settings_of(tmp_path / "elsewhere")
    prepare_folder(settings)
    with take_home(settings):
        assert refusal(restore, path, settings, watch()) == ["already_running"]
    restore(path, settings, watch())


# --- from an earlier release -----------------------------------------------------------------------------------------------------

RELEASE = ROOT / "tests/data/release-0.1/passerelle.sql.gz"
KINDS = {"DATETIME": "moment", "DATE": "day", "CHAR(32)": "id", "JSON": "document", "BOOLEAN": "truth", "INTEGER": "whole"}


def of_earlier_release(target):
    """An archive as an earlier release would have written it: its own tables and revision, in today's format."""
    with closing(sqlite3.connect(":memory:")) as old, Writer(target) as writer:
        old.executescript(gzip.decompress(RELEASE.read_bytes()).decode())
        names = [name for (name,) in old.execute("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'")]
        revision = old.execute("SELECT version_num FROM alembic_version").fetchone()[0]
        order = [rows.name for rows in SQLModel.metadata.sorted_tables] + names
        tables = [old_table(old, writer, name) for name in sorted(set(names) - {"alembic_version"}, key=order.index)]
        counts = {table["name"]: table["rows"] for table in tables}
        manifest = {"format": 1, "release": "0.1.0", "revision": revision, "kind": "rehearsal", "taken_at": MONDAY.isoformat()}
        manifest |= {"at_rest": True, "tables": tables, "attachments": [], "missing": [], "checkpoints": []}
        manifest["missing"] = [sha256 for (sha256,) in old.execute("SELECT DISTINCT sha256 FROM attachment")]
        with writer.member(MANIFEST) as member:
            member.write(json.dumps(manifest).encode())
        writer.finish()
    return counts


def old_table(old, writer, name):
    columns = [(column[1], KINDS.get(column[2], "text")) for column in old.execute(f"PRAGMA table_info({name})")]
    rows = old.execute(f"SELECT * FROM {name}").fetchall()  # noqa: S608  # a name of the schema
    with writer.member(f"tables/{name}.jsonl.gz") as member:
        lines = [json.dumps([old_value(kind, value) for (_, kind), value in zip(columns, row, strict=True)]) for row in rows]
        member.write(gzip.compress("".join(f"{line}\n" for line in lines).encode()))
    return {"name": name, "columns": [{"name": column, "kind": kind} for column, kind in columns], "rows": len(rows)}


def old_value(kind, value):
    if value is None:
        return None
    return {"moment": lambda: f"{value.replace(' ', 'T')}+00:00", "truth": lambda: bool(value), "id": lambda: str(UUID(value))}.get(
        kind, lambda: value
    )()


@pytest.mark.parametrize("kind", ["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def test_an_archive_of_an_earlier_release_is_brought_up_to_this_one(elsewhere, tmp_path, kind):
    counts = of_earlier_release(tmp_path / "old.tar")
    settings = elsewhere(kind)
    restore(tmp_path / "old.tar", settings, MONDAY)
    db = Database(settings.database_url)
    assert standing(db.engine) == "current"
    assert {name: len(rows) for name, rows in contents(db).items() if name in counts} == {
        name: count for name, count in counts.items() if name not in OPERATIONAL
    }
    db.close()


# --- under load ------------------------------------------------------------------------------------------------------------------


def test_a_backup_under_load_is_one_moment_of_the_log(app, watch, elsewhere):
    """Commands and stages go on meanwhile; whatever the restored home has, it has with everything before it and nothing after."""
    stop = threading.Event()
    busy = [threading.Thread(target=work, args=(app, watch, stop, 1_000_000 * n)) for n, work in enumerate((propose, propose, react), 1)]
    for thread in busy:
        thread.start()
    try:
        archives, length = [], 0
        for _ in range(4):
            length = longer(app, length)
            watch.advance(seconds=1)
            archives.append(back_up(app).path)
        longer(app, length)
    finally:
        stop.set()
        for thread in busy:
            thread.join()
    last = contents(app.db)
    sizes = [check_prefix(archive, elsewhere("sqlite"), last, watch) for archive in archives]
    assert sizes == sorted(sizes)
    assert 0 < sizes[0] < sizes[-1] < len(last["event"])


def longer(app, length, by=5):
    """Wait until the log has grown; returns how long it is."""
    end = time.monotonic() + 30
    while True:
        with app.db.read() as connection:
            found = connection.execute(sa.select(sa.func.count()).select_from(table(Event))).scalar_one()
        if found >= length + by:
            return found
        assert time.monotonic() < end, "nothing happens"
        time.sleep(0.01)


def propose(app, watch, stop, first):
    desk = Desk(replace(app, ids=Ids(first)), watch)
    keys = count(first)
    desk.key = lambda: f"load-{next(keys)}"
    while not stop.is_set():
        desk.propose()
        time.sleep(0.005)


def react(app, watch, stop, first):
    desk = Desk(replace(app, ids=Ids(first)), watch)
    while not stop.is_set():
        desk.settle()
        time.sleep(0.01)


def check_prefix(archive, settings, last, watch):
    """The log of a restored home is the beginning of each action's log, its chains and rows agree, and a proposal is owed its review or has it."""
    restore(archive, settings, watch())
    app = open_app(settings)
    then = contents(app.db)
    assert verify(app).agrees
    app.close()
    (settings.home / "passerelle.db").unlink()
    hashes = {event.id: (event.action_id, event.seq, event.hash) for event in last["event"]}
    assert [event.id for event in then["event"] if hashes[event.id] != (event.action_id, event.seq, event.hash)] == []
    assert {action.id: action.version for action in then["action"]} == Counter(event.action_id for event in then["event"])
    settled = {event.id for event in then["event"] if event.topic == "action.proposed" and not event.owed}
    assert settled == {event.cause for event in then["event"] if event.topic == "review.opened"}
    return len(then["event"])


# --- damage ----------------------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def archive(tmp_path_factory, sqlite_template):
    """A small archive, and what a home restored from it holds."""
    home = tmp_path_factory.mktemp("first")
    shutil.copy(sqlite_template, home / "passerelle.db")
    app = replace(open_app(settings_of(home)), clock=Clock(lambda: timedelta(0), Watch()), ids=Ids())
    Desk(app, None).to_technical()
    done = back_up(app)
    held = contents(app.db)
    app.close()
    return done.path, held


@given(data=st.data())
@hypothesis_settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_byte_changed_anywhere_is_refused_or_changes_nothing(archive, data, tmp_path_factory):
    path, held = archive
    content = bytearray(path.read_bytes())
    place = data.draw(st.integers(0, len(content) - 1))
    content[place] ^= data.draw(st.integers(1, 255))
    folder = tmp_path_factory.mktemp("changed")
    changed = folder / "changed.tar"
    changed.write_bytes(content)
    settings = settings_of(folder / "home")
    codes = refusals(changed, settings)
    assert codes <= {"backup_damaged", "backup_truncated", "backup_unreadable"}
    assert settings.home.exists() is not bool(codes)
    if not codes:
        app = open_app(settings)
        assert contents(app.db) == held
        app.close()
    shutil.rmtree(folder)


def refusals(path, settings):
    try:
        restore(path, settings, MONDAY)
    except Refused as refused:
        return {problem.code for problem in refused.problems}
    return set()


@pytest.mark.parametrize("share", [0.0, 0.001, 0.1, 0.5, 0.9, 0.999])
def test_an_archive_cut_short_is_refused_and_nothing_is_made(archive, tmp_path, share):
    path, _ = archive
    content = path.read_bytes()
    end = max(content.rindex(b"SHA256SUMS"), 1)
    cut = tmp_path / "cut.tar"
    cut.write_bytes(content[: int(end * share)])
    settings = settings_of(tmp_path / "home")
    assert refusal(restore, cut, settings, MONDAY)[0] in ("backup_truncated", "backup_unreadable", "backup_damaged")
    assert not settings.home.exists()


def rewritten(path, target, change):
    """The same archive with its manifest changed and every sum right again: what a later release, or a forger, would write."""
    with Reader(path) as archive, Writer(target) as writer:
        for name in archive.digests:
            content = archive.open(name).read()
            if name == MANIFEST:
                manifest = json.loads(content)
                change(manifest)
                content = json.dumps(manifest).encode()
            with writer.member(name) as member:
                member.write(content)
        writer.finish()
    return target


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (lambda manifest: manifest.update(format=2), "backup_newer"),
        (lambda manifest: manifest.update(revision="9999"), "backup_newer"),
        (lambda manifest: manifest["tables"][0].update(rows=99), "backup_damaged"),
        (lambda manifest: manifest["tables"].pop(), "backup_damaged"),
        (lambda manifest: manifest["checkpoints"].append("../../etc/passwd"), "backup_damaged"),
        (lambda manifest: manifest["attachments"].append("0" * 64), "backup_damaged"),
        (lambda manifest: manifest.pop("kind"), "backup_damaged"),
    ],
)
def test_an_archive_of_a_later_release_or_one_that_contradicts_itself_is_refused(archive, tmp_path, change, code):
    other = rewritten(archive[0], tmp_path / "other.tar", change)
    settings = settings_of(tmp_path / "home")
    assert refusal(restore, other, settings, MONDAY) == [code]
    assert not (settings.home / "passerelle.db").exists()


@pytest.mark.parametrize("name", ["nothing.tar", "folder", "text.tar"])
def test_what_is_no_archive_is_refused(tmp_path, name):
    (tmp_path / "folder").mkdir()
    (tmp_path / "text.tar").write_text("Ceci n'est pas une archive.", encoding="utf-8")
    assert refusal(restore, tmp_path / name, settings_of(tmp_path / "home"), MONDAY)[0] in ("backup_missing", "backup_unreadable")


# --- no room ---------------------------------------------------------------------------------------------------------------------

IN_LITTLE_ROOM = """
import resource, sys
from cli.main import run
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[1]), resource.RLIM_INFINITY))
sys.exit(run(sys.argv[2:]))
"""


def in_little_room(room, home, *arguments):
    """The command where no file can grow beyond so many bytes, as on a full disk."""
    variables = {**os.environ, "PASSERELLE_HOME": str(home), "PASSERELLE_LANGUAGE": "en"}
    return subprocess.run(  # noqa: S603  # our own command
        [sys.executable, "-B", "-c", IN_LITTLE_ROOM, str(room), *map(str, arguments)],
        env=variables,
        capture_output=True,
        text=True,
        check=False,
    )


def test_without_room_no_backup_is_left_and_the_reason_is_said(light_desk):
    light_desk.to_technical()
    home = light_desk.app.settings.home
    answer = in_little_room(8_000, home, "backup")
    assert (answer.returncode, "could not be written (File too large)" in answer.stderr) == (2, True)
    assert list(light_desk.app.settings.backups.iterdir()) == []


def test_without_room_no_home_appears(archive, tmp_path):
    answer = in_little_room(60_000, tmp_path / "home", "restore", archive[0])
    assert (answer.returncode, (tmp_path / "home/passerelle.db").exists()) == (2, False)
