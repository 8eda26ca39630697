"""What is to come: the messages that a convention will write, one line each, and what an assumption changes of them. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, NamedTuple


class Key(NamedTuple):
    """What makes a line the same line whichever day it falls on: the ``nth`` such message to this reader, counted from the first ever."""

    about: str
    message: str
    reader: str
    body: str
    subject: int
    nth: int


@dataclass(frozen=True, slots=True)
class ForecastLine:
    """One message to one reader. ``time``: of the convention's zone, as "08:00".

    ``person`` and ``seat`` are codes, ``person`` None for a chat room, whose reference ``name`` then is; ``capacity``: why this reader, ``copy``: for information only.
    ``action``, ``meeting``: what it is about; ``subject``: the position of the milestone, or the number of the reservation.
    ``topic``: the event that it tells of, ``cause``: the topic of the event that brought that about.
    ``deadline``, ``due_on``: which deadline it is about, and its last day; ``rung``: of its ladder.
    ``waited``: why it leaves later than it was written, and ``since``: the day of that.
    """

    key: Key
    day: date
    time: str
    person: str | None
    name: str
    seat: str | None
    seat_body: str | None
    capacity: str
    copy: bool
    action: str | None
    title: str | None
    meeting: str | None
    body: str | None
    message: str
    kind: str
    topic: str | None
    cause: str | None = None
    deadline: str | None = None
    due_on: date | None = None
    subject: int | None = None
    rung: int | None = None
    waited: str | None = None
    since: date | None = None

    @property
    def about(self) -> str:
        """The number of the action or the meeting."""
        return self.action or self.meeting or ""

    @property
    def reader(self) -> str:
        """The person's code, or the room's reference."""
        return self.person or self.name


def in_order(lines: Iterable[ForecastLine]) -> list[ForecastLine]:
    """By day, hour, reader and object."""
    return sorted(lines, key=lambda line: (line.day, line.time, line.name, line.about, line.message, line.key))


class Wanted(NamedTuple):
    """Which lines are asked for: of an action, of a person (by code), of a body (what it examines, and what its seats get). None: whatever it be."""

    action: str | None = None
    person: str | None = None
    body: str | None = None

    def holds(self, line: ForecastLine) -> bool:
        """Whether a line is one of these."""
        return (
            self.action in (None, line.action)
            and self.person in (None, line.person)
            and (self.body is None or self.body in (line.body, line.seat_body))
        )


class Moved(NamedTuple):
    """A message that leaves on another day than it would have."""

    before: ForecastLine
    after: ForecastLine


class Difference(NamedTuple):
    """What an assumption changes: messages that leave on another day, that leave no more until the end, and that leave besides."""

    moved: tuple[Moved, ...] = ()
    gone: tuple[ForecastLine, ...] = ()
    new: tuple[ForecastLine, ...] = ()

    def __bool__(self) -> bool:
        """Whether anything changes."""
        return bool(self.moved or self.gone or self.new)


SAME = Difference()
"""Nothing changes."""


def compare(before: Iterable[ForecastLine], after: Iterable[ForecastLine]) -> Difference:
    """Hold two forecasts of the same days against each other, message by message."""
    was, now = _by_key(before), _by_key(after)
    pairs = (Moved(line, now[key]) for key, line in was.items() if key in now)
    return Difference(
        tuple(pair for pair in pairs if pair.before.day != pair.after.day),
        tuple(line for key, line in was.items() if key not in now),
        tuple(line for key, line in now.items() if key not in was),
    )


def _by_key(lines: Iterable[ForecastLine]) -> Mapping[Key, ForecastLine]:
    return {line.key: line for line in in_order(lines)}


def only(difference: Difference, wanted: Wanted) -> Difference:
    """What of a difference is asked for."""
    return Difference(
        tuple(pair for pair in difference.moved if wanted.holds(pair.after)),
        tuple(line for line in difference.gone if wanted.holds(line)),
        tuple(line for line in difference.new if wanted.holds(line)),
    )


@dataclass(frozen=True, slots=True)
class Silence:
    """From which day on nothing is said of an action: what follows the closing of this body's review would tell of opinions that are hidden."""

    action: str
    body: str
    since: date


class Supposition(NamedTuple):
    """An assumption, as it was typed and as it was understood: the act ``act`` about ``code``, on a day, or to one; of an absence until ``last``.

    ``who``: the seat or the body that it names; ``value``: the opinion; ``number``: of a milestone or a reservation, or a percentage (0: none).
    """

    typed: str
    code: str
    act: str
    day: date
    last: date | None = None
    who: str | None = None
    value: str | None = None
    number: int = 0


@dataclass(frozen=True, slots=True)
class Forecast:
    """What is to come from ``first`` to ``until``, both included: the lines asked for, and what the assumptions change of them.

    ``before``: the lines without the assumptions, None where nothing is assumed. ``silences``: of what is kept silent.
    """

    convention: str
    name: str
    timezone: str
    first: date
    until: date
    wanted: Wanted
    lines: tuple[ForecastLine, ...] = ()
    assumed: tuple[Supposition, ...] = ()
    before: tuple[ForecastLine, ...] | None = None
    difference: Difference = SAME
    silences: tuple[Silence, ...] = ()
    closed: frozenset[date] = frozenset()

    @property
    def counts(self) -> Mapping[str, int]:
        """How many messages, readers and objects there are."""
        return {
            "messages": len(self.lines),
            "readers": len({line.reader for line in self.lines}),
            "objects": len({line.about for line in self.lines}),
        }


def told(line: ForecastLine) -> dict[str, Any]:
    """A line as programs read it: every field but the key, in the order of the columns."""
    return {name: getattr(line, name) for name in ForecastLine.__slots__ if name != "key"}
