"""Whether a port of this machine is free, and which program holds it."""

import socket
from pathlib import Path

_LISTENING = "0A"


def is_free(port: int) -> bool:
    """Whether a program could listen on this port of loopback now."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def answers(port: int) -> bool:
    """Whether somebody takes connections on this port of loopback."""
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True


def holder_of(port: int) -> str:
    """The program that listens on a port, as ``name (number)``; empty where the system does not say."""
    sockets = {f"socket:[{inode}]" for table in ("tcp", "tcp6") for inode in _inodes(Path("/proc/net") / table, port)}
    for process in Path("/proc").glob("[0-9]*"):
        if sockets & _open_files(process):
            return f"{_name(process)} ({process.name})"
    return ""


def _inodes(table: Path, port: int) -> list[str]:
    try:
        lines = table.read_text(encoding="ascii").splitlines()[1:]
    except OSError:
        return []
    rows = [line.split() for line in lines]
    return [row[9] for row in rows if row[3] == _LISTENING and int(row[1].rpartition(":")[2], 16) == port]


def _open_files(process: Path) -> set[str]:
    """What a process has open; nothing for those of other people."""
    try:
        return {_target(entry) for entry in (process / "fd").iterdir()}
    except OSError:
        return set()


def _target(entry: Path) -> str:
    """What a descriptor leads to, such as ``socket:[123]``; nothing if it was closed meanwhile."""
    try:
        return str(entry.readlink())
    except OSError:
        return ""


def _name(process: Path) -> str:
    try:
        return (process / "comm").read_text(encoding="utf-8").strip()
    except OSError:
        return "?"
