import stat
import sys

import pytest

from models.errors import Refused
from services.prefect_env import ensure_secret, prefect_environment, prepare_prefect, read_secret, server_command, working_folder
from services.settings import Settings


@pytest.fixture
def settings(tmp_path):
    return Settings.from_environment({"PASSERELLE_HOME": str(tmp_path / "home"), "PASSERELLE_PREFECT_PORT": "4300"})


@pytest.fixture
def prepared(settings):
    settings.home.mkdir()
    prepare_prefect(settings)
    return settings


def refusal(action):
    with pytest.raises(Refused) as refused:
        action()
    return [problem.code for problem in refused.value.problems]


def test_the_secret_is_made_once_for_its_owner_alone(prepared):
    secret = read_secret(prepared.prefect_auth)
    prepare_prefect(prepared)
    assert read_secret(prepared.prefect_auth) == secret
    assert secret.partition(":")[0] == "passerelle"
    assert len(secret.partition(":")[2]) == 43
    assert stat.S_IMODE(prepared.prefect_auth.stat().st_mode) == 0o600


def test_two_homes_have_two_secrets(tmp_path):
    assert ensure_secret(tmp_path / "one") != ensure_secret(tmp_path / "two")


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660])
def test_a_secret_that_others_can_open_is_refused(prepared, mode):
    prepared.prefect_auth.chmod(mode)
    assert refusal(lambda: prefect_environment(prepared, {})) == ["prefect_secret_open_to_others"]


def test_a_missing_secret_is_refused(settings):
    assert refusal(lambda: read_secret(settings.prefect_auth)) == ["prefect_secret_missing"]


@pytest.mark.parametrize("content", ["", "passerelle", "passerelle:", ":word"])
def test_a_file_that_is_no_secret_is_refused(tmp_path, content):
    path = tmp_path / "auth"
    path.write_text(content)
    path.chmod(0o600)
    assert refusal(lambda: read_secret(path)) == ["prefect_secret_unreadable"]


def test_nothing_of_the_callers_own_prefect_is_inherited(prepared):
    foreign = {"PREFECT_API_KEY": "k", "PREFECT_PROFILE": "cloud", "prefect_api_url": "https://elsewhere.example", "PATH": "/bin"}
    environment = prefect_environment(prepared, foreign)
    assert "PREFECT_API_KEY" not in environment
    assert "PREFECT_PROFILE" not in environment
    assert "prefect_api_url" not in environment
    assert environment["PATH"] == "/bin"
    assert environment["PREFECT_API_URL"] == "http://127.0.0.1:4300/api"
    assert environment["PREFECT_HOME"] == str(prepared.prefect_home)


def test_server_and_clients_share_the_secret_and_csrf_is_on(prepared):
    environment = prefect_environment(prepared, {})
    secret = read_secret(prepared.prefect_auth)
    assert environment["PREFECT_SERVER_API_AUTH_STRING"] == secret
    assert environment["PREFECT_API_AUTH_STRING"] == secret
    assert environment["PREFECT_SERVER_API_CSRF_PROTECTION_ENABLED"] == "true"
    assert environment["PREFECT_SERVER_API_CORS_ALLOWED_ORIGINS"] == "http://127.0.0.1:4300,http://localhost:4300"


def test_nothing_is_sent_outside_and_loopback_needs_no_proxy(prepared):
    environment = prefect_environment(prepared, {"NO_PROXY": "intranet.example"})
    assert environment["PREFECT_SERVER_ANALYTICS_ENABLED"] == "false"
    assert environment["DO_NOT_TRACK"] == "1"
    assert environment["PREFECT_SERVER_UI_V2_ENABLED"] == "false"
    assert environment["NO_PROXY"] == "intranet.example,127.0.0.1,localhost"
    assert environment["no_proxy"] == "127.0.0.1,localhost"


def test_the_server_stands_where_no_configuration_lies_about(prepared):
    assert working_folder(prepared) == prepared.prefect_home
    assert server_command(prepared) == [sys.executable, "-m", "flows.server", "--host", "127.0.0.1", "--port", "4300"]
