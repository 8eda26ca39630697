import httpx
import pytest

from services.prefect_api import PrefectApi, PrefectSecretRefused
from services.prefect_env import read_secret
from services.rooms import address_of

pytestmark = pytest.mark.prefect


def ask(system, method, path, **how):
    return httpx.request(method, f"{system.settings.prefect_api_url}{path}", trust_env=False, **how).status_code


def test_without_the_secret_the_api_answers_nothing(system):
    assert ask(system, "GET", "/admin/settings") == 401
    assert ask(system, "GET", "/csrf-token?client=somebody") == 401
    assert ask(system, "POST", "/flows/filter", json={}) == 403


def test_a_wrong_secret_is_told_apart_from_an_absent_server(system):
    with PrefectApi(system.settings.prefect_api_url, "passerelle:wrong") as api, pytest.raises(PrefectSecretRefused):
        api.healthy()
    with PrefectApi("http://127.0.0.1:1/api", "passerelle:wrong") as api:
        assert api.healthy() is False


def test_with_the_secret_but_no_csrf_token_nothing_can_be_changed(system):
    user, _, password = read_secret(system.settings.prefect_auth).partition(":")
    assert ask(system, "POST", "/flows/filter", json={}, auth=(user, password)) == 403


def test_an_outdated_csrf_token_is_renewed(system):
    with PrefectApi.of(system.settings) as api:
        api._token = "outdated"
        assert api.call("POST", "/flows/filter", {"limit": 1}) != []


def test_the_address_of_a_room_is_read_from_a_secret_block(system):
    kind = system.api.call("GET", "/block_types/slug/secret")["id"]
    (schema, *_) = system.api.call("POST", "/block_schemas/filter", {"block_schemas": {"block_type_id": {"any_": [kind]}}})
    block = {"name": "salon-cotech", "data": {"value": "json://127.0.0.1/room"}, "block_type_id": kind, "block_schema_id": schema["id"]}
    system.api.call("POST", "/block_documents/", block)
    assert address_of(system.app, "prefect-secret:salon-cotech") == "json://127.0.0.1/room"
    assert system.api.secret_block("salon-copil") is None


def test_another_web_page_gets_no_answer_that_it_could_read(system):
    answer = httpx.get(f"{system.settings.prefect_api_url}/health", headers={"Origin": "https://elsewhere.example"}, trust_env=False)
    assert "access-control-allow-origin" not in answer.headers


def test_everything_listens_on_loopback_only(system):
    with pytest.raises(httpx.ConnectError):
        httpx.get(f"http://127.0.0.2:{system.settings.prefect_port}/api/health", trust_env=False)
