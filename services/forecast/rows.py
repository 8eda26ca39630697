"""What a picture of a forecast shows: rows of actions or persons, and in each the marks of the days on which messages leave."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, NamedTuple, TypeVar

from models.forecasts import Forecast, ForecastLine
from notifications.kinds import Kind
from services.forecast.words import what
from services.wording import Wording

ACTION, PERSON = "action", "person"
_T = TypeVar("_T")
DRAWN: tuple[Kind, ...] = (Kind.ASKED, Kind.REMINDERS, Kind.DECISIONS, Kind.MEETINGS, Kind.FOLLOWING, Kind.RECEIPTS)
"""The kinds of messages, in the order of the legend: what asks for something first."""


class Standing(NamedTuple):
    """How the messages of a mark stand to the assumptions: ``gone``: they would have left on that day without them; ``new``: they leave on it only with them."""

    gone: bool = False
    new: bool = False


@dataclass(frozen=True, slots=True)
class Mark:
    """Messages of one kind that leave on one day in a row. ``rung``: of all of them, if it is the same. ``text``: what they say, if it is the same."""

    day: date
    kind: Kind
    standing: Standing
    count: int
    rung: int | None
    text: str | None


@dataclass(frozen=True, slots=True)
class Row:
    """A row: a code and a name (empty for what many rows have in common), its marks in the order of time, and from when on nothing is told of it."""

    code: str
    name: str
    marks: tuple[Mark, ...]
    silent_from: date | None = None


def usual_rows(found: Forecast) -> str:
    """What the rows are if nobody says: persons for a single action, else actions."""
    return PERSON if found.wanted.action else ACTION


def rows_of(found: Forecast, by: str, words: Wording, most: int) -> list[Row]:
    """The rows of a forecast, those whose first message leaves first on top.

    Where there are more than ``most``, those that an assumption changes and those with the most messages are kept; the last row holds all others, week
    by week, and says how many they are.
    """
    groups: dict[tuple[str, str], list[tuple[ForecastLine, Standing]]] = defaultdict(list)
    for line, standing in _standings(found):
        groups[_named(line, by)].append((line, standing))
    kept = sorted(groups, key=lambda name: (not _changes(groups[name]), -len(groups[name]), name))
    kept, others = (kept[: most - 1], kept[most - 1 :]) if len(kept) > most else (kept, [])
    silent = {each.action: each.since for each in found.silences} if by == ACTION else {}
    rows = [replace(_row(name, by, groups[name], words), silent_from=silent.get(name[0])) for name in kept]
    rows.sort(key=lambda row: (row.marks[0].day, row.code, row.name))
    if others:
        together = words.say(f"forecast.picture.others_{by}", count=len(others))
        rows.append(Row("", together, _by_week(_marks([pair for name in others for pair in groups[name]], words))))
    return rows


def _named(line: ForecastLine, by: str) -> tuple[str, str]:
    return (line.about, line.title or "") if by == ACTION else (line.reader, line.name)


def _row(name: tuple[str, str], by: str, lines: Sequence[tuple[ForecastLine, Standing]], words: Wording) -> Row:
    """A person goes by their first seat, and how many more there are."""
    seats = sorted({line.seat for line, _ in lines if line.seat})
    return Row(name[0] if by == ACTION else _seats(seats), name[1], _marks(lines, words))


def _seats(seats: Sequence[str]) -> str:
    return f"{seats[0]} +{len(seats) - 1}" if len(seats) > 1 else "".join(seats)


def _standings(found: Forecast) -> Iterable[tuple[ForecastLine, Standing]]:
    new = {line.key for line in found.difference.new} | {pair.after.key for pair in found.difference.moved}
    yield from ((line, Standing(new=line.key in new)) for line in found.lines)
    gone = (*found.difference.gone, *(pair.before for pair in found.difference.moved))
    yield from ((line, Standing(gone=True)) for line in gone)


def _marks(lines: Sequence[tuple[ForecastLine, Standing]], words: Wording) -> tuple[Mark, ...]:
    together: Mapping[tuple[date, Kind, Standing], list[ForecastLine]] = defaultdict(list)
    for line, standing in lines:
        together[line.day, Kind(line.kind), standing].append(line)
    marks = (
        Mark(day, kind, standing, len(same), _only(line.rung for line in same), _only(what(line, words) for line in same))
        for (day, kind, standing), same in together.items()
    )
    return _ordered(marks)


def _changes(lines: Sequence[tuple[ForecastLine, Standing]]) -> bool:
    return any(standing != Standing() for _, standing in lines)


def _by_week(marks: Sequence[Mark]) -> tuple[Mark, ...]:
    """The marks of each week and kind as one, on the first of their days."""
    weeks: Mapping[tuple[Any, ...], list[Mark]] = defaultdict(list)
    for mark in marks:
        weeks[mark.day.isocalendar()[:2], mark.kind, mark.standing].append(mark)
    together = (
        replace(same[0], count=sum(mark.count for mark in same), rung=_only(mark.rung for mark in same), text=None)
        for same in weeks.values()
    )
    return _ordered(together)


def _ordered(marks: Iterable[Mark]) -> tuple[Mark, ...]:
    return tuple(sorted(marks, key=lambda mark: (mark.day, DRAWN.index(mark.kind) if mark.kind in DRAWN else len(DRAWN), mark.standing)))


def _only(values: Iterable[_T]) -> _T | None:
    found = set(values)
    return found.pop() if len(found) == 1 else None
