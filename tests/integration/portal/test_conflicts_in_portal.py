"""Conflicts of interest as members and secretaries meet them: by the link of a mail, and on the pages of an action."""

import re

import pytest
from portal_http import text_of

from models.tables import Conflict, Opinion, Words
from services.forms import DeclareConflictForm

MEMBER, SECRET = "COTECH-03", "Ma sœur dirige l'association"
CLERK_MAIL = "secretariat.technique@ville.example"


@pytest.fixture
def asked(browser):
    """An action in technical review, and the link by which a member is asked."""
    number = browser.desk.to_technical()
    return number, browser.link_of(browser.member(MEMBER), "opinion-requested")


# --- by the link of a mail ----------------------------------------------------------------------------------------------------------


def test_a_member_declares_a_conflict_without_signing_in_and_is_asked_nothing_more(browser, asked):
    number, path = asked
    answer = browser.send(f"{path}/conflit", path, kind="family", words=SECRET)
    assert (answer.status_code, "Votre conflit d'intérêts est enregistré" in text_of(answer)) == (200, True)
    event, [words] = browser.desk.events(number)[-1], browser.desk.rows(Words, kind="conflict")
    assert (event.topic, event.actor, event.via, words.body) == ("conflict.declared", MEMBER, "mail-link", f"family\n{SECRET}")
    page = browser.open(path)
    assert (page.status_code, 'name="opinion"' in page.text) == (410, False)
    assert "Vous ne prenez pas part à l'examen de cette action" in text_of(page)


def test_declared_twice_it_is_recorded_once(browser, asked):
    _, path = asked
    seal = browser.seal(path)
    sent = [browser.client.post(f"{path}/conflit", data={"seal": seal, "kind": "family"}) for _ in range(2)]
    assert ([answer.status_code for answer in sent], len(browser.desk.rows(Conflict))) == ([200, 200], 1)


def test_an_opinion_sent_after_it_is_not_recorded(browser, asked):
    _, path = asked
    seal = browser.seal(path)
    browser.send(f"{path}/conflit", path, kind="unstated")
    answer = browser.client.post(path, data={"seal": seal, "opinion": "favourable", "seat": MEMBER})
    assert (answer.status_code, browser.desk.rows(Opinion)) == (410, [])


@pytest.mark.parametrize(("sent", "why"), [({}, "choisissez la nature du conflit"), ({"kind": "other"}, "ajoutez-les")])
def test_what_is_missing_is_told_in_words_and_nothing_is_recorded(browser, asked, sent, why):
    _, path = asked
    answer = browser.send(f"{path}/conflit", path, **sent)
    assert (answer.status_code, why in text_of(answer), browser.desk.rows(Conflict)) == (422, True, [])


def test_what_is_too_long_is_refused_and_not_cut(browser, asked):
    _, path = asked
    answer = browser.send(f"{path}/conflit", path, kind="other", words="x" * 20_001)
    assert (answer.status_code, browser.desk.rows(Conflict)) == (422, [])


# --- signed in ----------------------------------------------------------------------------------------------------------------------


def test_a_member_declares_it_on_the_page_of_the_action_and_sees_no_opinion_asked(browser, asked):
    number, _ = asked
    browser.sign_in(browser.member(MEMBER))
    answer = browser.fill(f"/actions/{number}/declare_conflict", concerned=MEMBER, kind="other", reason=SECRET)
    assert answer.headers["location"] == f"/actions/{number}?fait=declare_conflict"
    page = text_of(browser.open(f"/actions/{number}"))
    assert (SECRET in page, "autre, à préciser" in page, f"Ne prennent pas part : {MEMBER}" in page) == (True, True, True)
    refused = text_of(browser.open(f"/actions/{number}/record_opinion"))
    assert "ne prend pas part à cet examen (conflit d'intérêts déclaré)" in refused


def test_other_members_see_that_a_seat_keeps_out_and_not_why(browser, asked):
    number, _ = asked
    browser.desk.ask(DeclareConflictForm(seat=MEMBER, action=number, kind="family", reason=SECRET))
    browser.sign_in(browser.member("COTECH-05"))
    page = text_of(browser.open(f"/actions/{number}"))
    assert (SECRET in page, "lien de famille" in page, f"Ne prennent pas part : {MEMBER}" in page) == (False, False, True)
    assert "réservées au secrétariat et à la personne concernée" in page
    assert "0 avis sur 5" in page
    file = text_of(browser.open(f"/actions/{number}/examens"))
    assert "Ne prend pas part : conflit d'intérêts déclaré" in file


def test_a_secretary_declares_and_withdraws_it_for_somebody_and_reads_why(browser, asked):
    number, _ = asked
    browser.sign_in(CLERK_MAIL)
    browser.fill(f"/actions/{number}/declare_conflict", concerned=MEMBER, kind="family", reason=SECRET)
    page = text_of(browser.open(f"/actions/{number}"))
    assert (SECRET in page, "lien de famille" in page) == (True, True)
    assert "0 avis sur 5" in text_of(browser.open("/bureau"))
    form = browser.open(f"/actions/{number}/withdraw_conflict")
    assert re.findall(r'<option value="([A-Z0-9-]+)"', form.text) == [MEMBER]
    browser.fill(f"/actions/{number}/withdraw_conflict", concerned=MEMBER, reason="Elle est partie")
    event, [conflict] = browser.desk.events(number)[-1], browser.desk.rows(Conflict)
    assert (event.on_behalf_of, event.via, conflict.withdrawn_on) == (MEMBER, "portal", browser.desk.today)
    assert "0 avis sur 6" in text_of(browser.open(f"/actions/{number}"))


def test_a_secretary_is_offered_those_who_sit_in_the_bodies_they_serve(light_browser):
    number = light_browser.desk.to_technical()
    light_browser.sign_in(CLERK_MAIL)
    offered = re.findall(r'<option value="([A-Z0-9-]+)"', light_browser.open(f"/actions/{number}/declare_conflict").text)
    bodies = {code.rpartition("-")[0] for code in offered}
    assert ("COTECH" in bodies, "GT-ENERGIE" in bodies, "COPIL" in bodies) == (True, True, False)


def test_a_member_is_offered_only_themselves(light_browser):
    number = light_browser.desk.to_technical()
    light_browser.sign_in(light_browser.member(MEMBER))
    form = light_browser.open(f"/actions/{number}/declare_conflict")
    assert re.findall(r'<option value="([A-Z0-9-]+)"', form.text) == [MEMBER]
    for_another = light_browser.fill(f"/actions/{number}/declare_conflict", concerned="COTECH-05", kind="family")
    assert (for_another.status_code, light_browser.desk.rows(Conflict)) == (422, [])
