"""Ports for servers that are stopped and started again."""

import os
import socket
from itertools import count

_FIRST, _MANY, _EACH = 12_000, 19_000, 50
_next = count(os.getpid() * _EACH)


def free_port() -> int:
    """A port that nobody has, nor will be given: those of the system's own choice would be taken by any connection while its server is away."""
    while True:
        port = _FIRST + next(_next) % _MANY
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
        return port


def free_ports(*processes: str) -> dict[str, str]:
    """Settings that give each of these processes a port of its own."""
    return {f"PASSERELLE_{process}_PORT": str(free_port()) for process in processes}
