"""The mail server of a rehearsal: takes every mail for anybody, and keeps it in a Maildir that survives a crash."""

import asyncio
import errno
import os
import secrets
import signal
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from pathlib import Path
from threading import Thread

from aiosmtpd.smtp import SMTP, Envelope, Session

_FULL = frozenset({errno.ENOSPC, errno.EDQUOT})
_STORED = "250 2.0.0 stored"
_NO_ROOM = "452 4.3.1 no room left for mails"
_NOT_STORED = "451 4.3.0 the mail could not be stored"
_START_SECONDS = 10.0
_LINE_END, _END = b"\r\n", b"\r\n.\r\n"


def _synced(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def prepare(maildir: Path) -> None:
    """Create the Maildir's three folders where they are missing."""
    for name in ("tmp", "new", "cur"):
        (maildir / name).mkdir(parents=True, exist_ok=True)


def store(maildir: Path, sender: str, recipients: list[str], content: bytes) -> str:
    """Keep a mail and return its key; when this returns, the mail is on disk, whatever happens next.

    The bytes stay as they came, below the lines that say from and to whom they travelled.

    Raises:
        OSError: the disk is full or not writable; nothing is kept.
    """
    key = secrets.token_hex(16)
    travelled = [f"Return-Path: <{sender}>", *(f"Delivered-To: {address}" for address in recipients)]
    kept = maildir / "tmp" / key
    try:
        with kept.open("xb") as file:
            file.write("".join(f"{line}\r\n" for line in travelled).encode("utf-8", "surrogateescape") + content)
            file.flush()
            os.fsync(file.fileno())
        kept = kept.rename(maildir / "new" / key)
        _synced(maildir / "new")
    except OSError:
        kept.unlink(missing_ok=True)  # also from its place: its sender is told that it is not there, and sends it again
        raise
    return key


class _Server(SMTP):
    """Takes lines of any length: what a real relay would refuse is for tests to find, not for a rehearsal to lose."""

    line_length_limit = 2**20

    async def smtp_DATA(self, arg: str) -> None:  # noqa: N802  # aiosmtpd's name
        """Take a mail as a whole. The base class takes it line by line, which cost as much as all the rest of a burst's mail."""
        if await self.check_helo_needed():
            return
        if arg or self.envelope is None or not self.envelope.rcpt_tos:
            await self.push("501 5.5.4 DATA takes no argument" if arg else "503 5.5.1 no recipient yet")
            return
        await self.push("354 go on, and end with a dot alone")
        self.envelope.original_content = _plain(await _until_the_dot(self._reader))
        answer = await self.event_handler.handle_DATA(self, self.session, self.envelope)
        self._set_post_data_state()  # type: ignore[no-untyped-call]  # aiosmtpd's own
        await self.push(answer)


async def _until_the_dot(reader: asyncio.StreamReader) -> bytearray:
    """Everything up to a line that is a dot alone, that line included and a line end put before; what follows is left to be read."""
    taken = bytearray(_LINE_END)
    while not taken.endswith(_END):
        # What was taken may hold the beginning of the end: then only what is missing of it may be taken.
        begun = next((length for length in range(len(_END) - 1, 0, -1) if taken.endswith(_END[:length])), 0)
        if begun:
            taken += await reader.readexactly(len(_END) - begun)
        else:
            taken += await _a_piece(reader)
    return taken


async def _a_piece(reader: asyncio.StreamReader) -> bytes:
    try:
        return await reader.readuntil(_END)
    except asyncio.LimitOverrunError as beyond:
        return await reader.readexactly(beyond.consumed)


def _plain(taken: bytearray) -> bytes:
    """The mail without the line that ends it, nor the dots that were doubled to tell its own from that."""
    return bytes(taken[: len(_LINE_END) - len(_END)].replace(_LINE_END + b".", _LINE_END))[len(_LINE_END) :]


class _Keeper:
    """Answers the server's calls; ``idle`` is set while no mail is being stored."""

    def __init__(self, maildir: Path) -> None:
        self._maildir = maildir
        self._storing = 0
        self.idle = asyncio.Event()
        self.idle.set()

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802  # aiosmtpd's name
        self._storing += 1
        self.idle.clear()
        sender = (envelope.mail_from or "").strip("<>")
        try:
            await asyncio.to_thread(store, self._maildir, sender, envelope.rcpt_tos, envelope.original_content or b"")
        except OSError as error:
            return _NO_ROOM if error.errno in _FULL else _NOT_STORED
        finally:
            self._storing -= 1
            if not self._storing:
                self.idle.set()
        return _STORED


async def _run(host: str, port: int, maildir: Path, started: Callable[[asyncio.Event, int], None]) -> None:
    prepare(maildir)
    keeper, stop = _Keeper(maildir), asyncio.Event()
    loop = asyncio.get_running_loop()
    # The name is given because looking it up may wait for a name server.
    server = await loop.create_server(
        lambda: _Server(keeper, hostname="localhost", data_size_limit=None, enable_SMTPUTF8=True, loop=loop), host, port
    )
    started(stop, server.sockets[0].getsockname()[1])
    await stop.wait()
    server.close()
    await keeper.idle.wait()


def serve(host: str, port: int, maildir: Path) -> None:
    """Take mails until the process is told to end (SIGTERM or Ctrl-C); a mail being stored is finished and acknowledged first.

    Raises:
        OSError: the port is in use, or the Maildir cannot be made.
    """

    def started(stop: asyncio.Event, _port: int) -> None:
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, stop.set)

    asyncio.run(_run(host, port, maildir, started))


@contextmanager
def running_sink(maildir: Path, host: str = "127.0.0.1", port: int = 0) -> Iterator[int]:
    """Take mails in a thread of this process while the block runs; gives the port, a free one unless named.

    Raises:
        OSError: the port is in use, or the Maildir cannot be made.
    """
    ready: Future[tuple[asyncio.AbstractEventLoop, asyncio.Event, int]] = Future()

    def started(stop: asyncio.Event, real_port: int) -> None:
        ready.set_result((asyncio.get_running_loop(), stop, real_port))

    def work() -> None:
        try:
            asyncio.run(_run(host, port, maildir, started))
        except OSError as error:
            ready.set_exception(error)

    thread = Thread(target=work, name="mail-sink", daemon=True)
    thread.start()
    loop, stop, real_port = ready.result(_START_SECONDS)
    try:
        yield real_port
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join()
