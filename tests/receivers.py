"""Programs that are told of events: real HTTP servers that keep what they are sent, and the verifier that the documentation gives to whoever writes one."""

import json
import re
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Event, Thread
from typing import Any

from builders import ROOT
from servers import prefect_like_server

from services.prefect_api import PrefectApi
from services.relay import Relay
from services.stages import run_deliveries

PATH = "/passerelle?key=x"


@cache
def documented_verifier():
    """The function that the documentation shows, as it stands there."""
    shown = re.search(r"```python\n(.*?)```", Path(ROOT / "docs/webhooks.md").read_text(encoding="utf-8"), re.DOTALL)
    made: dict[str, Any] = {}
    exec(shown[1], made)  # noqa: S102  # our own page
    return made["verified"]


@dataclass(frozen=True)
class Heard:
    """One post as it came in."""

    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def id(self) -> str:
        return self.headers["webhook-id"]

    @property
    def said(self) -> Any:
        return json.loads(self.body)

    def is_signed_by(self, secret: str) -> bool:
        """By the documentation's own verifier, at the moment that the post names."""
        try:
            documented_verifier()(secret, self.headers, self.body, now=int(self.headers["webhook-timestamp"]))
        except ValueError:
            return False
        return True


@dataclass
class Receiver:
    """A server on this machine. It answers as told: with a status, a status and headers, ``cut``, or ``silent`` (until it ends)."""

    port: int = 0
    scheme: str = "http"
    heard: list[Heard] = field(default_factory=list)
    answers: list[Any] = field(default_factory=list)
    always: Any = 204

    @property
    def url(self) -> str:
        return f"{self.scheme}://127.0.0.1:{self.port}{PATH}"

    @property
    def told(self) -> list[tuple[str, str]]:
        """Type and action of what was heard, in order."""
        return [(one.said["type"], one.said["data"].get("action", "")) for one in self.heard]


@contextmanager
def receiving(trust=None):
    """A receiver that listens; ``trust``: with the certificate of this context."""
    receiver, over = Receiver(scheme="https" if trust else "http"), Event()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            receiver.heard.append(Heard(self.path, {name.lower(): value for name, value in self.headers.items()}, body))
            answer = receiver.answers.pop(0) if receiver.answers else receiver.always
            if answer in ("silent", "cut"):
                over.wait(30 if answer == "silent" else 0)
                return
            status, headers = answer if isinstance(answer, tuple) else (answer, {})
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.end_headers()

        def log_message(self, *_):
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    if trust:
        server.socket = trust.wrap_socket(server.socket, server_side=True)
    receiver.port = server.server_address[1]
    thread = Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield receiver
    finally:
        over.set()
        server.shutdown()
        thread.join()
        server.server_close()


def pass_on(desk) -> int:
    """What the relay does with new events: Prefect is told, and they are owed to whoever asked for them; returns how many."""
    with prefect_like_server() as told, PrefectApi(told.url, "passerelle:secret") as api:
        return Relay(desk.app, api).publish()


def post_everything(desk, gate=lambda: None) -> dict[str, int]:
    """One run of the deliveries, without mails that wait; returns what became of the posts."""
    desk.post()
    return dict(run_deliveries(desk.app, holder="test", gate=gate).posted)
