"""Persons and their seats."""

from collections.abc import Callable
from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import Annotated, Any

from cli.opened import opened
from cli.options import Convention, Json, option, place
from cli.screen import Column, dump, table, tell
from cli.words import label, say
from models.errors import Problem, Refused
from services.charter_store import the_convention
from services.erasure import erase
from services.people import export_people, import_people, list_people
from services.people_csv import PersonRow
from services.wording import place as located

_FILE = Annotated[Path, place("people_file")]
_DRY = Annotated[bool, option("dry_run", "--dry-run")]
_BODY = Annotated[str | None, option("body", "--body")]
_WHO = Annotated[str, place("person")]
_YES = Annotated[bool, option("yes", "--yes")]
_SHOWN = ("seat", "person", "name", "email", "body")


def import_file(file: _FILE, /, *, dry_run: _DRY = False, convention: Convention = None, as_json: Json = False) -> None:
    """Add and update persons and seats from a table."""
    content = _content(file)
    with opened() as app:
        try:
            report = import_people(app.db, content, convention=convention, dry_run=dry_run, at=app.clock.wall())
        except Refused as refused:
            raise Refused(*(_named(problem, file) for problem in refused.problems)) from None
    if as_json:
        dump(report)
        return
    said = "cli.people_would" if dry_run else "cli.people_done"
    tell(say(said, created=len(report.created), changed=len(report.changed), unchanged=report.unchanged))


def export(*, convention: Convention = None) -> None:
    """Write all persons and seats as the table that import reads."""
    with opened() as app, app.db.read() as connection:
        tell(export_people(connection, the_convention(connection, convention)).rstrip("\n"))


def list_seats(*, body: _BODY = None, convention: Convention = None, as_json: Json = False) -> None:
    """List persons and their seats."""
    with opened() as app, app.db.read() as connection:
        people = list_people(connection, the_convention(connection, convention))
    if as_json:
        dump([asdict(person) for person in people if body is None or any(seat.body == body for seat in person.seats)])
        return
    rows = [row for person in people for row in _rows(person) if body is None or row["body"] == body]
    columns = (*map(Column, _SHOWN), Column.of("role", "role"), Column("partner"), Column("starts_on"), Column("ends_on", _open_end))
    table(sorted(rows, key=lambda row: str(row["seat"])), *columns)


def erase_person(who: _WHO, /, *, yes: _YES = False, convention: Convention = None, as_json: Json = False) -> None:
    """Erase what somebody wrote, and who they were; without --yes, say what would go."""
    with opened() as app:
        found = erase(app, who, convention=convention, carry_out=yes)
    if as_json:
        dump(found)
        return
    seats, total = ", ".join(found.seats) or say("cli.none"), sum(found.texts.values())
    tell(say("erasure.done" if yes else "erasure.would", seats=seats, texts=total, messages=found.messages, cancelled=found.cancelled))
    for said, counts in (("erasure.goes", found.texts), ("erasure.stays", found.kept)):
        for kind, count in counts.items():
            tell(f"  - {say(said, kind=label('text', kind), count=count)}")
    tell(say("erasure.elsewhere" if yes else "erasure.yes"))


def _rows(person: PersonRow) -> list[dict[str, Any]]:
    own = {"person": person.code, "name": person.name, "email": person.email, "language": person.language}
    return [{**own, **asdict(seat), "seat": seat.code} for seat in person.seats]


def _open_end(day: date | None) -> str:
    return say("cli.open_end") if day is None else Column("").show(day)


def _content(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError:
        raise Refused.because("charter.file_missing", str(file)) from None


def _named(problem: Problem, file: Path) -> Problem:
    """The problem with the file's name before its line, if it has a line."""
    line = problem.where.removeprefix(":")
    return Problem(problem.code, problem.params, f"{file}:{line}" if line != problem.where else problem.where or located(str(file), 1))


COMMANDS: dict[str, Callable[..., None]] = {"import": import_file, "export": export, "list": list_seats, "erase": erase_person}
