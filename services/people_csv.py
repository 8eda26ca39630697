"""Persons and their seats as a table that a secretary edits in a spreadsheet: one line a seat, every mistake told by line and column."""

import csv
import io
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Annotated

from pydantic import StringConstraints, TypeAdapter, ValidationError

from models.charter import VOTING_ROLES, Charter, Code, MailAddress, Role
from models.contradictions import nearest
from models.errors import Problem, Refused
from services.wording import place

COLUMNS = ("person", "name", "email", "language", "seat", "body", "role", "partner", "weight", "starts_on", "ends_on")
LARGEST = 5_000_000
_LONGEST = 200
_HEAVIEST = 100
_CONTROL = re.compile(r"[\x00-\x1f\x7f\x85\u2028\u2029]")
_FORMULA = re.compile(r"'*[=+\-@]")
_DATES = ("%Y-%m-%d", "%d/%m/%Y")
_CODE: TypeAdapter[str] = TypeAdapter(Code)
_MAIL: TypeAdapter[str] = TypeAdapter(MailAddress)
_SEAT: TypeAdapter[str] = TypeAdapter(Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9]+([._-][A-Za-z0-9]+)*$", max_length=60)])


@dataclass(frozen=True, slots=True)
class SeatRow:
    """A dated place in a body."""

    code: str
    body: str
    role: str
    partner: str
    weight: int
    starts_on: date
    ends_on: date | None


@dataclass(frozen=True, slots=True)
class PersonRow:
    """A person with all the seats that the table gives them."""

    code: str
    name: str
    email: str
    language: str
    seats: tuple[SeatRow, ...]


@dataclass(slots=True)
class _Line:
    """One line of the table: reads its cells and keeps what is wrong with them."""

    number: int
    cells: dict[str, str]
    source: str
    problems: list[Problem] = field(default_factory=list)

    def refuse(self, column: str, code: str, **params: str | int) -> None:
        self.problems.append(Problem(f"people.{code}", params, place(self.source, self.number, column)))

    def text(self, column: str) -> str:
        value = self.cells[column]
        if not value:
            self.refuse(column, "cell_empty")
        elif _CONTROL.search(value):
            self.refuse(column, "cell_breaks")
        elif len(value) > _LONGEST:
            self.refuse(column, "cell_too_long", limit=_LONGEST)
        else:
            return value
        return ""

    def matching(self, column: str, kind: TypeAdapter[str], code: str) -> str:
        value = self.text(column)
        try:
            return kind.validate_python(value) if value else ""
        except ValidationError:
            self.refuse(column, code, given=value)
            return ""

    def choice(self, column: str, known: Iterable[str]) -> str:
        value, listed = self.text(column), list(known)
        if value and value not in listed:
            self.refuse(column, "unknown", given=value, known=nearest(value, listed))
        return value

    def weight(self) -> int:
        value = self.text("weight")
        if not (value.isascii() and value.isdigit() and 1 <= int(value[:4]) <= _HEAVIEST):
            self.refuse("weight", "weight_malformed", given=value, limit=_HEAVIEST)
            return 1
        return int(value)

    def day(self, column: str) -> date | None:
        value = self.text(column)
        found = next((day for form in _DATES if (day := _parse_day(value, form))), None)
        if value and found is None:
            self.refuse(column, "date_malformed", given=value)
        return found


@dataclass(frozen=True, slots=True)
class _Entry:
    line: _Line
    person: PersonRow
    seat: SeatRow


def parse_people(text: str | bytes, charter: Charter, source: str = "") -> list[PersonRow]:
    """Return the persons of the table in the order of their first line, each with their seats.

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
        persons[known.code] = replace(known, seats=(*known.seats, entry.seat))
    return list(persons.values())


def write_people(rows: Iterable[PersonRow]) -> str:
    """Return the table of these persons, one line a seat; ``parse_people`` reads it back unchanged.

    A cell that a spreadsheet would take for a formula is led by an apostrophe, which is dropped on reading.
    """
    table = io.StringIO(newline="")
    writer = csv.writer(table, delimiter=";", lineterminator="\n")
    writer.writerow(COLUMNS)
    for person in rows:
        for seat in person.seats:
            writer.writerow([_guard(cell) for cell in _cells(person, seat)])
    return table.getvalue()


def _entry(line: _Line, charter: Charter) -> _Entry:
    codes = charter.codes()
    person = PersonRow(
        code=line.matching("person", _CODE, "code_malformed"),
        name=line.text("name"),
        email=line.matching("email", _MAIL, "mail_malformed"),
        language=line.choice("language", charter.convention.languages),
        seats=(),
    )
    seat = SeatRow(
        code=line.matching("seat", _SEAT, "seat_malformed"),
        body=line.choice("body", codes["bodies"]),
        role=line.choice("role", Role),
        partner=line.choice("partner", codes["partners"]),
        weight=line.weight() if line.cells["weight"] else 1,
        starts_on=line.day("starts_on") or date.min,
        ends_on=line.day("ends_on") if line.cells["ends_on"] else None,
    )
    if seat.ends_on and seat.ends_on < seat.starts_on:
        line.refuse("ends_on", "ends_before_start", first=seat.starts_on.isoformat(), last=seat.ends_on.isoformat())
    return _Entry(line, person, seat)


def _cells(person: PersonRow, seat: SeatRow) -> tuple[str, ...]:
    ends_on = seat.ends_on.isoformat() if seat.ends_on else ""
    held = (seat.code, seat.body, seat.role, seat.partner, str(seat.weight), seat.starts_on.isoformat(), ends_on)
    return (person.code, person.name, person.email, person.language, *held)


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


def _lines(text: str, source: str) -> list[_Line]:
    """Every line after the heading that is not blank; one with too many or too few cells is refused and left without cells."""
    records = _records(text, source)
    _, heading = next(records, (1, ()))
    columns = [name.strip().lower() for name in heading]
    Refused.unless_empty(_heading_problems(columns, source))
    return [_line(number, cells, columns, source) for number, cells in records]


def _line(number: int, cells: Sequence[str], columns: Sequence[str], source: str) -> _Line:
    if len(cells) == len(columns):
        return _Line(number, {name: _unguard(cell.strip()) for name, cell in zip(columns, cells, strict=True)}, source)
    misshapen = Problem("people.cells", {"found": len(cells), "expected": len(columns)}, place(source, number))
    return _Line(number, {}, source, [misshapen])


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
        elif name not in COLUMNS:
            yield Problem("people.column_unknown", {"column": name, "known": nearest(name, missing or COLUMNS)}, where)


def _compare(entries: Sequence[_Entry]) -> None:
    """What each line says well but several together do not: persons who change, seats taken twice, two votes for one person."""
    persons: dict[str, _Entry] = {}
    seats: dict[str, _Entry] = {}
    votes: dict[tuple[str, str], list[_Entry]] = {}
    for entry in entries:
        person, seat = entry.person, entry.seat
        if person.code:
            _compare_persons(persons.setdefault(person.code, entry), entry)
        if seat.code and (first := seats.setdefault(seat.code, entry)) is not entry:
            entry.line.refuse("seat", "seat_twice", seat=seat.code, line=first.line.number)
        elif seat.role in VOTING_ROLES and person.code:
            _compare_votes(votes.setdefault((person.code, seat.body), []), entry)


def _compare_persons(first: _Entry, entry: _Entry) -> None:
    for column in ("name", "email", "language"):
        before, now = getattr(first.person, column), getattr(entry.person, column)
        if before and now and before != now:
            entry.line.refuse(column, f"{column}_differs", person=entry.person.code, line=first.line.number)


def _compare_votes(held: list[_Entry], entry: _Entry) -> None:
    rival = next((other for other in held if _overlap(other.seat, entry.seat)), None)
    if rival is not None:
        entry.line.refuse("seat", "seats_overlap", person=entry.person.code, body=entry.seat.body, line=rival.line.number)
    held.append(entry)


def _overlap(one: SeatRow, other: SeatRow) -> bool:
    return one.starts_on <= (other.ends_on or date.max) and other.starts_on <= (one.ends_on or date.max)


def _parse_day(text: str, form: str) -> date | None:
    try:
        return datetime.strptime(text, form).date()  # noqa: DTZ007  # a day has no time zone
    except ValueError:
        return None


def _guard(cell: str) -> str:
    return f"'{cell}" if _FORMULA.match(cell) else cell


def _unguard(cell: str) -> str:
    return cell[1:] if cell.startswith("'") and _FORMULA.match(cell) else cell
