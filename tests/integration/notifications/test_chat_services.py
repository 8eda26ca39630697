"""Chat services, and a Matrix server, as their documentation says that they answer: a recording server replays it, no service is run.

Matrix alone is also tried on a real server, by ``make test-matrix``.
"""

import json
import logging
import socket

import pytest
import requests
from apprise.plugins.slack import NotifySlack

from notifications.apprise_adapter import Gateway, look_at
from notifications.hosts import HostError, Hosts
from notifications.message import DeliveryError, Receipt
from notifications.reach import kept_to, wire

KEY = "00000000-0000-0000-0000-000000000001"
TITLE, PAGE = "[A-2026-003] Avis demandé", "https://passerelle.example/actions/A-2026-003"
TEXT = f"Réponse au plus tard le 3 mars. {PAGE}"
SECRET = "x7ybjmukpaw3r3urc5h6i369yima"
HERE = Hosts(["127.0.0.1", "hooks.slack.com"])
SERVICES = {
    "Mattermost": ("mmost://127.0.0.1:{port}/" + SECRET + "?to=cotech", f"/hooks/{SECRET}"),
    "Rocket.Chat": ("rocket://" + f"{SECRET}/{SECRET}" + "@127.0.0.1:{port}/%23cotech", f"/hooks/{SECRET}/{SECRET}"),
    "Power Automate / Workflows (for MSTeams)": ("workflows://127.0.0.1:{port}/" + f"{SECRET}/{SECRET}", f"/workflows/{SECRET}/"),
    "Nextcloud Talk": ("nctalk://bot:" + SECRET + "@127.0.0.1:{port}/cotech", "/chat/cotech"),
    "Slack": ("slack://T1JJ3T3L2/A1BRTD4JD/" + SECRET[:24] + "/%23cotech", f"/T1JJ3T3L2/A1BRTD4JD/{SECRET[:24]}"),
    "ntfy": ("ntfy://tk_" + SECRET + "@127.0.0.1:{port}/cotech", "/"),
}
TAKEN = {"Slack": (200, "ok"), "Nextcloud Talk": 201, "Power Automate / Workflows (for MSTeams)": 202}


@pytest.fixture
def gateway(relay, chat_server, monkeypatch):
    monkeypatch.setattr("notifications.apprise_adapter._READ_SECONDS", 1.0)
    monkeypatch.setattr(NotifySlack, "webhook_url", f"http://127.0.0.1:{chat_server.port}")
    post = requests.post

    def without_tls(url, **given):  # Workflows knows only https
        return post(url.replace("https://127", "http://127"), **{"timeout": 5, **given})

    monkeypatch.setattr("requests.post", without_tls)
    return Gateway(relay().pool, HERE)


def outcome(gateway, url):
    """What became of a message: sent, or the kind of failure with its code; never with a secret in it."""
    try:
        sent = gateway.send_chat(url, TITLE, TEXT, KEY)
    except DeliveryError as failure:
        error = failure
    else:
        return ("sent", None) if sent == Receipt(200, "accepted") else sent
    assert SECRET[:24] not in error.text
    return "permanent" if error.permanent else "uncertain" if error.uncertain else "again", error.code


@pytest.mark.parametrize("service", SERVICES)
def test_each_service_is_told_title_text_and_link_and_understood_without_giving_its_secret_away(service, gateway, chat_server, caplog):
    """The requests are real; the answers are those that the services' documentation gives."""
    address, path = SERVICES[service]
    url = address.format(port=chat_server.port)
    chat_server.answers += [TAKEN.get(service, 200), 400, 401, 404, 429, 500, 503, "silent", "cut"]
    with caplog.at_level(logging.DEBUG):
        outcomes = [outcome(gateway, url) for _ in range(9)]
    assert outcomes == [
        ("sent", None),
        *(("permanent", code) for code in (400, 401, 404)),
        *(("again", code) for code in (429, 500, 503)),
        *[("uncertain", None)] * 2,
    ]
    where, told = chat_server.heard[0]
    said = json.dumps(told, ensure_ascii=False)
    assert path in where
    assert [part in said for part in (TITLE, "Réponse au plus tard le 3 mars.", PAGE)] == [True] * 3
    assert "apprise" not in said.lower()
    assert SECRET[:24] not in caplog.text
    found = look_at(url)
    assert (found.name, found.host) == (service, "hooks.slack.com" if service == "Slack" else "127.0.0.1")


@pytest.fixture
def room(chat_server):
    """The address of a Matrix room."""
    return f"matrix://{SECRET}@127.0.0.1:{chat_server.port}/!cotech:ville.example"


def test_a_matrix_room_is_told_by_one_request_under_the_id_of_the_delivery(gateway, chat_server, room):
    assert [outcome(gateway, room)[0] for _ in range(2)] == ["sent", "sent"]
    path, told = chat_server.heard[0]
    assert path == f"/_matrix/client/v3/rooms/%21cotech%3Aville.example/send/m.room.message/{KEY}"
    assert told == {"msgtype": "m.text", "body": f"{TITLE}\n{TEXT}"}
    assert chat_server.heard == [(path, told)] * 2


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        ((400, "{}"), ("permanent", 400)),
        ((401, f'{{"errcode": "M_UNKNOWN_TOKEN", "error": "Invalid token {SECRET}"}}'), ("permanent", 401)),
        ((404, '{"errcode": "M_NOT_FOUND"}'), ("permanent", 404)),
        ((429, '{"errcode": "M_LIMIT_EXCEEDED", "retry_after_ms": 2000}'), ("again", 429)),
        ((502, "<html>"), ("again", 502)),
        ((302, ""), ("again", 302)),
        ("silent", ("again", None)),
        ("cut", ("again", None)),
    ],
)
def test_what_a_matrix_server_refuses_is_told_for_what_it_is_and_a_lost_answer_is_no_doubt(gateway, chat_server, room, answer, kind):
    chat_server.answers.append(answer)
    assert outcome(gateway, room) == kind


def test_a_room_that_the_bot_was_invited_to_and_an_alias_are_joined_first(gateway, chat_server, room):
    chat_server.answers += [(403, '{"errcode": "M_FORBIDDEN"}'), (200, '{"room_id": "!cotech:ville.example"}'), 200]
    assert outcome(gateway, room) == ("sent", None)
    chat_server.answers += [(200, '{"room_id": "!cotech:ville.example"}'), 200, (403, '{"errcode": "M_FORBIDDEN"}')]
    alias = room.replace("!", "%23")
    assert [outcome(gateway, alias) for _ in range(2)] == [("sent", None), ("permanent", 403)]
    paths = [path.removeprefix("/_matrix/client/v3/") for path, _ in chat_server.heard]
    sent = f"rooms/%21cotech%3Aville.example/send/m.room.message/{KEY}"
    assert paths == [sent, "join/%21cotech%3Aville.example", sent, "join/%23cotech%3Aville.example", sent, "join/%23cotech%3Aville.example"]


@pytest.mark.parametrize("rooms", ["!a:ville.example/!b:ville.example", "@somebody:ville.example"])
def test_a_matrix_channel_with_a_token_is_one_room(gateway, chat_server, rooms):
    assert outcome(gateway, f"matrix://{SECRET}@127.0.0.1:{chat_server.port}/{rooms}") == ("permanent", None)
    assert chat_server.heard == []


@pytest.mark.parametrize(
    "url", ["json://127.0.0.1:{port}/a", "matrix://token@2130706433:{port}/!a:b", "jsons://chat.ville.example@[::1]:{port}/"]
)
def test_nothing_is_sent_into_the_network_around_unless_the_settings_list_it(relay, chat_server, url):
    for hosts, reason in ((Hosts(), "host_not_public"), (Hosts(["chat.ville.example"]), "host_not_listed")):
        with pytest.raises(HostError, match=f"^{reason}: ") as refused:
            Gateway(relay().pool, hosts).send_chat(url.format(port=chat_server.port), TITLE, TEXT, KEY)
        assert (refused.value.reason, refused.value.permanent) == (reason, True)
    assert chat_server.heard == []


def test_a_host_is_looked_at_again_when_the_connection_is_made(relay, chat_server, monkeypatch):
    """A name that showed a public address first and another one a moment later; a service that goes to another host than its address."""
    answers = iter([["1.1.1.1"], ["127.0.0.1"]])
    monkeypatch.setattr("socket.getaddrinfo", lambda *_, **__: [(2, 1, 6, "", (one, 0)) for one in next(answers)])
    gateway = Gateway(relay().pool, Hosts())
    with pytest.raises(HostError, match="host_not_public"):
        gateway.send_chat(f"json://sly.example:{chat_server.port}/a", TITLE, TEXT, KEY)
    monkeypatch.setattr(NotifySlack, "webhook_url", f"http://127.0.0.1:{chat_server.port}")
    with pytest.raises(HostError, match="host_not_listed"):
        Gateway(relay().pool, Hosts(["hooks.slack.com"])).send_chat(SERVICES["Slack"][0], TITLE, TEXT, KEY)
    assert chat_server.heard == []


def test_an_admitted_name_is_reached_by_the_first_of_its_addresses_that_answers(chat_server, monkeypatch):
    monkeypatch.setattr("notifications.hosts.is_public", lambda _: True)
    real = socket.getaddrinfo
    answers = {"chat.ville.example": ["127.0.0.9", "127.0.0.1"]}
    monkeypatch.setattr(
        "socket.getaddrinfo",
        lambda name, *more, **named: [(2, 1, 6, "", (one, 0)) for one in answers.get(name, [])] or real(name, *more, **named),
    )
    with kept_to(Hosts()), wire.create_connection(("chat.ville.example", chat_server.port), 5) as reached:
        assert reached.getpeername() == ("127.0.0.1", chat_server.port)
