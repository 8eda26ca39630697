"""Whatever a provider, or somebody between it and us, may forge or break; and providers that are away."""

import time
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlencode

import pytest
from institutions import SECRET, forging, with_shared_secret
from joserfc.jwk import RSAKey
from portal_http import browsing, words_of
from signing_on import BACK, CLERK_MAIL, START, at, come_back, refusal, signed_in, went_there

from models.tables import Account, SignIn
from services.sign_on_provider import SECONDS

FOREIGN = RSAKey.generate_key(2048, {"kid": "first"})


FORGED = {
    "another nonce": lambda ville: ville.claims.update(nonce="another"),
    "no nonce": lambda ville: ville.claims.update(nonce=None),
    "another issuer": lambda ville: ville.claims.update(iss="https://ailleurs.example"),
    "no issuer": lambda ville: ville.claims.update(iss=None),
    "nearly the issuer": lambda ville: ville.claims.update(iss=ville.issuer + "/"),
    "another audience": lambda ville: ville.claims.update(aud="another"),
    "no audience": lambda ville: ville.claims.update(aud=None),
    "also for another": lambda ville: ville.claims.update(aud=["passerelle", "another"]),
    "given to another": lambda ville: ville.claims.update(azp="another"),
    "expired": lambda ville: ville.claims.update(exp=int(ville.watch().timestamp()) - 61),
    "for ever": lambda ville: ville.claims.update(exp=None),
    "until no number": lambda ville: ville.claims.update(exp=float("nan")),
    "from the future": lambda ville: ville.claims.update(iat=int(ville.watch().timestamp()) + 120),
    "of another access": lambda ville: ville.claims.update(at_hash="AAAA"),
    "no subject": lambda ville: ville.claims.update(sub=None),
    "an empty subject": lambda ville: ville.claims.update(sub=""),
    "a subject that is no text": lambda ville: ville.claims.update(sub=7),
    "a subject without end": lambda ville: ville.claims.update(sub="u" * 256),
    "not signed": lambda ville: ville.header.update(alg="none"),
    "shared secret": lambda ville: (ville.header.update(alg="HS256"), ville.sign_with(unpublished=with_shared_secret())),
    "another key": lambda ville: ville.sign_with(unpublished=FOREIGN),
    "another key without a name": lambda ville: (ville.sign_with(unpublished=FOREIGN), ville.header.update(kid=None)),
    "an unknown key": lambda ville: (ville.sign_with(unpublished=FOREIGN), ville.header.update(kid="unknown")),
    "no place for codes": lambda ville: ville.metadata.update(token_endpoint=ville.issuer + "/nowhere"),
    "no keys": lambda ville: ville.metadata.update(jwks_uri=ville.issuer + "/nowhere"),
    "not one key": lambda ville: ville.published.clear(),
}


class Ticks:
    """Seconds that pass only when told to."""

    passed = 0.0

    def __call__(self):
        return self.passed


def test_a_token_that_is_not_what_it_should_be_signs_nobody_in(light_desk, watch, caplog):
    found, light_desk.app.clock.ticks = {}, Ticks()
    with forging(watch) as ville, browsing(at(light_desk, ville.institution())) as browser:
        for name, forge in FORGED.items():
            light_desk.app.clock.ticks.passed += 660  # what was known of the provider is asked for again
            ville.be_honest()
            ville.be("u-1", CLERK_MAIL)
            forge(ville)
            status, said = refusal(come_back(browser, ville))
            found[name] = (status, "n'est pas recevable" in said, signed_in(browser))
    assert found == dict.fromkeys(FORGED, (502, True, False))
    assert (light_desk.rows(SignIn), light_desk.rows(Account)) == ([], [])
    assert sum("signing in by ville: " in line for line in caplog.messages) == len(FORGED)
    assert (CLERK_MAIL in caplog.text, SECRET in caplog.text) == (False, False)


def test_a_token_that_has_just_expired_is_taken_since_clocks_differ(light, ville):
    ville.claims.update(exp=int(ville.watch().timestamp()) - 30)
    assert come_back(light, ville).status_code == 303


@pytest.mark.parametrize("kid", ["second", None])
def test_a_provider_may_change_its_key_at_any_moment(light, ville, kid):
    come_back(light, ville)
    light.desk.watch.advance(minutes=1)
    ville.turn(kid=kid)
    providers = light.another()
    with providers.client:
        assert come_back(providers, ville).status_code == 303


def test_an_answer_serves_once(both, ville):
    sent = urlencode(ville.authorize(went_there(both)))
    kept = {cookie.name: cookie.value for cookie in both.client.cookies.jar}
    assert both.open(f"{BACK}?{sent}").status_code == 303
    assert "n'a pas été commencée dans ce navigateur" in refusal(both.open(f"{BACK}?{sent}"))[1]
    thief = both.another()
    with thief.client:
        thief.client.cookies.update(kept)
        assert (thief.open(f"{BACK}?{sent}").status_code, signed_in(thief)) == (502, False), "the code is worth nothing now"
        ville.codes[dict(pair.split("=") for pair in sent.split("&"))["code"]] = ville.seen[-1]
        assert ("a déjà servi" in refusal(thief.open(f"{BACK}?{sent}"))[1], signed_in(thief)) == (True, False), (
            "nor the attempt, at a provider that takes codes twice"
        )


def test_an_answer_that_another_browser_asked_for_signs_nobody_in(light, ville):
    """Nobody can be signed in as somebody else by a link (login CSRF)."""
    sent = urlencode(ville.authorize(went_there(light)))
    victim = light.another()
    with victim.client:
        assert ("n'a pas été commencée" in refusal(victim.open(f"{BACK}?{sent}"))[1], signed_in(victim)) == (True, False)
        went_there(victim)
        assert ("n'a pas été commencée" in refusal(victim.open(f"{BACK}?{sent}"))[1], signed_in(victim)) == (True, False)
    assert ville.asked.count("/token") == 0


@pytest.mark.parametrize("changes", [{"state": None}, {"state": ""}, {"state": "x" * 43}, {"state": "é"}])
def test_an_answer_without_its_state_is_refused(light, ville, changes):
    assert (refusal(come_back(light, ville, **changes))[0], ville.asked.count("/token")) == (403, 0)


def test_what_the_browser_remembers_cannot_be_made_up(light, ville):
    sent = urlencode(ville.authorize(went_there(light)))
    [cookie] = [cookie for cookie in light.client.cookies.jar if cookie.name == "passerelle_visit"]
    assert (cookie.path, cookie.has_nonstandard_attr("HttpOnly")) == ("/connexion/par", True)
    for made_up in (
        cookie.value[:-1] + ("0" if cookie.value[-1] != "0" else "1"),
        "A" + cookie.value,
        cookie.value.split(".")[0],
        ".",
        "é",
    ):
        other = light.another()
        with other.client:
            answer = other.client.get(f"{BACK}?{sent}", headers={"Cookie": f"passerelle_visit={made_up}".encode("latin-1")})
            assert answer.status_code == 403


def test_an_attempt_is_old_after_ten_minutes(light, ville):
    sent = urlencode(ville.authorize(went_there(light)))
    light.desk.watch.advance(minutes=10, seconds=1)
    assert "a pris trop de temps" in refusal(light.open(f"{BACK}?{sent}"))[1]


def test_the_answer_of_one_provider_cannot_pass_for_another_s(light_desk, watch, ville):
    with forging(watch) as univ:
        univ.be("u-9", CLERK_MAIL)
        with browsing(at(light_desk, ville.institution(), univ.institution("univ"))) as browser:
            sent = ville.authorize(went_there(browser))
            elsewhere = browser.open(f"/connexion/par/univ/retour?{urlencode({**sent, 'iss': univ.issuer})}")
            assert "n'a pas été commencée" in refusal(elsewhere)[1]
            answer = come_back(browser, ville, iss=univ.issuer)
            assert (refusal(answer)[0], signed_in(browser), univ.asked) == (502, False, [])
            assert ville.asked.count("/token") == 0


@pytest.mark.parametrize(("names_itself", "status"), [(True, 502), (False, 303)])
def test_a_provider_that_says_who_it_is_in_every_answer_has_to(light, ville, names_itself, status):
    ville.metadata["authorization_response_iss_parameter_supported"] = names_itself
    assert come_back(light, ville, iss=None).status_code == status


@pytest.mark.parametrize(
    ("error", "status", "said"),
    [
        ("access_denied", 403, "abandonnée auprès de l'institution"),
        ("server_error", 502, "n'est pas recevable"),
        ("<script>", 502, "n'est pas recevable"),
    ],
)
def test_an_institution_that_says_no_is_heard_and_not_repeated(light, ville, error, status, said, caplog):
    answer = come_back(light, ville, error=error, error_description="<script>alert(1)</script>", code=None)
    assert (refusal(answer)[0], said in words_of(answer), "alert" in answer.text + caplog.text) == (status, True, False)


def test_what_a_provider_says_of_itself_has_to_make_sense(light, ville):
    for ville.away in [
        (200, b"no JSON"),
        (200, []),
        (200, b"[" + b" " * 1_100_000 + b"]"),
        (302, {}),
        (404, {}),
        (200, {"issuer": "https://ailleurs.example"}),
    ]:
        assert (ville.away, refusal(light.open(START))[0]) == (ville.away, 502)


def test_nobody_is_sent_to_an_address_that_will_not_do(light, ville):
    for place in [
        "javascript:alert(1)",
        "http://ailleurs.example/authorize",
        "//ailleurs.example",
        "https://u:p@ailleurs.example/",
        "https://[",
        7,
        None,
    ]:
        ville.metadata["authorization_endpoint"] = place
        assert (place, refusal(light.open(START))[0]) == (place, 502)


def test_whatever_an_address_carries_one_arrives_on_the_desk_and_nowhere_else(light, ville):
    sent = ville.authorize(went_there(light, f"{START}?next=https://ailleurs.example&redirect_uri=//ailleurs.example"))
    answer = light.open(f"{BACK}?{urlencode({**sent, 'next': 'https://ailleurs.example', 'redirect_uri': '//ailleurs.example'})}")
    assert answer.headers["location"] == "/bureau"


def test_what_is_asked_for_is_as_little_as_will_do_and_bound_to_this_attempt(light, ville):
    ville.authorize(went_there(light))
    ville.authorize(went_there(light))
    one, two = ville.seen
    assert (one["scope"], one["response_type"], one["code_challenge_method"], one["ui_locales"]) == ("openid email", "code", "S256", "fr")
    assert one["redirect_uri"] == f"{light.desk.app.settings.base_url}{BACK}"
    assert all(one[name] != two[name] for name in ("state", "nonce", "code_challenge"))


def test_a_provider_that_wants_the_secret_in_the_form_gets_it_there(light, ville):
    ville.metadata["token_endpoint_auth_methods_supported"] = ["private_key_jwt", "client_secret_post"]
    assert come_back(light, ville).status_code == 303


@pytest.mark.parametrize("away", ["cut", (500, {}), (503, b"")])
def test_a_provider_that_is_away_is_said_to_be_and_the_mail_goes_on(light, ville, away):
    ville.away = away
    status, said = refusal(light.open(START))
    assert (status, "'institution ne répond pas" in said) == (503, True)
    light.sign_in(CLERK_MAIL)
    assert signed_in(light)


def test_one_that_goes_away_in_the_middle_signs_nobody_in(light, ville):
    sent = urlencode(ville.authorize(went_there(light)))
    ville.away = "cut"
    assert (refusal(light.open(f"{BACK}?{sent}"))[0], signed_in(light)) == (503, False)


@pytest.mark.parametrize(("away", "why"), [("silent", "ReadTimeout"), ("dripping", "TimeoutError")])
def test_one_that_is_slow_is_given_three_seconds_once_and_then_left_alone(light, ville, away, why, caplog):
    ville.away = away
    assert [refusal(light.open(START))[0] for _ in range(5)] == [503] * 5
    assert (SECONDS, len(ville.asked)) == (3.0, 1)
    assert caplog.messages == [f"signing in by ville: {why}"] + ["signing in by ville: it did not answer a moment ago"] * 4


def test_however_many_wait_for_one_that_is_silent_the_portal_is_there_for_everybody_else(light, ville, caplog, monkeypatch):
    monkeypatch.setattr("services.sign_on_provider.SECONDS", 60.0)  # so that all of them still wait, however slow the machine
    ville.away = "silent"
    browsers = [light.another() for _ in range(16)]
    with ThreadPoolExecutor(16) as pool:
        waiting = [pool.submit(browser.open, START) for browser in browsers]
        until = time.monotonic() + 10
        while len(ville.asked) < 16 and time.monotonic() < until:
            time.sleep(0.01)
        assert (refusal(light.open(START))[0], light.open("/connexion").status_code) == (503, 200)
        assert caplog.messages == ["signing in by ville: 16 wait for it already"]
        assert [answer.done() for answer in waiting] == [False] * 16
        ville.hurry.set()
        assert [answer.result().status_code for answer in waiting] == [503] * 16
    for browser in browsers:
        browser.client.close()
