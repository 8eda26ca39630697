"""A second process that examines one half of a long log, on the very same look at it."""

import gc
import os
import signal
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from multiprocessing import get_context
from multiprocessing.connection import Connection
from multiprocessing.context import SpawnProcess
from pathlib import Path
from typing import Self, cast

import sqlalchemy as sa

from models.database import Database
from services.audit_examination import Examination, Part
from services.audit_marks import Marks
from services.audit_numbers import Notes, Numbers
from services.audit_rows import EVERY, Range, halves, stand
from services.bootstrap import App

_TRIES = 20


@dataclass(slots=True)
class Second:
    """The other process, if there is one: begun before anybody looks, so that both look in the same instant.

    Where it cannot be had, or comes to harm, the first process examines everything itself.
    """

    process: SpawnProcess | None = None
    line: Connection | None = None
    mine: Range = EVERY
    rest: Range | None = None

    @classmethod
    @contextmanager
    def of(cls, app: App, checkpoints: Sequence[Path], from_events: int) -> Iterator[Self]:
        """A second process for a log that is long enough, where there are two processors; it ends with the audit, however that ends."""
        with app.db.read() as connection:
            wanted = stand(connection).events >= from_events and (os.cpu_count() or 1) > 1
        second = cls()
        if wanted:
            ours, theirs = get_context("spawn").Pipe()
            home = (app.settings.database_url, app.settings.checkpoints, tuple(checkpoints))
            second.process = get_context("spawn").Process(target=_examine_half, args=(theirs, *home), daemon=True)
            second.process.start()
            theirs.close()
            second.line = ours
        try:
            yield second
        finally:
            if second.process is not None:
                second.process.kill()
                second.process.join()

    @contextmanager
    def same_look(self, db: Database) -> Iterator[sa.Connection]:
        """A look at the database; with a second process, one at which both see the same log, and the halves are shared out."""
        for _ in range(_TRIES):
            with db.read() as connection:
                if self.line is None or self._agree(connection):
                    yield connection
                    return
        with db.read() as connection:
            self.line = None
            yield connection

    def theirs(self, connection: sa.Connection, marks: Marks, numbers: Numbers) -> Part:
        """What was found in the other half."""
        if self.line is not None and self.rest is not None:
            with suppress(EOFError, OSError):
                part, notes = self.line.recv()
                numbers.note_all(notes)
                return cast("Part", part)
        own = Examination(marks, numbers)
        if self.rest is not None:
            own.examine(connection, self.rest)
        return own.part()

    def _agree(self, connection: sa.Connection) -> bool:
        if self.line is None:
            return False
        mine, theirs = halves(connection)
        try:
            self.line.send((stand(connection), theirs))
            agreed = bool(self.line.recv())
        except (EOFError, OSError):
            self.line = None
            return True
        if agreed:
            self.mine, self.rest = mine, theirs
        return agreed


def _examine_half(line: Connection, database_url: str, folder: Path, kept: Sequence[Path]) -> None:
    """The second process: look when told, say whether the log is the same, and examine the half that was named."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the first process ends it
    gc.disable()
    db, notes = Database(database_url), Notes()
    with suppress(EOFError, OSError), Marks() as marks:
        examination, agreed = Examination(marks, notes), False
        while not agreed:
            seen, half = line.recv()
            with db.read() as connection:
                agreed = stand(connection) == seen
                line.send(agreed)
                if agreed:
                    marks.read_home(folder)
                    marks.read_kept(kept)
                    examination.examine(connection, half)
                    line.send((examination.part(), notes))
