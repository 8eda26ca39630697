"""Calendars at their secret addresses, as the programs that subscribe to them ask for them, and the pages that show these addresses."""

import logging
import re
import time
from datetime import timedelta

import pytest
import vobject
from builders import CLERK, CONVENTION
from icalendar import Calendar
from portal_http import text_of, words_of

from models.tables import Feed
from services.feed_addresses import Whose, address_of, renew, whose_calendar
from services.feeds import calendar_of
from services.links import choices_of, secret_of

MEMBER = "COTECH-06"
ADDRESS = re.compile(r'value="(http://[^"]+\.ics)"')


def path_of(desk, who=MEMBER):
    address = renew(desk.app, whose_calendar(desk.app, CONVENTION, who))
    return address.url.removeprefix(desk.app.settings.base_url)


@pytest.fixture
def path(light_browser):
    """The path of a member's calendar, with something in it."""
    light_browser.desk.to_technical()
    return path_of(light_browser.desk)


def test_a_program_reads_the_calendar_without_signing_in_and_two_kinds_understand_it(light_browser, path):
    answer = light_browser.open(path)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/calendar; charset=utf-8")
    assert answer.headers["cache-control"] == "private, no-cache"
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert "set-cookie" not in answer.headers
    [event], [other] = Calendar.from_ical(answer.content).walk("VEVENT"), vobject.readOne(answer.text).vevent_list
    assert str(event["UID"]) == other.uid.value
    assert answer.content == calendar_of(light_browser.desk.app, whose_calendar(light_browser.desk.app, CONVENTION, MEMBER))


def test_head_answers_as_get_does_without_the_calendar(light_browser, path):
    got, asked = light_browser.open(path), light_browser.client.head(path)
    assert (asked.status_code, asked.content) == (200, b"")
    assert {name: asked.headers[name] for name in ("etag", "content-length")} == {
        name: got.headers[name] for name in ("etag", "content-length")
    }


def test_what_the_program_has_already_is_not_sent_again(light_browser, path):
    first = light_browser.open(path)
    tag, since = first.headers["etag"], first.headers["last-modified"]
    for known in (tag, f"W/{tag}", f'"other", {tag}', "*"):
        again = light_browser.open(path, **{"If-None-Match": known})
        assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", tag)
    assert light_browser.open(path, **{"If-Modified-Since": since}).status_code == 304
    assert light_browser.open(path, **{"If-None-Match": '"other"', "If-Modified-Since": since}).status_code == 200
    for odd in ("yesterday", "Mon, 01 Jan 2024 00:00:00 +99999999999999999"):
        assert light_browser.open(path, **{"If-Modified-Since": odd}).status_code == 200


def test_what_has_gone_is_news_whatever_the_program_has(light_browser, path):
    desk = light_browser.desk
    first = light_browser.open(path)
    desk.watch.advance(minutes=1)
    desk.opine("A-2026-001", "cotech", seats=(MEMBER,))
    for header, known in (("If-None-Match", first.headers["etag"]), ("If-Modified-Since", first.headers["last-modified"])):
        again = light_browser.open(path, **{header: known})
        assert (again.status_code, Calendar.from_ical(again.content).walk("VEVENT")) == (200, [])


def test_a_revoked_address_says_that_it_is_gone_and_a_wrong_one_that_it_is_unknown(light_browser, path):
    wrong = light_browser.open(f"{path[:-6]}AA.ics")
    assert (wrong.status_code, "n'est pas connue ici" in text_of(wrong)) == (404, True)
    path_of(light_browser.desk)
    gone = light_browser.open(path)
    assert (gone.status_code, "a été révoquée" in text_of(gone), gone.headers["cache-control"]) == (410, True, "no-store")
    english = light_browser.open(path, **{"Accept-Language": "en"})
    assert "was revoked" in text_of(english)


def test_who_tries_addresses_one_after_another_or_reads_one_without_end_is_held_up(light_browser, path):
    assert {light_browser.open(path).status_code for _ in range(32)} == {200, 429}
    assert {light_browser.open(f"/agenda/{n}.ics").status_code for n in range(32)} == {404, 429}
    assert light_browser.open(path_of(light_browser.desk, "COTECH-05")).status_code == 200


def test_no_log_holds_an_address(light_browser, path, caplog):
    caplog.set_level(logging.DEBUG)
    token = path.rpartition("/")[2].removesuffix(".ics")
    light_browser.open(path), light_browser.open(f"{path[:-6]}AA.ics")
    path_of(light_browser.desk)
    light_browser.open(path)
    until = time.monotonic() + 10
    while sum("GET calendar_feed" in record.getMessage() for record in caplog.records) < 3 and time.monotonic() < until:
        time.sleep(0.01)  # a line is written once its page has gone out
    ours = [record.getMessage() for record in caplog.records if record.name.startswith(("passerelle", "sqlalchemy"))]
    assert not logging.getLogger("uvicorn.access").propagate  # the server's own log of addresses goes nowhere
    assert [line for line in ours if token[:20] in line] == []
    assert sum("GET calendar_feed" in line for line in ours) == 3


def test_a_page_that_breaks_says_nothing_of_the_address(light_browser, path, caplog, monkeypatch):
    monkeypatch.setattr("portal.routes.calendars.read_calendar", lambda *_: 1 / 0)
    broken = light_browser.open(path)
    token = path.rpartition("/")[2].removesuffix(".ics")
    assert broken.status_code == 500
    assert token not in "".join(record.getMessage() for record in caplog.records if record.name.startswith("passerelle"))


# --- pages ----------------------------------------------------------------------------------------------------------------------------
def test_a_person_makes_replaces_and_revokes_the_address_of_their_own_calendar(light_browser):
    light_browser.sign_in(light_browser.member(MEMBER))
    desk = light_browser.desk
    assert "n'a pas d'adresse" in text_of(light_browser.open("/preferences"))
    made = light_browser.send("/preferences/calendrier", "/preferences", do="make")
    assert (made.status_code, made.headers["location"]) == (303, "/preferences?agenda=make&de=own#agenda-own")
    page = light_browser.open("/preferences?agenda=make&de=own")
    [url] = ADDRESS.findall(page.text)
    assert url == address_of(desk.app, whose_calendar(desk.app, CONVENTION, MEMBER)).url
    assert f'href="webcal://{url.partition("://")[2]}"' in page.text
    assert "L'adresse est créée." in words_of(page)
    assert "Jamais lue jusqu'ici." in words_of(page)
    light_browser.send("/preferences/calendrier", "/preferences", do="make")
    assert ADDRESS.findall(light_browser.open("/preferences").text) == [url]
    assert light_browser.open(url.removeprefix(desk.app.settings.base_url)).status_code == 200
    assert "Lue pour la dernière fois le 5 octobre 2026 à 9 h" in words_of(light_browser.open("/preferences"))
    light_browser.send("/preferences/calendrier", "/preferences", do="renew")
    [other] = ADDRESS.findall(light_browser.open("/preferences").text)
    assert other != url
    light_browser.send("/preferences/calendrier", "/preferences", do="revoke")
    assert ADDRESS.findall(light_browser.open("/preferences").text) == []
    assert light_browser.open(other.removeprefix(desk.app.settings.base_url)).status_code == 410


def test_the_link_of_a_mail_shows_no_address_of_a_calendar_and_changes_none(light_browser):
    desk = light_browser.desk
    desk.to_technical()
    path_of(desk)
    delivery = light_browser.mails_to(light_browser.member(MEMBER), "opinion-requested")[-1]
    base = desk.app.settings.base_url
    page = light_browser.open(choices_of(secret_of(desk.app.db), base, delivery.id).removeprefix(base))
    assert (page.status_code, ".ics" in page.text) == (200, False)
    before = desk.rows(Feed)
    assert (
        light_browser.client.post("/preferences/calendrier", data={"do": "renew"}, follow_redirects=False).headers["location"]
        == "/connexion"
    )
    assert desk.rows(Feed) == before


def test_a_form_without_its_seal_or_that_asks_for_something_else_changes_nothing(light_browser):
    light_browser.sign_in(light_browser.member(MEMBER))
    assert light_browser.client.post("/preferences/calendrier", data={"do": "make"}).status_code == 403
    assert light_browser.send("/preferences/calendrier", "/preferences", do="publish").status_code == 404
    assert light_browser.desk.rows(Feed) == []


def test_the_secretary_of_a_body_gives_its_calendar_an_address_and_nobody_else_does(light_browser):
    desk, other = light_browser.desk, light_browser.another()
    light_browser.sign_in(light_browser.member(CLERK))
    assert words_of(light_browser.open("/seances")).count("Ce calendrier n'a pas d'adresse.") == 7
    made = light_browser.send("/calendriers/cotech", "/seances", do="make")
    assert made.headers["location"] == "/seances?agenda=make&de=cotech#agenda-cotech"
    page = light_browser.open("/seances?agenda=make&de=cotech")
    assert ADDRESS.findall(page.text) == [address_of(desk.app, Whose(CONVENTION, body="cotech")).url]
    assert '<details id="agenda-cotech" open>' in page.text
    assert light_browser.send("/calendriers/copil", "/seances", do="make").status_code == 404
    other.sign_in(other.member(MEMBER))
    assert ".ics" not in other.open("/seances").text
    assert other.send("/calendriers/cotech", "/preferences", do="revoke").status_code == 403
    assert len(desk.rows(Feed)) == 1
    other.client.close()


def test_the_calendar_follows_the_day_of_the_rehearsal(light_browser, path):
    tag = light_browser.open(path).headers["etag"]
    light_browser.desk.watch.moment += timedelta(days=1)
    assert light_browser.open(path).headers["etag"] == tag
