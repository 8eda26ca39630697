"""A real Matrix server, in a virtual environment of its own (``make test-matrix`` installs it): on loopback, with SQLite, knowing nobody else."""

import hashlib
import hmac
import json
import subprocess
import time
from urllib.parse import quote

import httpx
import pytest
from builders import ROOT
from machine import lacking
from ports import free_port

_PYTHON = ROOT / ".venv/synapse/bin/python"
_SHARED = "only-for-this-test"
_FREELY = {"per_second": 1000, "burst_count": 1000}


class Synapse:
    """The server, which may be stopped and started again, and what people do there."""

    def __init__(self, folder):
        self.port, self._folder, self._process = free_port(), folder, None
        self.client = httpx.Client(base_url=f"http://127.0.0.1:{self.port}", timeout=20, trust_env=False)
        self._config = folder / "homeserver.yaml"
        self._config.write_text(json.dumps(self._settings()), encoding="utf-8")

    def _settings(self):
        listener = {"port": self.port, "bind_addresses": ["127.0.0.1"], "type": "http", "resources": [{"names": ["client"]}]}
        return {
            "server_name": "ville.example",
            "listeners": [listener],
            "database": {"name": "sqlite3", "args": {"database": str(self._folder / "homeserver.db")}},
            "signing_key_path": str(self._folder / "signing.key"),
            "media_store_path": str(self._folder / "media"),
            "pid_file": str(self._folder / "homeserver.pid"),
            "registration_shared_secret": _SHARED,
            "macaroon_secret_key": _SHARED,
            "report_stats": False,
            "trusted_key_servers": [],
            "rc_message": _FREELY,
            "rc_login": {"address": _FREELY, "account": _FREELY},
        }

    def start(self):
        command = [str(_PYTHON), "-m", "synapse.app.homeserver", "--config-path", str(self._config)]
        subprocess.run([*command, "--generate-keys"], check=True, cwd=self._folder, capture_output=True)  # noqa: S603  # our own choice
        with (self._folder / "output").open("ab") as output:
            self._process = subprocess.Popen(command, cwd=self._folder, stdout=output, stderr=output)  # noqa: S603  # as above
        end = time.monotonic() + 60
        while not self._answers():
            assert self._process.poll() is None, (self._folder / "output").read_text(encoding="utf-8")[-2000:]
            assert time.monotonic() < end, "not within a minute"
            time.sleep(0.1)

    def stop(self):
        self._process.terminate()
        self._process.wait(30)

    def _answers(self):
        try:
            return self.client.get("/health").is_success
        except httpx.TransportError:
            return False

    def register(self, name, password):
        """A new user, by the shared secret; returns their access token."""
        nonce = self.client.get("/_synapse/admin/v1/register").json()["nonce"]
        signed = hmac.new(_SHARED.encode(), b"\0".join([nonce.encode(), name.encode(), password.encode(), b"notadmin"]), hashlib.sha1)
        asked = {"nonce": nonce, "username": name, "password": password, "admin": False, "mac": signed.hexdigest()}
        return self.client.post("/_synapse/admin/v1/register", json=asked).raise_for_status().json()["access_token"]

    def ask(self, method, path, token, **content):
        bearer = {"Authorization": f"Bearer {token}"}
        answer = self.client.request(
            method, f"/_matrix/client/v3/{path}", headers=bearer, json=content or ({} if method != "GET" else None)
        )
        return answer.raise_for_status().json()

    def room(self, token, **how):
        return self.ask("POST", "createRoom", token, **how)["room_id"]

    def said_in(self, room, token):
        """The messages of a room, oldest first."""
        chunk = self.ask("GET", f"rooms/{quote(room)}/messages?dir=f&limit=100", token)["chunk"]
        return [event["content"]["body"] for event in chunk if event["type"] == "m.room.message"]


@pytest.fixture(scope="session")
def synapse(tmp_path_factory):
    if not _PYTHON.exists():
        lacking("no Matrix server is installed (make test-matrix does)")
    server = Synapse(tmp_path_factory.mktemp("synapse"))
    with server.client:
        server.start()
        yield server
        server.stop()
