"""Searching in a browser: from the header of any page to a view that is saved, found again and deleted."""

import pytest
from builders import CLERK, provision
from playwright.sync_api import expect
from visits import Hands

pytestmark = pytest.mark.browser


def test_a_search_becomes_a_view_and_leads_to_what_was_found(place, visit):
    place.speak("fr")
    number = place.desk.propose(provision(7, title="Les vergers partagés du Héron"))
    hands = Hands(visit(CLERK), "fr")
    page = hands.page
    page.goto("/decisions")
    page.get_by_label("Mots à chercher partout").fill("verger héron")
    page.keyboard.press("Enter")
    result = page.locator("ol.results > li").first
    expect(result.locator("mark").first).to_have_text("vergers")
    page.get_by_text("Enregistrer cette vue").click()
    page.get_by_label("Nom de la vue").fill("Vergers")
    hands.button("Enregistrer").click()
    view = page.get_by_role("navigation", name="Mes vues").get_by_role("link", name="Vergers")
    expect(view).to_have_attribute("aria-current", "page")
    page.get_by_role("link", name=number).click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Les vergers partagés")
    page.goto("/vues")
    page.get_by_text("Changer").click()
    hands.button("Supprimer Vergers").click()
    expect(page.get_by_text("La vue est supprimée.")).to_be_visible()
