"""What people choose to be told, on the portal: signed in or by the link of a mail, which shows on opening and acts on sending."""

import re
from zoneinfo import ZoneInfo

import pytest
from builders import CLERK, PILOT, provision
from portal_http import text_of

from models.tables import Action, Delivery, Mute, Preference, Seat, Wish
from notifications.catalogue import MESSAGES
from services.forms import DraftForm, StartForm, SubmitForm
from services.links import choices_of, secret_of, unsubscribe_of
from services.preferences import mute


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


def test_how_long_before_their_deadlines_they_are_told_is_chosen_signed_in_and_by_the_link_of_a_mail(clerk, told):
    assert '<option value="" selected>Ne pas me les rappeler</option>' in text_of(clerk.open("/preferences"))
    clerk.send("/preferences", rhythm="at_once", hour="8", weekday="0", lead_days="3", seen="0")
    assert '<option value="3" selected>3 jours ouvrés avant</option>' in text_of(clerk.open("/preferences"))
    wrong = clerk.send("/preferences", rhythm="at_once", hour="8", weekday="0", lead_days="21", seen="1")
    assert (wrong.status_code, 'id="lead_days-problem"' in wrong.text, "de 1 à 20" in text_of(wrong)) == (422, True, True)
    browser, delivery, _ = told
    path = path_to(browser, delivery)
    assert "Me rappeler mes échéances" in text_of(browser.open(path))
    seen = str(max((row.version for row in browser.desk.rows(Preference)), default=0))
    assert browser.send(path, rhythm="at_once", hour="8", weekday="0", lead_days="1", seen=seen).status_code == 303
    assert {row.lead_days for row in browser.desk.rows(Preference)} == {1}
    assert browser.send(path, rhythm="at_once", hour="8", weekday="0", lead_days="", seen=str(int(seen) + 1)).status_code == 303
    assert {row.lead_days for row in browser.desk.rows(Preference)} == {None}


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


# --- what a choice would mean -------------------------------------------------------------------------------------------------------


def cells(page, kind):
    """When messages of a kind come, as the table of a page says it."""
    row = re.search(rf'<th scope="row">{kind}.*?</tr>', page, re.DOTALL)[0]
    return [
        " ".join(re.sub(r"<span class=\"label\">.*?</span>|<[^>]+>", " ", cell).split())
        for cell in re.findall(r"<td>.*?</td>", row, re.DOTALL)
    ]


CHOSEN = {"rhythm": "weekly", "hour": "9", "weekday": "4", "quiet_from": "20", "quiet_until": "7", "days_off": "yes", "seen": "0"}


def test_a_preview_says_when_each_kind_would_come_beside_how_it_comes_now_and_keeps_nothing(clerk):
    stored = text_of(clerk.open("/preferences"))
    assert cells(stored, "Décisions") == ["Tout de suite"] * 3
    answer = clerk.send("/preferences/apercu", "/preferences", **CHOSEN, **{"decisions.mail": "now", "following.mail": "never"})
    assert (answer.status_code, clerk.desk.rows(Preference), clerk.desk.rows(Wish)) == (200, [], [])
    page = text_of(answer)
    assert "Rien n'est encore enregistré" in page
    now, evening, day_off = cells(page, "Décisions")
    assert (now, evening, day_off) == (
        "Tout de suite",
        "Le 6 octobre 2026 à 7 h À présent : tout de suite.",
        "Le 12 octobre 2026 à 7 h À présent : tout de suite.",
    )
    assert cells(page, "Relances")[0] == "Le 9 octobre 2026 à 9 h, dans le résumé À présent : tout de suite."
    assert '<option value="weekly" selected>' in page


def test_what_was_previewed_is_what_comes_true(clerk):
    clerk.send("/preferences/apercu", "/preferences", **CHOSEN)
    previewed = text_of(clerk.send("/preferences/apercu", "/preferences", **CHOSEN))
    clerk.send("/preferences", **CHOSEN)
    kept = text_of(clerk.open("/preferences"))
    without_before = [re.sub(r" À présent : .*", "", cell) for cell in cells(previewed, "Décisions")]
    assert cells(kept, "Décisions") == without_before
    number = clerk.desk.to_approved()
    clerk.desk.settle()
    [held] = clerk.desk.rows(Seat, code=CLERK)
    [delivery] = clerk.desk.rows(Delivery, message="action-approved", person_id=held.person_id)
    zone = delivery.not_before.astimezone(ZoneInfo("Europe/Paris"))
    assert (number[:2], f"Le {zone.day} octobre 2026 à {zone.hour} h, dans le résumé") == ("A-", cells(kept, "Décisions")[0])


def test_what_may_be_stopped_is_told_apart_from_what_is_indispensable(clerk):
    page = text_of(clerk.send("/preferences/apercu", "/preferences", **CHOSEN, **{"reminders.mail": "never"}))
    rows = re.findall(r'<th scope="row">Relances.*?</tr>', page, re.DOTALL)
    told = {re.search(r'class="help">([^<]+)', row)[1]: "Jamais" in row for row in rows}
    assert told == {"ce qui peut être arrêté": True, "ce qui est indispensable": False}


def test_a_preview_of_what_is_not_offered_is_refused_by_its_field(clerk):
    answer = clerk.send("/preferences/apercu", "/preferences", rhythm="daily", hour="9", weekday="0", quiet_from="20", seen="0")
    assert (answer.status_code, 'id="quiet_until-problem"' in answer.text) == (422, True)


def test_a_preview_by_the_link_of_a_mail_keeps_nothing_either(told):
    browser, delivery, _ = told
    path = path_to(browser, delivery)
    answer = browser.send(f"{path}/apercu", path, **CHOSEN)
    assert (answer.status_code, browser.desk.rows(Preference)) == (200, [])
    assert f'formaction="{path}/apercu"' in answer.text


def test_what_waits_is_shown_before_it_leaves_with_what_a_digest_looks_like(clerk):
    assert "Rien n'attend" in text_of(clerk.open("/preferences/attente"))
    clerk.send("/preferences", **CHOSEN)
    number = clerk.desk.to_approved()
    clerk.desk.settle()
    page = text_of(clerk.open("/preferences/attente"))
    assert f'href="/actions/{number}"' in page
    assert "9 octobre 2026 à 9 h" in page
    assert "À quoi ressemble un résumé (faits inventés)" in page
    waiting = [row.state for row in clerk.desk.rows(Delivery, message="action-approved") if row.state == "held"]
    assert waiting == ["held"], "looking at it sends nothing"


def test_an_action_is_put_aside_and_heard_of_again_without_a_mail(clerk):
    number = clerk.desk.to_approved()
    sent = {"number": number, "from": "action"}
    assert (
        clerk.send("/preferences/actions", f"/actions/{number}", **sent, **{"for": "7"}).headers["location"]
        == f"/actions/{number}?suivi=oui"
    )
    [mute] = clerk.desk.rows(Mute)
    assert (mute.until - clerk.desk.today).days == 7
    assert "Les nouvelles de cette action qui peuvent attendre vous arriveront" in text_of(clerk.open(f"/actions/{number}"))
    clerk.send("/preferences/actions", f"/actions/{number}", **sent, **{"for": ""})
    assert clerk.desk.rows(Mute) == []
    assert clerk.send("/preferences/actions", f"/actions/{number}", number="A-2026-999", **{"for": "7"}).status_code == 404


def test_a_draft_that_somebody_may_not_read_is_put_aside_by_nobody_and_listed_to_nobody(light_browser):
    desk = light_browser.desk
    draft = desk.propose(provision(7, title="Une idée à moi"), form=DraftForm, seat="COTECH-05")
    light_browser.sign_in(light_browser.member("COTECH-06"))
    answer = light_browser.send("/preferences/actions", "/preferences", number=draft, **{"for": "7"})
    assert (answer.status_code, "Une idée" in answer.text, desk.rows(Mute)) == (404, False, [])
    [action], [held] = desk.rows(Action), desk.rows(Seat, code="COTECH-06")
    mute(desk.app, held.person_id, action.id, None)  # as an earlier release let anybody do
    shown = light_browser.open("/preferences")
    assert (draft in shown.text, "Une idée" in shown.text) == (False, False)
    desk.ask(SubmitForm(seat="COTECH-05", action=draft))
    assert (draft in light_browser.open("/preferences").text) is True
