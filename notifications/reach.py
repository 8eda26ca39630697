"""The last look before a chat message leaves: while one is sent, this thread connects by HTTP to admitted hosts only.

The name that is really connected to is judged here, and its addresses are looked up once, for the judgement and for the connection: neither
another reading of a channel's address nor a name that changes in between leads into the network around this machine.
"""

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from urllib3.util import connection as wire

from notifications.hosts import Hosts
from notifications.message import DeliveryError


class Watch:
    """What is allowed while one message is sent, and what was refused."""

    def __init__(self, hosts: Hosts) -> None:
        """Nothing was refused yet."""
        self._hosts = hosts
        self.refused: DeliveryError | None = None

    def admit(self, host: str) -> tuple[str, ...]:
        """As ``Hosts.admit``, and keep what was refused."""
        try:
            return self._hosts.admit(host)
        except DeliveryError as error:
            self.refused = error
            raise


_WATCH: ContextVar[Watch | None] = ContextVar("watch", default=None)
_reach = wire.create_connection


def _reach_admitted(address: tuple[str, int], *how: Any, **named: Any) -> socket.socket:
    """Connect as ever; while a message is sent, only to the addresses that were looked at."""
    watch = _WATCH.get()
    if watch is None:
        return _reach(address, *how, **named)
    host, port = address
    failed: OSError | None = None
    for one in watch.admit(host):
        try:
            return _reach((one, port), *how, **named)
        except OSError as error:
            failed = error
    raise failed or OSError("no address")


wire.create_connection = _reach_admitted  # every service of Apprise that speaks HTTP connects by this


@contextmanager
def kept_to(hosts: Hosts) -> Iterator[Watch]:
    """Meanwhile this thread connects by HTTP to these hosts only; what was refused stands in the answer."""
    watch = Watch(hosts)
    token = _WATCH.set(watch)
    try:
        yield watch
    finally:
        _WATCH.reset(token)
