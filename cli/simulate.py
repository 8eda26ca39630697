"""Trying a cadence: years of a convention lived in seconds, on a home made for it; and two of them side by side."""

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Annotated

from cli.opened import settings
from cli.options import Json, option, place
from cli.screen import dump, tell, warn
from cli.words import say, say_day, wording
from models.errors import Refused
from services.days import in_order
from services.simulation.manners import Manners, read_manners
from services.simulation.outcome import REPORT, compare, simulate_into
from services.simulation.trial import Plan

_CHARTER = Path(__file__).parents[1] / "deploy/charters/villeneuve-dascq-lille.yaml"
_FOLDER = Annotated[Path, place("simulation_folder")]


def simulate(  # noqa: PLR0913  # each is an option of the command
    folder: _FOLDER,
    /,
    *,
    charter: Annotated[Path, option("simulation_charter", "--charter")] = _CHARTER,
    people: Annotated[Path | None, option("simulation_people", "--people")] = None,
    actions: Annotated[int, option("simulation_actions", "--actions")] = 200,
    persons: Annotated[int, option("simulation_persons", "--persons")] = 150,
    seed: Annotated[int, option("simulation_seed", "--seed")] = 1,
    first: Annotated[str, option("simulation_from", "--from")] = "2026-01-01",
    until: Annotated[str, option("simulation_until", "--until")] = "2030-12-31",
    as_json: Json = False,
) -> None:
    """Live through some years with persons made up, and report."""
    manners = read_manners(people) if people else Manners()
    plan = Plan(charter, _day("--from", first), _day("--until", until), actions, persons, seed, manners)
    lived, figures = simulate_into(plan, settings(), folder, wording().language, _tell_month)
    if as_json:
        dump(figures)
        return
    tell(say("simulation.cli.done", mails=figures.mails, reminders=figures.reminders, refused=sum(lived.refused.values())))
    tell(say("simulation.cli.report", file=str(folder / REPORT)))
    tell(say("simulation.cli.home", folder=str(folder)))


def side_by_side(
    first: _FOLDER, second: _FOLDER, /, *, to: Annotated[Path, option("simulation_to", "--to")] = Path("comparaison.html")
) -> None:
    """Set one simulation beside another."""
    compare(first, second, to, wording().language)
    tell(say("simulation.cli.report", file=str(to)))


def _tell_month(day: date, mails: int) -> None:
    if day.month in (1, 7):
        warn(say("simulation.cli.month", day=say_day(day), mails=mails))


def _day(name: str, typed: str) -> date:
    try:
        return date.fromisoformat(in_order(typed))
    except ValueError:
        raise Refused.because("validation.date", name, given=typed) from None


COMMANDS: dict[str, Callable[..., None]] = {"": simulate, "compare": side_by_side}
