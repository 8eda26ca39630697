"""A home is rehearsal or live from its first day, and says so everywhere. Nothing crosses from one to the other."""

import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Literal

import sqlalchemy as sa

from models.database import Database
from models.errors import Refused
from models.prepared import Prepared
from models.tables import Home, table
from services.settings import Settings

Kind = Literal["rehearsal", "live"]
_HOME = table(Home)
_MARK = Prepared(sa.select(*(_HOME.c[name] for name in ("kind", "clock_offset_seconds", "created_at", "seeded_at"))))


@dataclass(frozen=True, slots=True)
class HomeMark:
    """What the home says of itself."""

    kind: str
    clock_offset: timedelta
    created_at: datetime
    seeded_at: datetime | None

    @property
    def rehearsal(self) -> bool:
        """Whether this home is for practice."""
        return self.kind == "rehearsal"


def prepare_folder(settings: Settings) -> None:
    """Make the home's folders, for its owner alone; refuse a home that cannot be written."""
    folder = settings.home
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        for inner in (settings.prefect_home, settings.attachments, settings.logs):
            inner.mkdir(exist_ok=True, mode=0o700)
        probe = folder / ".writable"
        probe.write_bytes(b"")
        probe.unlink()
    except (NotADirectoryError, FileExistsError):
        raise Refused.because("home_not_a_folder", str(folder)) from None
    except OSError as error:
        raise Refused.because("home_not_writable", str(folder), why=os.strerror(error.errno or 0)) from None


def read_mark(db: Database) -> HomeMark | None:
    """What kind of home this is, or None before it is created."""
    with db.read() as connection:
        row = _MARK.first(connection)
    return HomeMark(row.kind, timedelta(seconds=row.clock_offset_seconds), row.created_at, row.seeded_at) if row else None


def mark_home(db: Database, kind: Kind, at: datetime) -> HomeMark:
    """Create the mark, once. Asking for the other kind later is refused: going live starts a fresh home."""
    known = read_mark(db)
    if known is None:
        with db.write() as connection:
            connection.execute(_HOME.insert().values(id=1, kind=kind, clock_offset_seconds=0, created_at=at, secret=fresh_secret()))
        return HomeMark(kind, timedelta(0), at, None)
    if known.kind != kind:
        raise Refused.because("home_is_other_kind", home=known.kind, home_asked=kind)
    return known


def fresh_secret() -> bytes:
    """32 random bytes, with which a home signs the links of its mails."""
    return secrets.token_bytes(32)


def mark_seeded(db: Database, at: datetime) -> None:
    """Remember that the first proposals were made: they are made once in the life of a home."""
    with db.write() as connection:
        connection.execute(_HOME.update().values(seeded_at=at))


def advance_clock(db: Database, by: timedelta) -> timedelta:
    """Let a rehearsal's time pass; returns the new lead over the wall clock. Refused on a live home and backwards."""
    mark = read_mark(db)
    if mark is None or not mark.rehearsal:
        raise Refused.because("clock_only_in_rehearsal")
    if by <= timedelta(0):
        raise Refused.because("clock_only_forward")
    with db.write() as connection:
        connection.execute(_HOME.update().values(clock_offset_seconds=_HOME.c.clock_offset_seconds + int(by.total_seconds())))
    return mark.clock_offset + by


def content_path(settings: Settings, sha256: str) -> Path:
    """Where a file of the content store lies."""
    return settings.attachments / sha256[:2] / sha256


def sync_folder(folder: Path) -> None:
    """Make sure that names given in a folder survive a power cut."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def environment_of(settings: Settings, base: Mapping[str, str]) -> dict[str, str]:
    """The environment for a process of this home: the same settings, spelt out."""
    return {
        **base,
        "PASSERELLE_HOME": str(settings.home),
        "PASSERELLE_DATABASE_URL": settings.database_url,
        "PASSERELLE_PORTAL_PORT": str(settings.portal_port),
        "PASSERELLE_PREFECT_PORT": str(settings.prefect_port),
        "PASSERELLE_SMTP_PORT": str(settings.smtp_port),
        "PASSERELLE_RELAY_METRICS_PORT": str(settings.relay_metrics_port),
        "PASSERELLE_WORKER_METRICS_PORT": str(settings.worker_metrics_port),
        "PASSERELLE_SMTP_URL": settings.smtp_url,
        "PASSERELLE_SMTP_SIGNS": "yes" if settings.smtp_signs else "no",
        "PASSERELLE_OPERATORS_MAIL": settings.operators_mail,
        "PASSERELLE_BASE_URL": settings.base_url,
        "PASSERELLE_CHAT_HOSTS": ",".join(settings.chat_hosts),
        "PASSERELLE_WEBHOOK_HOSTS": ",".join(settings.webhook_hosts),
        "PASSERELLE_LANGUAGE": settings.language,
        "PASSERELLE_SMTP_PER_MINUTE": "" if settings.smtp_per_minute is None else str(settings.smtp_per_minute),
        "PASSERELLE_SMTP_PER_CONNECTION": str(settings.smtp_per_connection),
    }
