"""Proxies as members and secretaries meet them: by the link of a mail, and on the pages of an action."""

import re

import pytest
from builders import body_of, changed_charter
from portal_http import text_of

from models.tables import Opinion, Proxy
from services.forms import GiveProxyForm, OpinionForm

GIVER, HOLDER, OTHER = "COTECH-03", "COTECH-05", "COTECH-06"
CLERK_MAIL = "secretariat.technique@ville.example"


def asked_under(browser, tmp_path, **rules):
    """An action in technical review by these rules, and the link by which the giver is asked."""
    browser.desk.under(changed_charter(tmp_path / "proxies.yaml", lambda it: body_of(it, "cotech")["rules"].update(rules)))
    number = browser.desk.to_technical()
    return number, browser.link_of(browser.member(GIVER), "opinion-requested")


@pytest.fixture
def asked(browser, tmp_path):
    return asked_under(browser, tmp_path, proxies_per_holder=1)


@pytest.fixture
def lightly_asked(light_browser, tmp_path):
    return asked_under(light_browser, tmp_path, proxies_per_holder=1)


def give(browser, path, holder=HOLDER, giver=GIVER):
    return browser.send(f"{path}/pouvoir", path, giver=giver, holder=holder, key="a-key-of-the-page")


# --- by the link of a mail ----------------------------------------------------------------------------------------------------------


def test_a_member_gives_a_proxy_without_signing_in_and_the_holder_answers_by_their_own_link(browser, asked):
    number, path = asked
    answer = give(browser, path)
    assert (answer.status_code, "Votre pouvoir est enregistré" in text_of(answer)) == (200, True)
    event = browser.desk.events(number)[-1]
    assert (event.topic, event.actor, event.via, event.payload["holder"]) == ("proxy.given", GIVER, "mail-link", HOLDER)
    browser.desk.settle()
    link = browser.link_of(browser.member(HOLDER), "proxy-held")
    page = text_of(browser.open(link))
    assert f"Vous portez le pouvoir de ce siège : {GIVER}" in page
    assert re.findall(r'<option value="(COTECH-\d+)">', re.search(r'<select id="seat".*?</select>', page, re.DOTALL)[0]) == [GIVER, HOLDER]
    assert browser.send(link, opinion="favourable", seat=GIVER).status_code == 200
    [opinion], event = browser.desk.rows(Opinion), browser.desk.events(number)[-1]
    assert (opinion.seat, opinion.holder, event.actor, event.on_behalf_of, event.via) == (GIVER, HOLDER, HOLDER, GIVER, "mail-link")


def test_given_twice_by_the_same_page_it_is_recorded_once(browser, asked):
    _, path = asked
    seal = browser.seal(path)
    sent = {"seal": seal, "giver": GIVER, "holder": HOLDER, "key": "a-key-of-the-page"}
    answers = [browser.client.post(f"{path}/pouvoir", data=sent) for _ in range(2)]
    assert ([answer.status_code for answer in answers], len(browser.desk.rows(Proxy))) == ([200, 200], 1)


def test_the_giver_takes_it_back_by_their_confirmation_and_may_give_another(browser, asked):
    number, path = asked
    give(browser, path)
    browser.desk.settle()
    link = browser.link_of(browser.member(GIVER), "proxy-given")
    page = text_of(browser.open(link))
    assert f"({HOLDER}) peut donner l'avis du siège {GIVER}" in page
    answer = browser.send(f"{link}/pouvoir/retrait", link, giver=GIVER, key="another-key")
    assert (answer.status_code, "Votre pouvoir est retiré" in text_of(answer)) == (200, True)
    assert browser.desk.events(number)[-1].topic == "proxy.revoked"
    assert browser.send(f"{link}/pouvoir", link, giver=GIVER, holder=OTHER, key="a-third-key").status_code == 200
    assert [(row.holder, bool(row.revoked_on)) for row in browser.desk.rows(Proxy)] == [(HOLDER, True), (OTHER, False)]


def test_used_it_is_no_longer_taken_back_and_the_giver_answers_over_it(browser, asked):
    _, path = asked
    give(browser, path)
    seal = browser.seal(path)
    browser.desk.settle()
    browser.send(browser.link_of(browser.member(HOLDER), "proxy-held"), opinion="abstention", seat=GIVER)
    refused = browser.client.post(f"{path}/pouvoir/retrait", data={"seal": seal, "giver": GIVER, "key": "another-key"})
    assert (refused.status_code, "Retirer le pouvoir" in text_of(browser.open(path))) == (422, False)
    assert browser.send(path, opinion="favourable", seat=GIVER).status_code == 200
    assert [(row.value, row.holder) for row in browser.desk.rows(Opinion) if not row.superseded] == [("favourable", None)]


def test_a_seat_of_somebody_else_is_not_passed_on_by_a_link(browser, asked):
    _, path = asked
    answer = give(browser, path, giver=OTHER)
    assert (answer.status_code, browser.desk.rows(Proxy)) == (422, [])
    give(browser, path)
    browser.desk.settle()
    held = browser.link_of(browser.member(HOLDER), "proxy-held")
    assert browser.send(f"{held}/pouvoir", held, giver=GIVER, holder=OTHER, key="another-key").status_code == 422
    assert [row.holder for row in browser.desk.rows(Proxy)] == [HOLDER]


@pytest.mark.parametrize(
    ("holder", "why"), [("", "choisissez à qui donner pouvoir"), ("COTECH-08", "n'est pas consulté dans cet examen"), ("X" * 90, "60")]
)
def test_what_is_refused_is_told_in_words_and_nothing_is_recorded(light_browser, lightly_asked, holder, why):
    _, path = lightly_asked
    answer = give(light_browser, path, holder)
    assert (answer.status_code, why in text_of(answer), light_browser.desk.rows(Proxy)) == (422, True, [])


@pytest.mark.parametrize(
    "rules",
    [
        {"proxies_per_holder": 0},
        {"ballot": "secret", "casting_vote": False, "reasons_required_for": [], "reservation_days": None, "reservations_block": None},
    ],
)
def test_where_there_are_no_proxies_none_is_offered(light_browser, tmp_path, rules):
    _, path = asked_under(light_browser, tmp_path, **rules)
    assert "Donner pouvoir" not in text_of(light_browser.open(path))
    assert give(light_browser, path).status_code == 422
    assert light_browser.desk.rows(Proxy) == []


def test_a_link_that_no_longer_serves_gives_no_proxy(light_browser, lightly_asked):
    _, path = lightly_asked
    seal = light_browser.seal(path)
    light_browser.desk.watch.advance(days=121)
    for way in ("pouvoir", "pouvoir/retrait"):
        answer = light_browser.client.post(f"{path}/{way}", data={"seal": seal, "giver": GIVER, "holder": HOLDER})
        assert answer.status_code == 410
    assert light_browser.desk.rows(Proxy) == []


# --- signed in ----------------------------------------------------------------------------------------------------------------------


def test_a_member_gives_a_proxy_on_the_page_of_the_action_and_everybody_sees_who_holds_it(browser, asked):
    number, _ = asked
    browser.sign_in(browser.member(GIVER))
    form = text_of(browser.open(f"/actions/{number}/give_proxy?body=cotech"))
    assert re.findall(r'value="(COTECH-\d+)"', re.search(r'<select id="giver".*?</select>', form, re.DOTALL)[0]) == [GIVER]
    answer = browser.fill(f"/actions/{number}/give_proxy?body=cotech", body="cotech", giver=GIVER, holder=HOLDER)
    assert answer.headers["location"] == f"/actions/{number}?fait=give_proxy"
    browser.sign_in(browser.member(OTHER))
    for page in (f"/actions/{number}", f"/actions/{number}/examens"):
        assert "donne pouvoir à" in text_of(browser.open(page))


def test_the_holder_answers_from_their_own_pages(browser, asked):
    number, path = asked
    give(browser, path)
    browser.sign_in(browser.member(HOLDER))
    browser.desk.ask(OpinionForm(seat=HOLDER, action=number, body="cotech", voter=HOLDER, opinion="favourable"))
    assert number in text_of(browser.open("/bureau"))
    form = browser.open(f"/actions/{number}/vote_by_proxy?body=cotech")
    assert form.status_code == 200
    answer = browser.fill(f"/actions/{number}/vote_by_proxy?body=cotech", body="cotech", voter=GIVER, holder=HOLDER, opinion="abstention")
    assert answer.headers["location"] == f"/actions/{number}?fait=vote_by_proxy"
    page = text_of(browser.open(f"/actions/{number}/examens"))
    assert (f"par pouvoir, donné par {HOLDER}" in page, "A servi." in page) == (True, True)


def test_a_secretary_gives_and_takes_back_proxies_of_those_they_serve(browser, asked):
    number, _ = asked
    browser.sign_in(CLERK_MAIL)
    browser.fill(f"/actions/{number}/give_proxy?body=cotech", body="cotech", giver=OTHER, holder=HOLDER)
    event = browser.desk.events(number)[-1]
    assert (event.topic, event.on_behalf_of, event.via) == ("proxy.given", OTHER, "portal")
    form = text_of(browser.open(f"/actions/{number}/revoke_proxy?body=cotech"))
    assert re.findall(r'value="(COTECH-\d+)"', re.search(r'<select id="giver".*?</select>', form, re.DOTALL)[0]) == [OTHER]
    browser.fill(f"/actions/{number}/revoke_proxy?body=cotech", body="cotech", giver=OTHER)
    assert [bool(row.revoked_on) for row in browser.desk.rows(Proxy)] == [True]


def test_a_refusal_is_shown_at_its_field_and_the_form_keeps_what_was_chosen(light_browser, lightly_asked):
    number, _ = lightly_asked
    light_browser.desk.ask(GiveProxyForm(seat=OTHER, action=number, body="cotech", holder=HOLDER))
    light_browser.sign_in(light_browser.member(GIVER))
    answer = light_browser.fill(f"/actions/{number}/give_proxy?body=cotech", body="cotech", giver=GIVER, holder=HOLDER)
    page = text_of(answer)
    assert (answer.status_code, "porte déjà autant de pouvoirs" in page) == (422, True)
    assert f'<option value="{HOLDER}" selected' in page


def test_who_may_not_use_a_proxy_reads_why(light_browser, lightly_asked):
    number, _ = lightly_asked
    light_browser.desk.ask(GiveProxyForm(seat=GIVER, action=number, body="cotech", holder=OTHER))
    light_browser.sign_in(light_browser.member(HOLDER))
    page = text_of(light_browser.open(f"/actions/{number}/vote_by_proxy?body=cotech"))
    assert f"siège {HOLDER} ne porte aucun pouvoir" in page
