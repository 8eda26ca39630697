"""Persons and their seats."""

import os
from collections.abc import Callable
from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import Annotated, Any

from cli.opened import opened
from cli.options import Convention, Json, option, place
from cli.screen import Column, dump, listing, table, tell
from cli.words import label, say
from models.errors import Problem, Refused
from services.accounts import accounts_of, all_accounts, unlink
from services.charter_store import the_convention
from services.erasure import erase
from services.people import export_people, import_people, list_people, person_id_of
from services.people_csv import PersonRow
from services.personal_data import personal_data
from services.personal_files import archive, file_name
from services.wording import place as located

_FILE = Annotated[Path, place("people_file")]
_DRY = Annotated[bool, option("dry_run", "--dry-run")]
_BODY = Annotated[str | None, option("body", "--body")]
_WHO = Annotated[str, place("person")]
_INSTITUTION = Annotated[str, place("institution")]
_OUT = Annotated[Path | None, place("data_file")]
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


def list_accounts(*, convention: Convention = None, as_json: Json = False) -> None:
    """List the accounts of institutions by which somebody signs in."""
    with opened() as app:
        with app.db.read() as connection:
            mine = the_convention(connection, convention)
        found = all_accounts(app, mine)
    rows = [
        {
            "person": one.person,
            "institution": one.institution.name if one.institution else None,
            "issuer": one.issuer,
            "linked_at": one.made_at,
            "used_at": one.used_at,
        }
        for one in found
    ]
    if not as_json:
        rows = [{**row, "institution": row["institution"] or row["issuer"]} for row in rows]
    listing(rows, *map(Column, ("person", "institution", "linked_at", "used_at")), as_json=as_json)


def unlink_account(who: _WHO, institution: _INSTITUTION, /, *, convention: Convention = None) -> None:
    """Unlink the account of an institution by which somebody signs in, and end what was begun by it."""
    with opened() as app:
        with app.db.read() as connection:
            mine = the_convention(connection, convention)
        person_id = person_id_of(app, mine, who)
        named = (one for one in accounts_of(app, person_id) if institution in (one.issuer, one.institution and one.institution.name))
        account = next(named, None)
        if account is None:
            raise Refused.because("sso_account_not_found", institution=institution, person=who)
        unlink(app, person_id, account.id, sign_out=True)
    tell(say("cli.accounts.unlinked", institution=institution, person=who))


def export_data(who: _WHO, file: _OUT = None, /, *, convention: Convention = None, as_json: Json = False) -> None:
    """Write everything that is kept about a person to an archive of their own; refuses a file that is there already."""
    with opened() as app:
        data = personal_data(app, who, convention=convention)
    if as_json:
        dump(data.document)
        return
    path = (file or Path(file_name(data, data.language))).expanduser()
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as written:
            written.write(archive(data, data.language))
    except OSError as error:
        raise Refused.because("data_unwritable", str(path), why=error.strerror or type(error).__name__) from None
    tell(say("personal.written", person=data.person, file=str(path), rows=sum(len(part.rows) for part in data.parts)))


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


COMMANDS: dict[str, Callable[..., None]] = {
    "import": import_file,
    "export": export,
    "list": list_seats,
    "accounts": list_accounts,
    "unlink": unlink_account,
    "export-data": export_data,
    "erase": erase_person,
}
