"""What the checkpoints say, at hand: every head they hold, by action, in a temporary file of the system; and whether they hold together."""

import sqlite3
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self

from models.errors import Refused
from models.findings import Finding, Place
from services.checkpoints import NONE, Checkpoint, Mark, Unreadable, files, marks, read

_TABLE = "CREATE TABLE mark (convention, number, version, head, file, PRIMARY KEY (convention, number, version, head)) WITHOUT ROWID"
_KEEP = "INSERT OR IGNORE INTO mark VALUES (?, ?, ?, ?, ?)"
_OF_ACTION = "SELECT version, head, file FROM mark WHERE convention = ? AND number = ? ORDER BY version"
_ACTIONS = "SELECT convention, number, min(file) FROM mark GROUP BY convention, number ORDER BY convention, number"


@dataclass(slots=True)
class Marks:
    """The heads of all checkpoints that were read, and what is wrong with the checkpoints themselves."""

    count: int = 0
    findings: list[Finding] = field(default_factory=list)
    _roots: set[str] = field(default_factory=set)
    _kept: sqlite3.Connection = field(default_factory=lambda: sqlite3.connect(""))

    def __enter__(self) -> Self:
        self._kept.execute(_TABLE)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._kept.close()

    def read_home(self, folder: Path) -> None:
        """The home's own checkpoints: each has to be whole and to follow the one before."""
        before, number = NONE, 0
        for path in files(folder):
            found = self._read(path)
            if found is None:
                continue
            if found.number > number + 1 and not self._named(number + 1, found.number - 1):
                self.findings.append(_said("checkpoint_missing", path, first=number + 1, last=found.number - 1))
            elif found.sound and found.before != before:
                self.findings.append(_said("checkpoint_unchained", path))
            before, number = found.root if found.sound else before, found.number

    def read_kept(self, paths: Iterable[Path]) -> None:
        """Checkpoints kept elsewhere: the home has to have them too. Refuses a file that cannot be opened."""
        for path in paths:
            if not path.is_file():
                raise Refused.because("checkpoint_file_missing", str(path))
            known = set(self._roots)
            found = self._read(path)
            if found is not None and found.sound and found.root not in known:
                self.findings.append(_said("checkpoint_foreign", path, day=found.day.isoformat()))

    def hold_root(self, root: str) -> None:
        """A root that was sent by mail has to be that of a checkpoint."""
        if root not in self._roots:
            self.findings.append(Finding("root_unknown", "", params={"root": root}))

    def of(self, place: Place) -> list[tuple[int, str, str]]:
        """Of an action: after how many events which head was noted, and in which file."""
        return self._kept.execute(_OF_ACTION, place).fetchall()

    def actions(self) -> Iterator[tuple[Place, str]]:
        """Every action that a checkpoint knows, and the first file that does."""
        for convention, number, file in self._kept.execute(_ACTIONS):
            yield Place(convention, number), file

    def _read(self, path: Path) -> Checkpoint | None:
        self.count += 1
        try:
            found = read(path)
            if not found.sound:
                self.findings.append(_said("checkpoint_changed", path))
            else:
                self._roots.add(found.root)
                self._kept.executemany(_KEEP, (_row(mark, path) for mark in marks(found)))
        except Unreadable:
            self.findings.append(_said("checkpoint_unreadable", path))
            return None
        return found

    def _named(self, first: int, last: int) -> bool:
        """Whether the checkpoints between two are there, but unreadable: that is said already."""
        unreadable = [finding for finding in self.findings if finding.code == "checkpoint_unreadable"]
        return len(unreadable) >= last - first + 1


def _row(mark: Mark, path: Path) -> tuple[str, str, int, str, str]:
    return (*mark, path.name)


def _said(code: str, path: Path, **params: str | int) -> Finding:
    return Finding(code, "", params={"file": path.name, **params})
