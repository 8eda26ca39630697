"""What people see: plain lines, tables, and JSON for programs. Answers go to standard output, everything else to standard error."""

import json
import sys
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, TextIO

from pydantic_core import to_jsonable_python
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from cli.words import label, say, say_day, say_moment, say_problem
from models.errors import Problem

_WIDE = 160
"""Where no terminal says how wide it is, such as in a pipe."""
_COPIED = ("id", "item", "key", "number")
"""Columns that people copy from: never cut."""


def console(stream: TextIO | None = None) -> Console:
    """A console on standard output, or on ``stream``; what is written comes out as it is."""
    stream = stream or sys.stdout
    width = None if stream.isatty() else _WIDE
    return Console(file=stream, width=width, highlight=False, markup=False, emoji=False)


def tell(text: str) -> None:
    """One line of an answer."""
    console().print(text, soft_wrap=True)


def warn(text: str) -> None:
    """One line beside the answer: a notice, a progress, an error."""
    console(sys.stderr).print(text, soft_wrap=True)


def refuse(problems: Iterable[Problem]) -> None:
    """Why nothing was done: every reason, one a line."""
    found = list(problems)
    warn(say("cli.refused") if len(found) == 1 else say("cli.refused_several", count=len(found)))
    for problem in found:
        warn(f"  - {say_problem(problem)}")


def dump(data: Any) -> None:
    """The answer as JSON, for programs."""
    sys.stdout.write(json.dumps(to_jsonable_python(data), ensure_ascii=False, indent=2) + "\n")


def text_of(value: Any) -> str:
    """A value as people write it; nothing for an absent one."""
    if value in (None, "", [], ()):
        return say("cli.none")
    if isinstance(value, bool):
        return say("cli.yes") if value else say("cli.no")
    if isinstance(value, datetime):
        return say_moment(value)
    if isinstance(value, date):
        return say_day(value)
    return ", ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table: the key of its values, and how they are shown."""

    key: str
    show: Callable[[Any], str] = field(default=text_of)

    @classmethod
    def of(cls, key: str, vocabulary: str) -> "Column":
        """A column of codes, shown by their names."""
        return cls(key, lambda code: label(vocabulary, code) or text_of(None))


def table(rows: Iterable[Mapping[str, Any]], *columns: Column, title: str | None = None) -> None:
    """Rows as a table, or a word if there are none."""
    shown = Table(box=SIMPLE_HEAD, show_edge=False, pad_edge=False, title=title, title_justify="left")
    for column in columns:
        shown.add_column(say(f"column.{column.key}"), overflow="fold", no_wrap=column.key in _COPIED)
    for row in rows:
        shown.add_row(*(column.show(row.get(column.key)) for column in columns))
    if shown.row_count:
        console().print(shown)
    else:
        tell(" ".join(filter(None, (title, say("cli.nothing")))))


def listing(rows: list[dict[str, Any]], *columns: Column, as_json: bool) -> None:
    """A list for people or for programs."""
    if as_json:
        dump(rows)
    else:
        table(rows, *columns)
