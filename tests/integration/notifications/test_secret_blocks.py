"""Addresses of rooms in Secret blocks of Prefect, read when a message is sent. The server answers as Prefect does; tests/flows asks a real one."""

from dataclasses import replace

import pytest
from builders import body_of, changed_charter
from servers import prefect_like_server, recording_chat

from models.events import Stage
from models.tables import Delivery
from services.stages import run_deliveries
from services.vault import Vault

SECRET = "x7ybjmukpaw3r3urc5h6i369yima"
REFERENCE = "prefect-secret:salon-cotech"


@pytest.fixture
def prefect():
    with prefect_like_server() as server:
        yield server


@pytest.fixture
def office(light_desk, prefect, tmp_path, sink):
    """A desk whose technical committee has a room; Prefect, who knows where, answers."""
    auth = tmp_path / "prefect-auth"
    auth.write_text("passerelle:secret", encoding="utf-8")
    auth.chmod(0o600)
    port = int(prefect.url.rpartition(":")[2].removesuffix("/api"))
    light_desk.app = replace(light_desk.app, settings=replace(light_desk.app.settings, prefect_port=port))
    charter = changed_charter(tmp_path / "charter.yaml", lambda it: body_of(it, "cotech").update(channel=REFERENCE))
    return light_desk.under(charter).through(sink.url)


def said(office):
    (row,) = office.rows(Delivery, channel=REFERENCE)
    return row


def test_while_prefect_is_away_the_message_waits_and_leaves_once_it_is_back(office, prefect, monkeypatch):
    monkeypatch.setattr("services.prefect_api._PATIENCE", ())
    prefect.away = True
    office.to_technical()
    office.run(Stage.COMMITTEE_REVIEW)
    waiting = said(office)
    assert (waiting.state, waiting.answer) == ("retrying", "Prefect, who keeps the address, did not give it: PrefectUnreachable")
    prefect.away = False
    with recording_chat() as chat:
        prefect.blocks["salon-cotech"] = f"json://127.0.0.1:{chat.port}/{SECRET}"
        office.watch.advance(hours=1)
        run_deliveries(office.app, holder="test", gate=lambda: None)
        ((path, _),) = chat.heard
    assert (path, said(office).state) == (f"/{SECRET}", "sent")
    with office.app.db.read() as connection:
        assert SECRET not in "\n".join(connection.connection.driver_connection.iterdump())


def test_a_block_that_does_not_exist_is_told_to_operators(office):
    office.to_technical()
    office.run(Stage.COMMITTEE_REVIEW)
    assert (said(office).state, said(office).answer) == ("dead", f"channel {REFERENCE}: make a Secret block of this name in Prefect")


def test_what_was_read_is_known_for_a_minute_and_what_was_not_there_is_asked_for_again():
    asked, moment, blocks = [], [0.0], {"a": "one"}
    vault = Vault(lambda: moment[0])

    def read(name):
        asked.append(name)
        return blocks.get(name)

    heard = []
    for second in (0.0, 59.0, 61.0):
        moment[0] = second
        heard += [vault.recall("a", read), vault.recall("b", read)]
        blocks["a"] = "two"
    assert (heard, asked) == (["one", None, "one", None, "two", None], ["a", "b", "b", "a", "b"])
    assert "one" not in repr(vault)
