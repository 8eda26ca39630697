"""Tables as files: CSV (RFC 4180, UTF-8) and JSON, the same rows in both."""

import csv
import io
import json
from collections.abc import Callable, Iterator, Sequence
from decimal import Decimal
from typing import Any

from models.errors import Problem, Refused
from services.opendata.cells import Value, as_json, read_cell, read_json, spelt
from services.opendata.columns import Column, Layout

Row = tuple[Value, ...]


def to_csv(layout: Layout, rows: Sequence[Row]) -> bytes:
    """The rows under a line of names, each line ended by CR LF; texts are quoted where they have to be."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(column.name for column in layout.columns)
    writer.writerows([spelt(value) for value in row] for row in rows)
    return text.getvalue().encode()


def to_json(layout: Layout, rows: Sequence[Row]) -> bytes:
    """The rows as a list of objects, one a line; what is empty is null."""
    names = [column.name for column in layout.columns]
    lines = [json.dumps(dict(zip(names, map(as_json, row), strict=True)), ensure_ascii=False, separators=(",", ":")) for row in rows]
    return ("[" + ",".join(f"\n{line}" for line in lines) + "\n]\n").encode()


def from_csv(layout: Layout, content: bytes, file: str) -> list[Row]:
    """The rows of a CSV file. Refuses every cell that its column cannot hold, by line and name."""
    lines = csv.reader(io.StringIO(_text(content, file), newline=""), strict=True)
    names = [column.name for column in layout.columns]
    try:
        found = list(_numbered(lines))
    except csv.Error as error:
        raise Refused.because("opendata.not_csv", f"{file}:{lines.line_num}", why=str(error)) from None
    if not found or found[0][1] != names:
        raise Refused.because("opendata.other_columns", f"{file}:1", names=", ".join(names))
    return _rows(layout, found[1:], file, read_cell)


def from_json(layout: Layout, content: bytes, file: str) -> list[Row]:
    """The rows of a JSON file. Refuses every value that its column cannot hold, by its place in the list and name."""
    try:
        given = json.loads(_text(content, file), parse_float=Decimal)
    except json.JSONDecodeError as error:
        raise Refused.because("opendata.not_json", f"{file}:{error.lineno}", why=error.msg) from None
    names = [column.name for column in layout.columns]
    if not isinstance(given, list) or any(not isinstance(row, dict) or [*row] != names for row in given):
        raise Refused.because("opendata.other_columns", file, names=", ".join(names))
    return _rows(layout, [(line, [*row.values()]) for line, row in enumerate(given, 2)], file, read_json)


def _text(content: bytes, file: str) -> str:
    try:
        return content.decode()
    except UnicodeDecodeError:
        raise Refused.because("opendata.not_utf8", file) from None


def _numbered(lines: Any) -> Iterator[tuple[int, list[str]]]:
    """Each record with the line on which it begins."""
    begins = 1
    for record in lines:
        yield begins, record
        begins = lines.line_num + 1


def _rows(layout: Layout, lines: Sequence[tuple[int, Sequence[Any]]], file: str, read: Callable[[Any, Column], Value]) -> list[Row]:
    problems, rows = list[Problem](), list[Row]()
    for number, cells in lines:
        if len(cells) != len(layout.columns):
            problems.append(Problem("opendata.other_length", {"found": len(cells), "wanted": len(layout.columns)}, f"{file}:{number}"))
            continue
        values: list[Value] = []
        for column, cell in zip(layout.columns, cells, strict=True):
            try:
                values.append(read(cell, column))
            except ValueError:
                problems.append(Problem("opendata.cell_wrong", {"given": str(cell)[:60]}, f"{file}:{number}:{column.name}"))
        rows.append(tuple(values))
    Refused.unless_empty(problems)
    return rows
