"""What the report is made of: the simulations that it tells of, side by side, and the tables and sections that hold their figures."""

from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from services.simulation.figures import Figures
from services.simulation.words import Words

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Run:
    """A simulation by the name that the report gives it."""

    name: str
    figures: Figures


@dataclass(frozen=True, slots=True)
class Table:
    """A table. All columns but the first hold figures; ``words``: the places of those that do not, counted from 0."""

    caption: str
    heads: Sequence[str]
    rows: Sequence[Sequence[str]]
    words: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Section:
    """A part of the report: a chart above the tables that say the same."""

    title: str
    lead: str
    chart: str
    tables: tuple[Table, ...]


@dataclass(frozen=True, slots=True)
class Page:
    """One simulation, or two of which the first is the one that the other is compared with, in a language."""

    runs: tuple[Run, ...]
    words: Words

    @property
    def last(self) -> Figures:
        """The figures of the simulation that the report is about."""
        return self.runs[-1].figures

    @property
    def compared(self) -> Run | None:
        """The other one, if there is one."""
        return self.runs[0] if len(self.runs) > 1 else None

    def named(self, run: Run, name: str) -> str:
        """A name that says of which simulation it is, where there are two."""
        return f"{run.name} · {name}" if self.compared else name

    def say(self, code: str, /, **params: str | int) -> str:
        """A sentence."""
        return self.words.say(code, **params)

    def heads(self, section: str, *names: str) -> list[str]:
        """The heads of columns."""
        return [self.say(f"{section}.{name}") for name in names]

    def heads_of_each(self, section: str, first: str, *names: str) -> list[str]:
        """The heads of a table that has some columns for each simulation."""
        each = (self.named(run, self.say(f"{section}.{name}")) for run in self.runs for name in names)
        return [self.say(f"{section}.{first}"), *each]

    def section(self, name: str, chart: str, *tables: Table) -> Section:
        """A section with its title and lead."""
        return Section(self.say(f"{name}.title"), self.say(f"{name}.lead"), chart, tuple(table for table in tables if table.rows))


def joined(parts: Iterable[Iterable[_T]]) -> list[_T]:
    """What stands in several lists, in one."""
    return [one for part in parts for one in part]


def by_key(runs: Sequence[Run], values: Callable[[Figures], Iterable[_T]], key: Callable[[_T], Hashable]) -> list[Mapping[Hashable, _T]]:
    """The values of each simulation, found by their key."""
    return [{key(value): value for value in values(run.figures)} for run in runs]
