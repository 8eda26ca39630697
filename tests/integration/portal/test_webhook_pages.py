"""The technical committee's secretariat subscribes programs, sees what became of each post, and mends what can be mended."""

import pytest
from builders import CLERK, PILOT, STEERING_CLERK
from portal_http import hidden, text_of, words_of
from receivers import pass_on, post_everything, receiving

from models.tables import Webhook, WebhookDelivery


@pytest.fixture
def receiver():
    with receiving() as found:
        yield found


@pytest.fixture
def clerk(light_browser):
    light_browser.sign_in(light_browser.member(CLERK))
    return light_browser


def secret_of(page):
    return text_of(page).partition('id="secret" value="')[2].partition('"')[0]


def subscribed(clerk, receiver):
    return clerk.send("/webhooks", url=receiver.url, which="all")


def test_a_program_is_subscribed_and_its_secret_shown_once(clerk, receiver):
    assert 'href="/webhooks"' in clerk.open("/bureau").text
    assert "Aucun programme n'est abonné" in text_of(clerk.open("/webhooks"))
    made = subscribed(clerk, receiver)
    assert (made.status_code, secret_of(made).startswith("whsec_"), made.headers["cache-control"]) == (200, True, "no-store")
    page = clerk.open("/webhooks/1")
    assert (secret_of(made) in page.text, f"par {CLERK}" in words_of(page)) == (False, True)
    listed = words_of(clerk.open("/webhooks"))
    assert (receiver.url in listed, "Actif" in listed, "Tous les faits." in listed) == (True, True, True)
    assert "L'essai est arrivé" in text_of(clerk.send("/webhooks/1", do="test"))
    assert receiver.heard[0].is_signed_by(secret_of(made))


def test_only_chosen_topics_and_what_is_wrong_stands_at_its_field(clerk, receiver):
    nothing = clerk.send("/webhooks", url=receiver.url, which="some")
    assert (nothing.status_code, "Choisissez au moins un fait" in text_of(nothing), receiver.url in nothing.text) == (422, True, True)
    both = words_of(clerk.send("/webhooks", url="https://", which="some"))
    assert ("ce n'est pas une adresse" in both.casefold(), "choisissez au moins un fait" in both.casefold()) == (True, True)
    inside = clerk.send("/webhooks", url="https://10.0.0.1/", which="all")
    assert (inside.status_code, 'id="url-problem"' in inside.text, "Une répétition n'envoie" in text_of(inside)) == (422, True, True)
    clerk.send("/webhooks", url=receiver.url, which="some", topic=["action.approved", "action.closed"])
    assert clerk.desk.rows(Webhook)[0].topics == ["action.approved", "action.closed"]
    twice = subscribed(clerk, receiver)
    assert (twice.status_code, "déjà abonnée" in text_of(twice), len(clerk.desk.rows(Webhook))) == (422, True, 1)


def test_a_secretary_pauses_renews_and_removes(clerk, receiver):
    made = subscribed(clerk, receiver)
    assert clerk.send("/webhooks/1", do="pause").headers["location"] == "/webhooks/1?fait=pause"
    assert "En pause" in words_of(clerk.open("/webhooks/1?fait=pause"))
    clerk.send("/webhooks/1", do="resume")
    renewed = clerk.send("/webhooks/1", do="rotate")
    assert (secret_of(renewed) not in ("", secret_of(made)), "la signature de l'ancien" in words_of(renewed)) == (True, True)
    assert "seul le nouveau secret est remplacé" in words_of(clerk.open("/webhooks/1"))
    assert clerk.send("/webhooks/1", do="remove").headers["location"] == "/webhooks?fait=remove"
    assert clerk.desk.rows(Webhook) == []
    assert clerk.open("/webhooks/1").status_code == 404


def test_the_log_tells_of_every_try_and_has_a_post_made_again(clerk, receiver):
    subscribed(clerk, receiver)
    receiver.answers = [(302, {"Location": "/ailleurs"})]
    number = clerk.desk.propose()
    pass_on(clerk.desk)
    post_everything(clerk.desk)
    page = clerk.open("/webhooks/1")
    assert [part for part in (number, "Nouvel essai", "réponse 302", "les renvois ne sont pas suivis") if part not in words_of(page)] == []
    clerk.desk.watch.advance(seconds=20)
    assert post_everything(clerk.desk) == {"sent": 1}
    page = clerk.open("/webhooks/1")
    again = clerk.send("/webhooks/1", do="redeliver", post=hidden(page, "post"))
    assert (again.status_code, again.headers["location"]) == (303, "/webhooks/1?fait=redeliver")
    assert post_everything(clerk.desk) == {"sent": 1}
    assert len({heard.id for heard in receiver.heard}) == 1


def test_one_that_was_switched_off_says_why_and_its_lost_posts_are_made_again(clerk, receiver):
    subscribed(clerk, receiver)
    receiver.answers = [410]
    clerk.desk.propose()
    clerk.desk.propose()
    pass_on(clerk.desk)
    post_everything(clerk.desk)
    page = words_of(clerk.open("/webhooks/1"))
    assert ("il n'existait plus (410)" in page, "Refaire" in page) == (True, False)
    refused = clerk.send("/webhooks/1", do="lost")
    assert (refused.status_code, "reprenez-le d'abord" in text_of(refused)) == (422, True)
    clerk.send("/webhooks/1", do="resume")
    assert "Refaire les envois perdus (2)" in words_of(clerk.open("/webhooks/1"))
    clerk.send("/webhooks/1", do="lost")
    assert post_everything(clerk.desk) == {"sent": 2}
    assert {row.state for row in clerk.desk.rows(WebhookDelivery)} == {"sent"}


@pytest.mark.parametrize("seat", [STEERING_CLERK, PILOT])
def test_nobody_else_sees_or_changes_what_programs_are_told(clerk, receiver, seat):
    subscribed(clerk, receiver)
    other = clerk.another()
    with other.client:
        other.sign_in(other.member(seat))
        assert [other.open(path).status_code for path in ("/webhooks", "/webhooks/1")] == [403, 403]
        assert 'href="/webhooks"' not in other.open("/bureau").text
        seal = other.seal("/preferences")
        sent = [other.client.post(path, data={"seal": seal, "do": "remove", "url": receiver.url}) for path in ("/webhooks", "/webhooks/1")]
        assert [answer.status_code for answer in sent] == [403, 403]
    assert len(clerk.desk.rows(Webhook)) == 1


@pytest.mark.parametrize("path", ["/webhooks/9", "/webhooks/x", "/webhooks/99999999999999999999"])
def test_what_does_not_exist_is_not_found(clerk, receiver, path):
    subscribed(clerk, receiver)
    assert clerk.open(path).status_code == 404
    assert clerk.send(path, "/webhooks/1", do="pause").status_code == 404
    assert clerk.send("/webhooks/1", do="something").status_code == 404
    assert clerk.send("/webhooks/1", do="redeliver", post="x").status_code == 404
