"""The database of record: whether it answers, may be written, is whole, and agrees with the clock."""

import sqlite3
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DatabaseError, SQLAlchemyError

from models.database import Database
from models.errors import Refused
from models.migrations import standing
from models.tables import Event, Lease, table
from services.bootstrap import App
from services.doctor_check import Check
from services.homes import read_mark
from services.leases import FOR_GOOD
from services.lock_holders import holder_of_lock
from services.settings import Settings

_EVENT, _LEASE = table(Event), table(Lease)
_PATIENCE_SECONDS = 2.0
_IDLE_SECONDS = 60.0
_NEWEST = 200
_LARGE_LOG = 200_000_000
_CLOCKS_DIFFER, _LONGEST_LEASE = timedelta(minutes=1), timedelta(minutes=5)
_IDLE = sa.text(
    "SELECT pid, application_name FROM pg_stat_activity"
    " WHERE datname = current_database() AND state LIKE 'idle in transaction%' AND xact_start < now() - make_interval(secs => :seconds)"
    " ORDER BY xact_start LIMIT 1"
)
_TORN = sa.text("SELECT coalesce(checksum_failures, 0) FROM pg_stat_database WHERE datname = current_database()")


def examine_database(settings: Settings) -> Check:
    """Whether the database answers with the schema of this release, and whether a stranger holds it."""
    db = Database(settings.database_url)
    try:
        if db.missing:
            return Check("database_absent", "mend", {"home": str(settings.home)})
        if db.is_sqlite and (locked := _locked(settings)):
            return locked
        return _schema(standing(db.engine), settings)
    except SQLAlchemyError as error:
        return _broken(error)
    except Refused as refused:
        return Check("schema_newer", "mend", {"revision": str(refused.problems[0].params["revision"])})
    finally:
        db.close()


def examine_content(app: App) -> Iterator[Check]:
    """What the database holds: whole, written at moments that have come, its own log of writes kept short."""
    damage = _damage(app)
    yield Check("database_damaged", "mend", {"why": damage}) if damage else Check("database_whole", "right")
    if damage:
        return
    yield from _clock(app)
    if app.db.is_sqlite:
        yield from _large_log(app.settings)
    else:
        yield from _idle(app)


def _schema(state: str, settings: Settings) -> Check:
    if state == "absent":
        return Check("database_absent", "mend", {"home": str(settings.home)})
    return Check("schema_older", "mend") if state == "older" else Check("database", "right")


def _broken(error: SQLAlchemyError) -> Check:
    original = getattr(error, "orig", None)
    why = str(original or error).partition("\n")[0]
    damaged = getattr(original, "sqlite_errorcode", None) in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)
    return Check("database_damaged" if damaged else "database", "mend", {"why": why})


def _locked(settings: Settings) -> Check | None:
    """Whether the right to write cannot be had for two seconds; our own writers hold it for some hundredths of one."""
    path = Path(make_url(settings.database_url).database or "")
    connection = sqlite3.connect(path, timeout=_PATIENCE_SECONDS, isolation_level=None)
    try:
        connection.execute("BEGIN IMMEDIATE")
        connection.execute("ROLLBACK")
    except sqlite3.OperationalError as error:
        if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY:
            return Check("database", "mend", {"why": str(error)})
        return Check("database_locked", "mend", {"holder": holder_of_lock(path) or "?"})
    except sqlite3.DatabaseError as error:
        return Check("database_damaged", "mend", {"why": str(error)})
    finally:
        connection.close()
    return None


def _damage(app: App) -> str:
    """What is wrong with the pages of the database; nothing if they are right."""
    try:
        with app.db.read() as connection:
            if app.db.is_sqlite:
                said = str(connection.exec_driver_sql("PRAGMA quick_check(1)").scalar())
                return "" if said == "ok" else said.replace("\n", " ")
            torn = connection.execute(_TORN).scalar_one()
            return f"checksum failures: {torn}" if torn else ""
    except DatabaseError as error:
        return str(error.orig).partition("\n")[0]


def _clock(app: App) -> Iterator[Check]:
    """The business's clock, and whether what was written lies in its future: then the machine's clock was set back."""
    mark = read_mark(app.db)
    days = mark.clock_offset.days if mark else 0
    yield Check("clock", "look" if days else "right", {"days": days})
    back = _ahead(app)
    if back > timedelta(0):
        yield Check("clock_back", "mend", {"minutes": -(-back // timedelta(minutes=1))})


def _ahead(app: App) -> timedelta:
    """By how much the newest events, or a lease, lie further ahead than they may; leases that hold a restored home are for good."""
    newest = sa.select(_EVENT.c.recorded_at).order_by(_EVENT.c.position.desc()).limit(_NEWEST).subquery()
    wall = app.clock.wall()
    passing = _LEASE.c.expires_at < wall + FOR_GOOD / 2
    with app.db.read() as connection:
        recorded: datetime | None = connection.execute(sa.select(sa.func.max(newest.c.recorded_at))).scalar()
        leased: datetime | None = connection.execute(sa.select(sa.func.max(_LEASE.c.expires_at)).where(passing)).scalar()
    ahead = [recorded - app.clock.now() - _CLOCKS_DIFFER] if recorded else []
    ahead += [leased - wall - _LONGEST_LEASE] if leased else []
    return max(ahead, default=timedelta(0))


def _large_log(settings: Settings) -> Iterator[Check]:
    path = Path(f"{make_url(settings.database_url).database}-wal")
    if path.exists() and path.stat().st_size > _LARGE_LOG:
        yield Check("database_log", "look", {"size": path.stat().st_size // 1_000_000})


def _idle(app: App) -> Iterator[Check]:
    """A session that began a transaction and does nothing holds its locks, and keeps dead rows."""
    with app.db.read() as connection:
        found = connection.execute(_IDLE, {"seconds": _IDLE_SECONDS}).first()
    if found is not None:
        yield Check("database_locked", "mend", {"holder": f"{found.application_name or 'postgres'} ({found.pid})"})
