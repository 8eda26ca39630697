"""Help, the guides and the accessibility statement, as everybody may read them."""

import re

import pytest
from builders import CHARTER, CLERK
from portal_http import text_of, words_of

from models.charter import Language
from portal.figures import Figures
from services.charters import read_charter
from services.wording import Wording

SIGNED_OUT = ("/connexion", "/confidentialite", "/aide", "/aide/clavier", "/aide/plan", "/aide/audit", "/accessibilite", "/nulle-part")


@pytest.mark.parametrize("path", SIGNED_OUT)
@pytest.mark.parametrize(
    ("language", "said"), [("fr", "Accessibilité : partiellement conforme"), ("en", "Accessibility: partially compliant")]
)
def test_every_page_says_at_its_foot_how_accessible_the_portal_is(light_browser, path, language, said):
    page = light_browser.open(path, **{"accept-language": language})
    assert said in text_of(page)
    assert 'href="/accessibilite"' in page.text


@pytest.mark.parametrize("language", Language)
def test_the_statement_says_what_the_french_model_asks_for(light_browser, language):
    words, page = Wording(language), light_browser.open("/accessibilite", **{"accept-language": language.value})
    charter = read_charter(CHARTER)
    for part in ("state", "tests", "flaws", "made", "contact", "appeal"):
        assert words.say(f"portal.accessibility.{part}.title") in page.text.replace("&#39;", "'")
    assert f'href="mailto:{charter.sender.address}"' in page.text
    assert all(partner.name.of(language) in text_of(page) for partner in charter.partners)
    assert {"https://formulaire.defenseurdesdroits.fr/", "https://www.defenseurdesdroits.fr/saisir/delegues"} <= set(links(page))


def links(page):
    return re.findall(r'href="([^"]+)"', page.text)


@pytest.mark.parametrize(
    ("figures", "percent", "state"),
    [
        (Figures(60, 0, 46), 100, "full"),
        (Figures(30, 30, 46), 50, "partial"),
        (Figures(29, 30, 47), 49, "none"),
        (Figures(63, 2, 41), 96, "partial"),
    ],
)
def test_the_state_follows_from_the_figures(figures, percent, state):
    assert (figures.percent, figures.state) == (percent, state)


def test_the_plan_leads_where_one_may_go(light_browser):
    def planned():
        return [link for link in links(light_browser.open("/aide/plan")) if link.startswith("/") and not link.startswith("/static")]

    assert "/personnes" not in planned()
    light_browser.sign_in(light_browser.member("COTECH-05"))
    assert ("/actions" in planned(), "/personnes" in planned()) == (True, False)
    light_browser.sign_in(light_browser.member(CLERK))
    mine = planned()
    assert ("/personnes" in mine, {light_browser.open(path).status_code for path in set(mine) - {"/"} if "#" not in path}) == (True, {200})


def test_help_shows_the_guide_of_secretariats_first_to_secretaries(light_browser):
    def first():
        return next(link for link in links(light_browser.open("/aide")) if link.startswith("/aide/"))

    assert first() == "/aide/membre"
    light_browser.sign_in(light_browser.member(CLERK))
    assert first() == "/aide/secretariat"


def test_a_page_leads_to_what_explains_it(light_browser):
    light_browser.sign_in(light_browser.member(CLERK))
    there = next(link for link in links(light_browser.open("/personnes")) if link.startswith("/aide/secretariat/"))
    path, _, anchor = there.partition("#")
    page = light_browser.open(path)
    assert (page.status_code, f'id="{anchor}"' in page.text, "Révoquer les liens" in words_of(page)) == (200, True, True)


def test_a_guide_in_the_other_language_says_so(light_browser):
    page = light_browser.open("/aide/secretariat/séances", **{"accept-language": "en"})
    assert ('<html lang="en">' in page.text, '<h1 id="séances" lang="fr">' in page.text, "(in French)" in page.text) == (True, True, True)


@pytest.mark.parametrize("path", ["/aide/autre", "/aide/secretariat/autre", "/aide/autre/séances", "/aide/..%2F..%2Fpyproject.toml"])
def test_a_guide_that_does_not_exist_is_not_found(light_browser, path):
    assert light_browser.open(path).status_code == 404


def test_the_pictures_of_the_guides_are_there_and_nothing_else_of_their_folder_s_parents(light_browser):
    picture = light_browser.open("/static/guides/portal-desk.png")
    assert (picture.status_code, picture.headers["content-type"]) == (200, "image/png")
    assert light_browser.open("/static/guides/../operations.md").status_code == 404
    assert light_browser.open("/static/guides/%2e%2e/operations.md").status_code == 404
