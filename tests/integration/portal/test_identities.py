"""Persons who share an address, one person in two conventions, and everybody's own language."""

import re
from html import unescape

import pytest
from builders import CONVENTION, PEOPLE, changed_charter, provision

from models.tables import Delivery, Person, Seat, SignIn, table
from services.deliveries import deliver_one
from services.people import import_people
from services.visitors import ask_to_sign_in, revoke_links

CLERK_MAIL = "secretariat.technique@ville.example"
CLERK, OTHER = f"{CONVENTION}/secretariat-cotech", f"{CONVENTION}/secretariat-copil"
ABROAD = "autre/secretariat-cotech"


def share(desk, code="secretariat-copil", email="Secretariat.Technique@VILLE.example"):
    with desk.app.db.write() as connection:
        connection.execute(table(Person).update().where(table(Person).c.code == code).values(email=email))


def second_convention(desk, tmp_path):
    def renamed(document):
        document["convention"].update(code="autre", short="Autre")
        document["convention"]["languages"] = ["fr", "en"]

    desk.under(changed_charter(tmp_path / "autre.yaml", renamed))
    import_people(desk.app.db, PEOPLE.read_bytes(), convention="autre", at=desk.app.clock.wall())


def link(browser, email=CLERK_MAIL):
    """The path of a link that was asked for at an address."""
    delivery = ask_to_sign_in(browser.desk.app, email)
    [row] = browser.desk.rows(Delivery, id=delivery)
    return browser.path_of(row)


def greeted(browser):
    found = re.search(r"<h1>Bonjour ([^<]*)</h1>", unescape(browser.open("/bureau").text))
    return found and found[1]


def name_of(desk, key):
    convention, code = key.split("/")
    return desk.rows(Person, convention=convention, code=code)[0].name


@pytest.mark.parametrize("who", [CLERK, OTHER])
def test_each_of_two_persons_at_one_address_signs_in_as_themselves(browser, who):
    share(browser.desk)
    path = link(browser)
    page = unescape(browser.open(path).text)
    assert (name_of(browser.desk, CLERK) in page, name_of(browser.desk, OTHER) in page) == (True, True)
    assert browser.send(path, who=who).headers["location"] == "/bureau"
    assert greeted(browser) == name_of(browser.desk, who)


def test_without_a_choice_the_question_is_asked_again_and_the_link_still_serves(light_browser):
    share(light_browser.desk)
    path = link(light_browser)
    for chosen in ("", f"{CONVENTION}/pilote-velo", "nulle-part/personne", "secretariat-cotech"):
        answer = light_browser.send(path, who=chosen)
        assert (answer.status_code, "choisissez qui vous êtes" in answer.text, light_browser.desk.rows(SignIn)) == (422, True, [])
    assert light_browser.send(path, who=CLERK).status_code == 303


def test_somebody_who_shares_no_address_is_asked_nothing(light_browser):
    page = light_browser.open(link(light_browser)).text
    assert ('name="who"' in page, "<details" in page) == (False, False)


def test_one_mail_goes_to_a_shared_address_and_greets_everybody(light_browser, sink):
    desk = light_browser.desk.through(sink.url)
    share(desk)
    deliver_one(desk.app, ask_to_sign_in(desk.app, CLERK_MAIL))
    [mail] = sink.mails()
    assert f"{name_of(desk, OTHER)}, {name_of(desk, CLERK)}" in mail.get_body(("plain",)).get_content()


def test_nobody_learns_from_the_answer_that_an_address_is_shared(light_browser):
    alone, shared = CLERK_MAIL, "commun@ville.example"
    share(light_browser.desk, "pilote-velo", shared)
    share(light_browser.desk, "pilote-emploi", shared)
    pages = [light_browser.send("/connexion", email=email).text for email in (alone, shared, "personne@nulle-part.example")]
    assert len({re.sub(r'value="[0-9a-f]{64}"', "", page) for page in pages}) == 1


def test_whoever_left_their_seat_is_not_offered(light_browser):
    desk = light_browser.desk
    share(desk)
    [person] = desk.rows(Person, code="secretariat-copil")
    with desk.app.db.write() as connection:
        connection.execute(
            table(Seat)
            .update()
            .where(table(Seat).c.person_id == person.id)
            .values(ends_on=provision().starts_on.replace(year=2026, month=1))
        )
    assert 'name="who"' not in light_browser.open(link(light_browser)).text


def test_one_goes_on_as_somebody_else_at_the_same_address(browser):
    share(browser.desk)
    browser.send(link(browser), who=CLERK)
    answer = browser.send("/identite", "/bureau", who=OTHER)
    assert (answer.headers["location"], greeted(browser)) == ("/bureau", name_of(browser.desk, OTHER))
    assert len(browser.desk.rows(SignIn)) == 1


def test_one_goes_on_as_nobody_of_another_address(light_browser):
    share(light_browser.desk)
    light_browser.send(link(light_browser), who=CLERK)
    answer = light_browser.send("/identite", "/bureau", who=f"{CONVENTION}/pilote-velo")
    assert (answer.status_code, greeted(light_browser)) == (422, name_of(light_browser.desk, CLERK))


def test_revoked_links_of_one_person_are_void_for_the_others_at_their_address_too(light_browser):
    desk = light_browser.desk
    share(desk)
    path = link(light_browser)
    light_browser.send(path, who=CLERK)
    desk.watch.advance(minutes=1)
    revoke_links(desk.app, desk.rows(Person, code="secretariat-copil")[0].id)
    answer = light_browser.client.post("/identite", data={"seal": light_browser.seal("/bureau"), "who": OTHER})
    assert (answer.status_code, greeted(light_browser)) == (422, name_of(desk, CLERK))


def test_a_form_opened_before_the_change_sends_nothing_after_it(light_browser, tmp_path):
    desk = light_browser.desk
    second_convention(desk, tmp_path)
    number = desk.propose(convention=CONVENTION)
    assert desk.propose(convention="autre") == number
    light_browser.send(link(light_browser), who=f"{CONVENTION}/secretariat-cotech")
    page = light_browser.open(f"/actions/{number}/withdraw").text
    carried = {name: re.search(rf'name="{name}" value="([^"]*)"', page)[1] for name in ("seal", "key", "seat", "seen_version")}
    light_browser.send("/identite", "/bureau", who=ABROAD)
    answer = light_browser.client.post(f"/actions/{number}/withdraw", data=carried | {"reason": "Trop tard"})
    assert (answer.status_code, set(desk.topics(number))) == (403, {"action.proposed"})


def test_one_person_in_two_conventions_chooses_and_switches(browser, tmp_path):
    desk = browser.desk
    second_convention(desk, tmp_path)
    number = desk.propose(provision(7, title="Une action d'ailleurs"), convention="autre")
    browser.send(link(browser), who=CLERK)
    assert browser.open(f"/actions/{number}").status_code == 404
    browser.send("/identite", "/bureau", who=ABROAD)
    here = unescape(browser.open(f"/actions/{number}").text)
    assert ("Une action d'ailleurs" in here, " · Autre</summary>" in here) == (True, True)


def test_a_secretary_sends_no_mail_of_another_convention_again(light_browser, tmp_path):
    desk = light_browser.desk
    second_convention(desk, tmp_path)
    desk.propose(convention="autre")
    desk.settle()
    rows = table(Delivery)
    with desk.app.db.write() as connection:
        connection.execute(rows.update().values(state="dead"))
    [lost, *_] = desk.rows(Delivery, convention="autre")
    light_browser.send(link(light_browser), who=CLERK)
    answer = light_browser.send(f"/envois/{lost.id}", "/bureau")
    assert (answer.status_code, desk.rows(Delivery, id=lost.id)[0].state) == (404, "dead")
    light_browser.send("/identite", "/bureau", who=ABROAD)
    answer = light_browser.send(f"/envois/{lost.id}", "/bureau")
    assert (answer.status_code, desk.rows(Delivery, id=lost.id)[0].state) == (303, "ready")


def test_a_person_changes_their_own_language_for_pages_and_mails(browser):
    browser.sign_in(CLERK_MAIL)
    answer = browser.send("/ma-langue/en", "/bureau", here="/actions?words=a&state=submitted")
    [person] = browser.desk.rows(Person, email=CLERK_MAIL)
    assert (answer.status_code, answer.headers["location"], person.language) == (303, "/actions?words=a&state=submitted", "en")
    assert '<html lang="en">' in browser.open("/bureau").text


def test_every_page_that_is_opened_offers_the_other_language_and_leads_back_to_itself(light_browser):
    light_browser.sign_in(CLERK_MAIL)
    page = unescape(light_browser.open("/actions?words=a&sort=title").text)
    assert ('action="/ma-langue/en"' in page, 'name="here" value="/actions?words=a&sort=title"' in page) == (True, True)


@pytest.mark.parametrize("language", ["de", "fr-FR"])
def test_a_language_that_the_convention_does_not_offer_is_refused(light_browser, language):
    light_browser.sign_in(CLERK_MAIL)
    assert light_browser.send(f"/ma-langue/{language}", "/bureau").status_code == 422
    assert light_browser.desk.rows(Person, email=CLERK_MAIL)[0].language == "fr"


def test_a_language_is_changed_by_its_form_alone_and_leads_nowhere_else(light_browser):
    light_browser.sign_in(CLERK_MAIL)
    forged = light_browser.client.post("/ma-langue/en", data={"seal": "0" * 64})
    assert (forged.status_code, light_browser.desk.rows(Person, email=CLERK_MAIL)[0].language) == (403, "fr")
    assert light_browser.send("/ma-langue/en", "/bureau", here="//ailleurs.example/").headers["location"] == "/"


def test_strangers_have_no_language_to_keep_here(light_browser):
    assert light_browser.send("/ma-langue/en", "/connexion").headers["location"] == "/connexion"
