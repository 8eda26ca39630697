"""Persons and their seats as a table that a secretary edits in a spreadsheet: one line a seat, every mistake told by line and column."""

import csv
import io
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from models.charter import VOTING_ROLES, Charter
from models.contradictions import nearest
from models.errors import Problem, Refused
from services.people_fields import CHANNEL, Line, PersonRow, SeatRow, overlap, read_person, read_seat
from services.wording import place

__all__ = ["COLUMNS", "LARGEST", "PersonRow", "SeatRow", "parse_people", "where_seats_stand", "write_people"]

COLUMNS = ("person", "name", "email", "language", "seat", "body", "role", "partner", "weight", "starts_on", "ends_on")
"""What a table must hold; ``channel`` may stand among them."""
_FIRST_OF_SEAT = COLUMNS.index("seat")
_OF_SEAT = COLUMNS[_FIRST_OF_SEAT:]
LARGEST = 5_000_000
_FORMULA = re.compile(r"'*[=+\-@]")


@dataclass(frozen=True, slots=True)
class _Entry:
    line: Line
    person: PersonRow
    seat: SeatRow | None


def parse_people(text: str | bytes, charter: Charter, source: str = "") -> list[PersonRow]:
    """Return the persons of the table in the order of their first line, each with their seats; a line whose seat is left blank gives none.

    Semicolons or commas part the cells; UTF-8, with or without a byte order mark. ``source`` names the file in what is refused.

    Raises:
        Refused: with every mistake of the table, by line and column.
    """
    lines = _lines(_decode(text, source), source)
    entries = [_entry(line, charter) for line in lines if line.cells]
    _compare(entries)
    Refused.unless_empty(problem for line in lines for problem in line.problems)
    persons: dict[str, PersonRow] = {}
    for entry in entries:
        known = persons.setdefault(entry.person.code, entry.person)
        if entry.seat is not None:
            persons[known.code] = replace(known, seats=(*known.seats, entry.seat))
    return list(persons.values())


def where_seats_stand(text: str | bytes, source: str = "") -> dict[str, str]:
    """The line of each seat of a table that can be read, for what is refused of it later."""
    lines = (line for line in _lines(_decode(text, source), source) if line.cells and line.cells["seat"])
    return {line.cells["seat"].upper(): place(source, line.number, "seat") for line in lines}


def write_people(rows: Iterable[PersonRow]) -> str:
    """Return the table of these persons, one line a seat, and one for whoever has none; ``parse_people`` reads it back unchanged.

    A cell that a spreadsheet would take for a formula is led by an apostrophe, which is dropped on reading. There is a column for channels
    as soon as one of the persons says whether they have one.
    """
    people = list(rows)
    with_channel = any(person.channel is not None for person in people)
    table = io.StringIO(newline="")
    writer = csv.writer(table, delimiter=";", lineterminator="\n")
    writer.writerow(_with_channel(COLUMNS, CHANNEL) if with_channel else COLUMNS)
    for person in people:
        for seat in person.seats or (None,):
            cells = _cells(person, seat)
            writer.writerow([guarded(cell) for cell in (_with_channel(cells, person.channel or "") if with_channel else cells)])
    return table.getvalue()


def _entry(line: Line, charter: Charter) -> _Entry:
    seated = any(line.cells[column] for column in _OF_SEAT)
    return _Entry(line, read_person(line, charter), read_seat(line, charter) if seated else None)


def _cells(person: PersonRow, seat: SeatRow | None) -> tuple[str, ...]:
    if seat is None:
        return (person.code, person.name, person.email, person.language, *("",) * len(_OF_SEAT))
    ends_on = seat.ends_on.isoformat() if seat.ends_on else ""
    held = (seat.code, seat.body, seat.role, seat.partner, str(seat.weight), seat.starts_on.isoformat(), ends_on)
    return (person.code, person.name, person.email, person.language, *held)


def _with_channel(cells: tuple[str, ...], channel: str) -> tuple[str, ...]:
    """A line with the channel between the person and the seat."""
    return (*cells[:_FIRST_OF_SEAT], channel, *cells[_FIRST_OF_SEAT:])


def _decode(text: str | bytes, source: str) -> str:
    if len(text) > LARGEST:
        raise Refused.because("people.too_large", source, limit=LARGEST)
    if isinstance(text, str):
        return text.removeprefix("\ufeff")
    try:
        return text.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = text.count(b"\n", 0, error.start) + 1
        raise Refused.because("people.not_utf8", place(source, line)) from None


def _lines(text: str, source: str) -> list[Line]:
    """Every line after the heading that is not blank; one with too many or too few cells is refused and left without cells."""
    records = _records(text, source)
    _, heading = next(records, (1, ()))
    columns = [name.strip().lower() for name in heading]
    Refused.unless_empty(_heading_problems(columns, source))
    return [_line(number, cells, columns, source) for number, cells in records]


def _line(number: int, cells: Sequence[str], columns: Sequence[str], source: str) -> Line:
    if len(cells) == len(columns):
        return Line(number, {name: _unguard(cell.strip()) for name, cell in zip(columns, cells, strict=True)}, source)
    misshapen = Problem("people.cells", {"found": len(cells), "expected": len(columns)}, place(source, number))
    return Line(number, {}, source, [misshapen])


def _records(text: str, source: str) -> Iterator[tuple[int, Sequence[str]]]:
    first = text.split("\n", 1)[0]
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=";" if first.count(";") >= first.count(",") else ",", strict=True)
    start = 1
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells):
                yield start, cells
            start = reader.line_num + 1
    except csv.Error as error:
        raise Refused.because("people.not_csv", place(source, start), detail=str(error)) from None


def _heading_problems(columns: Sequence[str], source: str) -> Iterator[Problem]:
    everything = ";".join(COLUMNS)
    if not columns:
        yield Problem("people.empty", {"columns": everything}, source)
        return
    where = place(source, 1)
    missing = [name for name in COLUMNS if name not in columns]
    yield from (Problem("people.column_missing", {"column": name, "columns": everything}, where) for name in missing)
    for position, name in enumerate(columns):
        if name in columns[:position]:
            yield Problem("people.column_twice", {"column": name}, where)
        elif name not in (*COLUMNS, CHANNEL):
            yield Problem("people.column_unknown", {"column": name, "known": nearest(name, missing or (*COLUMNS, CHANNEL))}, where)


def _compare(entries: Sequence[_Entry]) -> None:
    """What each line says well but several together do not: persons who change, seats taken twice, two votes for one person."""
    persons: dict[str, _Entry] = {}
    seats: dict[str, _Entry] = {}
    votes: dict[tuple[str, str], list[tuple[Line, SeatRow]]] = {}
    for entry in entries:
        person, seat = entry.person, entry.seat
        if person.code:
            _compare_persons(persons.setdefault(person.code, entry), entry)
        if seat is None:
            continue
        if seat.code and (first := seats.setdefault(seat.code, entry)) is not entry:
            entry.line.refuse("seat", "seat_twice", seat=seat.code, line=first.line.number)
        elif seat.role in VOTING_ROLES and person.code:
            _compare_votes(votes.setdefault((person.code, seat.body), []), entry, seat)


def _compare_persons(first: _Entry, entry: _Entry) -> None:
    for column in ("name", "email", "language"):
        before, now = getattr(first.person, column), getattr(entry.person, column)
        if before and now and before != now:
            entry.line.refuse(column, f"{column}_differs", person=entry.person.code, line=first.line.number)
    rooms = (first.person.channel, entry.person.channel)
    if None not in rooms and rooms[0] != rooms[1]:  # an empty cell says that there is none
        entry.line.refuse(CHANNEL, "channel_differs", person=entry.person.code, line=first.line.number)


def _compare_votes(held: list[tuple[Line, SeatRow]], entry: _Entry, seat: SeatRow) -> None:
    rival = next((line for line, other in held if overlap(other, seat)), None)
    if rival is not None:
        entry.line.refuse("seat", "seats_overlap", person=entry.person.code, body=seat.body, line=rival.number)
    held.append((entry.line, seat))


def guarded(cell: str) -> str:
    """A cell that no spreadsheet takes for a formula: one that it would is led by an apostrophe."""
    return f"'{cell}" if _FORMULA.match(cell) else cell


def _unguard(cell: str) -> str:
    return cell[1:] if cell.startswith("'") and _FORMULA.match(cell) else cell
