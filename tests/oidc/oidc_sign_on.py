"""Signing in and out by the accounts of two institutions, at real providers, in a real browser without scripts."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from builders import CONVENTION
from playwright.sync_api import expect
from providers import CHAIR_MAIL, CLERK_MAIL, PASSWORD
from visits import PHONE

from models.tables import Account, Person, SignIn
from services.doctor_sign_on import examine_sign_on
from services.settings import Settings


@pytest.fixture(autouse=True)
def _nobody_is_known(place):
    """Each test begins without a linked account."""
    with place.home.app.db.write() as connection:
        for kind in ("signin", "account"):
            connection.exec_driver_sql(f"DELETE FROM {kind}")  # noqa: S608  # two names of ours


def go(page, label):
    """Take the button of an institution on the sign-in page."""
    page.goto("/connexion")
    page.get_by_role("link", name=label, exact=True).click()


def at_the_provider(page, provider, login):
    """Sign in there, as people do: first the name, then the password."""
    page.wait_for_url(f"{provider.issuer}/**")
    page.locator("input[name=login]").fill(login)
    page.locator("button[type=submit], input[type=submit]").first.click()
    page.locator("input[name=password]").fill(PASSWORD)
    page.locator("button[type=submit], input[type=submit]").first.click()


def person(place, email):
    return place.home.desk.rows(Person, convention=CONVENTION, email=email)[0]


def flaws(page):
    """What axe finds, and whether the page is wider than a phone."""
    found = [flaw["id"] for flaw in Axe().run(page, options={"resultTypes": ["violations"]}).response["violations"]]
    page.set_viewport_size(PHONE)
    return found + [wide for wide in [page.evaluate("document.documentElement.scrollWidth")] if wide > PHONE["width"]]


def test_from_the_button_to_the_desk_and_out_of_both(place, visit):
    page = visit()
    go(page, "La Ville")
    at_the_provider(page, place.ville, "camille")
    page.wait_for_url(f"{place.url}/bureau")
    who = person(place, CLERK_MAIL)
    expect(page.get_by_role("heading", level=1)).to_contain_text(who.name)
    [account] = place.home.desk.rows(Account)
    assert (account.issuer, account.subject, account.person_id) == (place.ville.issuer, "camille", who.id)
    page.goto("/preferences")
    expect(page.locator("#comptes")).to_contain_text("La Ville")
    page.get_by_role("button", name="Se déconnecter").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Vous êtes déconnecté de Passerelle")
    page.goto("/bureau")
    page.wait_for_url(f"{place.url}/connexion")
    page.goto("/deconnexion")
    page.get_by_role("link", name="Se déconnecter aussi là-bas").click()
    page.wait_for_url(f"{place.url}/connexion")
    go(page, "La Ville")
    page.wait_for_url(f"{place.ville.issuer}/**")
    expect(page.locator("input[name=password], input[name=login]").first).to_be_visible()


def test_whoever_is_still_signed_in_at_their_institution_is_asked_nothing(place, visit):
    page = visit()
    go(page, "La Ville")
    at_the_provider(page, place.ville, "camille")
    page.wait_for_url(f"{place.url}/bureau")
    page.get_by_role("button", name="Se déconnecter").click()
    go(page, "La Ville")
    page.wait_for_url(f"{place.url}/bureau")
    assert (len(place.home.desk.rows(Account)), len(place.home.desk.rows(SignIn))) == (1, 2)


def test_each_institution_knows_its_own_people(place, visit):
    page = visit()
    go(page, "L'Université")
    at_the_provider(page, place.univ, "dominique")
    page.wait_for_url(f"{place.url}/bureau")
    expect(page.get_by_role("heading", level=1)).to_contain_text(person(place, CHAIR_MAIL).name)
    other = visit()
    go(other, "La Ville")
    at_the_provider(other, place.ville, "camille")
    other.wait_for_url(f"{place.url}/bureau")
    assert {row.issuer for row in place.home.desk.rows(Account)} == {place.ville.issuer, place.univ.issuer}


@pytest.mark.parametrize(
    ("login", "said"),
    [
        ("passage", "L'adresse de.passage@ville.example".lower()),
        ("ailleurs", "sans s'en porter garante"),
    ],
)
def test_whoever_has_no_seat_or_an_address_that_nobody_answers_for_can_leave_and_come_back_as_another(place, visit, login, said):
    page = visit()
    go(page, "La Ville")
    at_the_provider(page, place.ville, login)
    page.wait_for_url(f"{place.url}/connexion/par/ville/retour**")
    assert said in page.locator("main").inner_text().lower().replace("\u00a0", " ")
    page.get_by_role("link", name="Se déconnecter aussi là-bas").click()
    page.wait_for_url(f"{place.url}/connexion")
    go(page, "La Ville")
    at_the_provider(page, place.ville, "camille")
    page.wait_for_url(f"{place.url}/bureau")


def test_somebody_who_changes_their_mind_there_comes_back_by_mail(place, visit):
    page = visit()
    go(page, "La Ville")
    page.wait_for_url(f"{place.ville.issuer}/**")
    page.goto("/connexion")
    page.get_by_label("Adresse de courriel").fill(CLERK_MAIL)
    page.get_by_role("button", name="Recevoir un lien").click()
    page.goto(place.home.link("COTECH-02", "connexion"))
    page.get_by_role("button", name="Entrer").click()
    page.wait_for_url(f"{place.url}/bureau")


def test_a_provider_that_is_stopped_is_said_to_be_and_takes_nobody_along(place, visit):
    place.univ.stop()
    try:
        page = visit()
        go(page, "L'Université")
        expect(page.locator("main")).to_contain_text("L'institution ne répond pas pour l'instant")
        go(page, "La Ville")
        at_the_provider(page, place.ville, "camille")
        page.wait_for_url(f"{place.url}/bureau")
        by_mail = visit()
        before = place.home.links("COTECH-01", "connexion")
        by_mail.goto("/connexion")
        by_mail.get_by_label("Adresse de courriel").fill(CHAIR_MAIL)
        by_mail.get_by_role("button", name="Recevoir un lien").click()
        by_mail.goto(place.home.link("COTECH-01", "connexion", but=before))
        by_mail.get_by_role("button", name="Entrer").click()
        by_mail.wait_for_url(f"{place.url}/bureau")
        checks = {check.params["name"]: check for check in examine_sign_on(Settings.from_environment(place.environment))}
        assert {name: (check.name, check.level) for name, check in checks.items()} == {"ville": ("sso", "right"), "univ": ("sso", "look")}
    finally:
        place.univ.start()


@pytest.mark.parametrize(("language", "colours"), [("fr", "light"), ("en", "dark")])
def test_the_pages_on_the_way_are_accessible_and_fit_a_phone(place, visit, language, colours):
    label = {"fr": "La Ville", "en": "The City"}[language]
    page, found = visit(language, java_script_enabled=True, color_scheme=colours), {}
    page.goto("/connexion")
    found["signing in"] = flaws(page)
    page.goto("/connexion/par/ville/retour")
    found["refused"] = flaws(page)
    page.goto("/connexion/par/ailleurs")
    found["unknown"] = flaws(page)
    go(page, label)
    at_the_provider(page, place.ville, "passage")
    page.wait_for_url(f"{place.url}/connexion/par/ville/retour**")
    found["unknown address"] = flaws(page)
    page.locator("a[href='/deconnexion/institution']").click()
    page.wait_for_url(f"{place.url}/connexion")
    page.locator("a[href='/connexion/par/ville']").click()
    at_the_provider(page, place.ville, "camille")
    page.wait_for_url(f"{place.url}/bureau")
    for path in ("/preferences", f"/personnes/{person(place, CLERK_MAIL).code}"):
        page.goto(path)
        found[path] = flaws(page)
    page.locator("form[action='/deconnexion'] button").click()
    page.wait_for_url(f"{place.url}/deconnexion")
    found["signed out"] = flaws(page)
    assert {name: flaw for name, flaw in found.items() if flaw} == {}
