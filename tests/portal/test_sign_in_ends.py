"""When a sign-in ends: it is said before, and what was being typed is not lost."""

from datetime import timedelta

import pytest
from axe_playwright_python.sync_playwright import Axe
from builders import CLERK
from playwright.sync_api import expect
from visits import DESKTOP, PHONE, Hands

from models.tables import SignIn, table
from services.visitors import IDLE

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def work(place):
    """The address of an action that is under way."""
    number = place.desk.to_work()
    place.settle()
    return f"/actions/{number}"


def test_a_warning_appears_by_itself_before_the_sign_in_ends_and_is_not_there_before(place, work, visit):
    place.speak("fr")
    hands = Hands(visit(CLERK, scripts=True), "fr")
    hands.page.goto(f"{work}/suspend")
    hands.fill(reason="Le lieu est en travaux.")
    warning = hands.page.get_by_text(hands.say("stay.on"))
    expect(warning).to_be_hidden()
    for seconds, seen in ((3_299, False), (3_302, True)):
        hands.page.evaluate("ms => document.getAnimations().forEach(it => { it.currentTime = ms; })", 1000 * seconds)
        expect(warning).to_be_visible(visible=seen)
    with hands.page.context.expect_page() as opened:
        warning.click()
    expect(opened.value.get_by_role("heading", level=1)).to_have_text(hands.say("stay.title"))
    opened.value.close()
    expect(hands.page.locator("#reason")).to_have_value("Le lieu est en travaux.")


@pytest.mark.parametrize(("size", "colours"), [(DESKTOP, "light"), (PHONE, "dark")], ids=["desktop", "phone-dark"])
def test_what_was_typed_too_late_comes_back_on_a_page_that_is_accessible_too(place, work, visit, size, colours):
    place.speak("fr")
    hands = Hands(visit(CLERK, scripts=True, size=size, colours=colours), "fr")
    hands.page.goto(f"{work}/suspend")
    hands.fill(reason="Le lieu est en travaux jusqu'au printemps.")
    with place.app.db.write() as connection:
        connection.execute(table(SignIn).update().values(seen_at=place.app.clock.wall() - IDLE - timedelta(minutes=1)))
    hands.button(hands.form("SuspendForm")).click()
    hands.heading(hands.say("stay.kept_title"))
    expect(hands.page.get_by_text("Le lieu est en travaux jusqu'au printemps.")).to_be_visible()
    asked = {"resultTypes": ["violations"], "rules": {"target-size": {"enabled": True}}}
    assert [flaw["id"] for flaw in Axe().run(hands.page, options=asked).response["violations"]] == []
    assert hands.page.evaluate("document.documentElement.scrollWidth") <= size["width"]

    with hands.page.context.expect_page() as opened:
        hands.page.get_by_role("main").get_by_role("link").click()
    expect(opened.value.locator("#email")).to_be_visible()
    old = place.links(CLERK, "connexion")
    elsewhere = Hands(opened.value, "fr")
    elsewhere.fill(email=place.person(CLERK).email)
    elsewhere.press(elsewhere.say("sign_in.send"))
    elsewhere.page.goto(place.link(CLERK, "connexion", but=old))
    elsewhere.press(elsewhere.say("sign_in.enter"))
    elsewhere.heading(elsewhere.say("desk.title", name=place.person(CLERK).name))
    hands.press(hands.say("stay.send_again"))
    hands.done("suspend")
    hands.page.goto(work)
    hands.page.get_by_role("link", name=hands.verb("resume")).click()
    hands.press(hands.form("ResumeForm"))
    hands.done("resume")
