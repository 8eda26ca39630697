"""The archive: one plain tar, so that any machine can open it, its tables compressed one by one, and ``SHA256SUMS`` as its last member.

Plain, since attachments hardly shrink and a compressed whole would have to be read from its start to find one file. The sums come last:
an archive that was cut short has none, and ``sha256sum --check SHA256SUMS`` verifies an unpacked one without this program.
"""

import hashlib
import os
import re
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import IO, BinaryIO, Self

from models.errors import Fault, Refused
from services.homes import sync_folder

SUMS, MANIFEST = "SHA256SUMS", "manifest.json"
_BLOCK, _LONGEST_NAME = 512, 100
_CHUNK = 1 << 20
_LINE = re.compile(r"([0-9a-f]{64})  (\S+)")


class Writer:
    """An archive being written under a temporary name beside its own; ``finish`` gives it its name. Never overwrites.

    Everything may raise OSError; what was written is removed unless it was finished.
    """

    def __init__(self, path: Path) -> None:
        """Refuses a path that is taken. The file is for its owner alone."""
        if path.exists():
            raise Refused.because("backup_exists", str(path))
        self._path, self._unfinished = path, path.with_name(f".{path.name}.{os.getpid()}.part")
        self._file = os.fdopen(os.open(self._unfinished, os.O_RDWR | os.O_CREAT | os.O_TRUNC, 0o600), "w+b")
        self._sums: dict[str, str] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._unfinished.unlink(missing_ok=True)
        with suppress(OSError):  # on a full disk closing fails too; the error on its way says so
            self._file.close()

    @contextmanager
    def member(self, name: str) -> Iterator["Member"]:
        """Write one member; its size and digest are found while it is written."""
        if len(name) > _LONGEST_NAME or name in self._sums:
            raise Fault(f"an archive cannot have a member {name!r}")
        head = self._file.tell()
        self._file.write(bytes(_BLOCK))
        member = Member(self._file)
        yield member
        size = self._file.tell() - head - _BLOCK
        self._file.write(bytes(-size % _BLOCK))
        end = self._file.tell()
        self._file.seek(head)
        self._file.write(_header(name, size))
        self._file.seek(end)
        self._sums[name] = member.digest

    def finish(self) -> str:
        """Write the sums and let the archive appear under its name, safe on disk; returns its digest."""
        sums = "".join(f"{digest}  {name}\n" for name, digest in self._sums.items())
        with self.member(SUMS) as member:
            member.write(sums.encode())
        self._file.write(bytes(2 * _BLOCK))
        self._file.flush()
        os.fsync(self._file.fileno())
        self._file.seek(0)
        digest = hashlib.file_digest(self._file, "sha256").hexdigest()
        self._name()
        sync_folder(self._path.parent)
        return digest

    def _name(self) -> None:
        try:
            os.link(self._unfinished, self._path)
        except FileExistsError:
            raise Refused.because("backup_exists", str(self._path)) from None
        except OSError:  # a file system without hard links
            if self._path.exists():
                raise Refused.because("backup_exists", str(self._path)) from None
            self._unfinished.rename(self._path)


class Member:
    """Bytes on their way into the archive."""

    def __init__(self, file: BinaryIO) -> None:
        """Writes on at the file's place."""
        self._file, self._digest = file, hashlib.sha256()

    @property
    def digest(self) -> str:
        """The SHA-256 of what was written so far."""
        return self._digest.hexdigest()

    def write(self, content: bytes) -> int:
        """Take bytes; returns how many."""
        self._digest.update(content)
        return self._file.write(content)

    def flush(self) -> None:
        """Nothing is held back here."""


class Reader:
    """An archive whose every byte that counts has been verified. Refuses one that was cut short or changed, and what is none."""

    def __init__(self, path: Path) -> None:
        """Reads the whole archive once."""
        self._path = path
        try:
            self._tar = tarfile.open(path, "r:")  # noqa: SIM115  # closed by ``close``
        except FileNotFoundError:
            raise Refused.because("backup_missing", str(path)) from None
        except (tarfile.TarError, OSError):
            raise Refused.because("backup_unreadable", str(path)) from None
        try:
            self.digests = self._verify()
        except (tarfile.TarError, OSError, ValueError, EOFError):
            self.close()
            raise Refused.because("backup_damaged", str(path), member=path.name) from None
        except Refused:
            self.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Give the file back."""
        self._tar.close()

    def open(self, name: str) -> IO[bytes]:
        """One member's bytes. Raises KeyError if there is no such member."""
        stream = self._tar.extractfile(name)
        if stream is None:
            raise KeyError(name)
        return stream

    def damaged(self, name: str) -> Refused:
        """Why this archive will not do: one of its members."""
        return Refused.because("backup_damaged", str(self._path), member=name)

    def _verify(self) -> dict[str, str]:
        found: dict[str, str] = {}
        members = self._tar.getmembers()
        for info in members:
            if not info.isreg() or info.name in found:
                raise self.damaged(info.name)
            found[info.name] = _digest(self.open(info.name))
        if not members or members[-1].name != SUMS:
            raise Refused.because("backup_truncated", str(self._path))
        del found[SUMS]
        said = dict(_sum(line) for line in self.open(SUMS).read().decode("ascii").splitlines())
        for name in sorted(said.keys() | found.keys()):
            if said.get(name) != found.get(name):
                raise self.damaged(name)
        return found


def _header(name: str, size: int) -> bytes:
    info = tarfile.TarInfo(name)
    info.size, info.mode = size, 0o600
    return info.tobuf(tarfile.GNU_FORMAT)


def _digest(stream: IO[bytes]) -> str:
    digest = hashlib.sha256()
    while chunk := stream.read(_CHUNK):
        digest.update(chunk)
    return digest.hexdigest()


def _sum(line: str) -> tuple[str, str]:
    found = _LINE.fullmatch(line)
    if found is None:
        raise ValueError(line)
    return found[2], found[1]
