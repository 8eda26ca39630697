"""A portal over HTTP, as a browser without scripts uses it: the real application."""

import asyncio
import re
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from html import unescape

import httpx
import uvicorn
from anyio.to_thread import current_default_thread_limiter
from builders import Desk

from models.tables import Delivery, Person, Seat
from portal.__main__ import AT_ONCE
from portal.application import create_portal
from portal.context import Portal
from services.bootstrap import App
from services.links import address_of, secret_of

SEAL = re.compile(r'name="seal" value="([0-9a-f]{64})"')


def text_of(page) -> str:
    """What a page says, markup included, with plain spaces."""
    return unescape(page.text).replace("\u00a0", " ")


def words_of(page) -> str:
    """What a page says to a reader, without its markup, on one line."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", text_of(page)))


def hidden(page, name: str) -> str:
    """What a form carries along under this name."""
    found = re.search(rf'name="{name}" value="([^"]*)"', page.text)
    assert found is not None, name
    return found[1]


@dataclass
class Browser:
    """Follows links and sends forms as a browser without scripts does."""

    client: httpx.Client
    desk: Desk

    def another(self) -> "Browser":
        """Another browser, with nothing in it, at the same portal."""
        return Browser(httpx.Client(base_url=self.client.base_url, timeout=30, trust_env=False), self.desk)

    def open(self, path: str, **headers: str):
        return self.client.get(path, headers=headers, follow_redirects=False)

    def seal(self, path: str) -> str:
        found = SEAL.search(self.open(path).text)
        assert found is not None, f"no form at {path}"
        return found[1]

    def send(self, path: str, _form: str | None = None, /, **fields):
        """Fill in the form at a page (the path itself unless said) and send it."""
        return self.client.post(path, data={"seal": self.seal(_form or path), **fields}, follow_redirects=False)

    def carried(self, page, name: str) -> str:
        """What the form of a page carries along under this name, or nothing."""
        return hidden(page, name) if f'name="{name}" value="' in page.text else ""

    def fill(self, path: str, **fields):
        """Open a form, keep what it carries along, fill in the rest and send it."""
        page = self.open(path)
        assert page.status_code == 200, page.text
        carried = {name: hidden(page, name) for name in ("seal", "key", "seat", "seen_version") if f'name="{name}" value' in page.text}
        return self.client.post(path, data=carried | fields, follow_redirects=False)

    def path_of(self, delivery) -> str:
        app = self.desk.app
        address = address_of(secret_of(app.db), app.settings.base_url, delivery.message, delivery.id)
        return address.removeprefix(app.settings.base_url)

    def mails_to(self, email: str, message: str) -> list:
        """The deliveries of a message to a person, oldest first."""
        [person] = self.desk.rows(Person, email=email)
        found = self.desk.rows(Delivery, person_id=person.id, message=message)
        return sorted(found, key=lambda row: (row.created_at, row.id.int))

    def member(self, seat: str) -> str:
        """The address of whoever holds a seat."""
        [held] = self.desk.rows(Seat, code=seat)
        [person] = self.desk.rows(Person, id=held.person_id)
        return person.email

    def link_of(self, email: str, message: str) -> str:
        """The path of the link in the newest mail of this message to a person."""
        return self.path_of(self.awaited(email, message)[-1])

    def awaited(self, email: str, message: str, more_than: int = 0) -> list:
        """The same mails, once there are more than so many: some are written after the page has gone out."""
        until = time.monotonic() + 10
        while len(found := self.mails_to(email, message)) <= more_than and time.monotonic() < until:
            time.sleep(0.01)
        return found

    def sign_in(self, email: str):
        before = len(self.mails_to(email, "sign-in"))
        self.send("/connexion", email=email)
        return self.send(self.path_of(self.awaited(email, "sign-in", before)[-1]))


class _Prompt(uvicorn.Server):
    """Ends once it is told to and has answered; uvicorn's own looks whether to ten times a second, and then waits a tenth at least."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._told = asyncio.Event()

    def end(self) -> None:
        """To be called from another thread."""
        self.should_exit = True
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self._told.set)

    async def main_loop(self) -> None:
        self._loop = asyncio.get_running_loop()
        await self.on_tick(0)
        current_default_thread_limiter().total_tokens = AT_ONCE
        if not self.should_exit:
            await self._told.wait()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        for connection in list(self.server_state.connections):
            connection.shutdown()
        for closed in (*self.servers, *(sockets or ())):
            closed.close()
        await asyncio.gather(*self.server_state.tasks)


@contextmanager
def served(app: App, change: Callable[[Portal], Portal] = lambda portal: portal) -> Iterator[str]:
    """The portal on a port of its own, as the program serves it but for a ``change``; returns its address."""
    web = create_portal(app)
    web.state.portal = change(web.state.portal)
    config = uvicorn.Config(web, host="127.0.0.1", port=0, log_config=None, access_log=False, lifespan="off", timeout_keep_alive=60)
    server = _Prompt(config)
    with socket.socket(
        proto=socket.IPPROTO_TCP
    ) as listening:  # else asyncio takes it for no TCP, and each answer waits 40 ms for its second part
        listening.bind(("127.0.0.1", 0))
        listening.listen(128)  # who comes before the server is there waits for it
        thread = threading.Thread(target=server.run, args=([listening],), name="portal")
        thread.start()
        try:
            yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        finally:
            server.end()
            thread.join()


@contextmanager
def browsing(desk: Desk) -> Iterator[Browser]:
    """A browser, with nothing in it, at the portal of a desk's home."""
    with served(desk.app) as address, httpx.Client(base_url=address, timeout=30, trust_env=False) as client:
        yield Browser(client, desk)
