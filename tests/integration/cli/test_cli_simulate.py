"""``passerelle simulate``: tried from the command line, in the words that people read."""

import json


def test_a_trial_says_what_it_leaves_and_where(bare, tmp_path):
    folder = tmp_path / "essai"
    answer = bare("simulate", folder, "--actions", 1, "--persons", 24, "--from", "2026-01-05", "--until", "28/02/2026")
    assert answer.code == 0, answer.err
    assert "Rien n'a été envoyé." in answer.out
    assert str(folder / "report.html") in answer.out
    again = bare("simulate", folder, "--until", "2026-02-28")
    assert (again.code, "donnez un dossier neuf ou vide" in again.err) == (2, True)
    both = bare("simulate", "compare", folder, folder, "--to", tmp_path / "deux.html")
    assert both.code == 0, both.err
    assert (tmp_path / "deux.html").is_file()


def test_a_program_gets_the_figures(bare, tmp_path):
    options = ("--actions", 1, "--persons", 24, "--from", "2026-01-05", "--until", "2026-02-28", "--json")
    answer = bare("simulate", tmp_path / "essai", *options)
    assert answer.data == json.loads((tmp_path / "essai" / "figures.json").read_text(encoding="utf-8"))


def test_what_was_typed_wrongly_is_told_by_its_option(bare, tmp_path):
    answer = bare("simulate", tmp_path / "essai", "--until", "30 février")
    assert answer.code == 2
    assert "--until" in answer.err
    answer = bare("simulate", tmp_path / "essai", "--people", tmp_path / "absent.yaml")
    assert answer.code == 2
    assert not (tmp_path / "essai").exists()
