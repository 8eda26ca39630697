"""``passerelle forecast`` as people type it."""

from builders import PILOT

PROPOSE = ("action", "propose", "--seat", PILOT, "--title", "Une action", "--json")


def test_a_home_without_actions_asks_nobody_for_anything(passerelle):
    answer = passerelle("forecast")
    assert answer.code == 0
    assert "Personne n'est sollicité d'ici là." in answer.out


def test_what_is_to_come_is_told_by_day_person_and_reason(passerelle):
    number = passerelle(*PROPOSE).data["action"]
    answer = passerelle("forecast", "--action", number.lower())
    assert answer.code == 0
    assert f"Seulement l'action {number}." in answer.out
    assert "proposition à compléter" in answer.out
    assert PILOT in answer.out


def test_programs_get_the_same_as_json(passerelle):
    passerelle(*PROPOSE)
    found = passerelle("forecast", "--json", "--until", "2027-12-31").data
    assert found["until"] == "2027-12-31"
    assert found["counts"]["messages"] == len(found["lines"]) > 0
    assert {"day", "person", "seat", "action", "message", "due_on", "rung"} <= found["lines"][0].keys()
    assert "difference" not in found


def test_files_are_written_and_named(passerelle, tmp_path):
    passerelle(*PROPOSE)
    files = [tmp_path / name for name in ("prevision.csv", "prevision.ics", "prevision.svg", "prevision.png")]
    answer = passerelle("forecast", "--csv", files[0], "--ics", files[1], "--picture", files[2])
    assert answer.code == passerelle("forecast", "--picture", files[3], "--rows", "person").code == 0
    assert [file.read_bytes()[:8] for file in files] == ["\ufeffQuand".encode(), b"BEGIN:VC", b"<?xml ve", b"\x89PNG\r\n\x1a\n"]
    assert str(files[2]) in answer.out


def test_the_difference_that_an_assumption_makes_is_told(passerelle):
    number = passerelle(*PROPOSE).data["action"]
    day = passerelle("forecast", "--json").data["first"]
    answer = passerelle("forecast", "--assume", f"{number}:retrait={day}")
    assert answer.code == 0, answer.err
    assert "Ce que l'hypothèse change" in answer.out
    assert "proposition retirée" in answer.out
    assert passerelle("forecast", "--json", "--assume", f"{number}:retrait={day}").data["difference"]["new"]


def test_what_is_typed_wrongly_is_refused_with_its_remedy_and_writes_nothing(passerelle, tmp_path):
    for arguments, said in (
        (("--until", "demain"), "--until"),
        (("--body", "cotec"), "cotech"),
        (("--person", "pilote-equipement"), "pilote-equipements"),
        (("--picture", tmp_path / "x.gif"), ".svg"),
        (("--rows", "mois"), "person"),
        (("--assume", "A-2026-001:avsi:X=2030-01-01"), "avis"),
        (("--csv", tmp_path / "absent" / "x.csv"), "x.csv"),
    ):
        answer = passerelle("forecast", *arguments)
        assert (answer.code, answer.out) == (2, "")
        assert said in answer.err
    assert not list(tmp_path.glob("x.*"))


def test_it_speaks_english_where_it_is_asked_to(passerelle, english):  # noqa: ARG001  # puts the database there
    answer = english("forecast", "--body", "cotec")
    assert answer.code == 2
    assert "there is no body “cotec”; the nearest: cotech" in answer.err
