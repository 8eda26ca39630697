"""While a member is away: the deputy's own form knows for whose seat they answer, and so does every mail they get, a renewed link's too."""

import re
import time
from datetime import timedelta
from html import unescape

import pytest
from builders import CONVENTION, TODAY
from portal_http import browsing

from models.tables import Delivery, Opinion, Person, Seat, table
from services.absences import note_absence
from services.deliveries import deliver_one

AWAY, OTHER, DEPUTY = "COTECH-06", "COTECH-05", "COTECH-08"
WORDED = {"fr": f"{AWAY} (membre, Comité technique)", "en": f"{AWAY} (member, Technical committee)"}


def holder(desk, seat):
    (row,) = desk.rows(Seat, code=seat)
    return desk.rows(Person, id=row.person_id)[0]


def away(desk, seat=AWAY, *, first=TODAY, days=200):
    given = {"starts_on": first.isoformat(), "ends_on": (first + timedelta(days=days)).isoformat(), "deputy": DEPUTY}
    note_absence(desk.app, CONVENTION, holder(desk, seat).code, given)


@pytest.fixture
def posting_browser(light_desk, sink):
    """At a portal whose mails arrive."""
    with browsing(light_desk.through(sink.url)) as found:
        yield found


def renewed(browser, sink, message, path):
    """Ask for a new link; in what capacity the deputy is told, and the mail that arrives, in one line."""
    assert browser.send(f"{path}/nouveau", path).status_code == 200
    until = time.monotonic() + 10
    while not sink.mails() and time.monotonic() < until:
        time.sleep(0.02)  # it leaves after the page has gone out
    [mail] = sink.mails()
    because = browser.mails_to(browser.member(DEPUTY), message)[-1].because
    return because, " ".join(mail.get_body(("plain",)).get_content().replace("\u2019", "'").split())


@pytest.mark.parametrize("language", ["fr", "en"])
def test_a_renewed_request_says_for_whose_seat_the_deputy_answers(posting_browser, sink, language):
    desk = posting_browser.desk
    away(desk)
    with desk.app.db.write() as connection:
        connection.execute(table(Person).update().values(language=language))
    desk.to_technical()
    path = posting_browser.link_of(posting_browser.member(DEPUTY), "opinion-requested")
    desk.watch.advance(days=121)
    because, text = renewed(posting_browser, sink, "opinion-requested", path)
    assert (because, text.count(WORDED[language])) == ("deputy", 2)


def test_a_renewed_confirmation_says_for_whose_seat_the_deputy_answered(posting_browser, sink):
    away(posting_browser.desk)
    posting_browser.desk.to_technical()
    path = posting_browser.link_of(posting_browser.member(DEPUTY), "opinion-requested")
    assert posting_browser.send(path, opinion="favourable", seat=AWAY).status_code == 200
    _, text = renewed(posting_browser, sink, "opinion-received", path)
    assert f"L'avis au titre du siège que vous suppléez, {WORDED['fr']}, sur l'action" in text


def test_a_link_to_another_member_s_seat_is_asked_for_as_a_deputy_not_as_a_voter(posting_browser, sink):
    desk = posting_browser.desk
    away(desk, days=1)
    away(desk, OTHER, first=TODAY + timedelta(days=100))
    desk.to_technical()
    posting_browser.send(posting_browser.link_of(posting_browser.member(DEPUTY), "opinion-requested"), opinion="favourable", seat=AWAY)
    desk.settle()
    path = posting_browser.link_of(posting_browser.member(DEPUTY), "opinion-received")
    desk.watch.advance(days=121)
    because, text = renewed(posting_browser, sink, "opinion-requested", path)
    assert (because, f"{OTHER} (" in text, AWAY in text) == ("deputy", True, False)


def test_members_are_not_told_of_seats_that_others_stand_in_for(light_browser, sink):
    desk = light_browser.desk.through(sink.url)
    away(desk)
    desk.to_technical()
    for row in light_browser.mails_to(light_browser.member(OTHER), "opinion-requested"):
        deliver_one(desk.app, row.id)
    [mail] = sink.mails()
    assert "suppléez" not in mail.get_body(("plain",)).get_content()
    assert len(desk.rows(Delivery, message="opinion-requested")) > 1


def test_a_deputy_s_own_form_is_for_the_absent_member_without_a_choice(browser):
    desk = browser.desk
    away(desk)
    number = desk.to_technical()
    browser.sign_in(browser.member(DEPUTY))
    path = f"/actions/{number}/record_opinion?body=cotech"
    page = unescape(browser.open(path).text)
    assert (f'<input type="hidden" name="voter" value="{AWAY}">' in page, '<select id="voter"' in page) == (True, False)
    assert f"au titre de son siège ({AWAY})" in page
    carried = {name: re.search(rf'name="{name}" value="([^"]*)"', page)[1] for name in ("seal", "key", "seat", "seen_version", "voter")}
    answer = browser.client.post(path, data=carried | {"body": "cotech", "opinion": "favourable"}, follow_redirects=False)
    [given] = desk.rows(Opinion)
    event = desk.events(number)[-1]
    assert (answer.status_code, given.seat, event.actor, event.on_behalf_of) == (303, AWAY, DEPUTY, AWAY)


def test_a_deputy_of_two_absent_members_chooses_between_them_alone(light_browser):
    away(light_browser.desk)
    away(light_browser.desk, OTHER)
    number = light_browser.desk.to_technical()
    light_browser.sign_in(light_browser.member(DEPUTY))
    page = light_browser.open(f"/actions/{number}/record_opinion?body=cotech").text
    choice = re.search(r'<select id="voter".*?</select>', page, re.DOTALL)[0]
    assert re.findall(r'value="([^"]+)"', choice) == [OTHER, AWAY]


def test_what_a_deputy_s_form_refuses_is_shown_again_for_the_same_seat(light_browser):
    away(light_browser.desk)
    number = light_browser.desk.to_technical()
    light_browser.sign_in(light_browser.member(DEPUTY))
    path = f"/actions/{number}/record_opinion?body=cotech"
    page = light_browser.open(path).text
    carried = {name: re.search(rf'name="{name}" value="([^"]*)"', page)[1] for name in ("seal", "key", "seat", "seen_version", "voter")}
    answer = light_browser.client.post(path, data=carried | {"body": "cotech", "opinion": "unfavourable"})
    assert (answer.status_code, f'name="voter" value="{AWAY}"' in answer.text) == (422, True)


def test_a_secretary_still_records_whatever_seat_answered(light_browser):
    away(light_browser.desk)
    number = light_browser.desk.to_technical()
    light_browser.sign_in("secretariat.technique@ville.example")
    page = light_browser.open(f"/actions/{number}/record_opinion?body=cotech").text
    assert (f'<option value="{OTHER}"' in page, f'<option value="{AWAY}"' in page) == (True, True)
