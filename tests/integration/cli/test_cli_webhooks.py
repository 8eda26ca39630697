import json

import pytest
from receivers import pass_on, receiving

from services.stages import run_deliveries


@pytest.fixture
def receiver(monkeypatch):
    monkeypatch.setenv("PASSERELLE_WEBHOOK_HOSTS", "127.0.0.1")
    with receiving() as found:
        yield found


def test_a_program_is_subscribed_tried_paused_and_removed(passerelle, receiver):
    added = passerelle("webhook", "add", receiver.url, "--topic", "action.approved", "--topic", "action.closed")
    _, secret, _ = added.out.splitlines()
    assert (added.code, secret.startswith("whsec_"), "ne sera plus montré" in added.out) == (0, True, True)
    tried = passerelle("webhook", "test", "1")
    assert (tried.code, "L'essai est arrivé (réponse 204" in tried.out) == (0, True)
    assert receiver.heard[0].is_signed_by(secret)
    (row,) = passerelle("webhook", "list", "--json").data
    assert (row["id"], row["url"], row["topics"], row["state"]) == (1, receiver.url, ["action.approved", "action.closed"], "on")
    assert secret not in passerelle("webhook", "list", "--json").out
    assert "en pause" in passerelle("webhook", "pause", "1").out
    assert [one["state"] for one in passerelle("webhook", "list", "--json").data] == ["paused"]
    assert "repris" in passerelle("webhook", "resume", "1").out
    renewed = passerelle("webhook", "rotate", "1", "--json").data
    assert (renewed["id"], renewed["secret"] != secret) == (1, True)
    assert passerelle("webhook", "remove", "1").code == 0
    assert passerelle("webhook", "list", "--json").data == []
    gone = passerelle("webhook", "pause", "1")
    assert (gone.code, "il n'y a pas d'abonnement 1" in gone.said) == (2, True)


def test_a_test_that_is_not_taken_ends_with_2_and_says_why(passerelle, receiver):
    receiver.always = 503
    passerelle("webhook", "add", receiver.url)
    tried = passerelle("webhook", "test", "1")
    assert (tried.code, "Le service a répondu par une erreur" in tried.out) == (2, True)
    again = passerelle("webhook", "test", "1")
    assert (again.code, "attendez 10 secondes" in again.said) == (2, True)


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("http://", "ce n'est pas une adresse"),
        ("https://user:password@board.example/", "ni nom d'utilisateur"),
        ("https://10.0.0.1/", "Une répétition n'envoie qu'aux hôtes nommés"),
    ],
)
def test_an_address_that_cannot_be_posted_to_is_refused_in_words(passerelle, url, words):
    refused = passerelle("webhook", "add", url)
    assert (refused.code, words in refused.said) == (2, True)


def test_topics_are_checked_and_an_address_is_subscribed_once(passerelle, receiver):
    unknown = passerelle("webhook", "add", receiver.url, "--topic", "action.aproved")
    assert (unknown.code, "action.approved" in unknown.said) == (2, True)
    assert passerelle("webhook", "add", receiver.url).code == 0
    again = passerelle("webhook", "add", receiver.url)
    assert (again.code, "déjà abonnée" in again.said) == (2, True)


def test_what_was_posted_is_listed_with_every_try_and_made_again(passerelle, receiver, light_desk):
    passerelle("webhook", "add", receiver.url)
    receiver.answers = [404]
    light_desk.propose()
    pass_on(light_desk)
    light_desk.post()
    run_deliveries(light_desk.app, holder="test", gate=lambda: None)
    (post,) = passerelle("webhook", "deliveries", "1", "--json").data
    assert (post["state"], post["action"], post["tries"][0]["status"]) == ("retrying", "A-2026-001", 404)
    shown = passerelle("webhook", "deliveries", "1").out
    assert ("nouvel essai" in shown, "404" in shown) == (True, True)
    waits = passerelle("webhook", "redeliver", post["id"])
    assert (waits.code, "encore en route" in waits.said) == (2, True)
    light_desk.watch.advance(hours=1)
    run_deliveries(light_desk.app, holder="test", gate=lambda: None)
    assert "Envois à refaire au prochain passage\u00a0: 1" in passerelle("webhook", "redeliver", post["id"]).out
    run_deliveries(light_desk.app, holder="test", gate=lambda: None)
    assert len({heard.id for heard in receiver.heard}) == 1
    assert len(receiver.heard) == 3
    assert "\u00a0: 0" in passerelle("webhook", "redeliver", "--lost", "1").out
    assert passerelle("webhook", "redeliver").code == passerelle("webhook", "redeliver", "x").code == 2


def test_the_status_and_the_doctor_speak_of_programs_where_there_are_any(passerelle, receiver):
    assert "Abonnements" not in passerelle("status").out
    passerelle("webhook", "add", receiver.url)
    assert "Abonnements" in passerelle("status").out
    assert passerelle("status", "--json").data["webhooks"] == {"on": 1, "paused": 0, "off": 0, "waiting": 0, "oldest_seconds": 0.0}
    found = {row["name"]: row["level"] for row in json.loads(passerelle("doctor", "--json").out)}
    assert (found["webhooks"], found["webhooks_off"]) == ("right", "right")
