"""How long a sign-in by an institution's account lasts, and how it ends, here and there."""

import re

import pytest
from portal_http import words_of
from signing_on import CLERK_MAIL, come_back, person, refusal, signed_in

from services.visitors import IDLE, LONGEST, revoke_links


@pytest.mark.parametrize("away", [IDLE, LONGEST])
def test_the_rules_of_sessions_hold(light, ville, away):
    come_back(light, ville)
    for _ in range(int(away / IDLE) * 2):
        assert signed_in(light)
        light.desk.watch.advance(minutes=IDLE.total_seconds() / 120)
        if away == IDLE:
            light.desk.watch.advance(minutes=IDLE.total_seconds() / 60)
            break
    light.desk.watch.advance(seconds=1)
    assert not signed_in(light)


def test_revoked_links_end_what_an_account_began(light, ville):
    come_back(light, ville)
    light.desk.watch.advance(minutes=1)
    revoke_links(light.desk.app, person(light.desk).id)
    assert not signed_in(light)


def test_signing_out_ends_the_session_here_and_offers_to_end_the_other(light, ville):
    come_back(light, ville)
    assert light.open("/deconnexion").headers["location"] == "/", "there is nothing to say to whoever is signed in"
    assert light.open("/deconnexion/institution").headers["location"] == "/"
    left = light.send("/deconnexion", "/bureau")
    assert (left.headers["location"], signed_in(light)) == ("/deconnexion", False)
    assert "Votre session auprès de votre institution (la Ville) reste ouverte" in words_of(light.open("/deconnexion"))
    place = light.open("/deconnexion/institution").headers["location"]
    asked = dict(re.findall(r"[?&](\w+)=([^&]*)", place))
    assert place.startswith(f"{ville.issuer}/end_session?")
    assert (asked["client_id"], asked["post_logout_redirect_uri"]) == ("passerelle", "http%3A%2F%2F127.0.0.1%3A8080%2Fconnexion")
    assert asked["id_token_hint"].count(".") == 2
    assert light.open("/deconnexion").headers["location"] == "/", "it is offered once"


def test_whoever_signed_in_by_mail_is_offered_no_other_way_out(light):
    light.sign_in(CLERK_MAIL)
    assert light.send("/deconnexion", "/bureau").headers["location"] == "/connexion"


def test_an_institution_without_a_way_out_or_that_is_away_is_said_to_be(light, ville):
    ville.metadata["end_session_endpoint"] = None
    come_back(light, ville)
    light.send("/deconnexion", "/bureau")
    assert "Fermez toutes les fenêtres" in refusal(light.open("/deconnexion/institution"))[1]


def test_a_token_too_long_for_a_cookie_is_left_out_of_the_way_back(light, ville):
    come_back(light, ville)
    ville.claims["groups"] = ["x" * 4000]
    come_back(light, ville)
    light.send("/deconnexion", "/bureau")
    assert "id_token_hint" not in light.open("/deconnexion/institution").headers["location"]


def ended(browser, token):
    return browser.client.post("/connexion/par/ville/sortie", data={"logout_token": token}).status_code


@pytest.mark.parametrize("who", [{"sub": "u-1"}, {"sid": "s-1"}, {"sub": "u-1", "sid": "s-1"}])
def test_a_session_that_ends_at_the_institution_ends_here(both, ville, who):
    ville.claims["sid"] = "s-1"
    come_back(both, ville)
    assert (ended(both, ville.logout_token(**who)), signed_in(both)) == (200, False)


def test_the_end_of_another_session_ends_none_here(light, ville):
    ville.claims["sid"] = "s-1"
    come_back(light, ville)
    others = ({"sub": "u-2"}, {"sid": "s-2"}, {"sub": "u-1", "sid": "s-2"})
    assert [(ended(light, ville.logout_token(**claims)), signed_in(light)) for claims in others] == [(200, True)] * 3


UNPROVEN = {
    "nobody's": {},
    "no event": {"sub": "u-1", "events": None},
    "another event": {"sub": "u-1", "events": {}},
    "an ID token": {"sub": "u-1", "nonce": "n"},
    "for another": {"sub": "u-1", "aud": "another"},
    "by another": {"sub": "u-1", "iss": "https://ailleurs.example"},
    "without a number": {"sub": "u-1", "jti": None},
    "old": {"sub": "u-1", "iat": 1, "exp": 99_999_999_999},
    "expired": {"sub": "u-1", "exp": 1},
}


def test_the_end_of_a_session_has_to_be_proven(light, ville):
    come_back(light, ville)
    found = {name: (ended(light, ville.logout_token(**claims)), signed_in(light)) for name, claims in UNPROVEN.items()}
    assert found == dict.fromkeys(UNPROVEN, (400, True))
    assert [ended(light, token) for token in ("", "x.y.z")] == [400, 400]
