import logging
import socket

import pytest
from apprise import Apprise

from notifications.apprise_adapter import MAIL_SCHEMA, Gateway, MailNotify
from notifications.hosts import Hosts
from notifications.message import DeliveryError, Receipt

FROM, TO = "convention@passerelle.example", "dominique@ville.example"
KEY = "00000000-0000-0000-0000-000000000001"
SECRET = "3ccdd113474722377935511fc85d3dd4"


@pytest.fixture
def gateway(relay):
    return Gateway(relay().pool, Hosts(["127.0.0.1"]))


def refused(gateway, url):
    with pytest.raises(DeliveryError) as failure:
        gateway.send_chat(url, "Avis demandé", "Réponse au plus tard le 3 mars", KEY)
    error = failure.value
    assert SECRET not in error.text
    return error


def test_a_mail_leaves_through_apprise_and_arrives_unchanged(relay, letter, monkeypatch):
    server = relay()
    seen = []
    original = Apprise.notify
    monkeypatch.setattr(Apprise, "notify", lambda way, *given, **named: (seen.append(given), original(way, *given, **named))[1])
    assert Gateway(server.pool, Hosts()).send_mail(letter, FROM, TO) == Receipt(250, "OK")
    assert server.script.contents == [letter]
    assert len(seen) == 1


def test_thirty_mails_through_apprise_share_one_connection_and_wait_for_nothing(relay, letter):
    server = relay()
    gateway = Gateway(server.pool, Hosts())
    receipts = [gateway.send_mail(letter, FROM, TO) for _ in range(30)]
    gateway.close()
    assert receipts == [Receipt(250, "OK")] * 30
    assert server.script.count("EHLO") == 1


@pytest.mark.parametrize(
    ("answers", "permanent", "uncertain", "code"),
    [
        ({"RCPT": ["550 no such user"]}, True, False, 550),
        ({"RCPT": ["450 later"]}, False, False, 450),
        ({"DATA": ["cut"]}, False, True, None),
    ],
)
def test_a_refused_mail_keeps_its_reason_on_the_way_through_apprise(relay, letter, answers, permanent, uncertain, code):
    server = relay(answers)
    with pytest.raises(DeliveryError) as failure:
        Gateway(server.pool, Hosts()).send_mail(letter, FROM, TO)
    assert (failure.value.permanent, failure.value.uncertain, failure.value.code) == (permanent, uncertain, code)
    assert server.script.count("RCPT") == 1


def test_an_error_that_apprise_swallows_leaves_a_doubt(letter, caplog):
    class Broken:
        def send(self, *_):
            raise RuntimeError("out of order")

    with pytest.raises(DeliveryError) as failure, caplog.at_level(logging.CRITICAL):
        Gateway(Broken(), Hosts()).send_mail(letter, FROM, TO)
    assert failure.value.uncertain is True


def test_our_schema_belongs_to_us_and_cannot_be_written_as_an_address(relay, letter):
    assert Apprise().add(f"{MAIL_SCHEMA}://anything") is False
    assert MailNotify(letter, FROM, TO, relay().pool).url(privacy=True) == f"{MAIL_SCHEMA}://"


def test_a_chat_text_arrives_as_written(gateway, chat_server):
    text = "Avis demandé : <b>l'été</b> & \\n *après*\nla suite"
    assert gateway.send_chat(f"json://127.0.0.1:{chat_server.port}/{SECRET}", "[Répétition] Titre", text, KEY) == Receipt(200, "accepted")
    ((path, told),) = chat_server.heard
    assert (path.rstrip("/"), told["title"], told["message"]) == (f"/{SECRET}", "[Répétition] Titre", text)


@pytest.mark.parametrize(
    ("status", "permanent"), [(400, True), (401, True), (404, True), (302, False), (408, False), (429, False), (500, False), (503, False)]
)
def test_a_chat_service_that_refuses_is_told_for_what_it_is_and_asked_once(gateway, chat_server, status, permanent):
    chat_server.answers += [status] * 5
    error = refused(gateway, f"json://127.0.0.1:{chat_server.port}/{SECRET}?retry=3&wait=0&optional=yes&redirect=yes")
    assert (error.permanent, error.uncertain, error.code) == (permanent, False, status)
    assert len(chat_server.heard) == 1


def test_an_absent_chat_service_means_later_and_its_address_stays_hidden(gateway):
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        error = refused(gateway, f"json://bot:{SECRET}@127.0.0.1:{held.getsockname()[1]}/{SECRET}/path")
    assert (error.permanent, error.uncertain, error.code) == (False, False, None)
    assert "127.0.0.1" not in error.text
    assert "/path" not in error.text
    assert error.text.startswith("WARNING A Connection error occurred")


def test_a_chat_service_that_never_answers_leaves_a_doubt(gateway, monkeypatch):
    monkeypatch.setattr("notifications.apprise_adapter._READ_SECONDS", 1.0)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        error = refused(gateway, f"json://127.0.0.1:{silent.getsockname()[1]}/{SECRET}")
    assert (error.permanent, error.uncertain) == (False, True)


def test_what_apprise_logs_about_a_chat_reaches_no_log_of_ours(gateway, chat_server, caplog):
    url = f"json://127.0.0.1:{chat_server.port}/{SECRET}"
    chat_server.answers += [200, 500]
    with caplog.at_level(logging.DEBUG):
        gateway.send_chat(url, "Titre", "Texte", KEY)
        refused(gateway, url)
    assert [record.getMessage() for record in caplog.records if record.name == "apprise"] == []
    assert logging.getLogger("apprise").propagate is True


@pytest.mark.parametrize(
    "url",
    [
        "syslog://",
        "file:///etc/hostname",
        f"mailto://bot:{SECRET}@ville.example",
        f"passerelle://{SECRET}",
        f"https://chat.example/{SECRET}",
        "",
    ],
)
def test_a_service_that_is_not_a_chat_is_refused_for_good(gateway, url):
    assert refused(gateway, url).permanent is True


@pytest.mark.parametrize("url", [f"slack://{SECRET}", f"mmosts://{SECRET}", "json://"])
def test_an_address_its_service_cannot_use_is_refused_for_good(gateway, url):
    error = refused(gateway, url)
    assert error.permanent is True
    assert error.text.startswith("the channel's address is not valid for")
