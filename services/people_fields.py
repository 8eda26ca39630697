"""What a person and a seat are made of, read cell by cell: the same rules and the same refusals for a table and for a form."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Annotated

from pydantic import StringConstraints, TypeAdapter, ValidationError

from models.charter import VOTING_ROLES, Charter, Code, MailAddress, Role
from models.contradictions import is_reference, nearest
from models.errors import Problem
from models.numbers import whole
from services.wording import place

_LONGEST = 200
_HEAVIEST = 100
CHANNEL = "channel"
"""A column that a table may leave out."""
_CONTROL = re.compile(r"[\x00-\x1f\x7f\x85\u2028\u2029]")
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
    """A person with all the seats that the table gives them. ``channel``: empty for none, None where the table says nothing about it."""

    code: str
    name: str
    email: str
    language: str
    seats: tuple[SeatRow, ...]
    channel: str | None = None


@dataclass(slots=True)
class Line:
    """One line of the table, or a form (number 0): reads its cells and keeps what is wrong with them.

    A problem says where it stands: the line and the column of a table, the field of a form.
    """

    number: int
    cells: Mapping[str, str]
    source: str = ""
    problems: list[Problem] = field(default_factory=list)

    def refuse(self, column: str, code: str, **params: str | int) -> None:
        """Keep what is wrong with a cell."""
        where = place(self.source, self.number, column) if self.number else column
        self.problems.append(Problem(f"people.{code}", params, where))

    def text(self, column: str) -> str:
        """A short text on one line; empty once it is refused."""
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
        """A text of a kind."""
        value = self.text(column)
        try:
            return kind.validate_python(value) if value else ""
        except ValidationError:
            self.refuse(column, code, given=value)
            return ""

    def choice(self, column: str, known: Iterable[str]) -> str:
        """One of a vocabulary."""
        value, listed = self.text(column), list(known)
        if value and value not in listed:
            self.refuse(column, "unknown", given=value, known=nearest(value, listed))
        return value

    def weight(self) -> int:
        """How much a seat counts."""
        value = self.text("weight")
        weight = whole(value) or 0
        if not 1 <= weight <= _HEAVIEST:
            self.refuse("weight", "weight_malformed", given=value, limit=_HEAVIEST)
            return 1
        return weight

    def channel(self) -> str | None:
        """A chat room by reference; empty for none, None where the table has no such column or once it is refused."""
        if not self.cells.get(CHANNEL):
            return self.cells.get(CHANNEL)
        value = self.text(CHANNEL)
        if value and is_reference(value):
            return value
        if value:
            self.refuse(CHANNEL, "channel_literal")  # not repeated: an address is a secret
        return None

    def day(self, column: str) -> date | None:
        """A date, as spreadsheets and browsers write it."""
        value = self.text(column)
        found = next((day for form in _DATES if (day := _parse_day(value, form))), None)
        if value and found is None:
            self.refuse(column, "date_malformed", given=value)
        return found


def read_person(line: Line, charter: Charter) -> PersonRow:
    """The person of a line, without seats."""
    return PersonRow(
        code=line.matching("person", _CODE, "code_malformed"),
        name=line.text("name"),
        email=line.matching("email", _MAIL, "mail_malformed"),
        language=line.choice("language", charter.convention.languages),
        seats=(),
        channel=line.channel(),
    )


def read_seat(line: Line, charter: Charter) -> SeatRow:
    """The seat of a line."""
    codes = charter.codes()
    seat = SeatRow(
        code=line.matching("seat", _SEAT, "seat_malformed"),
        body=line.choice("body", codes["bodies"]),
        role=line.choice("role", Role),
        partner=line.choice("partner", codes["partners"]),
        weight=line.weight() if line.cells["weight"] else 1,
        starts_on=line.day("starts_on") or date.min,
        ends_on=line.day("ends_on") if line.cells["ends_on"] else None,
    )
    check_order(line, seat.starts_on, seat.ends_on)
    return seat


def check_order(line: Line, first: date, last: date | None) -> None:
    """Nothing ends before it starts."""
    if last and last < first:
        line.refuse("ends_on", "ends_before_start", first=first.isoformat(), last=last.isoformat())


def rival(seat: SeatRow, held: Iterable[SeatRow]) -> SeatRow | None:
    """Another of somebody's seats by which they would vote twice in the same body on the same day."""
    voting = seat.role in VOTING_ROLES
    others = (other for other in held if voting and other.role in VOTING_ROLES and other.body == seat.body and other.code != seat.code)
    return next((other for other in others if overlap(seat, other)), None)


def overlap(one: SeatRow, other: SeatRow) -> bool:
    """Whether two seats are held on the same day."""
    return one.starts_on <= (other.ends_on or date.max) and other.starts_on <= (one.ends_on or date.max)


def _parse_day(text: str, form: str) -> date | None:
    try:
        return datetime.strptime(text, form).date()  # noqa: DTZ007  # a day has no time zone
    except ValueError:
        return None
