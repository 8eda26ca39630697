"""The page that says who is told of what."""

import pytest
from builders import changed_charter
from portal_http import text_of

PAGE = "/destinataires"
LINE = {"message": "action-started", "to": ["lead"], "copy": ["any_secretary"]}


def test_everybody_who_is_signed_in_may_read_it_and_is_led_there(light_browser):
    assert light_browser.open(PAGE).status_code != 200
    light_browser.sign_in(light_browser.member("COTECH-05"))
    assert f'href="{PAGE}"' in light_browser.open("/bureau").text
    page = text_of(light_browser.open(PAGE))
    assert ("Examen ouvert" in page, "membres consultés, suppléances des membres absents" in page, "Séance convoquée" in page) == (
        True,
    ) * 3
    assert ("la table fournie avec Passerelle" in page, "action-started" in page) == (True, False)


@pytest.mark.parametrize(("language", "words"), [("fr", "En copie : tous les secrétariats"), ("en", "Copy: all secretariats")])
def test_the_lines_of_the_charter_are_marked(light_browser, tmp_path, language, words):
    light_browser.desk.under(
        changed_charter(tmp_path / "own.yaml", lambda it: it.update(telling={"recipients": {"action.started": [LINE]}}))
    )
    light_browser.sign_in(light_browser.member("COTECH-05" if language == "fr" else "COPIL-02"))
    light_browser.send(f"/ma-langue/{language}", "/bureau") if language == "en" else None
    page = text_of(light_browser.open(PAGE))
    assert (words in page, page.count('<span class="state">')) == (True, 1)
