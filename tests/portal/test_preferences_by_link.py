"""What somebody chooses by the link of a mail, without a sign-in: by mouse, and by keyboard alone."""

from datetime import timedelta

import pytest
from playwright.sync_api import expect
from visits import PHONE, Hands, KeysOnly

from services.preferences import preferences_of

pytestmark = pytest.mark.browser
MEMBER, OTHER, SEVEN_DAYS = "COTECH-04", "COTECH-07", timedelta(days=7)


@pytest.mark.parametrize(("hands_of", "member"), [(Hands, MEMBER), (KeysOnly, OTHER)], ids=["mouse", "keyboard"])
def test_a_member_chooses_a_daily_digest_puts_an_action_aside_and_hears_of_it_again(place, visit, hands_of, member):
    place.speak("fr")
    number = place.desk.to_technical()
    place.settle()
    hands = hands_of(visit(size=PHONE), "fr")
    hands.page.goto(place.link(member, "preferences", number))

    def press(code, **params):
        with hands.page.expect_navigation():
            hands.press(hands.say(f"preferences.{code}", **params))
        expect(hands.page.get_by_role("status")).to_have_text(hands.say("preferences.done"))
        return preferences_of(place.app, place.person(member).id)

    hands.select(hands.page.locator("[name=rhythm]"), "daily")
    assert press("keep").hours.rhythm == "daily"
    assert [(one.number, one.until) for one in press("snooze", days=7).muted] == [(number, place.desk.today + SEVEN_DAYS)]
    assert not press("hear_again").muted


def test_what_cannot_be_stopped_is_said_before_anybody_asks(place, visit):
    place.speak("fr")
    number = place.desk.to_technical()
    place.settle()
    hands = Hands(visit(), "fr")
    hands.page.goto(place.link(MEMBER, "preferences", number).replace("/preferences/", "/desabonnement/"))
    expect(hands.page.get_by_role("main")).to_contain_text("ne peuvent pas être arrêtés")
    expect(hands.page.get_by_role("main").get_by_role("button")).to_have_count(0)
    hands.follow(hands.say("preferences.all"))
    hands.heading(hands.say("preferences.title"))
