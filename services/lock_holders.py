"""Which program holds the right to write an SQLite database; Linux knows."""

from pathlib import Path

_LOCKS = Path("/proc/locks")
_WRITE_BYTE = 120
"""Where the -shm file is locked for writing in WAL mode (SQLite's file format, section 4.4)."""
_RESERVED = range(0x4000_0000, 0x4000_0000 + 512)
"""Where the database itself is locked for writing in any other mode."""


def holder_of_lock(database: Path) -> str:
    """The program that may write now, as ``name (number)``; empty where the system does not say."""
    files = {(database.with_name(f"{database.name}-shm"), range(_WRITE_BYTE, _WRITE_BYTE + 1)), (database, _RESERVED)}
    wanted = {inode: bytes_ for path, bytes_ in files if (inode := _inode(path)) is not None}
    for line in _lines():
        fields = line.split()
        inode = int(fields[-3].rpartition(":")[2])
        if "WRITE" in fields and inode in wanted and _covers(fields[-2], fields[-1], wanted[inode]):
            return _named(fields[-4])
    return ""


def _inode(path: Path) -> int | None:
    try:
        return path.stat().st_ino
    except OSError:
        return None


def _lines() -> list[str]:
    try:
        return [line for line in _LOCKS.read_text(encoding="ascii").splitlines() if "->" not in line]
    except OSError:
        return []


def _covers(first: str, last: str, wanted: range) -> bool:
    return int(first) <= wanted[-1] and (last == "EOF" or int(last) >= wanted[0])


def _named(pid: str) -> str:
    try:
        return f"{(Path('/proc') / pid / 'comm').read_text(encoding='utf-8').strip()} ({pid})"
    except OSError:
        return f"({pid})"
