"""Examining an installation: each check is right, worth a look, or to be mended, and says how. Changes nothing."""

from collections.abc import Iterator

from services.bootstrap import App, open_app
from services.doctor_check import Check
from services.doctor_database import examine_content, examine_database
from services.doctor_home import examine_files, examine_folder
from services.doctor_search import examine_search
from services.doctor_sign_on import examine_sign_on
from services.doctor_telling import examine_telling
from services.doctor_work import examine_metrics, examine_portal, examine_work, smtp
from services.settings import Settings


def examine(settings: Settings) -> list[Check]:
    """Every check, in the order of what rests on what. Of a database that does not answer, nothing more is asked."""
    checks = [*examine_folder(settings), examine_database(settings)]
    if checks[-1].level == "right":
        app = open_app(settings)
        try:
            checks += _inside(app)
        finally:
            app.close()
    return [*checks, *examine_metrics(settings), examine_portal(settings), *examine_sign_on(settings), smtp(settings)]


def _inside(app: App) -> Iterator[Check]:
    content = list(examine_content(app))
    yield from content
    if not any(check.name == "database_damaged" for check in content):
        yield from examine_files(app)
        yield from examine_work(app)
        yield from examine_search(app)
        yield from examine_telling(app)
