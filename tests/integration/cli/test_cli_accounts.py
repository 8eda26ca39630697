"""The accounts of institutions on the command line."""

import pytest
from builders import CONVENTION

from models.tables import Account, Person
from services.accounts import remember
from services.work import open_work

ISSUER = "https://connexion.ville.example"


@pytest.fixture
def linked(light_desk, monkeypatch):
    """The technical secretary has an account at the city, which the settings name, and one at an institution that they no longer name."""
    prefix = "PASSERELLE_OIDC_VILLE"
    variables = {"": "", "_ISSUER": ISSUER, "_CLIENT_ID": "p", "_CLIENT_SECRET": "hush-hush", "_LABEL_FR": "Ville"}
    monkeypatch.setenv("PASSERELLE_OIDC", "ville")
    for last, text in variables.items():
        monkeypatch.setenv(f"{prefix}{last}", text)
    [person] = light_desk.rows(Person, code="secretariat-cotech")
    with light_desk.app.db.write() as connection:
        for issuer in (ISSUER, "https://ancien.example"):
            remember(open_work(light_desk.app, connection, CONVENTION), person.id, issuer, "u-1")
    return light_desk


def test_they_are_listed_by_person_without_a_subject_or_a_secret(linked, passerelle):
    shown = passerelle("people", "accounts")
    assert (shown.code, "ville" in shown.out, "secretariat-cotech" in shown.out, "hush-hush" in shown.out + shown.err) == (
        0,
        True,
        True,
        False,
    )
    rows = passerelle("people", "accounts", "--json").data
    assert [(row["person"], row["institution"], row["issuer"]) for row in rows] == [
        ("secretariat-cotech", "ville", ISSUER),
        ("secretariat-cotech", None, "https://ancien.example"),
    ]
    assert linked.rows(Account)


def test_one_is_unlinked_by_the_name_of_its_institution_or_by_its_address(linked, passerelle):
    for named in ("ville", "https://ancien.example"):
        assert passerelle("people", "unlink", "secretariat-cotech", named).code == 0
    assert linked.rows(Account) == []


def test_one_that_is_not_there_is_refused_with_where_to_look(linked, passerelle):
    answer = passerelle("people", "unlink", "secretariat-cotech", "univ")
    assert (answer.code, "passerelle people accounts" in answer.said, len(linked.rows(Account))) == (2, True, 2)
    assert passerelle("people", "unlink", "personne", "ville").code == 2
