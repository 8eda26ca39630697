"""The command's part in mail: stopping, sending again, lifting a refused address, reading what came back."""

import io
import sys
from types import SimpleNamespace

import pytest
from builders import CONVENTION, TODAY

from models.tables import Bounce, Delivery, Person, table
from services.bootstrap import open_app


@pytest.fixture
def given(passerelle, monkeypatch):
    """The command, given something on its standard input."""

    def command(content, *arguments):
        monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(content)))
        return passerelle(*arguments)

    return command


def test_messages_are_stopped_and_started_and_everybody_who_looks_is_told(passerelle):
    assert passerelle("deliveries", "stop").code == 2
    assert passerelle("deliveries", "stop", "--because", "essai en cours").code == 0
    assert passerelle("status", "--json").data["sending"]["because"] == "essai en cours"
    assert "essai en cours" in passerelle("status").out
    assert [row["level"] for row in passerelle("doctor", "--json").data if row["name"] == "stopped"] == ["look"]
    assert passerelle("deliveries", "start").code == 0
    again = passerelle("deliveries", "start")
    assert (again.code, again.said) == (2, "Refusé\u00a0:\n  - les envois ne sont pas arrêtés.\n")


def test_what_to_send_again_is_one_delivery_or_all(passerelle):
    assert passerelle("deliveries", "resend").code == passerelle("deliveries", "resend", "x", "--all").code == 2
    assert "Rien n'a changé" in passerelle("deliveries", "resend", "--all", "--dry-run").out
    assert passerelle("deliveries", "resend", "--all", "--state", "uncertain", "--message", "sign-in").out.endswith("\u00a0: 0.\n")
    assert passerelle("deliveries", "resend", "--all", "--state", "sent").code == 2


def test_a_refused_address_is_written_to_again_by_its_persons_code(passerelle, light_app):
    with light_app.db.write() as connection:
        person = connection.execute(table(Person).select().where(table(Person).c.code == "patrimoine")).one()
        standing = {"hard": 1, "soft": 0, "last_on": TODAY, "status": "5.1.1", "suppressed_at": light_app.clock.wall()}
        connection.execute(table(Bounce).insert().values(person_id=person.id, address=person.email, convention=CONVENTION, **standing))
    assert [row["params"] for row in passerelle("doctor", "--json").data if row["name"] == "addresses_suppressed"] == [{"count": 1}]
    assert passerelle("deliveries", "unsuppress", "patrimoine").code == 0
    assert passerelle("deliveries", "unsuppress", "patrimoine").code == 2
    assert passerelle("deliveries", "unsuppress", "personne").code == 2


def test_a_message_that_came_in_is_told_in_one_line_and_for_programs(given, tmp_path):
    vacation = b"Subject: Absent\nAuto-Submitted: auto-replied\n\nDe retour lundi.\n"
    assert given(vacation, "mail", "inbound").out == ("Messages lus\u00a0: 1.\nentrée standard\u00a0: réponse automatique, ignorée.\n")
    told = given(vacation, "mail", "inbound", "--json").data
    assert (told["counts"]["auto_reply"], told["messages"]) == (1, [{"file": "", "what": "auto_reply", "delivery": None}])
    broken = given(b"", "mail", "inbound")
    assert (broken.code, broken.out, "il est vide" in broken.said) == (2, "", True)
    for name in ("new", "cur"):
        (tmp_path / "box" / name).mkdir(parents=True)
    (tmp_path / "box/new/1").write_bytes(b"")
    assert given(b"", "mail", "inbound", "--maildir", tmp_path / "box").code == 2
    assert given(b"", "mail", "inbound", "--maildir", tmp_path / "box").code == 0
    assert given(b"", "mail", "inbound", "--maildir", tmp_path / "none").code == 2


def test_the_list_names_the_reason_of_what_did_not_leave(passerelle, light_app):
    app = open_app(light_app.settings)
    row = {
        "convention": CONVENTION,
        "unique_key": "k",
        "stage": "deliveries",
        "message": "sign-in",
        "because": "signing_in",
        "channel": "mail",
    }
    moments = {"created_at": app.clock.wall(), "not_before": app.clock.wall()}
    with app.db.write() as connection:
        values = {"id": app.ids(), "details": {}, "state": "suppressed", "reason": "address_suppressed", "attempts": 0}
        connection.execute(table(Delivery).insert().values(**row, **moments, **values))
    app.close()
    assert "adresse qui refuse" in passerelle("deliveries", "--state", "suppressed").out
    assert passerelle("deliveries", "--state", "suppressed", "--json").data[0]["reason"] == "address_suppressed"
