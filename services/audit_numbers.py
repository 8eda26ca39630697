"""Numbers are given without a gap, so an action or a decision that is gone leaves one: even if nothing else of it is left."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Protocol

import sqlalchemy as sa

from models.findings import Finding, Place
from models.replay import Replay
from models.tables import Counter, table

_COUNTER = table(Counter)
_MOST = 10_000_000


class Met(Protocol):
    """Whoever is told which numbers were met."""

    def note_action(self, place: Place) -> None:
        """An action is there."""

    def note_decisions(self, place: Place, replay: Replay) -> None:
        """The decisions of an action are in its log."""

    def note_meeting(self, place: Place, body: str) -> None:
        """A meeting of a body is there."""

    def give_up(self, convention: str) -> None:
        """A log of this convention could not be read to its end: its decisions are not all known."""


@dataclass(slots=True)
class Notes:
    """Numbers that were met, to be told to ``Numbers`` later."""

    met: list[tuple[Place, str, str]] = field(default_factory=list)
    given_up: set[str] = field(default_factory=set)

    def note_action(self, place: Place) -> None:
        """An action is there."""
        self.met.append((place, *_of_action(place)))

    def note_decisions(self, place: Place, replay: Replay) -> None:
        """The decisions of an action are in its log."""
        self.met += ((place, series, number) for series, number in replay.numbers)

    def note_meeting(self, place: Place, body: str) -> None:
        """A meeting of a body is there."""
        self.met.append((place, *_of_meeting(place, body)))

    def give_up(self, convention: str) -> None:
        """A log of this convention could not be read to its end: its decisions are not all known."""
        self.given_up.add(convention)


class Numbers:
    """Which numbers of each series were met, against how many the counter has given."""

    def __init__(self, connection: sa.Connection) -> None:
        """Reads the counters."""
        rows = connection.execute(sa.select(_COUNTER).order_by(_COUNTER.c.convention, _COUNTER.c.series)).all()
        self._met = {(row.convention, row.series): bytearray(min(row.last, _MOST) + 1) for row in rows}
        self._beyond: list[Finding] = []
        self._given_up: set[str] = set()

    def note_action(self, place: Place) -> None:
        """An action is there."""
        self._note(place, *_of_action(place))

    def note_all(self, notes: Notes) -> None:
        """What somebody else has met."""
        for note in notes.met:
            self._note(*note)
        self._given_up |= notes.given_up

    def note_decisions(self, place: Place, replay: Replay) -> None:
        """The decisions of an action are in its log."""
        for series, number in replay.numbers:
            self._note(place, series, number)

    def note_meeting(self, place: Place, body: str) -> None:
        """A meeting of a body is there."""
        self._note(place, *_of_meeting(place, body))

    def give_up(self, convention: str) -> None:
        """A log of this convention could not be read to its end: its decisions are not all known."""
        self._given_up.add(convention)

    def findings(self) -> Iterator[Finding]:
        """The numbers that nobody has, and those that were never given."""
        yield from self._beyond
        for (convention, series), met in self._met.items():
            if series.startswith("decision:") and convention in self._given_up:
                continue
            number = met.find(0, 1)
            while number > 0:
                yield Finding("number_missing", convention, params={"number": _written(series, number)})
                number = met.find(0, number + 1)

    def _note(self, place: Place, series: str, number: str) -> None:
        met, tail = self._met.get((place.convention, series)), number.rpartition("-")[2]
        n = int(tail) if tail.isdecimal() else 0
        if met is None or not 0 < n < len(met) or met[n]:
            self._beyond.append(Finding("number_unknown", *place, params={"given": number}))
        else:
            met[n] = 1


def _of_action(place: Place) -> tuple[str, str]:
    """The series of an action's number, and the number."""
    year = place.number.partition("-")[2].partition("-")[0]
    return f"action:{year}", place.number


def _of_meeting(place: Place, body: str) -> tuple[str, str]:
    """The series of a meeting's number, and the number."""
    return f"meeting:{body}:{place.number.removeprefix(f'{body.upper()}-S-').partition('-')[0]}", place.number


def _written(series: str, number: int) -> str:
    """``A-2026-001``, ``COPIL-2026-003`` or ``COPIL-S-2026-001``, as ``services.effects`` and ``services.meetings`` write them."""
    kind, *rest = series.split(":")
    if kind == "action":
        return f"A-{rest[0]}-{number:03d}"
    return f"{rest[0].upper()}{'-S' if kind == 'meeting' else ''}-{rest[1]}-{number:03d}"
