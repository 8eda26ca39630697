"""Requests that no page of ours makes: each is answered in words, and nothing breaks."""

import base64

import pytest
from portal_http import text_of

from models.tables import Absence, Event, Seat

MANY_DIGITS = "9" * 5_000
UNSTORABLE = "caractère qui ne peut pas être conservé"


@pytest.mark.parametrize("seal", ["é", "\u2028", "a" * 10_000])
def test_a_seal_that_is_no_seal_is_refused_to_anybody(light_browser, seal):
    light_browser.open("/connexion")
    answer = light_browser.client.post("/connexion", data={"seal": seal, "email": "x@ville.example"})
    assert (answer.status_code, "ce formulaire" in text_of(answer).casefold()) == (403, True)


@pytest.mark.parametrize("path", ["/actions?axis=%00", "/decisions?body=%00", "/recherche?words=a%00b", "/recherche?page=%00"])
def test_a_character_that_no_database_keeps_is_refused_in_an_address(clerk, path):
    answer = clerk.open(path)
    assert (answer.status_code, UNSTORABLE in text_of(answer)) == (422, True)


@pytest.mark.parametrize("path", ["/actions/%00", "/personnes/%00", "/avis/%00", "/nouvelle/%00", "/actions/%00/examens"])
def test_a_place_with_a_character_that_no_database_keeps_is_none(clerk, path):
    assert clerk.open(path).status_code == 404


def test_a_character_that_no_database_keeps_is_refused_in_a_form(clerk):
    number = clerk.desk.propose()
    known = len(clerk.desk.rows(Event))
    answer = clerk.fill(f"/actions/{number}/withdraw", reason="a\0b")
    assert (answer.status_code, UNSTORABLE in text_of(answer), len(clerk.desk.rows(Event))) == (422, True, known)
    assert clerk.send("/deconnexion", "/bureau").status_code == 303
    assert clerk.send("/connexion", email="\0@ville.example").status_code == 422


def test_numbers_without_end_are_refused_where_they_were_typed(clerk):
    chosen = {"rhythm": "daily", "weekday": "0", "seen": "0"}
    for given in ({"hour": MANY_DIGITS}, {"hour": "8", "seen": MANY_DIGITS}):
        assert clerk.send("/preferences", **chosen | given).status_code in (409, 422)
    assert clerk.open(f"/actions?page={'9' * 30}").status_code == 200


@pytest.mark.parametrize("absence", ["99999999999", "9" * 30])
def test_an_absence_that_no_database_could_number_is_unknown(clerk, absence):
    assert clerk.open(f"/personnes/pilote-velo/absence/{absence}").status_code == 422
    for path in (f"/personnes/pilote-velo/absence/{absence}", f"/personnes/pilote-velo/absence/{absence}/retrait"):
        assert clerk.send(path, "/bureau").status_code == 422
    assert clerk.desk.rows(Absence) == []


@pytest.mark.parametrize("weight", ["0001000", "1000", "00000000001", "-1", "\u0661"])
def test_a_weight_is_read_whole(clerk, weight):
    known = len(clerk.desk.rows(Seat))
    seat = {"seat": "COTECH-99", "body": "cotech", "role": "member", "partner": "ville", "starts_on": "2026-09-01"}
    answer = clerk.send("/personnes/pilote-velo/siege", **seat, weight=weight)
    assert (answer.status_code, len(clerk.desk.rows(Seat))) == (422, known)


def bare(header: bytes) -> str:
    return base64.urlsafe_b64encode(header).decode().rstrip("=") + ".e30.eA"


@pytest.mark.parametrize("header", [b'["alg"]', b'"alg"', b"7", b'{"alg":"RS256","crit":5}', b'{"alg":["RS256"]}', b"{}", b"not json"])
def test_a_sign_out_by_an_institution_that_is_no_token_is_refused(light, header):
    answer = light.client.post("/connexion/par/ville/sortie", data={"logout_token": bare(header)})
    assert answer.status_code == 400
