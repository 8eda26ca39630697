"""A scratch application: the real services on an SQLite database of its own, with a virtual clock, repeatable ids and no way out."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import sqlalchemy as sa
from sqlmodel import SQLModel

from models.database import Database
from models.errors import Refused
from models.migrations import upgrade
from models.tables import Attachment, Home, Lease, Sweep, Wake, Webhook, WebhookDelivery, WebhookTry, table
from services.bootstrap import App
from services.charter_loading import load_charter
from services.homes import content_path, prepare_folder
from services.people import import_people
from services.settings import Settings
from services.timelapse.clock import VirtualTime, seeded_ids, seeded_salts
from services.timelapse.outbox import Outbox
from services.timelapse.seeds import seeded

_ATTACHMENT, _HOME = table(Attachment), table(Home)
_AT_ONCE = 1_000
_LEFT_OUT = frozenset(table(kind).name for kind in (Lease, Sweep, Wake, Webhook, WebhookDelivery, WebhookTry))
"""What running processes note for themselves, and which programs are told of events: a copy starts without, and tells none."""


@dataclass(frozen=True, slots=True)
class Scratch:
    """An application to be driven through virtual time."""

    app: App
    time: VirtualTime
    outbox: Outbox


@dataclass(frozen=True, slots=True)
class Start:
    """Where and when a scratch application begins. ``settings``: those of the home that it stands for; its folder is never written to."""

    settings: Settings
    moment: datetime
    seed: int = 0


@contextmanager
def empty_scratch(start: Start, folder: Path, *, charter: Path, people: bytes, outbox: Outbox | None = None) -> Iterator[Scratch]:
    """A home in this folder that knows a charter and the persons of a table, and nothing else.

    Refuses a folder that has a database, and every mistake of the charter and of the table.
    """
    with _opened(start, folder, outbox or Outbox()) as scratch:
        db = scratch.app.db
        loaded, _ = load_charter(db, charter, start.moment)
        import_people(db, people, convention=loaded.convention.code, at=start.moment)
        _mark(db, start)
        yield scratch


@contextmanager
def copied_scratch(start: Start, source: Database, folder: Path | None = None, *, outbox: Outbox | None = None) -> Iterator[Scratch]:
    """A home with every row of another one, on SQLite or PostgreSQL, as they are in one consistent look; nothing is written there.

    ``folder``: where it is to stay; without one, it is gone after the block. What running processes hold there, and a stop of all messages,
    are not copied; links are signed with another secret, so that none of them opens anything in the home.
    """
    with _folder(folder) as place, _opened(start, place, outbox or Outbox()) as scratch:
        _copy(source, scratch.app.db)
        _mark(scratch.app.db, start)
        _link_files(scratch.app, start.settings)
        yield scratch


@contextmanager
def _folder(folder: Path | None) -> Iterator[Path]:
    if folder is not None:
        yield folder
        return
    with TemporaryDirectory(prefix="passerelle-") as temporary:
        yield Path(temporary)


@contextmanager
def _opened(start: Start, folder: Path, outbox: Outbox) -> Iterator[Scratch]:
    path = folder / "passerelle.db"
    if path.exists():
        raise Refused.because("scratch_used", str(folder))
    settings = replace(start.settings, home=folder, database_url=f"sqlite:///{path}", smtp_per_minute=None)
    prepare_folder(settings)
    path.write_bytes(_blank())
    db, time = Database(settings.database_url, durable=False), VirtualTime(start.moment)
    try:
        app = App(settings, db, time.clock, seeded_ids(time, start.seed), seeded_salts(start.seed), outlet=outbox)
        yield Scratch(app, time, outbox)
    finally:
        db.close()


@cache
def _blank() -> bytes:
    """A database of this release without a row, made once in a process: the way there takes longer than many a forecast."""
    with TemporaryDirectory(prefix="passerelle-") as folder:
        path = Path(folder) / "passerelle.db"
        db = Database(f"sqlite:///{path}", durable=False)
        try:
            upgrade(db.engine)
            _put_in_order(db)
        finally:
            db.close()
        return path.read_bytes()


def _put_in_order(db: Database) -> None:
    """Make the indexes anew, by name: those of a table that a migration rebuilt come in any order, and files that say the same should be the same."""
    with db.engine.connect() as connection:
        known = connection.exec_driver_sql(
            "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL ORDER BY name"
        ).all()
        for row in known:
            connection.exec_driver_sql(f'DROP INDEX "{row.name}"')
        for row in known:
            connection.exec_driver_sql(row.sql)
        connection.commit()
        connection.exec_driver_sql("VACUUM")


def _copy(source: Database, target: Database) -> None:
    with source.read() as theirs, target.write() as ours:
        for rows in SQLModel.metadata.sorted_tables:
            if rows.name not in _LEFT_OUT:
                _copy_table(theirs, ours, rows)


def _copy_table(theirs: sa.Connection, ours: sa.Connection, rows: sa.Table) -> None:
    """Documents go over as their text: one that is absent stays absent."""
    kinds = {column.name: sa.Text() if isinstance(column.type, sa.JSON) else column.type for column in rows.c}
    shown = [sa.cast(column, sa.Text) if isinstance(column.type, sa.JSON) else column for column in rows.c]
    insert = sa.table(rows.name, *(sa.column(name, kind) for name, kind in kinds.items())).insert()
    found = theirs.execute(sa.select(*shown).order_by(*rows.primary_key.columns), execution_options={"yield_per": _AT_ONCE})
    for batch in found.partitions():
        ours.execute(insert, [dict(zip(kinds, row, strict=True)) for row in batch])


def _mark(db: Database, start: Start) -> None:
    """For practice, whatever the home was; its clock is not ahead of the wall's, since both are virtual."""
    moment = start.moment
    secret = seeded(start.seed, "secret").randbytes(32)
    values = {"kind": "rehearsal", "clock_offset_seconds": 0, "secret": secret, "stopped_at": None, "stopped_why": None}
    with db.write() as connection:
        if not connection.execute(_HOME.update().values(**values)).rowcount:
            connection.execute(_HOME.insert().values(id=1, created_at=moment, seeded_at=moment, **values))


def _link_files(app: App, settings: Settings) -> None:
    """Attached files are read where they lie; what is attached later lies in the scratch folder."""
    with app.db.read() as connection:
        known = connection.execute(sa.select(_ATTACHMENT.c.sha256).distinct()).scalars().all()
    for sha256 in known:
        path = content_path(app.settings, sha256)
        path.parent.mkdir(exist_ok=True, mode=0o700)
        path.symlink_to(content_path(settings, sha256))
