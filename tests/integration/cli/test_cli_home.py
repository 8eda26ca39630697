import sqlite3
import sys
from datetime import timedelta

import pytest
from builders import changed_charter

from cli.opened import settings
from cli.preflight import check_all
from cli.run import _introduce
from services.bootstrap import open_app
from services.clock import wall
from services.wakes import STAGES, record_sweep


def test_a_command_on_a_home_that_was_not_set_up_is_refused_and_creates_nothing(bare, tmp_path):
    answer = bare("status")
    assert (answer.code, answer.err) == (
        2,
        (
            f"Refusé\u00a0:\n  - {tmp_path}\u00a0: ce dossier n'est pas encore une maison Passerelle\u00a0: "
            "lancez «\u00a0passerelle run\u00a0» ou «\u00a0passerelle init\u00a0».\n"
        ),
    )
    assert list(tmp_path.iterdir()) == []


def test_init_makes_a_rehearsal_with_the_placeholders(bare, tmp_path):
    answer = bare("init")
    assert (answer.code, answer.out.splitlines()[0]) == (0, f"La maison {tmp_path} est prête (répétition), convention vda-lille.")
    assert bare("status", "--json").data["home"] == {"path": str(tmp_path), "kind": "rehearsal"}
    assert len(bare("people", "list", "--json").data) > 40


def test_a_live_home_starts_without_placeholders_and_stays_live(bare):
    assert bare("init", "--live").code == 0
    listed = bare("people", "list", "--json")
    assert (listed.data, listed.err) == ([], "")
    refused = bare("init")
    assert (refused.code, refused.said) == (
        2,
        (
            "Refusé\u00a0:\n  - cette maison est «\u00a0réelle\u00a0», non «\u00a0répétition\u00a0»\u00a0: une maison ne change pas de nature. "
            "Créez-en une autre avec PASSERELLE_HOME.\n"
        ),
    )


def test_the_clock_of_a_rehearsal_advances_and_every_page_says_so(passerelle):
    assert passerelle("clock", "advance", "--days", "40").code == 0
    assert passerelle("clock", "show", "--json").data["ahead_seconds"] == 40 * 86_400
    assert passerelle("action", "list").err == (
        "Maison de répétition, horloge avancée de 40 jours\u00a0: rien de ce qui s'y passe n'engage personne.\n"
    )
    assert passerelle("clock", "advance", "--days", "-1").code == 2
    assert passerelle("clock", "advance", "--days", "3661").said == (
        "Refusé\u00a0:\n  - --days\u00a0: «\u00a03661\u00a0» est trop grand\u00a0: 3660 au plus.\n"
    )


def test_the_clock_of_a_live_home_never_advances(bare):
    bare("init", "--live")
    answer = bare("clock", "advance", "--days", "1")
    assert (answer.code, answer.said) == (2, "Refusé\u00a0:\n  - seule l'horloge d'une maison de répétition peut avancer.\n")


def test_the_status_has_the_figures_of_the_contract(light_desk, passerelle):
    light_desk.to_technical()
    found = passerelle("status", "--json").data
    assert {name: found[name] for name in ("ready", "actions", "reviews", "portal", "last_sweep_at")} == {
        "ready": False,
        "actions": {"technical_review": 1},
        "reviews": {"open": 1},
        "portal": None,
        "last_sweep_at": None,
    }
    assert sorted(found["events"]) == ["parked", "total", "unpublished", "unreacted"]
    assert found["prefect"] == {"url": "http://127.0.0.1:1", "reachable": False}
    assert "Actions (en examen technique\u00a0: 1)" in passerelle("status").out


def test_the_status_tells_how_old_the_last_sweep_is_and_which_stages_none_comes_to(light_desk, passerelle):
    for stage, minutes in zip(STAGES, (5, 5, 50, 5, 5), strict=True):
        record_sweep(light_desk.app.db, stage, wall() - timedelta(minutes=minutes))
    assert passerelle("status", "--json").data["sweeps"]["late"] == ["implementation"]
    said = passerelle("status").out.replace("\u00a0", " ")
    assert "(le plus ancien par étape : il y a 50 min)" in said
    assert "Aucun balayage depuis plus d'une demi-heure : mise en œuvre" in said


def test_the_doctor_tells_what_to_mend_and_how(passerelle):
    answer = passerelle("doctor")
    assert answer.code == 2
    assert "à corriger   Prefect ne répond pas (-)\u00a0; lancez «\u00a0passerelle run\u00a0»." in answer.out
    levels = {row["name"]: row["level"] for row in passerelle("doctor", "--json").data}
    assert (levels["database"], levels["charter"], levels["secret"], levels["smtp"]) == ("right", "right", "look", "mend")


def test_the_doctor_examines_what_is_there_when_nothing_is(bare):
    levels = {row["name"]: row["level"] for row in bare("doctor", "--json").data}
    assert levels["database_absent"] == "mend"


def test_the_doctor_finds_committees_without_secretary_and_bodies_without_voters(passerelle, tmp_path):
    with sqlite3.connect(tmp_path / "passerelle.db") as database:
        database.execute("UPDATE seat SET ends_on = '2026-06-23' WHERE code = 'COPIL-02' OR body = 'gt-energie'")
    database.close()
    found = [
        (row["name"], row["level"], row["params"].get("body"))
        for row in passerelle("doctor", "--json").data
        if row["name"].startswith("body")
    ]
    assert [entry for entry in found if entry[1] != "right"] == [("body_secretary", "mend", "copil"), ("body", "look", "gt-energie")]


def test_a_database_that_does_not_answer_is_refused_without_its_password(bare, monkeypatch):
    monkeypatch.setenv("PASSERELLE_DATABASE_URL", "postgresql://passerelle:tressecret@127.0.0.1:1/passerelle")
    answer = bare("status")
    assert answer.code == 2
    assert answer.err.startswith("Refusé\u00a0:\n  - la base de données ne répond pas (")
    assert "tressecret" not in answer.err


def test_a_database_of_a_later_release_is_refused(passerelle, tmp_path):
    _set_revision(tmp_path, "9999")
    answer = passerelle("status")
    assert (answer.code, answer.said) == (
        2,
        "Refusé\u00a0:\n  - la base a été créée par une version plus récente de Passerelle (9999)\u00a0: mettez le programme à jour.\n",
    )


def _set_revision(home, revision):
    with sqlite3.connect(home / "passerelle.db") as database:
        database.execute("UPDATE alembic_version SET version_num = ?", (revision,))
    database.close()


def test_a_fault_is_one_line_with_a_reference_and_its_trace_is_in_the_log(passerelle, tmp_path):
    with sqlite3.connect(tmp_path / "passerelle.db") as database:
        database.execute("UPDATE charter SET document = '{}', digest = 'broken'")
    database.close()
    (tmp_path / "logs").mkdir()
    answer = passerelle("charter", "show")
    assert (answer.code, answer.out) == (1, "")
    log = (tmp_path / "logs" / "passerelle.log").read_text(encoding="utf-8")
    reference = log.split()[1]
    assert answer.said == (
        "Une panne de notre fait s'est produite (ValidationError). Rien n'est perdu\u00a0; le détail est dans "
        f"{tmp_path}/logs/passerelle.log, à la référence {reference}.\n"
    )
    assert "Traceback" in log


def test_the_secret_is_shown_in_a_terminal_or_when_insisted_upon(passerelle, tmp_path):
    assert passerelle("secret", "show").code == 2
    assert passerelle("secret", "show", "--force").said.endswith(
        "le secret de Prefect manque\u00a0; «\u00a0passerelle run\u00a0» le crée.\n"
    )
    secret = tmp_path / "prefect-auth"
    secret.write_text("passerelle:motdepasse\n", encoding="ascii")
    secret.chmod(0o600)
    shown = passerelle("secret", "show", "--force")
    assert (shown.code, shown.out) == (0, "passerelle:motdepasse\n")


def test_a_charter_is_checked_loaded_compared_and_shown(passerelle, tmp_path):
    longer = changed_charter(tmp_path / "longue.yaml", lambda document: document["cadence"].update(final_report_days=90))
    assert passerelle("charter", "check", longer).out == f"{longer}\u00a0: la charte de la convention vda-lille est bien formée.\n"
    before = passerelle("charter", "show", "--json").data["cadence"]["final_report_days"]
    assert passerelle("charter", "diff", longer, "--json").data == {
        "changes": [{"path": "cadence.final_report_days", "before": before, "after": 90}],
        "reviews": [],
    }
    assert passerelle("charter", "load", longer).out == f"La charte de la convention vda-lille est en vigueur, d'après {longer}.\n"
    assert passerelle("charter", "load", longer).out == "La charte de la convention vda-lille est déjà celle-ci\u00a0: rien n'a changé.\n"
    assert passerelle("charter", "show", "--json").data["cadence"]["final_report_days"] == 90
    assert "Comité technique" in passerelle("charter", "show").out


def test_a_charter_that_would_orphan_seats_is_refused_with_the_list(passerelle, tmp_path):
    def without_energy(document):
        document["bodies"] = [body for body in document["bodies"] if body["code"] != "gt-energie"]
        for sheet in document["provisions"]:
            if sheet.get("lead_body") == "gt-energie":
                sheet["lead_body"] = "ville"

    answer = passerelle("charter", "load", changed_charter(tmp_path / "sans.yaml", without_energy))
    assert answer.code == 2
    assert "gt-energie" in answer.said
    assert "GT-ENERGIE-01" in answer.said


def test_a_broken_charter_is_told_by_file_and_line(bare, tmp_path):
    broken = changed_charter(tmp_path / "fausse.yaml", lambda document: document["axes"][0].update(code="Axe 1"))
    answer = bare("charter", "check", broken)
    assert answer.code == 2
    assert f"{broken}, ligne " in answer.said


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_a_port_in_use_is_refused_with_the_program_that_holds_it_and_the_variable_to_set(bare, monkeypatch, taken_port):
    monkeypatch.setenv("PASSERELLE_PREFECT_PORT", str(taken_port.number))
    answer = bare("run")
    assert (answer.code, answer.said) == (
        2,
        (
            f"Refusé\u00a0:\n  - PASSERELLE_PREFECT_PORT\u00a0: le port {taken_port.number} est déjà pris (programme\u00a0: {taken_port.holder})\u00a0; "
            "libérez-le, ou choisissez-en un autre avec PASSERELLE_PREFECT_PORT.\n"
        ),
    )


def test_two_settings_with_one_port_are_refused_by_their_names(bare, monkeypatch):
    monkeypatch.setenv("PASSERELLE_RELAY_METRICS_PORT", "1")
    answer = bare("run")
    assert (answer.code, answer.said.splitlines()[-1]) == (
        2,
        "  - PASSERELLE_PREFECT_PORT, PASSERELLE_RELAY_METRICS_PORT\u00a0: le port 1 ne peut servir deux fois\u00a0; donnez à chacun le sien.",
    )


def test_a_metrics_port_that_is_taken_holds_nothing_up_and_is_told(passerelle, monkeypatch, taken_port, capsys):
    monkeypatch.setenv("PASSERELLE_RELAY_METRICS_PORT", str(taken_port.number))
    mine = settings()
    check_all(mine, None).close()
    app = open_app(mine)
    _introduce(app)
    app.close()
    told = capsys.readouterr()
    assert f"Le port {taken_port.number} est pris (programme\u00a0: {taken_port.holder})" in told.err
    assert "Mesures" not in told.out
    [check] = [check for check in passerelle("doctor", "--json").data if check["name"] == "metrics_taken"]
    assert check["text"].startswith("Le processus relay ne peut pas montrer ses mesures")


def test_everything_that_keeps_the_system_from_running_is_told_at_once(bare, monkeypatch, tmp_path, taken_port):
    monkeypatch.setenv("PASSERELLE_PREFECT_PORT", str(taken_port.number))
    secret = tmp_path / "prefect-auth"
    secret.write_text("passerelle:motdepasse\n", encoding="ascii")
    secret.chmod(0o644)
    broken = changed_charter(tmp_path / "fausse.yaml", lambda document: document["axes"][0].update(code="Axe 1"))
    answer = bare("run", "--charter", broken)
    said = answer.said.splitlines()[1:]
    assert answer.code == 2
    assert [part for part in (str(broken), "chmod 600", str(taken_port.number)) if not any(part in line for line in said)] == []


def test_a_home_that_cannot_be_a_folder_is_refused(bare, monkeypatch, tmp_path):
    file = tmp_path / "fichier"
    file.write_text("", encoding="utf-8")
    monkeypatch.setenv("PASSERELLE_HOME", str(file / "maison"))
    answer = bare("run")
    assert (answer.code, answer.said.splitlines()[1]) == (
        2,
        f"  - {file / 'maison'}\u00a0: PASSERELLE_HOME doit être un dossier\u00a0; ce chemin désigne autre chose.",
    )


def test_a_home_that_cannot_be_written_is_refused(bare, monkeypatch):
    monkeypatch.setenv("PASSERELLE_HOME", "/proc/maison")
    answer = bare("run")
    assert answer.code == 2
    assert answer.said.splitlines()[1].startswith("  - /proc/maison\u00a0: ce dossier ne peut pas être écrit (")


def test_a_charter_that_is_missing_is_refused_before_anything_starts(bare, tmp_path):
    answer = bare("run", "--charter", tmp_path / "rien.yaml")
    assert (answer.code, f"{tmp_path}/rien.yaml\u00a0: ce fichier n'existe pas" in answer.said) == (2, True)
