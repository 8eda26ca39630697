"""Telling operators what broke, what is done by night, and setting a home up."""

from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from notifications.channels import OPERATORS
from services.body_deadlines import keep_everywhere
from services.bootstrap import App, open_app, upgrade_database
from services.charter_loading import load_charter
from services.charter_store import charter_in_force, conventions
from services.checkpoints import daily
from services.former_dues import place_everywhere
from services.homes import Kind, mark_home, prepare_folder
from services.meetings.keeping import keep_agendas
from services.operators import tell_operators
from services.people import import_people, list_people
from services.proof import prove_daily
from services.search.index import catch_up
from services.settings import Settings
from services.week import tell_week
from services.work import open_work


def alert(app: App, *, run_id: str, name: str, state: str) -> int:
    """Write one message to the operators about a run that failed or crashed; the same run twice is told once. Returns how many are new."""
    details = {"run": name, "state": state, "url": f"{app.settings.prefect_url}/runs/flow-run/{run_id}"}
    with app.db.write() as connection:
        written = 0
        for convention in conventions(connection)[:1]:
            channel = charter_in_force(connection, convention).channels.get(OPERATORS)
            work = open_work(app, connection, convention)
            written += tell_operators(work, "alert", key=run_id, details=details, channel=channel)
    return written


def by_night(app: App) -> None:
    """What an older release planned is placed; then checkpoint of the day, letter of the week, agendas, proof that nobody was forgotten, deadlines of no action, what is still to be indexed.

    Each is done whatever becomes of those before it. Raises as they do.
    """
    with ExitStack() as whatever_happens:
        for step in (catch_up, keep_everywhere, prove_daily, keep_agendas, tell_week, daily):
            whatever_happens.callback(step, app)
        place_everywhere(app)


@dataclass(frozen=True, slots=True)
class Installed:
    """What setting up found or made."""

    convention: str
    kind: str
    charter_is_new: bool
    people_created: int
    seeded_at: datetime | None


def install(settings: Settings, *, kind: Kind, charter: Path, people: Path | None) -> tuple[App, Installed]:
    """Make the home ready: folders, schema, mark, charter, and on the first day the persons. Doing it again changes nothing.

    Refuses a home that cannot be written or is of the other kind, a charter or table with mistakes, and a database that does not answer.
    """
    prepare_folder(settings)
    upgrade_database(settings)
    app = open_app(settings)
    mark = mark_home(app.db, kind, app.clock.wall())
    loaded, new = load_charter(app.db, charter, app.clock.now())
    place_everywhere(app)
    created = 0
    with app.db.read() as connection:
        present = list_people(connection, loaded.convention.code)
    if people is not None and not present:
        created = len(import_people(app.db, people.read_bytes(), at=app.clock.wall(), convention=loaded.convention.code).created)
    return app, Installed(loaded.convention.code, mark.kind, new, created, mark.seeded_at)
