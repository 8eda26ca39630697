"""What arrives in the rooms of a real Matrix server."""

from itertools import count
from types import SimpleNamespace

import pytest

from notifications.apprise_adapter import Gateway
from notifications.hosts import Hosts
from notifications.message import DeliveryError, Receipt
from notifications.smtp import SmtpPool

TITLE, TEXT = "[A-2026-003] Avis demandé", "Réponse au plus tard le 3 mars. https://passerelle.example/actions/A-2026-003"
SAID = f"{TITLE}\n{TEXT}"
PASSWORD = "not-a-secret-here"
_keys = (f"00000000-0000-0000-0000-{number:012}" for number in count(1))


@pytest.fixture(scope="module")
def people(synapse):
    """Somebody who makes rooms, and the bot that speaks in them."""
    return SimpleNamespace(clerk=synapse.register("secretariat", PASSWORD), bot=synapse.register("passerelle", PASSWORD))


@pytest.fixture
def gateway():
    return Gateway(SmtpPool("127.0.0.1", 1), Hosts(["127.0.0.1"]))


@pytest.fixture
def say(synapse, gateway):
    """Send the message to a room; returns what became of it."""

    def send(room, token, key=None):
        url = f"matrix://{token}@127.0.0.1:{synapse.port}/{room.replace('#', '%23')}"
        try:
            return gateway.send_chat(url, TITLE, TEXT, key or next(_keys))
        except DeliveryError as error:
            assert token not in error.text  # noqa: PT017  # in whatever it says
            return "permanent" if error.permanent else "uncertain" if error.uncertain else "again"

    return send


@pytest.mark.parametrize("version", ["10", "12"])
def test_two_messages_arrive_as_two_and_one_sent_again_stays_one(synapse, people, say, version):
    """Room ids of version 12 name no server."""
    room = synapse.room(people.bot, room_version=version)
    assert [say(room, people.bot, key) for key in ("first", "second", "first")] == [Receipt(200, "accepted")] * 3
    assert synapse.said_in(room, people.bot) == [SAID] * 2


def test_a_room_that_the_bot_is_only_invited_to_and_an_alias_are_joined(synapse, people, say):
    invited = synapse.room(people.clerk, invite=["@passerelle:ville.example"])
    named = synapse.room(people.clerk, room_alias_name="cotech", preset="public_chat")
    assert [say(room, people.bot) for room in (invited, "#cotech:ville.example", invited)] == [Receipt(200, "accepted")] * 3
    assert (synapse.said_in(invited, people.clerk), synapse.said_in(named, people.clerk)) == ([SAID] * 2, [SAID])


def test_an_unknown_room_a_closed_one_and_a_wrong_token_are_refused_for_good(synapse, people, say):
    closed = synapse.room(people.clerk)
    rooms = ("!nowhere:ville.example", "#nowhere:ville.example", closed)
    assert [say(room, people.bot) for room in rooms] + [say(closed, "syt_wrong_token")] == ["permanent"] * 4


def test_who_logs_in_with_a_password_is_served_by_apprise(synapse, people, gateway):
    room = synapse.room(people.bot)
    url = f"matrix://passerelle:{PASSWORD}@127.0.0.1:{synapse.port}/{room}?discovery=no"
    assert [gateway.send_chat(url, TITLE, TEXT, next(_keys)) for _ in range(2)] == [Receipt(200, "accepted")] * 2
    assert [TEXT in said for said in synapse.said_in(room, people.bot)] == [True, True]


def test_while_the_server_is_away_the_message_waits_and_then_arrives_once(synapse, people, say):
    room = synapse.room(people.bot)
    assert say(room, people.bot, "kept") == Receipt(200, "accepted")
    synapse.stop()
    assert say(room, people.bot, "waiting") == "again"
    synapse.start()
    assert [say(room, people.bot, key) for key in ("kept", "waiting", "waiting")] == [Receipt(200, "accepted")] * 3
    assert synapse.said_in(room, people.bot) == [SAID] * 2
