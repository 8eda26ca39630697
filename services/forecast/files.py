"""A forecast as files: a table for spreadsheets, a calendar."""

import csv
import io
from collections.abc import Iterator
from datetime import date, datetime
from hashlib import sha256

from models.forecasts import Forecast, ForecastLine
from notifications.ical_days import DayEntry, calendar_of_days
from services.forecast.words import heading, silences, what, who, why
from services.people_csv import guarded
from services.wording import Wording

_COLUMNS = (
    "when",
    "time",
    "reader",
    "person",
    "seat",
    "capacity",
    "action",
    "title",
    "body",
    "what",
    "kind",
    "due_on",
    "degree",
    "reason_why",
)
_CHANGES = ("change", "instead")
_MARK = "\ufeff"
"""Tells spreadsheets that the table is UTF-8."""


def as_csv(found: Forecast, words: Wording) -> str:
    """The table, one line a message. With assumptions, two more columns say what they change; what no longer happens stands at its end without a day."""
    table = io.StringIO(newline="")
    writer = csv.writer(table, delimiter=";", lineterminator="\n")
    columns = (*_COLUMNS, *_CHANGES) if found.assumed else _COLUMNS
    writer.writerow([words.say(f"column.{column}") for column in columns])
    for cells in _rows(found, words):
        writer.writerow([guarded(cell) for cell in cells])
    return _MARK + table.getvalue()


def _rows(found: Forecast, words: Wording) -> Iterator[list[str]]:
    moved = {pair.after.key: pair.before.day for pair in found.difference.moved}
    new = {line.key for line in found.difference.new}
    for line in found.lines:
        change = "moved" if line.key in moved else "new" if line.key in new else ""
        yield [*_cells(line, words, line.day), *_change(found, words, change, moved.get(line.key))]
    for line in found.difference.gone:
        yield [*_cells(line, words, None), *_change(found, words, "gone", line.day)]


def _change(found: Forecast, words: Wording, change: str, before: date | None) -> list[str]:
    if not found.assumed:
        return []
    return [words.label("change", change) if change else "", before.isoformat() if before else ""]


def _cells(line: ForecastLine, words: Wording, day: date | None) -> list[str]:
    return [
        day.isoformat() if day else "",
        line.time if day else "",
        line.name,
        line.person or "",
        line.seat or "",
        words.labels("audience").get(line.capacity, line.capacity),
        line.about,
        line.title or "",
        line.body or "",
        what(line, words),
        words.labels("message_kind").get(line.kind, line.kind),
        line.due_on.isoformat() if line.due_on else "",
        str(line.rung or ""),
        why(line, words),
    ]


def as_calendar(found: Forecast, words: Wording, now: datetime) -> bytes:
    """The calendar, one entry a message, on the day it leaves. An entry keeps its ``UID`` when its day moves, and in every later forecast."""
    entries = (
        DayEntry(
            uid=_uid(found, line),
            day=line.day,
            summary=words.say("forecast.event", what=what(line, words), about=line.about),
            description="\n".join(filter(None, (line.title, who(line, words), why(line, words)))),
            categories=(words.labels("message_kind").get(line.kind, line.kind),),
        )
        for line in found.lines
    )
    return calendar_of_days(
        " ".join((words.say("forecast.title"), f"({found.name})")), entries, now, [*heading(found, words), *silences(found, words)]
    )


def _uid(found: Forecast, line: ForecastLine) -> str:
    named = "\x1f".join(map(str, (found.convention, *line.key)))
    return f"{sha256(named.encode()).hexdigest()[:32]}.forecast.{found.convention}@passerelle"
