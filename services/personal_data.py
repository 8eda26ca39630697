"""What is kept about one person, whole: for themselves, to read and to take with them."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from services.authorship import find_somebody, seats_ever
from services.bootstrap import App
from services.charter_store import the_convention
from services.personal_parts import Row, Subject, rows_of
from services.personal_tables import PARTS, READ
from services.work import open_work

_LOG = logging.getLogger("passerelle.people")


@dataclass(frozen=True, slots=True)
class Told:
    """One part: its name in the catalogue, and its rows by column."""

    name: str
    rows: Sequence[Row]

    @property
    def columns(self) -> list[str]:
        """The columns of its rows."""
        return list(self.rows[0]) if self.rows else []


@dataclass(frozen=True, slots=True)
class PersonalData:
    """Everything about somebody, as it was read at one moment; ``language`` is theirs."""

    convention: str
    person: str
    name: str
    language: str
    timezone: str
    read_at: datetime
    parts: Sequence[Told]

    def part(self, name: str) -> Sequence[Row]:
        """The rows of a part."""
        return next(part.rows for part in self.parts if part.name == name)

    @property
    def document(self) -> dict[str, Any]:
        """The same, for programs."""
        about = {"convention": self.convention, "person": self.person, "read_at": self.read_at}
        return {**about, "parts": {part.name: [dict(row) for row in part.rows] for part in self.parts}}


def personal_data(app: App, who: str, *, convention: str | None = None) -> PersonalData:
    """Everything that is kept about a person, named by code or by seat: at one moment, in one reading.

    Raises NotFound for an unknown person, with near matches.
    """
    with app.db.read() as connection:
        work = open_work(app, connection, the_convention(connection, convention))
        person = find_somebody(work, who)
        subject = Subject(work, person, seats_ever(work, person.id))
        parts = [Told(part.name, rows_of(part, subject)) for part in PARTS] + [Told(name, read(subject)) for name, read in READ.values()]
        _LOG.info("the data of the person %s were read out", person.id)
        return PersonalData(work.convention, person.code, person.name, person.language, work.timezone, work.wall, parts)
