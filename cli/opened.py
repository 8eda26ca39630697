"""Opening the home that a command works on."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from cli.screen import warn
from cli.words import say
from models.database import Database
from models.errors import Refused
from models.migrations import standing
from services.bootstrap import App, open_app
from services.homes import HomeMark, read_mark
from services.settings import Settings


def settings() -> Settings:
    """The settings of this installation. Refuses every wrong value at once."""
    return Settings.from_environment(os.environ)


@contextmanager
def opened() -> Iterator[App]:
    """The application on an existing home; a rehearsal says so.

    Refuses a home that was not set up, and a database of an earlier or later release.
    """
    mine = settings()
    mark = present_mark(mine)
    if mark is None:
        raise Refused.because("home_absent", str(mine.home))
    app = open_app(mine)
    if mark.rehearsal:
        warn(_banner(mark.clock_offset))
    try:
        yield app
    finally:
        app.close()


def present_mark(mine: Settings) -> HomeMark | None:
    """What the home says of itself, or None where nothing was set up yet. Creates nothing."""
    db = Database(mine.database_url)
    try:
        if db.missing:
            return None
        state = standing(db.engine)
        if state == "older":
            raise Refused.because("schema_older")
        return read_mark(db) if state == "current" else None
    finally:
        db.close()


def _banner(offset: timedelta) -> str:
    if offset.days:
        return say("cli.rehearsal_ahead", days=offset.days)
    return say("cli.rehearsal")
