"""Backing a home up while it works: one archive with a consistent look at the database, the attached files and the checkpoints.

Left out: Prefect's folder and secret, channel addresses, logs, and the mailbox of a rehearsal. Prefect is set up again from the
database; what else is secret belongs to the installation.
"""

import gzip
import hashlib
import json
import os
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from importlib.metadata import version
from pathlib import Path

import sqlalchemy as sa
from pydantic import BaseModel
from sqlmodel import SQLModel

from models.errors import Refused
from models.migrations import newest
from models.tables import Attachment, Event, Lease, table
from services.backup_file import MANIFEST, Writer
from services.backup_rows import Table, columns_of, lines_of
from services.bootstrap import App
from services.homes import content_path, read_mark, sync_folder
from services.settings import Settings

FORMAT = 1
_ATTACHMENT, _EVENT, _LEASE = table(Attachment), table(Event), table(Lease)
_NAME = re.compile(r"passerelle-\d{8}-\d{6}\.tar")
_QUICK = 3
_CHUNK = 1 << 20


class Manifest(BaseModel, frozen=True):
    """What an archive says of itself. ``at_rest``: neither relay, worker nor stage was at work; ``missing``: attached files that were lost before."""

    format: int
    release: str
    revision: str
    kind: str
    taken_at: datetime
    at_rest: bool
    tables: tuple[Table, ...]
    attachments: tuple[str, ...]
    missing: tuple[str, ...]
    checkpoints: tuple[str, ...]

    def rows(self, name: str) -> int:
        """How many rows a table has."""
        return next((each.rows for each in self.tables if each.name == name), 0)


@dataclass(frozen=True, slots=True)
class Backup:
    """An archive that was written."""

    path: Path
    size: int
    sha256: str
    manifest: Manifest


def back_up(app: App, target: Path | None = None) -> Backup:
    """Write one archive of the home, while everything runs; returns once it is safe on disk.

    ``target`` is a file or a folder; without it, the home's own ``backups``. An attached file that is missing or damaged does not stop the
    backup: it is named in ``manifest.missing``, and whoever asked must be told.

    Refuses a home without a mark, a path that is taken, and a place that cannot be written or is full; nothing is left of the attempt.
    """
    wall = app.clock.wall()
    path = _place(app.settings, target, wall)
    with _told(path):
        if target is None:
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with Writer(path) as writer:
            manifest = _write(app, writer, wall)
            sha256 = writer.finish()
        done = Backup(path, path.stat().st_size, sha256, manifest)
        _note(app.settings, done)
    return done


def thin_out(folder: Path, keep: int) -> list[Path]:
    """Delete the oldest archives of a folder but ``keep``; returns those deleted. Other files are left alone."""
    found = sorted(path for path in folder.iterdir() if _NAME.fullmatch(path.name))
    old = found[:-keep]
    for path in old:
        path.unlink()
    return old


def last_backup(settings: Settings) -> tuple[datetime, Path] | None:
    """When this home was last backed up and where the archive was written, or None."""
    try:
        noted = json.loads(_noted(settings).read_text(encoding="utf-8"))
        return datetime.fromisoformat(noted["taken_at"]), Path(noted["file"])
    except (OSError, ValueError, KeyError, TypeError):
        return None


@contextmanager
def _told(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise Refused.because("backup_not_written", str(path), why=os.strerror(error.errno or 0)) from None


def _place(settings: Settings, target: Path | None, at: datetime) -> Path:
    name = f"passerelle-{at:%Y%m%d-%H%M%S}.tar"
    if target is None:
        return settings.backups / name
    return target.absolute() / name if target.is_dir() else target.absolute()


def _write(app: App, writer: Writer, at: datetime) -> Manifest:
    mark = read_mark(app.db)
    if mark is None:
        raise Refused.because("home_absent", str(app.settings.home))
    checkpoints = tuple(_write_checkpoints(app.settings, writer))  # before the rows: none of them may know more than the log
    with app.db.read() as connection:
        at_rest = not connection.execute(sa.select(_LEASE.c.name).where(_LEASE.c.expires_at >= at)).first()
        tables = tuple(_write_table(connection, writer, rows) for rows in SQLModel.metadata.sorted_tables)
        known = connection.execute(sa.select(_ATTACHMENT.c.sha256).distinct().order_by(_ATTACHMENT.c.sha256)).scalars().all()
    written = tuple(sha256 for sha256 in known if _write_attachment(app.settings, writer, sha256))
    manifest = Manifest(
        format=FORMAT,
        release=version("passerelle"),
        revision=newest(),
        kind=mark.kind,
        taken_at=at,
        at_rest=at_rest,
        tables=tables,
        attachments=written,
        missing=tuple(sha256 for sha256 in known if sha256 not in set(written)),
        checkpoints=checkpoints,
    )
    with writer.member(MANIFEST) as member:
        member.write(manifest.model_dump_json(indent=1).encode())
    return manifest


def _write_table(connection: sa.Connection, writer: Writer, rows: sa.Table) -> Table:
    with writer.member(f"tables/{rows.name}.jsonl.gz") as member, gzip.GzipFile("", "wb", _QUICK, member, mtime=0) as lines:
        count = _count(lines.write(line) for line in lines_of(connection, rows))
    return Table(name=rows.name, columns=columns_of(rows), rows=count)


def _count(written: Iterable[object]) -> int:
    return sum(1 for _ in written)


def _write_attachment(settings: Settings, writer: Writer, sha256: str) -> bool:
    """Whether the file was there and is still what its digest says; one that is not is left out."""
    path = content_path(settings, sha256)
    if not is_sound(path, sha256):
        return False
    with path.open("rb") as file, writer.member(f"attachments/{sha256}") as member:
        while chunk := file.read(_CHUNK):
            member.write(chunk)
    return True


def is_sound(path: Path, sha256: str) -> bool:
    """Whether a file can be read and still has this digest."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest() == sha256
    except OSError:
        return False


def _write_checkpoints(settings: Settings, writer: Writer) -> Iterator[str]:
    """Checkpoints are written once and never changed; one still being written has a name that begins with a dot."""
    if not settings.checkpoints.is_dir():
        return
    for path in sorted(settings.checkpoints.iterdir()):
        if path.is_file() and not path.name.startswith("."):
            with writer.member(f"checkpoints/{path.name}") as member:
                member.write(path.read_bytes())
            yield path.name


def _noted(settings: Settings) -> Path:
    return settings.backups / "last.json"


def _note(settings: Settings, done: Backup) -> None:
    """Remember the last backup, wherever it was written: the doctor asks."""
    noted = _noted(settings)
    noted.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    unfinished = noted.with_suffix(f".{os.getpid()}")
    said = {"taken_at": done.manifest.taken_at.isoformat(), "file": str(done.path), "size": done.size, "sha256": done.sha256}
    unfinished.write_text(json.dumps(said) + "\n", encoding="utf-8")
    unfinished.replace(noted)
    sync_folder(noted.parent)
