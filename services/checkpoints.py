"""Checkpoints: the heads of all hash chains, day by day, kept outside the database, so that whoever owns it cannot rewrite it unseen.

A checkpoint is a file of lines: what it is, then one head a line, then its root: the SHA-256 of all before. It names the root of the one
before, holds only the heads that have moved since, is never changed, and its root goes to the operators by mail.
"""

import fcntl
import hashlib
import json
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, NamedTuple

import sqlalchemy as sa

from models.chain import document_text
from models.errors import Fault, Refused
from models.tables import Action, Meeting, table
from services.bootstrap import App
from services.charter_store import charter_in_force, conventions
from services.clock import local_day
from services.homes import sync_folder
from services.operators import tell_operators
from services.seals import seal_all
from services.settings import Settings
from services.work import open_work

_ACTION, _MEETING = table(Action), table(Meeting)
_FORMAT = 1
_PATTERN = "[0-9]*.jsonl"
NONE = "0" * 64
"""What the first checkpoint says of the one before."""


class Mark(NamedTuple):
    """Where the chain of an action, or of a meeting, stood: after so many events, with this hash in hexadecimal."""

    convention: str
    number: str
    version: int
    head: str


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A checkpoint as its file says it. ``sound``: the root that the file says is the one its lines give."""

    path: Path
    number: int
    day: date
    taken_at: datetime
    before: str
    actions: int
    events: int
    root: str
    sound: bool


class Unreadable(Fault):
    """A file that is not a checkpoint, or only a part of one."""


def daily(app: App) -> Checkpoint | None:
    """Take the checkpoint of the convention's day unless there is one, and tell the operators its root: once, however often this is asked.

    Returns it, or None while no convention is loaded. Raises OSError where the home cannot be written.
    """
    return take(app, again=False)


def take(app: App, *, again: bool = True) -> Checkpoint | None:
    """Take a checkpoint now; without ``again`` only if the day has none. See ``daily``."""
    today = _today(app)
    if today is None:
        return None
    with _alone(app.settings) as folder:
        known = list(read_all(folder))
        mine = [found for found in known if found.day == today]
        done = mine[-1] if mine and not again else _write(app, folder, today, known)
    _announce(app, done)
    return done


def read_all(folder: Path) -> Iterator[Checkpoint]:
    """Every readable checkpoint of a folder, in the order in which they follow one another."""
    found = []
    for path in files(folder):
        try:
            found.append(read(path))
        except Unreadable:
            continue
    yield from sorted(found, key=lambda checkpoint: checkpoint.number)


def files(folder: Path) -> list[Path]:
    """The files of a folder that are called as checkpoints; one still being written has a name that begins with a dot."""
    return sorted(folder.glob(_PATTERN))


def last_written(folder: Path) -> datetime | None:
    """When the newest checkpoint was written, or None."""
    written = [path.stat().st_mtime for path in files(folder)]
    return datetime.fromtimestamp(max(written), UTC) if written else None


def read(path: Path) -> Checkpoint:
    """Read a checkpoint and find its root. Raises Unreadable."""
    digest, first, last = hashlib.sha256(), b"", b""
    try:
        with path.open("rb") as file:
            first = file.readline()
            digest.update(first)
            for line in file:
                digest.update(last)
                last = line
        head, said = json.loads(first), json.loads(last)["root"]
        return Checkpoint(
            path=path,
            number=int(head["number"]),
            day=date.fromisoformat(head["day"]),
            taken_at=datetime.fromisoformat(head["taken_at"]),
            before=str(head["before"]),
            actions=int(head["actions"]),
            events=int(head["events"]),
            root=digest.hexdigest(),
            sound=said == digest.hexdigest(),
        )
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise Unreadable(path.name) from error


def marks(checkpoint: Checkpoint) -> Iterator[Mark]:
    """The heads that a readable checkpoint holds. Raises Unreadable for a line that is none."""
    with checkpoint.path.open("rb") as file:
        next(file)
        for line in file:
            if line.startswith(b"["):
                yield _mark(checkpoint.path, line)


def _mark(path: Path, line: bytes) -> Mark:
    try:
        convention, number, version, head = json.loads(line)
        return Mark(str(convention), str(number), int(version), str(head))
    except (ValueError, TypeError) as error:
        raise Unreadable(path.name) from error


def _today(app: App) -> date | None:
    with app.db.read() as connection:
        known = conventions(connection)
        charter = charter_in_force(connection, known[0]) if known else None
    return local_day(app.clock.now(), charter.convention.timezone) if charter else None


@contextmanager
def _alone(settings: Settings) -> Iterator[Path]:
    """One program at a time takes a checkpoint; what one left half-written when it died is cleared away."""
    folder = settings.checkpoints
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with (settings.home / "checkpoints.lock").open("a", encoding="ascii") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        for unfinished in folder.glob(".*.part"):
            unfinished.unlink()
        yield folder


def _write(app: App, folder: Path, today: date, known: list[Checkpoint]) -> Checkpoint:
    seal_all(app.db)
    sound = [found for found in known if found.sound]
    before = sound[-1].root if sound else NONE
    number = max((_numbered(path) for path in files(folder)), default=0) + 1
    with app.db.read() as connection:
        heads = list(_heads(connection))
        actions = int(connection.execute(sa.select(sa.func.count()).select_from(_ACTION)).scalar_one())
    said = {"format": _FORMAT, "number": number, "day": today.isoformat(), "taken_at": app.clock.wall().isoformat(), "before": before}
    said |= {"actions": actions, "events": sum(mark.version for mark in heads)}
    moved = _moved(heads, known)
    path = folder / f"{number:06d}-{today.isoformat()}.jsonl"
    _store(path, (document_text(line).encode() + b"\n" for line in (said, *moved)))
    return read(path)


def _numbered(path: Path) -> int:
    digits = path.name.partition("-")[0].partition(".")[0]
    return int(digits) if digits.isdecimal() else 0


def _heads(connection: sa.Connection) -> Iterator[Mark]:
    for rows, sealed in ((_ACTION, _ACTION.c.sealed), (_MEETING, _MEETING.c.version)):
        query = sa.select(rows.c.convention, rows.c.number, sealed.label("sealed"), rows.c.head).order_by(rows.c.id)
        for row in connection.execute(query):
            yield Mark(row.convention, row.number, row.sealed, bytes(row.head or b"").hex())


def _moved(heads: Iterable[Mark], known: list[Checkpoint]) -> list[Mark]:
    """The heads that no checkpoint holds yet; all of them where an earlier checkpoint will not do as a witness."""
    noted: dict[tuple[str, str], Mark] = {}
    try:
        for checkpoint in known if all(each.sound for each in known) else ():
            noted.update(((mark.convention, mark.number), mark) for mark in marks(checkpoint))
    except Unreadable:
        noted.clear()
    return [mark for mark in heads if noted.get((mark.convention, mark.number)) != mark]


def _store(path: Path, lines: Iterable[bytes]) -> None:
    """Write a checkpoint under another name, then let it appear, whole and safe on disk. Never overwrites."""
    unfinished, digest = path.with_name(f".{path.name}.part"), hashlib.sha256()
    with os.fdopen(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        for line in lines:
            digest.update(line)
            file.write(line)
        file.write(document_text({"root": digest.hexdigest()}).encode() + b"\n")
        file.flush()
        os.fsync(file.fileno())
    if path.exists():
        raise Refused.because("checkpoint_exists", str(path))
    unfinished.rename(path)
    sync_folder(path.parent)


def _announce(app: App, checkpoint: Checkpoint) -> None:
    """Tell the operators the root, once: a copy of it that lies in nobody's database."""
    details: dict[str, Any] = {"root": checkpoint.root, "day": checkpoint.day.isoformat(), "number": checkpoint.number}
    details |= {"actions": checkpoint.actions, "events": checkpoint.events}
    with app.db.write() as connection:
        work = open_work(app, connection, conventions(connection)[0])
        tell_operators(work, "checkpoint", key=checkpoint.root, details=details)
