"""What matters most, by keyboard alone: Tab, Enter, Space and letters; every stop on the way can be seen."""

import pytest
from builders import CLERK
from playwright.sync_api import expect
from visits import Hands

pytestmark = pytest.mark.browser
VOTER = "COTECH-05"
_STOPS = 80
_HERE = """() => {
  const it = document.activeElement, style = getComputedStyle(it), box = it.getBoundingClientRect();
  return {
    name: it.tagName === "BODY" ? "" : (it.labels?.[0]?.innerText || it.innerText || it.value || "").trim(),
    field: it.name || "",
    seen: style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2 && box.width > 1
      && box.right > 0 && box.bottom > 0 && box.left < innerWidth && box.top < innerHeight,
  };
}"""


@pytest.fixture
def keys(place, visit):
    """A member of the technical committee with nothing but a keyboard, at the question that a mail has brought them."""
    place.speak("fr")
    number = place.desk.to_technical()
    place.settle()
    hands = Hands(visit(), "fr")
    hands.page.goto(place.link(VOTER, "avis", number))
    return Keys(hands), number


class Keys:
    """Moves from stop to stop; each must be visible."""

    def __init__(self, hands):
        self.hands, self.page = hands, hands.page
        self.page.emulate_media(reduced_motion="reduce")  # pages jump where they would glide: what is seen can be asked at once

    def press(self, *names):
        for name in names:
            self.page.keyboard.press(name)

    def write(self, text):
        self.page.keyboard.type(text)

    def to(self, name="", field=""):
        """Press Tab until the stop with this name or for this field has the focus."""
        passed = []
        for _ in range(_STOPS):
            self.press("Tab")
            here = self.page.evaluate(_HERE)
            assert here["seen"] or not (here["name"] or here["field"]), f"the focus cannot be seen on {here}"
            if (name and here["name"] == name) or (field and here["field"] == field):
                return
            passed.append(here["name"] or here["field"])
        pytest.fail(f"Tab never reached {name or field!r}, only {passed}")


def test_the_first_stop_leads_past_the_header(keys):
    keys, _ = keys
    keys.to(keys.hands.say("skip"))
    keys.press("Enter")
    expect(keys.page.locator("main")).to_be_focused()
    keys.press("Tab")
    assert keys.page.evaluate("() => document.querySelector('main').contains(document.activeElement)")


def test_a_member_answers_from_the_mail_by_keyboard_alone(place, keys):
    keys, number = keys
    keys.to(field="opinion")
    keys.press("ArrowDown", "ArrowDown")
    expect(keys.page.locator("[name=opinion]:checked")).to_have_value("unfavourable")
    keys.to(keys.hands.say("answer.send"))
    keys.press("Enter")
    expect(keys.page.locator("#reason")).to_be_focused()
    keys.write("Trop tôt pour décider.")
    keys.to(keys.hands.say("answer.send"))
    keys.press("Space")
    keys.hands.heading(keys.hands.say("answered.title"))
    assert place.opinions(number) == [VOTER]


def test_a_secretary_signs_in_proposes_and_withdraws_by_keyboard_alone(place, visit):
    place.speak("fr")
    hands = Hands(visit(), "fr")
    keys, old = Keys(hands), place.links(CLERK, "connexion")
    hands.page.goto("/")
    keys.to(field="email")
    keys.write(place.person(CLERK).email)
    keys.press("Enter")
    expect(hands.page.get_by_role("status")).to_be_visible()
    hands.page.goto(place.link(CLERK, "connexion", but=old))
    keys.to(hands.say("sign_in.enter"))
    keys.press("Enter")
    hands.heading(hands.say("desk.title", name=place.person(CLERK).name))

    keys.to(hands.say("desk.propose"))
    keys.press("Enter")
    hands.heading(hands.form("ProposeForm"))
    keys.to(field="title")
    keys.write("Proposée au clavier")
    keys.to(field="axis")
    keys.press("ArrowDown")
    keys.to(field="themes")
    keys.press("Space")
    keys.to(hands.say("act.keep_draft"))
    keys.press("Enter")
    hands.heading("Proposée au clavier")

    keys.to(hands.say("action.barred"))
    keys.press("Enter")
    expect(hands.page.locator("details[open] .barred").first).to_be_visible()
    hands.page.reload()
    keys.to(hands.verb("withdraw"))
    keys.press("Enter")
    hands.heading(hands.form("WithdrawForm"))
    keys.to(field="reason")
    keys.write("Déposée par erreur.")
    keys.to(hands.form("WithdrawForm"))
    keys.press("Enter")
    hands.done("withdraw")
