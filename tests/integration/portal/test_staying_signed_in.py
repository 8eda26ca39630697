"""How long one stays signed in, and what becomes of what was being typed when that ended."""

import re
from datetime import timedelta
from html import unescape

import pytest
from builders import CLERK
from portal_http import hidden, text_of, words_of

from services.visitors import IDLE, LONGEST, who_was

REASON = "Une phrase de plus,\net « une autre » & <une troisième>"


@pytest.fixture
def writing(light_browser):
    """A secretary who has opened a form, and what it carries along."""
    light_browser.sign_in(light_browser.member(CLERK))
    number = light_browser.desk.propose()
    path = f"/actions/{number}/withdraw"
    page = light_browser.open(path)
    carried = {name: hidden(page, name) for name in ("seal", "key", "seat", "seen_version")}
    return light_browser, number, path, carried | {"reason": REASON}


def gone(browser, **by):
    browser.desk.watch.moment += timedelta(**by) if by else IDLE + timedelta(minutes=1)


def again(page):
    """What the page that gives a form back sends."""
    return {name: unescape(value) for name, value in re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', page.text)}


def test_what_was_typed_after_the_end_comes_back_and_is_sent_again_after_signing_in(writing):
    browser, number, path, sent = writing
    gone(browser)
    given_back = browser.client.post(path, data=sent, follow_redirects=False)
    assert (given_back.status_code, f'action="{path}"' in given_back.text) == (403, True)
    assert "Une phrase de plus,\net « une autre » & <une troisième>" in text_of(given_back)
    assert set(browser.desk.topics(number)) == {"action.proposed"}
    browser.sign_in(browser.member(CLERK))
    answer = browser.client.post(path, data=again(given_back), follow_redirects=False)
    assert (answer.status_code, browser.desk.topics(number)[-1]) == (303, "action.withdrawn")
    assert REASON in text_of(browser.open(f"/actions/{number}"))


def test_it_comes_back_as_often_as_it_is_sent_too_early(writing):
    browser, _, path, sent = writing
    gone(browser)
    first = browser.client.post(path, data=sent, follow_redirects=False)
    second = browser.client.post(path, data=again(first), follow_redirects=False)
    assert (second.status_code, again(second)["reason"]) == (403, REASON)


def test_the_page_that_was_left_open_serves_too_once_the_same_person_is_back(writing):
    browser, number, path, sent = writing
    gone(browser)
    browser.sign_in(browser.member(CLERK))
    assert browser.client.post(path, data=sent, follow_redirects=False).status_code == 303
    assert browser.desk.topics(number)[-1] == "action.withdrawn"


def test_somebody_else_who_signs_in_cannot_send_it(writing):
    browser, number, path, sent = writing
    gone(browser)
    given_back = browser.client.post(path, data=sent, follow_redirects=False)
    browser.sign_in(browser.member("COTECH-01"))
    answer = browser.client.post(path, data=again(given_back), follow_redirects=False)
    assert (answer.status_code, set(browser.desk.topics(number))) == (403, {"action.proposed"})


def test_nothing_comes_back_to_whoever_signed_out_or_was_signed_out(writing):
    browser, _, path, sent = writing
    browser.send("/deconnexion", "/bureau")
    answer = browser.client.post(path, data=sent, follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (303, "/connexion")


def test_nothing_comes_back_from_a_form_without_its_seal(writing):
    browser, _, path, sent = writing
    gone(browser)
    answer = browser.client.post(path, data=sent | {"seal": "0" * 64}, follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (303, "/connexion")


def test_signing_out_after_the_end_leads_to_the_sign_in_page(light_browser):
    light_browser.sign_in(light_browser.member(CLERK))
    seal = light_browser.seal("/bureau")
    gone(light_browser)
    answer = light_browser.client.post("/deconnexion", data={"seal": seal}, follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (303, "/connexion")


def test_a_file_has_to_be_chosen_again_and_the_rest_is_kept(light_browser):
    light_browser.sign_in(light_browser.member(CLERK))
    path = f"/actions/{light_browser.desk.propose()}/fichiers"
    page = light_browser.open(path)
    carried = {name: hidden(page, name) for name in ("seal", "key", "seat")}
    gone(light_browser)
    answer = light_browser.client.post(path, data=carried, files={"file": ("note.txt", b"Bonjour", "text/plain")}, follow_redirects=False)
    assert (answer.status_code, again(answer)["key"]) == (403, carried["key"])
    assert re.search(r'<form method="post" action="[^"]+" enctype="multipart/form-data"', answer.text)
    assert '<input id="file" name="file" type="file" required>' in answer.text


def test_the_address_of_a_form_is_kept_whole(light_browser):
    light_browser.sign_in(light_browser.member(CLERK))
    path = f"/actions/{light_browser.desk.to_technical()}/record_opinion?body=cotech"
    page = light_browser.open(path)
    carried = {name: hidden(page, name) for name in ("seal", "key", "seen_version")}
    gone(light_browser)
    assert f'action="{path}"' in light_browser.client.post(path, data=carried, follow_redirects=False).text


def test_every_page_says_until_when_one_is_signed_in_and_another_tab_prolongs_it(light_browser):
    light_browser.sign_in(light_browser.member(CLERK))

    def until():
        return re.search(r"Vous êtes connecté jusqu'à (\S+ h(?: \d\d)?)", words_of(light_browser.open("/rester")))[1]

    first = until()
    gone(light_browser, minutes=50)
    second = until()
    gone(light_browser, minutes=50)
    assert (light_browser.open("/bureau").status_code, first != second) == (200, True)
    assert 'target="_blank"' in light_browser.open("/bureau").text


def test_in_the_last_of_ten_hours_a_page_says_that_nothing_prolongs_it(light_browser):
    light_browser.sign_in(light_browser.member(CLERK))
    for _ in range(int(LONGEST / timedelta(minutes=50)) - 2):
        gone(light_browser, minutes=50)
        assert light_browser.open("/bureau").status_code == 200
    page = light_browser.open("/bureau")
    assert ('class="ending last"' in page.text, "dix heures après son début" in words_of(page)) == (False, False)
    gone(light_browser, minutes=45)
    page = light_browser.open("/bureau")
    assert ('class="ending last"' in page.text, "dix heures après son début" in words_of(page)) == (True, True)


def test_the_sign_in_page_says_why_one_is_there_again(light_browser):
    assert "a pris fin" not in words_of(light_browser.open("/connexion"))
    light_browser.sign_in(light_browser.member(CLERK))
    gone(light_browser)
    assert "Votre connexion a pris fin" in words_of(light_browser.open("/connexion"))


def test_nobody_was_here_who_shows_nothing_or_what_was_never_given(light_browser):
    assert [who_was(light_browser.desk.app, shown) for shown in (None, "", "made up")] == [None, None, None]
