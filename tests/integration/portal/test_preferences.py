"""What people choose to be told, on the portal: signed in or by the link of a mail, which shows on opening and acts on sending."""

import pytest
from builders import CLERK, PILOT
from portal_http import text_of

from models.tables import Delivery, Mute, Preference, Seat, Wish
from notifications.catalogue import MESSAGES
from services.forms import StartForm
from services.links import choices_of, secret_of, unsubscribe_of


@pytest.fixture
def told(light_browser):
    """A piece of news that the technical secretary got, and a browser with nothing in it."""
    desk = light_browser.desk
    number = desk.to_approved()
    desk.ask(StartForm(seat=PILOT, action=number))
    desk.settle()
    [held] = desk.rows(Seat, code=CLERK)
    [delivery] = desk.rows(Delivery, message="action-started", person_id=held.person_id)
    return light_browser, delivery, number


def path_to(browser, delivery, of=choices_of):
    app = browser.desk.app
    return of(secret_of(app.db), app.settings.base_url, delivery.id).removeprefix(app.settings.base_url)


def test_whoever_is_signed_in_chooses_and_sees_what_they_chose(clerk):
    page = clerk.open("/preferences")
    assert "Mes messages" in text_of(page)
    kept = clerk.send("/preferences", rhythm="weekly", hour="9", weekday="4", at_most="3", seen="0", **{"following.mail": "never"})
    assert kept.headers["location"] == "/preferences?fait=oui"
    [row] = clerk.desk.rows(Preference)
    assert (row.rhythm, row.hour, row.weekday, row.days_off, row.at_most) == ("weekly", 9, 4, False, 3)
    assert [(wish.kind, wish.wish) for wish in clerk.desk.rows(Wish)] == [("following", "never")]
    shown = text_of(clerk.open("/preferences?fait=oui"))
    assert '<option value="weekly" selected>' in shown
    assert "Vos choix sont enregistrés" in shown


def test_a_wrong_choice_is_told_at_its_field_and_a_stale_page_changes_nothing(clerk):
    wrong = clerk.send("/preferences", rhythm="daily", hour="9", weekday="0", quiet_from="20", seen="0")
    assert wrong.status_code == 422
    assert 'id="quiet_until-problem"' in wrong.text
    clerk.send("/preferences", rhythm="daily", hour="9", weekday="0", seen="0")
    stale = clerk.send("/preferences", rhythm="at_once", hour="9", weekday="0", seen="0")
    assert stale.status_code == 409
    assert [row.rhythm for row in clerk.desk.rows(Preference)] == ["daily"]


def test_opening_the_link_of_a_mail_changes_nothing_and_sending_its_form_does(told):
    browser, delivery, number = told
    path = path_to(browser, delivery)
    for _ in range(2):
        assert number in text_of(browser.open(path))
    assert browser.desk.rows(Mute) == []
    browser.send(f"{path}/action", path, **{"for": "7"})
    [mute] = browser.desk.rows(Mute)
    assert (mute.until - browser.desk.today).days == 7
    browser.send(f"{path}/action", path, **{"for": ""})
    assert browser.desk.rows(Mute) == []
    assert browser.send(path, rhythm="daily", hour="8", weekday="0", seen="0").status_code == 303
    assert [row.rhythm for row in browser.desk.rows(Preference)] == ["daily"]


def test_one_click_of_a_mail_program_stops_the_mails_of_that_kind_and_opening_the_address_does_not(told):
    browser, delivery, _ = told
    path = path_to(browser, delivery, unsubscribe_of)
    assert "ne recevrez plus" in text_of(browser.open(path))
    assert browser.desk.rows(Wish) == []
    done = browser.client.post(path, data={"List-Unsubscribe": "One-Click"})
    assert (done.status_code, done.headers["content-type"]) == (200, "text/plain; charset=utf-8")
    assert [(wish.kind, wish.channel, wish.wish) for wish in browser.desk.rows(Wish)] == [("following", "mail", "never")]


def test_a_link_that_this_home_did_not_make_or_that_was_revoked_opens_nothing(told):
    browser, delivery, _ = told
    path = path_to(browser, delivery)
    assert browser.open(f"{path[:-2]}AA").status_code == 404
    browser.desk.watch.advance(days=121)
    assert browser.open(path).status_code == 422
    assert "trop ancien" in text_of(browser.open(path))


def test_every_message_can_be_read_in_both_languages_before_anybody_is_written_to(light_browser):
    light_browser.sign_in(light_browser.member(CLERK))
    listed = text_of(light_browser.open("/messages"))
    assert all(f'href="/messages/{message}"' in listed for message in MESSAGES)
    shown = text_of(light_browser.open("/messages/opinion-requested"))
    assert "Bonjour Dominique Exemple," in shown
    assert "Dear Robin Sample," in shown
    assert light_browser.open("/messages/nothing").status_code == 404
