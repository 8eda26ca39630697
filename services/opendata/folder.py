"""Open data in a folder: written there, read back, and held against what was read."""

import json
from collections import Counter
from collections.abc import Mapping
from pathlib import Path

from pydantic import ValidationError

from models.errors import Problem, Refused
from services.opendata.columns import LAYOUTS, Layout
from services.opendata.files import Row, from_csv, from_json
from services.opendata.package import PACKAGE, About, File, about, files_of
from services.opendata.rows import rows_of
from services.publication.edition import Edition
from services.validation import explain_validation

_OURS = {PACKAGE, *(f"{name}.{kind}" for name in LAYOUTS for kind in ("csv", "json", "schema.json"))}
Tables = Mapping[str, tuple[Layout, list[Row]]]


def data_of(edition: Edition, base_url: str) -> Mapping[str, File]:
    """The files of an edition by name; made once."""
    found: Mapping[str, File] = edition.keep("files", lambda: files_of(about(edition, base_url), rows_of(edition, base_url)))
    return found


def write(files: Mapping[str, File], folder: Path) -> list[str]:
    """Write the files; returns their names. What an earlier export left there and is public no longer is taken away; other files stay.

    Refuses a folder that cannot be written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name in sorted(_OURS - files.keys()):
            (folder / name).unlink(missing_ok=True)
        for name, file in files.items():
            fresh = folder / f".{name}.new"
            fresh.write_bytes(file.content)
            fresh.replace(folder / name)
    except OSError as error:
        raise Refused.because("opendata.unwritable", str(folder), why=error.strerror or type(error).__name__) from None
    return sorted(files)


def read(folder: Path) -> tuple[About, Tables]:
    """What the files of a folder hold, as typed rows: each table from its CSV file. Refuses whatever cannot be read as what it is said to be."""
    told = _about(folder)
    tables = {name: (layout, from_csv(layout, _content(folder, f"{name}.csv"), f"{name}.csv")) for name, layout in _there(folder).items()}
    return told, tables


def check(folder: Path) -> tuple[Mapping[str, File], Mapping[str, int]]:
    """Read a folder back and write it again: returns the files, the same to the byte, and how many rows each table has.

    Refuses files that cannot be read, a JSON file with other rows than the CSV file of its table, rows that name others which are not there or
    that go by the same name, and every file that comes out otherwise than it is there.
    """
    told, tables = read(folder)
    problems = list[Problem]()
    for name, (layout, rows) in tables.items():
        if from_json(layout, _content(folder, f"{name}.json"), f"{name}.json") != rows:
            problems.append(Problem("opendata.other_rows", {"csv": f"{name}.csv"}, f"{name}.json"))
        problems += _broken(name, tables)
    files = files_of(told, tables)
    differing = [name for name, file in files.items() if _content(folder, name) != file.content]
    problems += [Problem("opendata.differs", {}, name) for name in differing]
    Refused.unless_empty(problems)
    return files, {name: len(rows) for name, (_, rows) in tables.items()}


def _about(folder: Path) -> About:
    content = _content(folder, PACKAGE)
    try:
        return About.model_validate(json.loads(content))
    except ValidationError as error:
        raise Refused(*(Problem(one.code, one.params, f"{PACKAGE}:1:{one.where}") for one in explain_validation(error))) from None
    except ValueError as error:
        raise Refused.because("opendata.not_json", PACKAGE, why=str(error)) from None


def _there(folder: Path) -> Mapping[str, Layout]:
    """The tables of a folder: those of which any file is there."""
    kinds = ("csv", "json", "schema.json")
    return {name: layout for name, layout in LAYOUTS.items() if any((folder / f"{name}.{kind}").is_file() for kind in kinds)}


def _broken(name: str, tables: Tables) -> list[Problem]:
    layout, rows = tables[name]
    at = [column.name for column in layout.columns]
    keys = [tuple(row[at.index(column)] for column in layout.key) for row in rows]
    twice = [key for key, count in Counter(keys).items() if count > 1]
    found = [Problem("opendata.twice", {"key": " ".join(map(str, key))}, f"{name}.csv") for key in twice]
    if layout.refers is None:
        return found
    field, other = layout.refers
    known = {row[0] for row in tables[other][1]} if other in tables else set()
    lost = dict.fromkeys(row[at.index(field)] for row in rows if row[at.index(field)] not in known)
    return found + [Problem("opendata.leads_nowhere", {"key": str(key), "file": f"{other}.csv"}, f"{name}.csv") for key in lost]


def _content(folder: Path, name: str) -> bytes:
    try:
        return (folder / name).read_bytes()
    except OSError as error:
        raise Refused.because("opendata.unreadable", str(folder / name), why=error.strerror or type(error).__name__) from None
