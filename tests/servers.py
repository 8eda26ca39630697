"""Real servers that misbehave on demand: a scripted SMTP server and an HTTP server that keeps what it was told."""

import asyncio
import json
from concurrent.futures import Future
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from types import SimpleNamespace

from aiosmtpd.smtp import SMTP

OK = "250 OK"


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
    """An HTTP server that keeps what it is sent and answers as told."""
    heard, answers = [], []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            heard.append((self.path, json.loads(self.rfile.read(int(self.headers["Content-Length"])))))
            self.send_response(answers.pop(0) if answers else 200)
            self.send_header("Location", "/elsewhere")
            self.end_headers()

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield SimpleNamespace(port=server.server_port, heard=heard, answers=answers)
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
