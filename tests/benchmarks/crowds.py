"""Homes with many open actions, half under way and half in technical review, made once in a run and kept until it ends."""

import tempfile
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from builders import CHARTER, CLERK, PEOPLE, PILOT, settings_of

from benchmarks.bulk import copy_actions
from benchmarks.homes import tidy
from benchmarks.lives import Lives
from models.lifecycle import Verb
from services.bootstrap import App
from services.operations import install


@dataclass(frozen=True, slots=True)
class Crowd:
    """An open home with so many actions; its folder goes when the run ends."""

    app: App
    folder: tempfile.TemporaryDirectory[str]


@cache
def crowd_of(cache_folder: Path, actions: int, reports: int = 3) -> Crowd:
    """A home with about so many open actions on SQLite, their chains valid, nothing owed and nothing unpublished.

    Those under way have so many reports of progress.
    """
    folder = tempfile.TemporaryDirectory(prefix="crowd-", dir=cache_folder)
    app, _ = install(settings_of(Path(folder.name) / "home"), kind="rehearsal", charter=CHARTER, people=PEOPLE)
    for make in (lambda home: _under_way(home, reports), _in_review):
        copy_actions(app, lambda make=make: make(app), actions // 2 - 1)  # type: ignore[misc]  # bound at once
    tidy(app.db)
    return Crowd(app, folder)


def _under_way(app: App, reports: int) -> str:
    """Registered, then so many reports: an event and a text for each, a deadline for each milestone and two for news."""
    lives = Lives(app)
    values = {"sheet": lives.sheet, "reference": "CM-2026-12", "reason": "Reprise de l'existant"}
    number = lives.do(Verb.REGISTER_UNDER_WAY, None, CLERK, **values).number
    for percent in range(1, reports + 1):
        lives.do(Verb.REPORT_PROGRESS, number, PILOT, percent=percent, summary="Avancement conforme au calendrier.")
    return number


def _in_review(app: App) -> str:
    """Four events, a review with two opinions and its deadlines."""
    lives = Lives(app)
    number = lives.do(Verb.PROPOSE, None, CLERK, sheet=lives.sheet).number
    lives.do(Verb.OPEN_TECHNICAL_REVIEW, number, CLERK, body="cotech")
    for voter in lives.voters["cotech"][:2]:
        lives.do(Verb.RECORD_OPINION, number, CLERK, body="cotech", voter=voter, opinion="favourable")
    return number
