"""``passerelle bottlenecks``: where things wait, on screen, for programs, for spreadsheets and drawn."""

import struct
from xml.etree import ElementTree as ET

import pytest

from services.wording import Wording


@pytest.fixture
def examined(light_desk):
    """One action that the committee has examined, one that waits there."""
    light_desk.to_steering()
    light_desk.to_technical()
    return light_desk


@pytest.mark.usefixtures("examined")
def test_the_report_tells_bodies_and_states_and_how_to_read_them(passerelle):
    answer = passerelle("bottlenecks")
    said = " ".join(answer.out.replace("\u00a0", " ").split())
    assert answer.code == 0
    for words in (
        "Délais constatés",
        "Examens par instance",
        "Comité technique",
        "trop peu de cas",
        "Actions par état",
        "en examen technique",
    ):
        assert words in said
    assert "jamais d'une personne" in said


def test_a_home_where_nothing_was_examined_says_so(light_desk, passerelle):
    assert light_desk.settle() == []
    answer = passerelle("bottlenecks")
    assert (answer.code, answer.out.count("Rien à montrer.")) == (0, 1)


@pytest.mark.usefixtures("examined")
def test_programs_get_the_figures_and_an_absence_where_nothing_can_be_told(passerelle):
    found = passerelle("bottlenecks", "--body", "COTECH".lower(), "--json").data
    [body] = found["bodies"]
    assert (body["body"], body["reviews"]["count"], body["reviews"]["open"], body["trend"]["direction"]) == ("cotech", 2, 1, "unknown")
    assert (body["oldest"]["action"], found["states"], found["since"]) == ("A-2026-002", [], None)


@pytest.mark.usefixtures("examined")
@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--since", "31/02/2026"), "« 31/02/2026 » n'est pas un jour qui existe"),
        (("--until", "2199-01-01"), "est à venir"),
        (("--since", "2026-09-02", "--until", "01/09/2026"), "inversez les deux jours"),
        (("--body", "inconnue"), "aucune instance n'a le code « inconnue »"),
        (("--picture", "dessin.pdf"), "un dessin s'écrit dans un fichier .svg ou .png"),
        (("--csv", "/nulle/part/delais.csv"), "ne peut pas être écrit"),
    ],
)
def test_what_cannot_be_done_is_refused_with_its_remedy(passerelle, options, said):
    answer = passerelle("bottlenecks", *options)
    assert (answer.code, said in answer.err.replace("\u00a0", " ")) == (2, True)


@pytest.mark.usefixtures("examined")
def test_a_table_for_spreadsheets_is_written_beside_the_answer(passerelle, tmp_path):
    file = tmp_path / "delais.csv"
    answer = passerelle("bottlenecks", "--csv", file)
    assert (answer.code, str(file) in answer.err) == (0, True)
    assert file.read_text(encoding="utf-8-sig").splitlines()[0].startswith("kind;code;count;open")


@pytest.mark.usefixtures("examined")
def test_the_picture_names_its_bodies_and_is_the_same_byte_for_byte(passerelle, tmp_path):
    files = [tmp_path / name for name in ("one.svg", "two.svg")]
    assert [passerelle("bottlenecks", "--picture", file).code for file in files] == [0, 0]
    assert files[0].read_bytes() == files[1].read_bytes()
    root = ET.parse(files[0]).getroot()  # noqa: S314  # we have just drawn it
    assert root.tag.endswith("svg")
    drawn = files[0].read_text(encoding="utf-8").replace("\u00a0", " ")
    assert "<!-- Comité technique (2) -->" in drawn
    assert f"<!-- {Wording('fr').say('bottlenecks.picture.oldest')} -->" in drawn


@pytest.mark.usefixtures("examined")
def test_a_picture_may_be_a_png_and_one_of_nothing_says_so(passerelle, tmp_path):
    file = tmp_path / "delais.PNG"
    assert passerelle("bottlenecks", "--body", "gt-energie", "--picture", file).code == 0
    width, height = struct.unpack(">II", file.read_bytes()[16:24])
    assert (width, height > 500) == (1320, True)
