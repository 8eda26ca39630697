"""Signing in by mail, and who may open what."""

import re
from dataclasses import replace
from datetime import timedelta

import httpx
import pytest
from builders import changed_charter, provision
from portal_http import browsing
from starlette.routing import Route

from models.tables import Delivery, Event, Person, Seat, SignIn, table
from portal.application import create_portal
from portal.rights import RIGHTS, Role, may_open
from portal.routes import ALL
from services.people import person_id_of
from services.visitors import IDLE, LINK_LASTS, LONGEST, revoke_links, visitor

CLERK_MAIL = "secretariat.technique@ville.example"
MEMBER_SEAT = "COTECH-03"


def signed_in(browser):
    return browser.open("/bureau").status_code == 200


def test_somebody_signs_in_by_the_link_of_their_mail_and_out_again(browser):
    assert browser.open("/bureau").headers["location"] == "/connexion"
    answer = browser.sign_in(CLERK_MAIL)
    assert (answer.status_code, answer.headers["location"], signed_in(browser)) == (303, "/bureau", True)
    browser.send("/deconnexion", "/bureau")
    assert not signed_in(browser)


def test_opening_the_link_signs_nobody_in(light_browser):
    light_browser.send("/connexion", email=CLERK_MAIL)
    path = light_browser.link_of(CLERK_MAIL, "sign-in")
    assert [light_browser.open(path).status_code for _ in range(3)] == [200, 200, 200]
    assert (signed_in(light_browser), light_browser.desk.rows(SignIn)) == (False, [])


def test_a_link_signs_in_once_only(browser):
    browser.sign_in(CLERK_MAIL)
    path = browser.link_of(CLERK_MAIL, "sign-in")
    again = browser.another()
    with again.client:
        answer = again.client.post(path, data={"seal": again.seal("/connexion")})
        assert (answer.status_code, "déjà servi" in answer.text, signed_in(again)) == (410, True, False)


def test_whoever_is_signed_in_and_opens_their_used_link_again_comes_to_the_desk(light_browser):
    light_browser.sign_in(CLERK_MAIL)
    answer = light_browser.open(light_browser.link_of(CLERK_MAIL, "sign-in"))
    assert (answer.status_code, answer.headers["location"]) == (303, "/bureau")


def test_a_page_that_says_no_may_be_read_in_the_other_language(light_browser):
    light_browser.sign_in(CLERK_MAIL)
    missing = light_browser.open("/actions/A-2026-999")
    assert (missing.status_code, 'action="/ma-langue/en"' in missing.text) == (404, True)
    sent = light_browser.client.post("/personnes/personne/liens", data={"seal": "of somebody else"})
    assert (sent.status_code, 'name="here" value="/"' in sent.text) == (403, True)


def test_a_link_is_good_for_twenty_minutes(light_browser):
    light_browser.send("/connexion", email=CLERK_MAIL)
    path = light_browser.link_of(CLERK_MAIL, "sign-in")
    light_browser.desk.watch.moment += LINK_LASTS + timedelta(seconds=1)
    answer = light_browser.open(path)
    assert (answer.status_code, "20 minutes" in answer.text) == (410, True)


def test_nobody_learns_whether_an_address_is_known(light_browser):
    known, unknown = (light_browser.send("/connexion", email=email) for email in (CLERK_MAIL, "personne@nulle-part.example"))
    plain = [re.sub(r'value="[0-9a-f]{64}"', "", page.text) for page in (known, unknown)]
    assert (known.status_code, unknown.status_code, plain[0]) == (200, 200, plain[1])
    assert len(light_browser.desk.rows(Delivery)) == 1


def test_somebody_without_a_seat_today_gets_no_link(light_browser):
    with light_browser.desk.app.db.write() as connection:
        connection.execute(table(Seat).update().values(ends_on=light_browser.desk.today - timedelta(days=1)))
    light_browser.send("/connexion", email=CLERK_MAIL)
    assert light_browser.desk.rows(Delivery) == []


def test_after_an_hour_without_a_page_or_ten_hours_in_all_one_signs_in_again(light_browser):
    watch = light_browser.desk.watch
    light_browser.sign_in(CLERK_MAIL)
    for _ in range(int(LONGEST / timedelta(minutes=50))):
        watch.advance(minutes=50)
        assert signed_in(light_browser)
    watch.advance(minutes=50)
    assert not signed_in(light_browser)
    light_browser.sign_in(CLERK_MAIL)
    watch.moment += IDLE + timedelta(seconds=1)
    assert not signed_in(light_browser)


def test_what_one_may_do_follows_the_seats_of_the_day(light_browser):
    light_browser.sign_in(CLERK_MAIL)
    assert light_browser.open("/personnes").status_code == 200
    seats = table(Seat)
    with light_browser.desk.app.db.write() as connection:
        connection.execute(seats.update().where(seats.c.code == "COTECH-02").values(role="member"))
    assert (light_browser.open("/personnes").status_code, light_browser.open("/bureau").status_code) == (403, 200)
    with light_browser.desk.app.db.write() as connection:
        connection.execute(seats.update().values(ends_on=light_browser.desk.today - timedelta(days=1)))
    assert light_browser.open("/bureau").status_code == 303


def test_revoking_somebody_s_links_signs_them_out(light_browser):
    light_browser.sign_in(CLERK_MAIL)
    light_browser.desk.watch.advance(minutes=1)
    app = light_browser.desk.app
    revoke_links(app, person_id_of(app, "vda-lille", "secretariat-cotech"))
    assert not signed_in(light_browser)


def test_asking_for_links_again_and_again_is_slowed_down(light_browser):
    answers = [light_browser.send("/connexion", email=CLERK_MAIL).status_code for _ in range(4)]
    mails = light_browser.awaited(CLERK_MAIL, "sign-in", more_than=2)
    assert (answers, len(mails), len(light_browser.desk.rows(Delivery))) == ([200, 200, 200, 429], 3, 3)


def test_a_form_without_its_seal_or_from_elsewhere_is_refused(light_browser):
    seal = light_browser.seal("/connexion")
    client = light_browser.client
    told = {
        "without": client.post("/connexion", data={"email": CLERK_MAIL}),
        "another": client.post("/connexion", data={"email": CLERK_MAIL, "seal": "0" * 64}),
        "elsewhere": client.post("/connexion", data={"email": CLERK_MAIL, "seal": seal}, headers={"Origin": "https://ailleurs.example"}),
    }
    assert {name: answer.status_code for name, answer in told.items()} == dict.fromkeys(told, 403)
    assert light_browser.desk.rows(Delivery) == []


def test_the_portal_answers_to_its_own_names_only(light_browser):
    answers = [light_browser.open("/courrier", Host=name).status_code for name in ("ailleurs.example", "127.0.0.1", "localhost:8080")]
    assert answers == [400, 404, 404]


def test_a_language_is_kept_and_leads_nowhere_else(light_browser):
    answer = light_browser.send("/langue/en", "/connexion", here="//ailleurs.example/")
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    assert '<html lang="en">' in light_browser.open("/connexion").text


def test_every_answer_lets_a_browser_load_nothing_foreign(light_browser):
    for path in ("/connexion", "/confidentialite", "/rien", "/static/portal.css"):
        headers = light_browser.open(path).headers
        assert headers["content-security-policy"].startswith("default-src 'none'")
        assert "unsafe" not in headers["content-security-policy"]
        assert (headers["x-content-type-options"], headers["referrer-policy"]) == ("nosniff", "no-referrer")
    assert light_browser.open("/connexion").headers["cache-control"] == "no-store"


@pytest.mark.parametrize(("base_url", "secure"), [("http://127.0.0.1:8080", False), ("https://passerelle.example", True)])
def test_cookies_travel_by_https_alone_where_the_portal_does(light_desk, base_url, secure):
    light_desk.app = replace(light_desk.app, settings=replace(light_desk.app.settings, base_url=base_url))
    with browsing(light_desk) as browser:
        headers = browser.open("/connexion").headers
    assert ("HttpOnly" in headers["set-cookie"], "Secure" in headers["set-cookie"]) == (True, secure)
    assert ("strict-transport-security" in headers) == secure


def test_every_route_has_its_row_of_rights_and_no_row_is_left_over(light_desk):
    of_its_own = [route for route in create_portal(light_desk.app).routes if isinstance(route, Route)]
    assert (of_its_own, {route.name for router in ALL for route in router.routes}) == ([], set(RIGHTS))


def test_a_route_without_a_row_is_open_to_nobody(light_browser):
    light_browser.sign_in(CLERK_MAIL)
    secretary = visitor(light_browser.desk.app, light_browser.client.cookies["passerelle_session"])
    assert secretary is not None
    assert (may_open("backdoor", None), may_open("backdoor", secretary)) == (False, False)


@pytest.mark.parametrize("role", Role)
def test_every_role_may_open_something(role):
    assert any(role in roles for roles in RIGHTS.values())


def test_strangers_see_no_page_about_an_action(light_browser):
    number = light_browser.desk.propose(provision(7))
    for path in ("/bureau", "/actions", f"/actions/{number}", f"/actions/{number}/amend", "/personnes", "/envois", "/nouvelle/proposition"):
        answer = light_browser.open(path)
        assert (path, answer.status_code, answer.headers["location"]) == (path, 303, "/connexion")


def test_a_member_may_not_open_what_is_the_secretariat_s(light_browser):
    light_browser.sign_in(light_browser.member(MEMBER_SEAT))
    assert [light_browser.open(path).status_code for path in ("/bureau", "/actions", "/personnes", "/envois")] == [200, 200, 403, 403]


def test_nothing_about_signing_in_is_in_the_log(light_browser):
    light_browser.sign_in(CLERK_MAIL)
    [row] = light_browser.desk.rows(SignIn)
    cookie = light_browser.client.cookies["passerelle_session"]
    assert (light_browser.desk.rows(Event), cookie.encode() in row.key, len(row.key)) == ([], False, 32)
    assert light_browser.desk.rows(Person, id=row.person_id)[0].email == CLERK_MAIL


@pytest.mark.parametrize("said", [True, False], ids=["says how long it is", "does not say"])
def test_more_than_a_file_may_take_is_not_even_read(light_browser, said):
    def endless():
        for _ in range(300):
            yield b"x" * 100_000

    content = b"".join(endless()) if said else endless()
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    try:
        status = light_browser.client.post("/connexion", content=content, headers=headers).status_code
    except httpx.WriteError:  # the portal hung up before everything was sent
        status = 413
    assert (status in (400, 413), light_browser.open("/connexion").status_code) == (True, 200)


def test_a_page_that_breaks_says_so_keeps_its_headers_and_tells_nothing_to_the_log(light_browser, caplog):
    number = light_browser.desk.propose(provision(7, title="Un titre que nul journal ne garde"))
    light_browser.sign_in(CLERK_MAIL)
    with light_browser.desk.app.db.write() as connection:
        connection.exec_driver_sql("UPDATE action SET state = 'Un titre que nul journal ne garde'")
    answer = light_browser.open(f"/actions/{number}")
    assert (answer.status_code, "uelque chose s" in answer.text) == (500, True)
    assert answer.headers["content-security-policy"].startswith("default-src 'none'")
    assert "a page broke: ValueError at services/queries.py" in caplog.text
    assert "nul journal" not in caplog.text


def test_a_link_is_about_its_own_convention_where_there_are_several(light_browser, tmp_path):
    light_browser.desk.to_technical()
    path = light_browser.link_of(light_browser.member(MEMBER_SEAT), "opinion-requested")

    def renamed(document):
        document["convention"]["code"] = "aaa-autre"
        document["convention"]["name"]["fr"] = "Une autre convention"

    light_browser.desk.under(changed_charter(tmp_path / "autre.yaml", renamed))
    assert light_browser.send(path, opinion="favourable", seat=MEMBER_SEAT).status_code == 200
    assert light_browser.sign_in(CLERK_MAIL).headers["location"] == "/bureau"
    assert "Une autre convention" in light_browser.open("/confidentialite").text


@pytest.mark.parametrize("number", ["\u00b2", "0", "-1", "99999999999999999999", "deux"])
def test_a_page_number_that_is_none_leads_to_a_page_that_is(light_browser, number):
    light_browser.sign_in(CLERK_MAIL)
    assert [light_browser.open(f"{path}?page={number}").status_code for path in ("/actions", "/personnes")] == [200, 200]
