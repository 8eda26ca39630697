"""Backing up, restoring and going on as an operator types it; and the commands of an installation."""

import sqlite3
import sys

import pytest
from builders import provision

from services.homes import content_path

pytestmark = pytest.mark.usefixtures("light_app")


@pytest.fixture
def archive(light_desk, passerelle, tmp_path):
    """A backup of a home where something is to be told to somebody."""
    light_desk.to_technical(provision(7))
    answer = passerelle("backup", tmp_path / "copie.tar", "--json")
    assert answer.code == 0
    return answer.data


def test_a_backup_says_what_it_holds(light_desk, passerelle, tmp_path):
    light_desk.to_technical(provision(7))
    answer = passerelle("backup", tmp_path / "copie.tar")
    assert answer.code == 0
    assert answer.out.splitlines() == [
        f"Sauvegarde écrite\u00a0: {tmp_path}/copie.tar ({(tmp_path / 'copie.tar').stat().st_size} octets).",
        "Actions\u00a0: 1\u00a0; séances\u00a0: 0\u00a0; faits\u00a0: 2\u00a0; fichiers joints\u00a0: 0\u00a0; points de contrôle\u00a0: 0.",
    ]


def test_a_backup_that_lacks_a_file_is_written_and_ends_with_1(light_desk, passerelle, tmp_path):
    number = light_desk.propose()
    plan = tmp_path / "plan.pdf"
    plan.write_bytes(b"%PDF-1.7")
    passerelle("action", "attach", number, plan, "--seat", "COTECH-02")
    [sha256] = [path.name for path in (tmp_path / "attachments").rglob("*") if path.is_file()]
    content_path(light_desk.app.settings, sha256).unlink()
    answer = passerelle("backup", tmp_path / "copie.tar")
    assert (answer.code, sha256 in answer.said, (tmp_path / "copie.tar").exists()) == (1, True, True)


def test_a_restored_home_says_what_it_is_and_is_let_go_on_by_a_command(archive, passerelle, tmp_path, monkeypatch):
    answer = passerelle("restore", archive["file"], "--into", tmp_path / "autre")
    assert answer.code == 0
    said = answer.out
    assert [
        part for part in ("Maison", "répétition", "retenue", "passerelle resume", "saisir de nouveau", "tout concorde") if part not in said
    ] == []
    monkeypatch.setenv("PASSERELLE_HOME", str(tmp_path / "autre"))
    assert passerelle("action", "list", "--json").data[0]["number"] == "A-2026-001"
    gone = passerelle("resume")
    assert (gone.code, "Envois incertains" in gone.out) == (0, True)
    assert {row["state"] for row in passerelle("deliveries", "--json").data} == {"uncertain"}
    assert (passerelle("resume").code, passerelle("resume").said.startswith("Refusé")) == (2, True)


def test_a_restoration_whose_log_was_tampered_with_is_told(light_desk, passerelle, tmp_path):
    number = light_desk.to_technical(provision(7))
    with sqlite3.connect(tmp_path / "passerelle.db") as database:
        database.execute("UPDATE action SET state = 'closed' WHERE number = ?", (number,))
    database.close()
    passerelle("backup", tmp_path / "copie.tar")
    answer = passerelle("restore", tmp_path / "copie.tar", "--into", tmp_path / "autre")
    assert (answer.code, "passerelle audit verify" in answer.said) == (2, True)


@pytest.mark.parametrize("arguments", [("rien.tar",), ("passerelle.db",)])
def test_what_cannot_be_restored_is_refused_with_the_remedy(passerelle, tmp_path, arguments):
    answer = passerelle("restore", tmp_path / arguments[0], "--into", tmp_path / "autre")
    assert (answer.code, answer.said.startswith("Refusé"), (tmp_path / "autre").exists()) == (2, True, False)


def test_a_home_in_use_is_not_restored_into(archive, passerelle, tmp_path):
    answer = passerelle("restore", archive["file"])
    assert (answer.code, str(tmp_path) in answer.said, "--into" in answer.said) == (2, True, True)


def test_a_wrong_number_of_backups_to_keep_is_refused(passerelle):
    assert passerelle("backup", "--keep", "0").code == 2


# --- the commands of an installation ---------------------------------------------------------------------------------------------


def test_migrating_needs_a_home_and_changes_nothing_on_a_new_schema(passerelle, monkeypatch, tmp_path):
    assert (passerelle("migrate").code, passerelle("migrate").out) == (0, "La base est au schéma de cette version.\n")
    monkeypatch.setenv("PASSERELLE_HOME", str(tmp_path / "nulle-part"))
    assert passerelle("migrate").code == 2
    assert not (tmp_path / "nulle-part").exists()


@pytest.mark.parametrize("command", ["worker", "register", "prefect"])
def test_what_needs_prefects_secret_says_how_to_get_it(passerelle, command):
    answer = passerelle(command)
    assert (answer.code, "prefect-auth" in answer.said) == (2, True)


def test_a_process_becomes_the_program_with_the_environment_of_the_home(passerelle, monkeypatch, tmp_path):
    became = []
    monkeypatch.setattr("os.execve", lambda *how: became.append(how))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PREFECT_API_URL", "https://elsewhere.example")
    for command in ("server", "worker", ("prefect", "work-pool", "ls", "--verbose")):
        passerelle(*([command] if isinstance(command, str) else command))
    assert [how[1][1:] for how in became] == [
        ["-m", "flows.server", "--host", "127.0.0.1", "--port", "1"],
        ["-m", "flows.worker"],
        ["-m", "prefect", "work-pool", "ls", "--verbose"],
    ]
    assert {(how[0], how[2]["PREFECT_API_URL"], how[2]["PASSERELLE_HOME"]) for how in became} == {
        (sys.executable, "http://127.0.0.1:1/api", str(tmp_path))
    }
