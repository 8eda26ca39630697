"""Bringing a database to the schema of this release, on SQLite and PostgreSQL."""

from pathlib import Path
from typing import Literal

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

from models.errors import Refused

_HERE = Path(__file__).parent


def configuration(connection: sa.Connection) -> Config:
    """Alembic's configuration for an open connection; nothing is read from files."""
    config = Config()
    config.set_main_option("script_location", str(_HERE))
    config.attributes["connection"] = connection
    return config


def upgrade(engine: sa.Engine) -> None:
    """Upgrade to the newest schema, all or nothing; does nothing on one that is new. Refuses a schema made by a later release."""
    with engine.connect() as connection:
        if engine.dialect.name == "sqlite":
            connection.exec_driver_sql("BEGIN IMMEDIATE")
        known = ScriptDirectory.from_config(configuration(connection))
        present = MigrationContext.configure(connection).get_current_revision()
        if present is not None and present not in {script.revision for script in known.walk_revisions()}:
            raise Refused.because("schema_newer", revision=present)
        if present != known.get_current_head():
            command.upgrade(configuration(connection), "head")
            connection.commit()


def newest() -> str:
    """The revision of this release's schema."""
    return str(ScriptDirectory(str(_HERE)).get_current_head())


def is_known(revision: str) -> bool:
    """Whether this release knows a revision: its own, or one before it."""
    return revision in {script.revision for script in ScriptDirectory(str(_HERE)).walk_revisions()}


def bring_to(connection: sa.Connection, revision: str) -> None:
    """Upgrade to a revision within the open transaction of ``connection``, which the caller ends."""
    command.upgrade(configuration(connection), revision)


def standing(engine: sa.Engine) -> Literal["absent", "older", "current"]:
    """How far the database's schema is, without touching it. Refuses a schema made by a later release."""
    with engine.connect() as connection:
        known = ScriptDirectory.from_config(configuration(connection))
        present = MigrationContext.configure(connection).get_current_revision()
        if present is None:
            return "absent"
        if present not in {script.revision for script in known.walk_revisions()}:
            raise Refused.because("schema_newer", revision=present)
        return "current" if present == known.get_current_head() else "older"
