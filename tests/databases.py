"""Databases on PostgreSQL that are made once and brought back to their beginning between tests: making and dropping one takes a second."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import psycopg

_TABLES = "SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace ORDER BY relname"
_SEQUENCES = "SELECT relname FROM pg_class WHERE relkind = 'S' AND relnamespace = 'public'::regnamespace ORDER BY relname"
_SCHEMA = """
SELECT md5(string_agg(concat_ws(' ', c.oid, c.relname, a.attname, a.atttypid, a.attnotnull, a.atthasdef), ',' ORDER BY c.oid, a.attnum)),
  (SELECT md5(string_agg(concat_ws(' ', oid, conname), ',' ORDER BY oid)) FROM pg_constraint WHERE connamespace = 'public'::regnamespace),
  (SELECT count(*) FROM pg_trigger)
FROM pg_class c LEFT JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 WHERE c.relnamespace = 'public'::regnamespace
"""
_CUT_OFF = """
SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND backend_type = 'client backend' AND pid <> pg_backend_pid()
"""


@contextmanager
def connected(url: str) -> Iterator[psycopg.Connection]:
    """A connection on which each statement is a transaction."""
    with psycopg.connect(url, autocommit=True, connect_timeout=3) as connection:
        yield connection


def beside(url: str, database: str) -> str:
    """The address of another database of the same server."""
    return f"{url.rpartition('/')[0]}/{database}"


class Kept:
    """A database, filled once; ``fresh`` gives it back as it was then, whatever was done to it since."""

    def __init__(self, server: str, name: str, fill: Callable[[str], None]) -> None:
        self._server, self._name, self._fill = server, name, fill
        self.url = beside(server, name)
        self.drop()
        with connected(server) as connection:
            connection.execute(f"CREATE DATABASE {name}")
            connection.execute(f"ALTER DATABASE {name} SET synchronous_commit = off")
        self._begin()

    def fresh(self) -> str:
        """Its address; whoever is still connected is cut off. Where a test has changed the tables, they are made again."""
        with connected(self.url) as connection:
            while connection.execute(_CUT_OFF).fetchall():
                pass
            if connection.execute(_SCHEMA).fetchall() == self._schema:
                self._bring_back(connection)
                return self.url
            connection.execute("DROP SCHEMA public CASCADE; CREATE SCHEMA public")
        self._begin()
        return self.url

    def drop(self) -> None:
        with connected(self._server) as server:
            server.execute(f"DROP DATABASE IF EXISTS {self._name} WITH (FORCE)")

    def _begin(self) -> None:
        self._fill(self.url)
        with connected(self.url) as connection:
            self._schema = connection.execute(_SCHEMA).fetchall()
            self._rows = {name: _copied(connection, name) for (name,) in connection.execute(_TABLES).fetchall()}
            names = [name for (name,) in connection.execute(_SEQUENCES).fetchall()]
            self._counts = [(name, *connection.execute(f"SELECT last_value, is_called FROM {name}").fetchone()) for name in names]  # noqa: S608  # our own names

    def _bring_back(self, connection: psycopg.Connection) -> None:
        with connection.transaction():
            connection.execute("SET LOCAL session_replication_role = replica")  # in any order
            connection.execute(";".join(f'DELETE FROM "{name}"' for name in self._rows) or "SELECT")  # noqa: S608  # our own names
            for name, rows in self._rows.items():
                _copy_back(connection, name, rows)
            connection.execute(";".join(f"SELECT setval('{name}', {last}, {called})" for name, last, called in self._counts) or "SELECT")


@contextmanager
def kept(server: str, name: str, fill: Callable[[str], None]) -> Iterator[Kept]:
    """A database to be brought back as often as one likes, as long as the block lasts."""
    database = Kept(server, name, fill)
    yield database
    database.drop()


def _copied(connection: psycopg.Connection, name: str) -> bytes:
    with connection.cursor().copy(f'COPY "{name}" TO STDOUT') as copy:
        return b"".join(copy)


def _copy_back(connection: psycopg.Connection, name: str, rows: bytes) -> None:
    if rows:
        with connection.cursor().copy(f'COPY "{name}" FROM STDIN') as copy:
            copy.write(rows)
