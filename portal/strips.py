"""A forecast as strips beside its rows: a mark for each day on which messages leave, on one line of time."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from models.forecasts import Forecast
from notifications.kinds import Kind
from services.forecast.rows import DRAWN, Row, rows_of, usual_rows
from services.wording import Wording

WIDTH = 600
_ROOM = 10
"""Kept free at both ends, so that a mark on the first or last day is whole."""
ROWS_AT_MOST = 40
_SHAPES = {
    Kind.ASKED: "M-6 0a6 6 0 1 0 12 0a6 6 0 1 0-12 0z",
    Kind.REMINDERS: "M0-7l7 12h-14z",
    Kind.DECISIONS: "M-5-5h10v10h-10z",
    Kind.MEETINGS: "M0-8l2.2 5.2 5.6.4-4.3 3.7 1.3 5.5-4.8-3-4.8 3 1.3-5.5-4.3-3.7 5.6-.4z",
    Kind.FOLLOWING: "M0-6l6 6-6 6-6-6z",
    Kind.RECEIPTS: "M-5-2h3v-3h4v3h3v4h-3v3h-4v-3h-3z",
}


@dataclass(frozen=True, slots=True)
class Dot:
    """A mark: where it lies, its kind and shape, and how many messages it stands for."""

    x: float
    kind: Kind
    shape: str
    count: int


@dataclass(frozen=True, slots=True)
class Strip:
    """A row with its marks; ``silent``: from where on nothing is told of it."""

    code: str
    name: str
    dots: Sequence[Dot]
    silent: float | None


@dataclass(frozen=True, slots=True)
class Strips:
    """All rows, where each month begins, and the signs that are used."""

    by: str
    rows: Sequence[Strip]
    months: Sequence[tuple[float, date]]
    signs: Sequence[tuple[Kind, str]]


def strips_of(found: Forecast, words: Wording) -> Strips:
    """The strips of a forecast: of actions, or of persons where a single action is asked about."""
    by = usual_rows(found)
    rows = [_strip(found, row) for row in rows_of(found, by, words, ROWS_AT_MOST)]
    used = {dot.kind for row in rows for dot in row.dots}
    return Strips(by, rows, list(_months(found)), [(kind, _SHAPES[kind]) for kind in DRAWN if kind in used])


def _strip(found: Forecast, row: Row) -> Strip:
    dots = [Dot(_at(found, mark.day), mark.kind, _SHAPES.get(mark.kind, _SHAPES[Kind.RECEIPTS]), mark.count) for mark in row.marks]
    return Strip(row.code, row.name, dots, _at(found, row.silent_from) if row.silent_from else None)


def _at(found: Forecast, day: date) -> float:
    share = (day - found.first).days / max((found.until - found.first).days, 1)
    return round(_ROOM + share * (WIDTH - 2 * _ROOM), 1)


def _months(found: Forecast) -> Iterator[tuple[float, date]]:
    """The first of every month, or of every quarter or year where there are many."""
    count = (found.until.year - found.first.year) * 12 + found.until.month - found.first.month
    step = next(step for step in (1, 3, 6, 12, 24, 60) if count / step <= 12)  # noqa: PLR2004  # as many names fit
    for n in range(count + 1):
        year, month = divmod(found.first.year * 12 + found.first.month - 1 + n, 12)
        first = date(year, month + 1, 1)
        if month % step == 0 and found.first <= first <= found.until:
            yield _at(found, first), first
