"""Real servers that misbehave on demand: a scripted SMTP server, an HTTP server that keeps what it was told, and one that answers as Prefect does."""

import asyncio
import json
from base64 import b64encode
from concurrent.futures import Future
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread
from types import SimpleNamespace
from urllib.parse import urlsplit

from aiosmtpd.smtp import SMTP

OK = "250 OK"
IDLE_WORKER = [{"name": "w", "status": "ONLINE"}]


class Script:
    """What the server answers to each command, in turn; a number of seconds means silence, "cut" a lost connection."""

    def __init__(self, **answers):
        self.answers = {command: list(replies) for command, replies in answers.items()}
        self.heard = []
        self.contents = []

    def count(self, command):
        return self.heard.count(command)

    async def answer(self, command, server):
        self.heard.append(command)
        reply = self.answers[command].pop(0) if self.answers.get(command) else OK
        if isinstance(reply, float):
            await asyncio.sleep(reply)
        if reply == "cut":
            server.transport.abort()
        return reply if isinstance(reply, str) and reply != "cut" else OK

    async def handle_EHLO(self, server, session, _envelope, hostname, responses):  # noqa: N802  # aiosmtpd's name
        session.host_name = hostname
        await self.answer("EHLO", server)
        return responses

    async def handle_MAIL(self, server, _session, envelope, address, _options):  # noqa: N802  # aiosmtpd's name
        reply = await self.answer("MAIL", server)
        if reply == OK:
            envelope.mail_from = address
        return reply

    async def handle_RCPT(self, server, _session, envelope, address, _options):  # noqa: N802  # aiosmtpd's name
        reply = await self.answer("RCPT", server)
        if reply == OK:
            envelope.rcpt_tos.append(address)
        return reply

    async def handle_DATA(self, server, _session, envelope):  # noqa: N802  # aiosmtpd's name
        self.contents.append(envelope.original_content)
        return await self.answer("DATA", server)

    async def handle_RSET(self, server, _session, _envelope):  # noqa: N802  # aiosmtpd's name
        return await self.answer("RSET", server)

    async def handle_NOOP(self, server, _session, _envelope, _arg):  # noqa: N802  # aiosmtpd's name
        return await self.answer("NOOP", server)


@contextmanager
def scripted_server(script, server_class=SMTP, ssl=None, **options):
    ready = Future()

    async def run():
        loop, stop = asyncio.get_running_loop(), asyncio.Event()
        server = await loop.create_server(
            lambda: server_class(script, hostname="test.example", loop=loop, **options), "127.0.0.1", 0, ssl=ssl
        )
        ready.set_result((loop, stop, server.sockets[0].getsockname()[1]))
        await stop.wait()
        server.close()

    thread = Thread(target=asyncio.run, args=(run(),))
    thread.start()
    loop, stop, port = ready.result(10)
    try:
        yield port
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join()


@contextmanager
def recording_chat():
    """An HTTP server that keeps what it is sent and answers as told: with a status, a status and a text, "silent" or "cut"."""
    heard, answers, done = [], [], Event()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            heard.append((self.path, json.loads(self.rfile.read(int(self.headers["Content-Length"])))))
            answer = answers.pop(0) if answers else 200
            if answer in ("silent", "cut"):
                done.wait(10 if answer == "silent" else 0)
                return
            status, said = answer if isinstance(answer, tuple) else (answer, "")
            self.send_response(status)
            self.send_header("Location", "/elsewhere")
            self.end_headers()
            self.wfile.write(said.encode())

        do_PUT = do_POST  # noqa: N815  # the library's name

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield SimpleNamespace(port=server.server_port, heard=heard, answers=answers)
    finally:
        done.set()
        server.shutdown()
        server.server_close()
        thread.join()


class Prefect:
    """What a server that answers as Prefect does was told, and how it should answer."""

    def __init__(self):
        self.batches, self.refused_ids = [], set()
        self.paused, self.unfinished, self.away = set(), {}, False
        self.secret, self.blocks = None, {}

    @property
    def events(self):
        return [event for batch in self.batches for event in batch if not event["event"].startswith("passerelle.wake.")]

    @property
    def wakes(self):
        return [event["event"].removeprefix("passerelle.wake.") for batch in self.batches for event in batch if "wake." in event["event"]]

    def answer(self, path, body):
        if self.away:
            return 503, {}
        if path == "/api/csrf-token":
            return 200, {"token": "t"}
        if path == "/api/events":
            return self._take(body)
        if path == "/api/flow_runs/filter":
            return 200, self.unfinished.get(body["flows"]["name"]["any_"][0], [])
        return self._named(path)

    def _named(self, path):
        if path.startswith("/api/deployments/name/"):
            name = path.removeprefix("/api/deployments/name/")
            return 200, {"id": "00000000-0000-0000-0000-000000000001", "paused": name in self.paused, "work_pool_name": "passerelle"}
        if path.startswith("/api/block_types/slug/secret/block_documents/name/"):
            return self._block(path.rpartition("/")[2])
        return 200, IDLE_WORKER

    def _block(self, name):
        if name not in self.blocks:
            return 404, {"detail": "Block document not found"}
        return 200, {"name": name, "data": {"value": self.blocks[name]}, "block_type_name": "Secret", "is_anonymous": False}

    def _take(self, batch):
        if self.refused_ids & {event["id"] for event in batch}:
            return 422, {"detail": "no"}
        self.batches.append(batch)
        return 204, None


@contextmanager
def prefect_like_server():
    """A server at ``url`` that answers as Prefect does, and as Prefect does on a bad day."""
    told = Prefect()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            length = int(self.headers.get("Content-Length") or 0)
            content = self.rfile.read(length)
            if len(content) < length:  # the caller died in the middle of it
                return
            body = json.loads(content) if content else None
            if told.secret and self.headers["Authorization"] != f"Basic {b64encode(told.secret.encode()).decode()}":
                status, answer = 401, {}
            else:
                status, answer = told.answer(urlsplit(self.path).path, body)
            content = b"" if answer is None else json.dumps(answer).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_POST = do_GET  # noqa: N815  # the library's name

        def log_message(self, *_):
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    told.url = f"http://127.0.0.1:{server.server_address[1]}/api"
    try:
        yield told
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
