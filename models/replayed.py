"""What a replay puts together: rows by their columns, and what the log keeps of texts, secret votes and milestones."""

from dataclasses import dataclass
from enum import Enum
from typing import Any, NamedTuple


class Unsaid(Enum):
    """What the log does not say of a column."""

    UNSAID = "unsaid"


UNSAID = Unsaid.UNSAID


Source = tuple[int, str]
"""The event that says so: its seq and its id."""


Told = tuple[str, str, str | None, Source]
"""What the log keeps of a text: the salted hash, its kind, whose seat wrote it, and the event."""


class Text(NamedTuple):
    """A text that a column repeats: its id in hexadecimal and its salted hash."""

    id: str
    hash: str
    by: Source


@dataclass(slots=True)
class Urn:
    """A secret ballot under way: the log says how many have voted, and nothing else."""

    votes: int = 0


@dataclass(slots=True)
class Row:
    """A row by its columns, always in the same order, and the event that wrote it last. A column may hold a ``Text`` or an ``Urn``, or be ``UNSAID``."""

    by: Source
    values: dict[str, Any]


class Reached(NamedTuple):
    """A milestone that was reported reached. ``surely``: the sheet has not changed since in a way that nobody can follow any more."""

    day: str
    by: Source
    surely: bool = True
