"""What a simulation leaves beside its home: the figures, the reminders as a table, the report."""

import csv
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from models.errors import Refused
from services.bootstrap import open_app
from services.settings import Settings
from services.simulation.figures import FORMAT, Figures
from services.simulation.layout import Run
from services.simulation.letters import Mail
from services.simulation.measuring import Asked, measure
from services.simulation.report import report
from services.simulation.trial import Lived, Plan, Told, simulate

FIGURES, REMINDERS, REPORT = "figures.json", "reminders.csv", "report.html"
_COLUMNS = ("day", "person", "because", "action", "message", "topic", "rung", "due_on")


def simulate_into(
    plan: Plan, settings: Settings, folder: Path, language: str, tell: Told = lambda _day, _mails: None
) -> tuple[Lived, Figures]:
    """Live through a plan in a folder of its own and leave there all that came of it. Refuses as ``trial.simulate`` does, and a folder in use."""
    _check_apart(folder.resolve(), settings.home.resolve())
    lived = simulate(plan, settings, folder, tell)
    app = open_app(replace(settings, home=folder, database_url=f"sqlite:///{folder / 'passerelle.db'}"))
    try:
        figures, mails = measure(app, Asked(plan.first, plan.last, plan.seed, lived.refused))
    finally:
        app.close()
    write_outcome(folder, figures, mails, language)
    return lived, figures


def _check_apart(folder: Path, home: Path) -> None:
    """Refuses the home and what lies around it, and any folder that holds something."""
    if folder in (home, *home.parents):
        raise Refused.because("simulation.in_the_home", str(folder))
    if folder.exists() and any(folder.iterdir()):
        raise Refused.because("simulation.folder_used", str(folder))


def write_outcome(folder: Path, figures: Figures, mails: Iterable[Mail], language: str) -> None:
    """Write them into the folder of the home."""
    (folder / FIGURES).write_text(figures.model_dump_json(indent=1) + "\n", encoding="utf-8")
    with (folder / REMINDERS).open("w", encoding="utf-8", newline="") as file:
        table = csv.writer(file, delimiter=";", lineterminator="\n")
        table.writerow(_COLUMNS)
        for mail in mails:
            if mail.reminds:
                due_on = mail.payload.get("due_on") or ""
                table.writerow(
                    (mail.day.isoformat(), mail.person, mail.because, mail.number, mail.message, mail.topic, mail.rung or "", due_on)
                )
    (folder / REPORT).write_text(report([Run(folder.name, figures)], language), encoding="utf-8")


def read_figures(folder: Path) -> Figures:
    """The figures of a simulation. Refuses a folder that holds none, or those of another release."""
    path = folder / FIGURES
    try:
        figures = Figures.model_validate_json(path.read_bytes())
    except FileNotFoundError:
        raise Refused.because("simulation.no_figures", str(folder)) from None
    except ValueError:
        raise Refused.because("simulation.wrong_figures", str(path)) from None
    if figures.format != FORMAT:
        raise Refused.because("simulation.wrong_figures", str(path))
    return figures


def compare(first: Path, second: Path, target: Path, language: str) -> None:
    """Write the report that sets a second simulation beside a first one. Refuses folders as ``read_figures``, and a file that exists."""
    runs = [Run(folder.name, read_figures(folder)) for folder in (first, second)]
    page = report(runs, language)
    try:
        with target.open("x", encoding="utf-8") as file:
            file.write(page)
    except FileExistsError:
        raise Refused.because("simulation.report_exists", str(target)) from None
