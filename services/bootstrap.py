"""The composition root: settings in, a working application out. Nothing is built at import time."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from uuid import UUID

from models.database import Database
from models.migrations import upgrade
from notifications.message import Outlet
from services.clock import Clock, new_id, new_salt
from services.homes import read_mark
from services.meter import Meter
from services.seals import seal_all
from services.settings import Settings
from services.vault import Vault


@dataclass(frozen=True, slots=True)
class App:
    """What every service needs. ``outlet``: where every message goes instead of leaving, if anywhere."""

    settings: Settings
    db: Database
    clock: Clock
    ids: Callable[[], UUID] = new_id
    salts: Callable[[], str] = new_salt
    meter: Meter = field(default_factory=Meter)
    vault: Vault = field(default_factory=Vault)
    outlet: Outlet | None = None

    def close(self) -> None:
        """Give the database connections back."""
        self.db.close()


def open_app(settings: Settings) -> App:
    """Open the home's database as it is; ``install`` creates and upgrades it."""
    db = Database(settings.database_url)
    return App(settings, db, Clock(lambda: _offset(db)))


def upgrade_database(settings: Settings) -> None:
    """Bring the schema to this release's, and seal what an older release wrote. A schema newer than this release is refused."""
    db = Database(settings.database_url)
    try:
        upgrade(db.engine)
        seal_all(db)
    finally:
        db.close()


def _offset(db: Database) -> timedelta:
    mark = read_mark(db)
    return mark.clock_offset if mark else timedelta(0)
