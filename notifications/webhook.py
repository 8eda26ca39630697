"""One post to one program, over a connection of its own to an address that was looked at. Nobody sends us elsewhere.

No message for people goes this way. The request is written here and of the answer only the head is read: what a receiver says at length is
of no use to us, and cannot be held against us. Proxies are not asked.
"""

import asyncio
import ssl
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property

from notifications.doors import Door, Doors
from notifications.hosts import HostError
from notifications.message import DeliveryError

SECONDS = 10.0
"""From the look-up of the name to the head of the answer."""
_CONNECT_SECONDS = 5.0
_LONGEST_HEAD = 32_768
_END = b"\r\n\r\n"
_GONE = 410
_REASONS: Mapping[type[Exception], str] = {
    DeliveryError: "no_address",
    TimeoutError: "timeout",
    ssl.SSLCertVerificationError: "certificate",
    ssl.SSLError: "no_tls",
    OSError: "unreachable",
    EOFError: "no_answer",
    asyncio.LimitOverrunError: "no_answer",
    ValueError: "no_answer",
}
"""What stands in the way, the narrower kinds of errors first."""


@dataclass(frozen=True, slots=True)
class Heard:
    """What came of a post: why it was not taken (None: it was), the status of the answer if there was one, and how long it asks us to wait."""

    reason: str | None = None
    status: int | None = None
    wait: str | None = None


class Poster:
    """Posts to receivers."""

    def __init__(self, doors: Doors, *, seconds: float = SECONDS) -> None:
        """``seconds``: how long a post may take."""
        self._doors, self._seconds = doors, seconds

    def post(self, door: Door, headers: Mapping[str, str], body: bytes) -> Heard:
        """Post once. Whatever the other side does is an answer; nothing is raised for it."""
        try:
            return asyncio.run(self._within(door, _request(door, headers, body)))
        except tuple(_REASONS) as error:
            return Heard(
                error.reason if isinstance(error, HostError) else next(why for kind, why in _REASONS.items() if isinstance(error, kind))
            )

    @cached_property
    def _trust(self) -> ssl.SSLContext:
        return ssl.create_default_context()

    async def _within(self, door: Door, request: bytes) -> Heard:
        async with asyncio.timeout(self._seconds):
            reader, writer = await self._connect(door, await self._admitted(door))
            try:
                writer.write(request)
                return await _answer(reader)
            finally:
                writer.transport.abort()

    async def _admitted(self, door: Door) -> tuple[str, ...]:
        """Looked up in a thread that is left to itself once our time is over."""
        looking = ThreadPoolExecutor(1, "webhook-look-up")
        try:
            return await asyncio.wrap_future(looking.submit(self._doors.admit, door))
        finally:
            looking.shutdown(wait=False)

    async def _connect(self, door: Door, addresses: tuple[str, ...]) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """To the first address that answers; the certificate has to be the host's, whatever the address."""
        trust, named = (self._trust, door.host) if door.secure else (None, None)
        failed: OSError | None = None
        for address in addresses:
            try:
                async with asyncio.timeout(_CONNECT_SECONDS):
                    return await asyncio.open_connection(address, door.port, limit=_LONGEST_HEAD, ssl=trust, server_hostname=named)
            except ssl.SSLError:
                raise
            except OSError as error:  # its time being over is one as well
                failed = error
        raise failed or OSError("no address")


def _request(door: Door, headers: Mapping[str, str], body: bytes) -> bytes:
    lines = [
        f"POST {door.target} HTTP/1.1",
        f"Host: {door.authority}",
        "User-Agent: Passerelle-Webhooks/1",
        "Content-Type: application/json; charset=utf-8",
        f"Content-Length: {len(body)}",
        "Accept: */*",
        "Connection: close",
        *(f"{name}: {value}" for name, value in headers.items()),
    ]
    return "\r\n".join(lines).encode("ascii") + _END + body


async def _answer(reader: asyncio.StreamReader) -> Heard:
    """The final answer; those before it (1xx) say that one is to come."""
    while True:
        status, fields = _head_of(await reader.readuntil(_END))
        if status >= 200:  # noqa: PLR2004  # below are interim answers
            return Heard(_why_not(status), status, fields.get("retry-after"))


def _head_of(head: bytes) -> tuple[int, Mapping[str, str]]:
    """Status and fields of an answer. Raises ValueError for what is no answer of HTTP/1."""
    first, *others = head.decode("latin-1").removesuffix(_END.decode()).split("\r\n")
    version, _, rest = first.partition(" ")
    code = rest[:3]
    if not version.startswith("HTTP/1.") or not (code.isascii() and code.isdigit() and 100 <= int(code) <= 599):  # noqa: PLR2004  # of HTTP
        raise ValueError("no HTTP answer")
    fields = (line.partition(":") for line in others)
    return int(code), {name.strip().lower(): value.strip() for name, _, value in fields}


def _why_not(status: int) -> str | None:
    if status in range(200, 300):
        return None
    if status in range(300, 400):
        return "redirected"
    return "gone" if status == _GONE else "refused"
