"""What is told of a simulation, in figures: plain values that go into ``figures.json``, to be compared with those of another."""

from collections.abc import Iterable, Sequence
from datetime import date
from statistics import median

from pydantic import BaseModel, ConfigDict

FORMAT = 1


class _Values(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Spread(_Values):
    """How something is spread: how many, the median, and what 80 % and 90 % do not exceed."""

    count: int
    median: float
    p80: float
    p90: float


class Stay(_Values):
    """How many days actions stay in a state; ``still``: how many are in it at the end, which are not among the others."""

    state: str
    days: Spread
    still: int


class Week(_Values):
    """The messages of a week that ask somebody for something, per person: the median and 90 % of all persons, and the busiest one."""

    monday: date
    messages: int
    median: float
    p90: float
    most: int
    busiest: str


class Load(_Values):
    """What one person got in all: messages, those that ask for something, reminders among them, and their busiest week."""

    person: str
    name: str
    mails: int
    asks: int
    reminders: int
    most_in_a_week: int
    monday: date


class Due(_Values):
    """What fell due in a quarter: how much of it was done in time, late, or not at all by the end."""

    kind: str
    quarter: str
    due: int
    in_time: int
    late: int


class Silence(_Values):
    """The opinions that a body was asked for, and how many never came."""

    body: str
    name: str
    asked: int
    missing: int


class Rung(_Values):
    """A rung of the ladder of a kind: how often it was climbed, the mails that left for it, and how often the thing was done before the next rung.

    ``asked``, ``heeded``: of opinions, once for each person who was reminded.
    """

    kind: str
    rung: int
    sent: int
    asked: int
    heeded: int


class Day(_Values):
    """On how many days a person got so many mails; the last counts that many or more."""

    mails: int
    days: int


class Figures(_Values):
    """Everything. ``format``: of this very file."""

    format: int = FORMAT
    first: date
    last: date
    seed: int
    charter: str
    convention: str
    cadence: dict[str, int]
    persons: int
    mails: int
    asks: int
    reminders: int
    actions: dict[str, int]
    weeks: tuple[Week, ...]
    loads: tuple[Load, ...]
    stays: tuple[Stay, ...]
    dues: tuple[Due, ...]
    silences: tuple[Silence, ...]
    rungs: tuple[Rung, ...]
    days: tuple[Day, ...]
    refused: dict[str, int]


def spread_of(values: Iterable[float]) -> Spread:
    """The spread of some values; all nothing where there are none."""
    ordered = sorted(values)
    if not ordered:
        return Spread(count=0, median=0.0, p80=0.0, p90=0.0)
    return Spread(count=len(ordered), median=round(median(ordered), 1), p80=_below(ordered, 0.8), p90=_below(ordered, 0.9))


def below(values: Iterable[float], share: float) -> float:
    """The smallest value that this share of them does not exceed; nothing where there are none."""
    ordered = sorted(values)
    return _below(ordered, share) if ordered else 0.0


def _below(ordered: Sequence[float], share: float) -> float:
    return round(ordered[min(int(len(ordered) * share), len(ordered) - 1)], 1)


def overdue_share(dues: Iterable[Due]) -> float:
    """The share of what fell due that was not done in time."""
    found = list(dues)
    due = sum(each.due for each in found)
    return (due - sum(each.in_time for each in found)) / due if due else 0.0


def quarter_of(day: date) -> str:
    """The quarter of a day, such as ``2026-1``: short, and in order when sorted."""
    return f"{day.year}-{(day.month + 2) // 3}"
