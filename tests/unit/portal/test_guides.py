"""The guides: every screen has its section, every link leads somewhere, every word in quotation marks is one that the screens say."""

import re
import tomllib
from fnmatch import fnmatch

import pytest
from builders import ROOT
from starlette.routing import Route

from models.charter import Language
from portal.figures import figures, verdicts
from portal.guides import FILES, IMAGES, explaining, guide, read, text_of
from portal.plan import LEADING_ELSEWHERE, PLAN
from portal.rights import RIGHTS, Role, by_token
from portal.routes import ALL
from services.wording import catalogue

PATHS = {
    route.name: route.path
    for router in ALL
    for route in router.routes
    if isinstance(route, Route) and "GET" in (route.methods or ()) and not by_token(route.name)
}
"""Every route that people open, with its address."""
NO_SCREENS = {
    "home": "it leads to the desk or to the sign-in page",
    "api_description": "programs read it",
}
"""Routes that no guide need explain, and why."""
FIGURES = {1: 9, 2: 2, 3: 3, 4: 13, 5: 8, 6: 2, 7: 5, 8: 10, 9: 4, 10: 14, 11: 13, 12: 11, 13: 12}
"""How many criteria each theme of RGAA 4.1 has."""
SAID = {
    "members": re.compile(r"“([^”]+)”"),
    "membre": re.compile(r"«\s([^»]+)\s»"),
}


def explained(name):
    return {route: f"{chapter.slug}#{anchor}" for chapter in guide(name).chapters for route, anchor in chapter.about.items()}


@pytest.mark.parametrize("route", sorted(set(PATHS) - set(NO_SCREENS)))
def test_the_guide_of_secretariats_explains_every_screen(route):
    assert route in explained("secretariat"), (
        f"no section of docs/guide-du-secretariat.md is about the page {route!r} ({PATHS[route]}): write one, "
        f"and below its heading the line <!-- pages: {route} -->, which may name several; a route that shows no page goes into NO_SCREENS here"
    )


@pytest.mark.parametrize("name", FILES)
def test_a_guide_is_about_pages_that_exist(name):
    assert set(explained(name)) - set(PATHS) - set(RIGHTS) == set()


@pytest.mark.parametrize("name", ["members", "membre"])
def test_the_guides_of_members_explain_what_members_open_alike(name):
    for_members = {route for route in explained("membre") | explained("members") if route in RIGHTS and Role.SEATED in RIGHTS[route]}
    assert set(explained(name)) == set(explained("membre"))
    assert {"answer", "sign_in", "desk", "action", "preferences", "privacy", "accessibility"} <= for_members


@pytest.mark.parametrize("name", SAID)
def test_a_guide_of_members_quotes_only_what_screens_and_messages_say(name):
    language = Language(guide(name).language)
    said = " | ".join(catalogue(language).values()) + "".join(
        path.read_text(encoding="utf-8") for path in (ROOT / "notifications/templates" / language.value).glob("*")
    )
    plain = re.sub(r"\s+", " ", said).casefold()
    quoted = {re.sub(r"\s+", " ", words) for words in SAID[name].findall(text_of(name))}
    assert len(quoted) > 30
    assert sorted(words for words in quoted if words.casefold() not in plain) == []


@pytest.mark.parametrize("name", FILES)
def test_every_heading_has_an_anchor_of_its_own(name):
    found = guide(name)
    anchors = [anchor for chapter in found.chapters for anchor in (chapter.slug, *(section.anchor for section in chapter.sections))]
    assert sorted({anchor for anchor in anchors if anchors.count(anchor) > 1}) == []


@pytest.mark.parametrize("name", FILES)
def test_every_link_of_a_guide_leads_somewhere(name):
    found = guide(name)
    bodies = [found.lead, *(chapter.body for chapter in found.chapters)]
    links = [link for body in bodies for link in re.findall(r'<a href="([^"]*)"', body)]
    assert [link for link in links if not link.startswith(("https://", *(f"/aide/{other}" for other in FILES)))] == []
    pictures = [picture for body in bodies for picture in re.findall(r'<img src="/static/guides/([^"]*)"', body)]
    assert [picture for picture in pictures if not (IMAGES / picture).is_file()] == []
    assert not any('alt=""' in body for body in bodies)


def test_everything_that_is_served_is_packed():
    patterns = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["setuptools"]["package-data"]["portal"]
    pictures = {f"docs/images/{picture}" for name in FILES for picture in re.findall(r"\]\(images/([^)]+)\)", text_of(name))}
    served = {f"docs/{file}" for file, _ in FILES.values()} | pictures
    assert sorted(path for path in served if not any(fnmatch(path, pattern) for pattern in patterns)) == []


def test_a_file_becomes_chapters_with_anchors_and_scrolled_tables():
    found = read(
        "x",
        "fr",
        "# Titre\n\nAvant.\n\n## Un\n<!-- pages: desk, actions -->\n\n| a | b |\n|---|---|\n| [c](#deux) | d |\n\n### L'été !\n\n<b>e</b>\n\n## Deux\n",
    )
    one, two = found.chapters
    assert (found.title, str(found.lead), one.title, two.slug) == ("Titre", "<p>Avant.</p>\n", "Un", "deux")
    assert one.about == {"desk": "un", "actions": "un"}
    assert [(section.title, section.anchor) for section in one.sections] == [("L'été !", "lété-")]
    assert '<div class="scroll" role="region" tabindex="0" aria-labelledby="un"><table aria-labelledby="un">' in one.body
    assert ('<a href="/aide/x/deux#deux">c</a>' in one.body, '<h2 id="lété-">' in one.body) == (True, True)
    assert ("<b>" in one.body, "<!--" in one.body, '<th scope="col">a</th>' in one.body) == (False, False, True)


def test_a_chapter_knows_its_neighbours():
    first, second = guide("members").chapters[:2]
    assert guide("members").chapter(second.slug)[0] == first
    assert guide("members").chapter(first.slug)[0] is None
    assert guide("members").chapter("nothing-of-the-kind") is None


@pytest.mark.parametrize(
    ("language", "secretary", "begins"),
    [("fr", True, "/aide/secretariat/"), ("fr", False, "/aide/membre/"), ("en", False, "/aide/members/"), ("en", True, "/aide/members/")],
)
def test_help_on_a_page_is_in_the_reader_s_language_where_it_can_be(language, secretary, begins):
    assert explaining("desk", language, secretary=secretary).startswith(begins)


def test_help_on_a_page_of_secretariats_is_in_the_language_there_is():
    assert explaining("people", "en", secretary=True).startswith("/aide/secretariat/")
    assert explaining("nothing", "en", secretary=True) == ""


@pytest.mark.parametrize("route", sorted(name for name, path in PATHS.items() if "{" not in path))
def test_the_plan_of_the_portal_names_every_page_that_opens_by_itself(route):
    planned = {name: path for _, entries in PLAN for name, path, _ in entries}
    if route not in LEADING_ELSEWHERE:
        assert planned.get(route) == PATHS[route], (
            f"portal/plan.py does not lead to the page {route!r} ({PATHS[route]}): add its line to a group of PLAN, "
            "or its name to LEADING_ELSEWHERE if it is no page that people open by itself"
        )


def test_the_plan_says_each_page_in_both_languages():
    codes = {code for _, entries in PLAN for _, _, code in entries} | {f"portal.plan.{group}" for group, _ in PLAN}
    assert {code for language in Language for code in codes - set(catalogue(language))} == set()


def test_the_audit_judges_each_criterion_of_the_framework_once():
    counted = {theme: sum(criterion.startswith(f"{theme}.") for criterion in verdicts()) for theme in FIGURES}
    assert (counted, len(verdicts())) == (FIGURES, 106)
    assert len(re.findall(r"\| (?:C|NC|NA) \|$", text_of("audit"), re.MULTILINE)) == 106


@pytest.mark.parametrize("language", Language)
def test_the_statement_names_each_flaw_that_the_audit_found(language):
    said = {code.removeprefix("label.criterion.").replace("-", ".") for code in catalogue(language) if code.startswith("label.criterion.")}
    assert said == {criterion for criterion, verdict in verdicts().items() if verdict == "NC"}


def test_the_audit_says_the_figures_that_the_statement_counts():
    found = figures()
    assert f"{found.met} conformes, {found.unmet} non conformes, {found.without_object} sans objet" in text_of("audit")
    assert f"{found.percent} %" in text_of("audit").replace("\u00a0", " ")
