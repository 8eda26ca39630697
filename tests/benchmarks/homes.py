"""Homes to measure: the shipped convention with its placeholder persons, on SQLite or PostgreSQL."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import sqlalchemy as sa
from builders import CHARTER, PEOPLE, settings_of

from models.database import Database
from services.bootstrap import App
from services.operations import install

_SERVER = "postgresql://postgres@127.0.0.1:5432/postgres"


@contextmanager
def sqlite_home(folder: Path, people: Path = PEOPLE) -> Iterator[App]:
    """A rehearsal home in a folder, its database SQLite as in the embedded default."""
    app, _ = install(settings_of(folder), kind="rehearsal", charter=CHARTER, people=people)
    try:
        yield app
    finally:
        app.close()


@contextmanager
def postgres_home(folder: Path, url: str, people: Path = PEOPLE) -> Iterator[App]:
    """A rehearsal home whose database is this one."""
    app, _ = install(settings_of(folder, url), kind="rehearsal", charter=CHARTER, people=people)
    try:
        yield app
    finally:
        app.close()


@contextmanager
def postgres_database(name: str) -> Iterator[str]:
    """The address of an empty database on the server that tests use too; dropped at the end. Raises OperationalError if none answers."""
    server = os.environ.get("PASSERELLE_TEST_POSTGRES") or _SERVER
    own = f"passerelle_bench_{name}_{os.getpid()}"
    with psycopg.connect(server, autocommit=True, connect_timeout=5) as connection:
        connection.execute(f"DROP DATABASE IF EXISTS {own} WITH (FORCE)")
        connection.execute(f"CREATE DATABASE {own}")
        try:
            yield f"{server.rpartition('/')[0]}/{own}"
        finally:
            connection.execute(f"DROP DATABASE {own} WITH (FORCE)")


def size_of(app: App) -> int:
    """What the database of a home takes on disk, in bytes, once its write-ahead log is in it."""
    if app.db.is_sqlite:
        checkpoint(app.db)
        return Path(app.db.engine.url.database or "").stat().st_size
    with app.db.read() as connection:
        return int(connection.execute(sa.text("SELECT pg_database_size(current_database())")).scalar_one())


def checkpoint(db: Database) -> None:
    """Bring the write-ahead log of SQLite into the file."""
    with db.engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")


def tidy(db: Database) -> None:
    """As a database is once what was loaded has settled: its planner knows the tables, and nothing is left to be moved or swept up."""
    with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql("ANALYZE" if db.is_sqlite else "VACUUM (ANALYZE)")
    if db.is_sqlite:
        checkpoint(db)
