"""The rooms of a secretary's bodies: shown without their secret, and tried."""

import pytest
from builders import CLERK, PILOT, body_of, changed_charter
from portal_http import text_of
from servers import recording_chat

from models.tables import Person, table

SECRET = "x7ybjmukpaw3r3urc5h6i369yima"


@pytest.fixture
def chat(light_desk, monkeypatch, tmp_path):
    """The room of the technical committee; the steering committee has one too, and no secretary here serves it."""

    def rooms(it):
        body_of(it, "cotech").update(channel="env:COTECH_ROOM")
        body_of(it, "copil").update(channel="env:COPIL_ROOM")
        body_of(it, "gt-inclusion").update(channel="env:UNSET_ROOM")

    light_desk.under(changed_charter(tmp_path / "rooms.yaml", rooms))
    with recording_chat() as server:
        for name in ("COTECH_ROOM", "COPIL_ROOM"):
            monkeypatch.setenv(name, f"json://127.0.0.1:{server.port}/{SECRET}")
        yield server


@pytest.fixture
def clerk(light_browser):
    light_browser.sign_in(light_browser.member(CLERK))
    return light_browser


def test_a_secretary_sees_the_rooms_of_their_bodies_and_tries_them(chat, clerk):
    assert 'href="/canaux"' in clerk.open("/bureau").text
    page = text_of(clerk.open("/canaux"))
    assert "JSON, 127.0.0.1 · env:COTECH_ROOM" in page
    assert "env:UNSET_ROOM · La variable d'environnement n'est pas définie" in page
    assert [part for part in (SECRET, "COPIL_ROOM") if part in page] == []
    tried = clerk.send("/canaux/cotech", "/canaux")
    assert "Comité technique : L'essai est arrivé" in text_of(tried)
    ((_, said),) = chat.heard
    assert said["title"] == "[Répétition] Essai de Passerelle"
    again = clerk.send("/canaux/cotech", "/canaux")
    assert (again.status_code, "attendez une minute" in text_of(again), len(chat.heard)) == (422, True, 1)
    assert "n'est pas définie" in text_of(clerk.send("/canaux/gt-inclusion", "/canaux"))


def test_a_persons_own_room_is_shown_to_secretaries(clerk):
    person = clerk.desk.rows(Person, code="secretariat-copil")[0]
    assert "env:CLERK_ROOM" not in clerk.open(f"/personnes/{person.code}").text
    with clerk.desk.app.db.write() as connection:
        connection.execute(table(Person).update().values(channel="env:CLERK_ROOM"))
    assert "env:CLERK_ROOM" in clerk.open(f"/personnes/{person.code}").text


def test_nobody_tries_the_room_of_a_body_that_they_do_not_serve_nor_without_the_seal(chat, clerk):
    assert clerk.send("/canaux/copil", "/canaux").status_code == 404
    assert clerk.client.post("/canaux/cotech").status_code in (400, 403, 422)
    member = clerk.another()
    with member.client:
        member.sign_in(member.member(PILOT))
        assert (member.open("/canaux").status_code, 'href="/canaux"' in member.open("/bureau").text) == (403, False)
    assert chat.heard == []
