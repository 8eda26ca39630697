"""The links of mails: looking changes nothing, answering twice is answering once, and a link that no longer serves explains itself."""

import pytest
from builders import PILOT, STEERING_CLERK
from playwright.sync_api import expect
from visits import PHONE, Hands

pytestmark = pytest.mark.browser
VOTER, OTHER = "COTECH-05", "COTECH-06"


@pytest.fixture
def asked(place):
    """An action on which the technical committee is asked for its opinion."""
    place.speak("fr")
    number = place.desk.to_technical()
    place.settle()
    return number


@pytest.fixture
def somebody(visit):
    """Somebody without a sign-in, on a phone."""
    return Hands(visit(size=PHONE), "fr")


def _answer(hands, link, opinion="favourable"):
    hands.page.goto(link)
    hands.choose("opinion", opinion)
    hands.button(hands.say("answer.send")).click()
    hands.heading(hands.say("answered.title"))


def test_looking_at_any_link_changes_nothing(place, somebody):
    place.speak("fr")
    final, work = place.desk.to_final_report(), place.desk.to_work()
    place.later(days=190)
    asked = place.desk.to_technical()
    place.settle()
    used = place.link(OTHER, "avis", asked)
    _answer(somebody, used)
    somebody.page.goto("/connexion")
    somebody.fill(email=place.person(OTHER).email)
    somebody.button(somebody.say("sign_in.send")).click()
    links = [
        used,
        place.link(VOTER, "avis", asked),
        place.link(PILOT, "avancement", work),
        place.link(PILOT, "bilan", final),
        place.link(OTHER, "connexion"),
    ]
    before = place.desk.counts()
    for link in links * 2:
        somebody.page.goto(link)
        expect(somebody.page.get_by_role("main").get_by_role("button")).to_have_count(1)
    assert place.desk.counts() == before


def test_an_opinion_sent_twice_is_recorded_once_and_confirmed_once(place, asked, somebody, visit):
    link = place.link(VOTER, "avis", asked)
    beside = Hands(visit(scripts=True), "fr")
    for hands in (somebody, beside):
        hands.page.goto(link)
        hands.choose("opinion", "favourable")
    somebody.button(somebody.say("answer.send")).dblclick()
    somebody.heading(somebody.say("answered.title"))
    beside.button(beside.say("answer.send")).click()
    beside.heading(beside.say("answered.title"))
    place.settle()
    assert place.opinions(asked) == [VOTER]
    assert len(place.links(VOTER, "avis", asked)) == 2


def test_the_confirmation_lets_one_change_an_opinion_until_the_closing(place, asked, somebody):
    _answer(somebody, place.link(VOTER, "avis", asked))
    place.settle()
    somebody.page.goto(place.link(VOTER, "avis", asked))
    expect(somebody.page.locator("[name=opinion]:checked")).to_have_value("favourable")
    _answer(somebody, place.link(VOTER, "avis", asked), "abstention")
    assert place.opinions(asked) == [VOTER, VOTER]


def test_a_used_link_offers_a_new_one_that_arrives_by_mail_and_serves(place, asked, somebody):
    old = place.link(VOTER, "avis", asked)
    _answer(somebody, old)
    somebody.page.goto(old)
    expect(somebody.page.get_by_role("status")).to_contain_text(somebody.say("link_used"))
    somebody.button(somebody.say("link.renew")).click()
    expect(somebody.page.get_by_role("status")).to_have_text(somebody.say("link.renewed"))
    _answer(somebody, place.link(VOTER, "avis", asked, but=[old]), "abstention")


def test_a_link_that_is_too_old_offers_a_new_one(place, asked, somebody):
    old = place.link(VOTER, "avis", asked)
    place.age(old, days=121)
    somebody.page.goto(old)
    expect(somebody.page.get_by_role("status")).to_contain_text(somebody.say("link_expired"))
    somebody.button(somebody.say("link.renew")).click()
    expect(somebody.page.get_by_role("status")).to_have_text(somebody.say("link.renewed"))
    _answer(somebody, place.link(VOTER, "avis", asked, but=[old]))


@pytest.mark.parametrize("why", ["link_closed", "link_revoked", "foreign"])
def test_a_link_that_serves_no_more_says_why_and_offers_a_way_in_by_mail(place, asked, somebody, why):
    link = place.link(VOTER, "avis", asked)
    if why == "link_closed":
        place.desk.opine(asked, "cotech")
        place.settle()
    elif why == "link_revoked":
        place.revoke(VOTER)
    else:
        link = link[:-6] + "AAAAAA"
    before = place.desk.counts()
    said = somebody.page.goto(link)
    expected = somebody.words.say("link_unknown") if why == "foreign" else somebody.say(why)
    expect(somebody.page.get_by_role("main")).to_contain_text(expected[1:])
    assert said.status == (404 if why == "foreign" else 410)
    assert somebody.page.locator("[name=opinion]").count() == 0
    somebody.link(somebody.say("link.sign_in")).click()
    somebody.heading(somebody.say("sign_in.title"))
    assert place.desk.counts() == before


def test_a_link_for_one_thing_opens_nothing_else(place, asked, somebody):
    token = place.link(VOTER, "avis", asked).rpartition("/")[2]
    for path in ("avancement", "bilan", "connexion"):
        said = somebody.page.goto(f"/{path}/{token}")
        expect(somebody.page.get_by_role("main")).to_contain_text(somebody.words.say("link_unknown")[1:])
        assert said.status in (404, 410)


def test_a_sign_in_link_serves_once_and_nothing_is_seen_without_it(place, somebody, visit):
    place.speak("fr")
    somebody.sign_in(place, STEERING_CLERK)
    used = place.link(STEERING_CLERK, "connexion")
    stranger = Hands(visit(), "fr")
    stranger.page.goto(used)
    expect(stranger.page.get_by_role("main")).to_contain_text(stranger.words.say("sign_in_used")[1:])
    stranger.link(stranger.say("sign_in.again")).click()
    for path in ("/bureau", "/actions", "/personnes", "/envois"):
        stranger.page.goto(path)
        stranger.heading(stranger.say("sign_in.title"))
    somebody.page.get_by_role("button", name=somebody.say("sign_out")).click()
    somebody.page.goto("/bureau")
    somebody.heading(somebody.say("sign_in.title"))
