"""A mail server that takes every message and keeps none, in a process of its own; says how many it took when it is told to end."""

import asyncio
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from aiosmtpd.smtp import SMTP

_SELF = Path(__file__)


class _Counter:
    """Counts messages."""

    taken = 0

    async def handle_DATA(self, *_: Any) -> str:  # noqa: N802  # the name that the server calls
        """Take one."""
        self.taken += 1
        return "250 taken"


async def _serve() -> None:
    counter, stop, loop = _Counter(), asyncio.Event(), asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGTERM, stop.set)
    server = await loop.create_server(lambda: SMTP(counter, hostname="localhost", loop=loop), "127.0.0.1", 0)
    sys.stdout.write(f"{server.sockets[0].getsockname()[1]}\n")
    sys.stdout.flush()
    await stop.wait()
    server.close()
    sys.stdout.write(f"{counter.taken}\n")


@dataclass
class Swallower:
    """The server as its user sees it; ``taken`` is known once it has ended."""

    port: int
    taken: int = 0


@contextmanager
def swallowing() -> Iterator[Swallower]:
    """Such a server while the block runs."""
    process = subprocess.Popen([sys.executable, str(_SELF)], stdout=subprocess.PIPE, text=True)  # noqa: S603  # ourselves
    try:
        assert process.stdout is not None
        server = Swallower(int(process.stdout.readline()))
        yield server
        process.terminate()
        server.taken = int(process.stdout.readline())
    finally:
        process.kill()
        process.wait()


if __name__ == "__main__":
    asyncio.run(_serve())
