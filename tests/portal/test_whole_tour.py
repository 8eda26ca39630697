"""An action's whole life, lived in a browser: from signing in by mail to the closing of its final report."""

import pytest
from builders import CLERK, PILOT, STEERING_CLERK, provision
from playwright.sync_api import expect
from visits import DESKTOP, PHONE, Hands, KeysOnly

pytestmark = pytest.mark.browser
FIRST, *OTHERS = ("COTECH-01", "COTECH-03", "COTECH-04", "COTECH-05", "COTECH-06", "COTECH-07")
"""The voters of the technical committee."""


@pytest.mark.parametrize(
    ("by", "language", "size", "scripts"),
    [
        pytest.param(Hands, "fr", DESKTOP, False, id="clicks-french-desktop-no-scripts"),
        pytest.param(Hands, "en", PHONE, True, id="clicks-english-phone-scripts"),
        pytest.param(KeysOnly, "fr", DESKTOP, True, id="keys-french-desktop-scripts", marks=pytest.mark.slow),
        pytest.param(KeysOnly, "en", PHONE, False, id="keys-english-phone-no-scripts", marks=pytest.mark.slow),
    ],
)
def test_an_action_lives_its_whole_life_by_clicks_and_by_keyboard_alone(place, visit, by, language, size, scripts):
    def somebody(seat=None):
        return by(visit(seat, language=language, size=size, scripts=scripts), language)

    place.speak(language)
    clerk = somebody(CLERK if by is KeysOnly else None)
    if by is KeysOnly:
        clerk.page.goto("/bureau")  # signing in by keyboard is in test_by_keyboard: an address may not ask for a link too often
    else:
        clerk.sign_in(place, CLERK)

    number = _propose(clerk, f"Un tour complet ({language})")
    place.settle()

    member = somebody()
    for seat in (FIRST, *OTHERS):
        _answer(member, place.link(seat, "avis", number), reserved=seat == FIRST)
    assert place.opinions(number) == [FIRST, *OTHERS]
    place.settle()
    _change_my_mind(member, place, number)

    steering = somebody(STEERING_CLERK)
    _decide(steering, number)

    clerk.page.goto(f"/actions/{number}")
    _ask(clerk, "start", "StartForm")
    place.later(days=190)
    pilot = somebody()
    _report(pilot, place.link(PILOT, "avancement", number))

    clerk.page.goto(f"/actions/{number}")
    expect(clerk.page.get_by_text("Le recensement est fait.").first).to_be_visible()
    expect(clerk.link(clerk.verb("complete"))).to_have_count(0)
    _ask(clerk, "lift_reservation", "LiftReservationForm", reservation="1", reason="L'action commence par deux salles.")
    _ask(clerk, "complete", "CompleteForm", reason="Tout est fait.")
    place.settle()
    _give_final_report(pilot, place.link(PILOT, "bilan", number))
    place.settle()

    clerk.page.goto(f"/actions/{number}")
    expect(clerk.page.locator("[aria-current=step]")).to_have_text(_capital(clerk.words.label("state", "closed")))
    assert place.desk.state(number) == "closed"


def _capital(text):
    return text[:1].upper() + text[1:]


def _propose(clerk, title):
    clerk.follow(clerk.say("desk.propose"))
    clerk.sheet(provision(7, title=title))
    clerk.press(clerk.say("act.propose"))
    clerk.done("propose")
    clerk.heading(title)
    return clerk.page.url.partition("?")[0].rpartition("/")[2]


def _answer(member, link, *, reserved):
    member.page.goto(link)
    if reserved:
        member.choose("opinion", "with_reservations")
        member.press(member.say("answer.send"))
        expect(member.page.get_by_role("alert")).to_contain_text(member.say("problems.title"))
        expect(member.page.locator("#reason")).to_be_focused()
        expect(member.page.locator("[name=opinion]:checked")).to_have_value("with_reservations")
        member.fill(reason="À condition de commencer petit.")
    else:
        member.choose("opinion", "favourable")
    member.press(member.say("answer.send"))
    member.heading(member.say("answered.title"))


def _change_my_mind(member, place, number):
    """After the closing, the confirmation's link explains itself instead of changing anything."""
    member.page.goto(place.link(FIRST, "avis", number))
    expect(member.page.get_by_role("status")).to_contain_text(member.say("link_closed"))
    expect(member.button(member.say("answer.send"))).to_have_count(0)


def _decide(clerk, number):
    clerk.page.goto(f"/actions/{number}")
    _ask(clerk, "close_review", "CloseReviewForm", body="copil", reason="Séance tenue.")
    _ask(clerk, "approve", "DecisionForm", body="copil", reason="Utile aux habitants.")


def _ask(clerk, verb, form, **texts):
    clerk.follow(clerk.verb(verb))
    clerk.fill(**texts)
    clerk.press(clerk.form(form))
    clerk.done(verb)


def _report(pilot, link):
    pilot.page.goto(link)
    pilot.fill(percent="40", summary="Le recensement est fait.")
    pilot.choose("reached", "1")
    pilot.press(pilot.say("report.send"))
    pilot.heading(pilot.say("reported.title"))


def _give_final_report(pilot, link):
    pilot.page.goto(link)
    pilot.fill(results="Vingt lieux partagés.", lessons="Commencer par les salles.")
    pilot.press(pilot.say("report.send"))
    pilot.heading(pilot.say("reported.title"))
