"""The audit and the erasure as operators ask for them."""

import json
import zipfile
from ast import Constant, parse, walk

import pytest
from builders import CLERK, ROOT, settings_of

from models.charter import Language
from services.bootstrap import open_app
from services.wording import catalogue


@pytest.fixture
def home(tmp_path, passerelle):
    """A home with one proposed action."""
    sheet = tmp_path / "sheet.yaml"
    sheet.write_text("title: Abris à vélos\n", encoding="utf-8")
    assert passerelle("action", "propose", "--from", sheet, "--seat", CLERK).code == 0
    return settings_of(tmp_path)


def spoil(home):
    app = open_app(home)
    with app.db.write() as connection:
        connection.exec_driver_sql("UPDATE action SET state = 'approved'")
    app.close()


def test_a_log_that_agrees_is_said_to_and_a_missing_checkpoint_is_warned_of(passerelle, home):
    answer = passerelle("audit", "verify")
    assert home.checkpoints.exists() is False
    assert (answer.code, answer.out) == (0, "Tout concorde\u00a0: 1 actions, 0 séances, 1 faits, 1 textes, 0 points de contrôle.\n")
    assert "passerelle audit checkpoint" in answer.said


def test_a_checkpoint_tells_its_root_and_verify_finds_it_again(passerelle, home):
    taken = passerelle("audit", "checkpoint", "--json").data
    assert (taken["actions"], taken["events"], taken["path"]) == (1, 1, str(next(home.checkpoints.iterdir())))
    assert passerelle("audit", "verify", "--root", taken["root"], "--checkpoint", taken["path"]).code == 0
    assert taken["root"][:-1] in passerelle("audit", "verify", "--root", taken["root"][:-1] + "x").said


def test_what_does_not_agree_is_told_with_its_place_and_what_to_do(passerelle, home):
    spoil(home)
    answer = passerelle("audit", "verify")
    lines = answer.out.splitlines()
    assert answer.code == 2
    assert lines[1].startswith("Premier écart\u00a0: vda-lille, A-2026-001, fait n° 1, ")
    assert "la colonne state dit «\u00a0approved\u00a0», le journal dit «\u00a0submitted\u00a0»" in lines[1]
    assert lines[-1].startswith("Que faire\u00a0:")


def test_programs_read_the_same_findings(english, passerelle, home):
    assert passerelle("audit", "verify", "--json").data["agrees"] is True
    spoil(home)
    answer = english("audit", "verify", "--json")
    assert (answer.code, answer.data["agrees"], len(answer.data["findings"])) == (2, False, 1)
    assert answer.data["first"]["params"] == {"table": "action", "column": "state", "stored": "approved", "said": "submitted"}
    assert "column state says" in answer.data["first"]["text"]
    assert json.loads(answer.out)["more"] == 0


def test_a_checkpoint_that_is_not_there_is_refused(passerelle, home, tmp_path):
    assert home.home == tmp_path
    answer = passerelle("audit", "verify", "--checkpoint", tmp_path / "nothing")
    assert (answer.code, "ce fichier n'existe pas" in answer.said) == (2, True)


def test_an_erasure_is_refused_with_its_reasons(passerelle, home):
    assert home.home
    answer = passerelle("people", "erase", CLERK, "--yes")
    assert answer.code == 2
    assert f"cette personne a encore un siège ({CLERK})" in answer.said


def test_an_erasure_is_rehearsed_then_carried_out(passerelle, home):
    app = open_app(home)
    with app.db.write() as connection:
        connection.exec_driver_sql("UPDATE seat SET ends_on = '2026-06-30' WHERE code = 'COTECH-06'")
    app.close()
    rehearsed, done = (passerelle("people", "erase", "COTECH-06", *more) for more in ((), ("--yes",)))
    assert rehearsed.out.splitlines()[0].startswith("À blanc, sièges COTECH-06\u00a0: 0 textes seraient effacés")
    assert done.out.splitlines()[0].startswith("Sièges COTECH-06\u00a0: 0 textes effacés")
    assert "Personne effacée" in passerelle("people", "export").out


def test_the_data_of_a_person_are_written_for_them_alone_and_overwrite_nothing(passerelle, home, tmp_path):
    assert home.home == tmp_path
    file = tmp_path / "donnees.zip"
    written, again = (passerelle("people", "export-data", "COTECH-06", file) for _ in range(2))
    assert (written.code, again.code, file.stat().st_mode & 0o777) == (0, 2, 0o600)
    assert "Les données de patrimoine sont dans" in written.out
    assert "ce fichier n'a pas pu être écrit" in again.said
    with zipfile.ZipFile(file) as packed:
        assert {"index.html", "data.json", "seat.csv"} <= set(packed.namelist())
    told = passerelle("people", "export-data", "patrimoine", "--json").data
    assert [row["code"] for row in told["parts"]["seat"]] == ["COTECH-06"]
    assert passerelle("people", "export-data", "personne").code == 2


@pytest.mark.parametrize("language", Language)
def test_every_finding_of_the_source_has_its_sentence_and_every_sentence_its_finding(language):
    sources = [*ROOT.glob("services/audit*.py"), ROOT / "models/integrity.py"]
    strings = {node.value for path in sources for node in walk(parse(path.read_text(encoding="utf-8"))) if isinstance(node, Constant)}
    codes = {code.removeprefix("audit.finding.") for code in catalogue(language) if code.startswith("audit.finding.")}
    assert len(codes) > 25
    assert sorted(codes - strings) == []
