"""The report of a simulation, or of two side by side: one page that needs nothing but itself, each chart above a table that says the same."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template

from services.simulation.advice import advice
from services.simulation.figures import Figures, overdue_share
from services.simulation.layout import Page, Run
from services.simulation.sections import sections
from services.simulation.words import Words

_TEMPLATES = Path(__file__).parent / "templates"
_DAYS_A_MONTH = 30.44
_KEYS = ("mails", "per_person", "reminders", "overdue", "closed")


@dataclass(frozen=True, slots=True)
class Key:
    """A figure of the first lines; ``was``: that of the other simulation."""

    name: str
    value: str
    was: str = ""


def report(runs: Sequence[Run], language: str) -> str:
    """The page for one simulation, or for two of which the first is the one that the other is compared with."""
    page = Page(tuple(runs), Words(language))
    figures, words = page.last, page.words
    whom = {"actions": words.number(sum(figures.actions.values())), "persons": words.number(figures.persons)}
    return _template().render(
        language=language,
        title=_title(page),
        subtitle=page.say("report.subtitle", first=words.day(figures.first), last=words.day(figures.last), **whom),
        key=list(_keys(page)),
        look_title=page.say("report.look"),
        look=list(_look(page)),
        sections=list(sections(page)),
        footer=page.say("report.footer", seed=figures.seed),
    )


@cache
def _template() -> Template:
    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES), autoescape=True, undefined=StrictUndefined, trim_blocks=True, keep_trailing_newline=True
    )
    return environment.get_template("report.html.j2")


def _title(page: Page) -> str:
    convention = page.last.charter
    if page.compared is None:
        return page.say("report.title", convention=convention)
    return page.say("report.title_two", convention=convention, one=page.compared.name, other=page.runs[-1].name)


def _keys(page: Page) -> Iterator[Key]:
    before = _figures(page.compared.figures, page.words) if page.compared else [""] * len(_KEYS)
    for name, value, was in zip(_KEYS, _figures(page.last, page.words), before, strict=True):
        told = page.say("key.was", name=page.compared.name, value=was) if page.compared else ""
        yield Key(page.say(f"key.{name}"), value, told)


def _figures(figures: Figures, words: Words) -> list[str]:
    months = max((figures.last - figures.first).days / _DAYS_A_MONTH, 1)
    return [
        words.number(figures.mails),
        words.number(figures.mails / figures.persons / months),
        words.number(figures.reminders),
        words.share(overdue_share(figures.dues)),
        words.number(figures.actions.get("closed", 0)),
    ]


def _look(page: Page) -> Iterator[str]:
    for run in page.runs:
        for sentence in advice(run.figures, page.words):
            yield page.say("report.of", name=run.name, sentence=sentence) if page.compared else sentence
