"""The audit: is the log whole, do the rows say what it says, and does it still say what the checkpoints noted? Changes nothing."""

import gc
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import sqlalchemy as sa

from models.errors import Refused
from models.findings import Finding
from models.prepared import Prepared
from models.tables import Action, Meeting, table
from services.audit_examination import Examination
from services.audit_marks import Marks
from services.audit_meetings import examine_meetings
from services.audit_numbers import Numbers
from services.audit_rows import homeless
from services.audit_second import Second
from services.bootstrap import App

_KNOWN = Prepared(
    sa.union_all(
        *(
            sa.select(rows.c.id).where(rows.c.convention == sa.bindparam("convention_"), rows.c.number == sa.bindparam("number_"))
            for rows in (table(Action), table(Meeting))
        )
    )
)
_ROOT = 64


@dataclass(frozen=True, slots=True)
class Audit:
    """What an audit found. ``first``: the finding that comes first in the log; ``more``: findings that were counted, but are not listed.

    ``erased`` texts were deleted with their salts, ``unsealed`` events are an older release's that nobody has sealed yet, and of
    ``unproven`` columns the log does not say what they hold: none of them is a finding.
    """

    actions: int
    meetings: int
    events: int
    texts: int
    erased: int
    unsealed: int
    unproven: int
    checkpoints: int
    findings: tuple[Finding, ...]
    first: Finding | None
    more: int

    @property
    def agrees(self) -> bool:
        """Whether there is no finding."""
        return self.first is None


def verify(app: App, *, checkpoints: Sequence[Path] = (), root: str | None = None, second_from: int = 100_000) -> Audit:
    """Read the log once, follow every chain, rebuild every action from it and compare it with the rows, the texts and the checkpoints.

    ``checkpoints`` are copies kept elsewhere, held against the log besides the home's own; ``root`` is one that was sent by mail.
    A log of ``second_from`` events and more is examined by two processes, each one half of the actions, where there are two processors.
    Refuses a file that is not there and a root that is none.
    """
    if root is not None and not _is_root(root):
        raise Refused.because("root_malformed", given=root)
    with Marks() as marks, Second.of(app, checkpoints, second_from) as second:
        marks.read_home(app.settings.checkpoints)
        marks.read_kept(checkpoints)
        if root is not None:
            marks.hold_root(root.lower())
        with _no_search_for_cycles():
            return _carry_out(app, marks, second)


@contextmanager
def _no_search_for_cycles() -> Iterator[None]:
    """What an audit reads is let go of span by span and holds no cycles: to search it for some takes a tenth of its time."""
    usual = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if usual:
            gc.enable()


def _is_root(text: str) -> bool:
    return len(text) == _ROOT and all(letter in "0123456789abcdefABCDEF" for letter in text)


def _carry_out(app: App, marks: Marks, second: Second) -> Audit:
    with second.same_look(app.db) as connection:
        numbers = Numbers(connection)
        examination = Examination(marks, numbers)
        examination.take(marks.findings)
        examination.examine(connection, second.mine)
        examination.add(second.theirs(connection, marks, numbers))
        examine_meetings(connection, examination)
        examination.take(_vanished(connection, marks))
        examination.take(numbers.findings())
        if lost := homeless(connection):
            examination.take([Finding("rows_ownerless", "", params={"table": "opinion", "count": lost})])
    first = examination.first[1] if examination.first else None
    listed = tuple(examination.listed)
    return Audit(**examination.counts, checkpoints=marks.count, findings=listed, first=first, more=examination.more)


def _vanished(connection: sa.Connection, marks: Marks) -> Iterator[Finding]:
    """The actions and meetings that a checkpoint knows must still be there."""
    for place, file in marks.actions():
        if _KNOWN.first(connection, convention_=place.convention, number_=place.number) is None:
            yield Finding("action_vanished", *place, params={"file": file})
