"""The clock of a rehearsal."""

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from datetime import timedelta
from typing import Annotated

from cli.opened import opened
from cli.options import Json, option
from cli.screen import dump, tell, text_of
from cli.words import moments_of, say
from models.errors import Refused
from services.bootstrap import App
from services.charter_store import charter_in_force, conventions
from services.homes import advance_clock

_DAYS = Annotated[int, option("days", "--days")]
_LONGEST = 3_660


def show(*, as_json: Json = False) -> None:
    """Show the time that the business goes by."""
    with opened() as app:
        now, ahead = app.clock.now(), app.clock.now() - app.clock.wall()
        zone = _zone(app)
    if as_json:
        dump({"now": now, "ahead_seconds": round(ahead.total_seconds())})
        return
    with zone:
        tell(say("cli.clock", now=text_of(now), days=round(ahead / timedelta(days=1))))


def advance(*, days: _DAYS) -> None:
    """Let days pass in a rehearsal."""
    if days > _LONGEST:
        raise Refused.because("validation.at_most", "--days", given=days, limit=_LONGEST)
    with opened() as app:
        ahead = advance_clock(app.db, timedelta(days=days))
        with _zone(app):
            tell(say("cli.clock", now=text_of(app.clock.now()), days=ahead.days))


def _zone(app: App) -> AbstractContextManager[None]:
    """Moments as people of the first convention say them; by this machine's clock while none is loaded."""
    with app.db.read() as connection:
        known = conventions(connection)
        return moments_of(charter_in_force(connection, known[0]).convention.timezone) if known else nullcontext()


COMMANDS: dict[str, Callable[..., None]] = {"show": show, "advance": advance}
