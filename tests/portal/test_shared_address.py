"""In a browser without scripts: two persons at one address choose who they are, change over, and read in their own language."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from builders import CLERK, CONVENTION, STEERING_CLERK
from playwright.sync_api import expect
from visits import DESKTOP, PHONE, Hands

from models.tables import Delivery, Person, table
from services.links import secret_of, token_of
from services.visitors import ask_to_sign_in

pytestmark = pytest.mark.browser


@pytest.fixture
def shared(place):
    """The steering committee's secretary reads the technical committee's secretary's mail, for the time of a test."""
    other, own = place.person(STEERING_CLERK), place.person(CLERK)

    def tell(email, language):
        with place.app.db.write() as connection:
            connection.execute(table(Person).update().where(table(Person).c.id == other.id).values(email=email, language=language))

    tell(own.email, other.language)
    yield own, other
    tell(other.email, other.language)


def link_to(place, person):
    delivery = ask_to_sign_in(place.app, person.email)
    [row] = place.desk.rows(Delivery, id=delivery)
    return f"/connexion/{token_of(secret_of(place.app.db), row.id)}"


def flaws(page):
    return [flaw["id"] for flaw in Axe().run(page, options={"resultTypes": ["violations"]}).response["violations"]]


def wide(page):
    return page.evaluate("document.documentElement.scrollWidth") > page.viewport_size["width"]


@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_two_persons_at_one_address_choose_change_over_and_read_their_own_language(place, visit, shared, size):
    own, other = shared
    hands = Hands(visit(size=size), "fr")
    hands.page.goto(link_to(place, own))
    hands.button(hands.say("sign_in.enter")).click()
    expect(hands.page.get_by_role("alert").get_by_role("link")).to_have_attribute("href", "#who")
    hands.choose("who", f"{CONVENTION}/{own.code}")
    hands.button(hands.say("sign_in.enter")).click()
    hands.heading(hands.say("desk.title", name=own.name))
    hands.page.locator(".switch summary").click()
    hands.page.get_by_role("button", name=other.name).click()
    hands.heading(hands.say("desk.title", name=other.name))
    hands.page.get_by_role("button", name=hands.say("in_other_language"), exact=True).click()
    english = Hands(hands.page, "en")
    english.heading(english.say("desk.title", name=other.name))
    assert place.person(STEERING_CLERK).language == "en"


@pytest.mark.parametrize("colours", ["light", "dark"])
def test_the_choice_and_the_open_list_are_accessible_and_fit_a_phone(place, visit, shared, colours):
    hands = Hands(visit(size=PHONE, scripts=True, colours=colours), "fr")
    hands.page.goto(link_to(place, shared[0]))
    assert (flaws(hands.page), wide(hands.page)) == ([], False)
    hands.choose("who", f"{CONVENTION}/{shared[0].code}")
    hands.button(hands.say("sign_in.enter")).click()
    hands.page.locator(".switch summary").click()
    assert (flaws(hands.page), wide(hands.page)) == ([], False)
    box = hands.page.get_by_role("button", name=shared[1].name).bounding_box()
    assert (box["x"] >= 0, box["x"] + box["width"] <= PHONE["width"]) == (True, True)
