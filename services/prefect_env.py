"""How Prefect is started: its own folder, its own secret, nothing inherited from the caller, nothing sent outside. No Prefect import here."""

import os
import secrets
import stat
import sys
from collections.abc import Mapping
from pathlib import Path

from models.errors import Refused
from services.settings import Settings

PREFECT_USER = "passerelle"
_OTHERS = stat.S_IRWXG | stat.S_IRWXO
_DAY_SECONDS = 86_400
_FLOW_RUN_DAYS = 90
_EVENT_DAYS = 7


def prefect_environment(settings: Settings, base: Mapping[str, str]) -> dict[str, str]:
    """The environment of every Prefect process: ``base`` without the caller's own Prefect settings, and ours in their place.

    The secret must exist (``ensure_secret``). Raises Refused when other people can read it.
    """
    kept = {name: value for name, value in base.items() if not name.upper().startswith("PREFECT")}
    return kept | _client(settings) | _server(settings) | _worker() | _no_proxy(base)


def server_command(settings: Settings) -> list[str]:
    """How to start the server. Run it, and every Prefect process, in ``working_folder`` with ``prefect_environment``."""
    return [sys.executable, "-m", "flows.server", "--host", "127.0.0.1", "--port", str(settings.prefect_port)]


def working_folder(settings: Settings) -> Path:
    """Prefect reads ``prefect.toml``, ``pyproject.toml`` and ``.env`` where it stands: in here there are none."""
    return settings.prefect_home


def prepare_prefect(settings: Settings) -> None:
    """Make Prefect's folder and its secret. Doing it again changes nothing; refuses as ``ensure_secret``."""
    settings.prefect_home.mkdir(parents=True, exist_ok=True, mode=0o700)
    ensure_secret(settings.prefect_auth)


def ensure_secret(path: Path) -> str:
    """Read the ``user:password`` in ``path``, made on first use for its owner alone. Refuses a file that others can open."""
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return read_secret(path)
    with os.fdopen(handle, "w", encoding="ascii") as file:
        file.write(f"{PREFECT_USER}:{secrets.token_urlsafe(32)}\n")
    return read_secret(path)


def read_secret(path: Path) -> str:
    """The secret in ``path``. Refuses a missing file, one that others can open, and one that holds no ``user:password``."""
    try:
        mode = path.stat().st_mode
    except FileNotFoundError:
        raise Refused.because("prefect_secret_missing", str(path)) from None
    if mode & _OTHERS:
        raise Refused.because("prefect_secret_open_to_others", str(path), mode=oct(stat.S_IMODE(mode)))
    secret = path.read_text(encoding="ascii").strip()
    user, separator, password = secret.partition(":")
    if not (user and separator and password):
        raise Refused.because("prefect_secret_unreadable", str(path))
    return secret


def _client(settings: Settings) -> dict[str, str]:
    return {
        "DO_NOT_TRACK": "1",
        "PREFECT_HOME": str(settings.prefect_home),
        "PREFECT_PROFILES_PATH": str(settings.prefect_home / "profiles.toml"),
        "PREFECT_API_URL": settings.prefect_api_url,
        "PREFECT_API_AUTH_STRING": read_secret(settings.prefect_auth),
        "PREFECT_CLIENT_CSRF_SUPPORT_ENABLED": "true",
        "PREFECT_CLIENT_SERVER_VERSION_CHECK_ENABLED": "false",
        "PREFECT_CLI_COLORS": "false",
        "PREFECT_CLI_PROMPT": "false",
        "PREFECT_LOGGING_COLORS": "false",
        "PREFECT_LOGGING_LEVEL": "WARNING",
        "PREFECT_SERVER_EPHEMERAL_ENABLED": "false",
    }


def _server(settings: Settings) -> dict[str, str]:
    origins = f"{settings.prefect_url},http://localhost:{settings.prefect_port}"
    return {
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "PREFECT_SERVER_API_AUTH_STRING": read_secret(settings.prefect_auth),
        "PREFECT_SERVER_API_CORS_ALLOWED_ORIGINS": origins,
        "PREFECT_SERVER_API_CSRF_PROTECTION_ENABLED": "true",
        "PREFECT_SERVER_API_HOST": "127.0.0.1",
        "PREFECT_SERVER_API_PORT": str(settings.prefect_port),
        "PREFECT_SERVER_DOCKET_URL": "memory://",
        "PREFECT_SERVER_EVENTS_RETENTION_PERIOD": f"P{_EVENT_DAYS}D",
        "PREFECT_SERVER_LOGGING_LEVEL": "WARNING",
        "PREFECT_SERVER_SERVICES_DB_VACUUM_ENABLED": "events,flow_runs",
        "PREFECT_SERVER_SERVICES_DB_VACUUM_RETENTION_PERIOD": str(_FLOW_RUN_DAYS * _DAY_SECONDS),
        "PREFECT_SERVER_UI_API_URL": "/api",
        "PREFECT_SERVER_UI_SHOW_PROMOTIONAL_CONTENT": "false",
        "PREFECT_SERVER_UI_STATIC_DIRECTORY": str(settings.prefect_home / "ui"),
        "PREFECT_SERVER_UI_V2_ENABLED": "false",
        "PREFECT_UI_URL": settings.prefect_url,
    }


def _worker() -> dict[str, str]:
    """No run is fetched before its time: it would wait in the worker, and the worker for it when it has to end."""
    return {"PREFECT_WORKER_HEARTBEAT_SECONDS": "5", "PREFECT_WORKER_PREFETCH_SECONDS": "0", "PREFECT_WORKER_QUERY_SECONDS": "0.5"}


def _no_proxy(base: Mapping[str, str]) -> dict[str, str]:
    """The caller's proxy stays in force for the outside world; loopback never goes through it."""
    return {name: ",".join(filter(None, (base.get(name), "127.0.0.1", "localhost"))) for name in ("NO_PROXY", "no_proxy")}
