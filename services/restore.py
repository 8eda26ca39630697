"""Restoring a home from an archive: everything verified before anything is touched, and all of it or nothing.

The archive's tables are loaded into the schema that they were written from, then brought up to this release's: an archive is at home on
SQLite and on PostgreSQL, whichever it came from. The search index is in no archive: it is made anew. What was restored is held (``services.hold``) until somebody lets it go on.
"""

import gzip
import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.engine import make_url

from models.database import Database
from models.errors import Refused
from models.migrations import bring_to, is_known, newest
from models.tables import Attachment, table
from services.backup import FORMAT, Manifest, is_sound
from services.backup_file import MANIFEST, Reader
from services.backup_rows import Table, continue_numbering, load
from services.hold import hold
from services.home_lock import take_home
from services.homes import content_path, prepare_folder, sync_folder
from services.search.index import index_some
from services.settings import Settings

_ATTACHMENT = table(Attachment)
_MEMBER = re.compile(r"manifest\.json|tables/[a-z_]+\.jsonl\.gz|attachments/[0-9a-f]{64}|checkpoints/[A-Za-z0-9_-][A-Za-z0-9._-]*")
_CHUNK = 1 << 20


@dataclass(frozen=True, slots=True)
class Restored:
    """What was restored. ``kept``: checkpoints of the home that the archive does not have, or has otherwise; they were left as they are."""

    manifest: Manifest
    kept: tuple[str, ...]


@contextmanager
def opened_archive(path: Path) -> Iterator[tuple[Reader, Manifest]]:
    """An archive whose every member is what its sums say.

    Refuses one that is missing, cut short, changed, or written by a later release.
    """
    with Reader(path) as archive:
        try:
            manifest = Manifest.model_validate_json(archive.open(MANIFEST).read())
        except (KeyError, ValueError):
            raise archive.damaged(MANIFEST) from None
        if manifest.format > FORMAT or not is_known(manifest.revision):
            raise Refused.because("backup_newer", str(path), release=manifest.release)
        if strange := archive.digests.keys() ^ _expected(manifest):
            raise archive.damaged(min(strange))
        if wrong := [name for name in archive.digests if not _MEMBER.fullmatch(name)]:
            raise archive.damaged(wrong[0])
        yield archive, manifest


def restore(path: Path, settings: Settings, at: datetime) -> Restored:
    """Make the home that an archive holds, and hold it: no automatic step and no message until ``services.going_on.go_on``.

    Attached files and checkpoints that lie in the home already are kept: a home that lost only its database is restored in place.

    Refuses an archive as ``opened_archive`` does, a database that is in use, a home where ``passerelle run`` is at work, and a home that cannot be written or is full. Nothing is left
    of an attempt that failed but files of the content store, which belong to nobody else.
    """
    with opened_archive(path) as (archive, manifest):
        _refuse_used(settings)
        prepare_folder(settings)
        try:
            with take_home(settings):
                return _restore(archive, manifest, settings, at)
        except OSError as error:
            raise Refused.because("restore_not_written", str(settings.home), why=os.strerror(error.errno or 0)) from None


def _expected(manifest: Manifest) -> set[str]:
    """The members that a manifest promises; attachments are those of the rows, looked at when they are loaded."""
    return {MANIFEST, *(f"tables/{each.name}.jsonl.gz" for each in manifest.tables), *_files(manifest)}


def _files(manifest: Manifest) -> Iterator[str]:
    yield from (f"checkpoints/{name}" for name in manifest.checkpoints)
    yield from (f"attachments/{sha256}" for sha256 in manifest.attachments)


def _refuse_used(settings: Settings) -> None:
    db = Database(settings.database_url)
    try:
        if not db.missing and sa.inspect(db.engine).get_table_names():
            raise Refused.because("restore_into_used", str(settings.home))
    finally:
        db.close()


def _restore(archive: Reader, manifest: Manifest, settings: Settings, at: datetime) -> Restored:
    for sha256 in manifest.attachments:
        _restore_attachment(archive, settings, sha256)
    kept = tuple(name for name in manifest.checkpoints if not _restore_checkpoint(archive, settings, name))
    with _database(settings) as db, db.write() as connection:
        _load(archive, manifest, connection)
        _check(archive, manifest, connection)
        while index_some(connection):
            pass
        hold(connection, at, manifest.taken_at, at_rest=manifest.at_rest)
    return Restored(manifest, (*kept, *_later(manifest, settings)))


@contextmanager
def _database(settings: Settings) -> Iterator[Database]:
    """The database to load into. An SQLite file gets its name when it is complete; PostgreSQL has transactions for that."""
    url = make_url(settings.database_url)
    if url.get_backend_name() != "sqlite":
        db = Database(settings.database_url)
        try:
            yield db
        finally:
            db.close()
        return
    path = Path(url.database or "")
    unfinished = path.with_name(f".{path.name}.{os.getpid()}.part")
    _remove(unfinished)
    db = Database(f"sqlite:///{unfinished}")
    try:
        yield db
        db.close()
        _give_name(unfinished, path, settings)
    finally:
        db.close()
        _remove(unfinished)


def _remove(database: Path) -> None:
    for ending in ("", "-wal", "-shm"):
        database.with_name(database.name + ending).unlink(missing_ok=True)


def _give_name(unfinished: Path, path: Path, settings: Settings) -> None:
    """Let the database appear, safe on disk, unless another one did meanwhile."""
    with unfinished.open("rb") as file:
        os.fsync(file.fileno())
    if path.exists():
        raise Refused.because("restore_into_used", str(settings.home))
    unfinished.rename(path)
    sync_folder(path.parent)


def _load(archive: Reader, manifest: Manifest, connection: sa.Connection) -> None:
    bring_to(connection, manifest.revision)
    for each in manifest.tables:
        _load_table(archive, connection, each)
    bring_to(connection, newest())


def _load_table(archive: Reader, connection: sa.Connection, each: Table) -> None:
    member = f"tables/{each.name}.jsonl.gz"
    try:
        with gzip.open(archive.open(member)) as lines:
            loaded = load(connection, each, lines)
    except (ValueError, EOFError, gzip.BadGzipFile):
        raise archive.damaged(member) from None
    if loaded != each.rows:
        raise archive.damaged(member)
    continue_numbering(connection, each)


def _check(archive: Reader, manifest: Manifest, connection: sa.Connection) -> None:
    """What was loaded is whole: no reference leads nowhere, and every attached file is there or was missing already."""
    known = set(connection.execute(sa.select(_ATTACHMENT.c.sha256)).scalars())
    if known != {*manifest.attachments, *manifest.missing}:
        raise archive.damaged("tables/attachment.jsonl.gz")
    if connection.dialect.name == "sqlite" and connection.exec_driver_sql("PRAGMA foreign_key_check").first():
        raise archive.damaged(MANIFEST)


def _restore_attachment(archive: Reader, settings: Settings, sha256: str) -> None:
    path = content_path(settings, sha256)
    if is_sound(path, sha256):
        return
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    _copy(archive, f"attachments/{sha256}", path)
    if not is_sound(path, sha256):
        raise archive.damaged(f"attachments/{sha256}")


def _restore_checkpoint(archive: Reader, settings: Settings, name: str) -> bool:
    """Whether the home now has this checkpoint; one that says something else is kept, since it is a witness."""
    path = settings.checkpoints / name
    if path.exists():
        return is_sound(path, archive.digests[f"checkpoints/{name}"])
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    _copy(archive, f"checkpoints/{name}", path)
    return True


def _later(manifest: Manifest, settings: Settings) -> Iterator[str]:
    """Checkpoints that the home has besides."""
    if settings.checkpoints.is_dir():
        yield from sorted(path.name for path in settings.checkpoints.iterdir() if path.name not in manifest.checkpoints)


def _copy(archive: Reader, member: str, path: Path) -> None:
    unfinished = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        with os.fdopen(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            shutil.copyfileobj(archive.open(member), file, _CHUNK)
            file.flush()
            os.fsync(file.fileno())
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)
    sync_folder(path.parent)
