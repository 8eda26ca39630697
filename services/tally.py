"""The report of a run for those who operate: how much fell due, left, waits, found nobody, reached nobody, failed. Codes and counts only."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

import sqlalchemy as sa

from models.prepared import Prepared
from models.tables import Delivery, table
from services.bootstrap import App
from services.charter_store import conventions
from services.deadline_kinds import Kind
from services.reaching import in_capacity, unreached, vacant_seats
from services.wakes import DELIVERIES, WAITS
from services.work import open_work

_DELIVERY = table(Delivery)
_LOST = ("suppressed", "dead")
_DOUBTFUL = ("uncertain", "dead")
FAILED = "failed"
"""The outcome of an item that failed begins so."""


class Done(Protocol):
    """What was done about one action: see ``stages.Line``."""

    @property
    def action(self) -> str:
        """Its number."""

    @property
    def convention(self) -> str:
        """The convention that it belongs to: numbers are those of their convention."""

    @property
    def topic(self) -> str:
        """What was dealt with."""

    @property
    def outcome(self) -> str:
        """What became of it."""

    @property
    def unowned(self) -> Sequence[str]:
        """The capacities in which nobody was found."""


@dataclass(frozen=True, slots=True)
class Tally:
    """What a run came to. ``due``: deadlines that were dealt with; ``sent``: messages that left; ``held``: those written that wait for a better hour.

    ``unowned``: capacities with their action, and vacant seats whose answer is awaited; ``unreachable``: seats; ``failed``: items and messages.
    """

    due: int = 0
    sent: int = 0
    held: int = 0
    unowned: tuple[str, ...] = ()
    unreachable: tuple[str, ...] = ()
    failed: int = 0


_SINCE = sa.bindparam("since_", type_=_DELIVERY.c.created_at.type)
_OF_LATE = (
    sa.select(sa.func.count()).select_from(_DELIVERY).where(WAITS, _DELIVERY.c.created_at >= _SINCE, _DELIVERY.c.folded_into.is_(None))
)
_HELD, _HELD_OF = Prepared(_OF_LATE), Prepared(_OF_LATE.where(_DELIVERY.c.stage == sa.bindparam("stage_", type_=sa.String)))


def tally(app: App, stage: str, since: datetime, lines: Collection[Done], sent: Mapping[str, int]) -> Tally:
    """The report of a run that began at this real moment. A run that found nothing to do asks the database nothing."""
    if not lines and not sent:
        return Tally()
    everything = stage == DELIVERIES
    mine = sa.true() if everything else _DELIVERY.c.stage == stage
    nobody = [in_capacity(capacity, line.action) for line in lines for capacity in line.unowned]
    lost: set[str] = set()
    with app.db.read() as connection:
        held = _HELD.scalar(connection, since_=since) if everything else _HELD_OF.scalar(connection, since_=since, stage_=stage)
        for code in conventions(connection):
            work = open_work(app, connection, code)
            nobody += vacant_seats(work, {line.action for line in lines if line.convention == code and line.topic.startswith("review.")})
            if any(sent.get(state) for state in _LOST):
                lost.update(unreached(work, mine & (_DELIVERY.c.settled_at >= since)))
    failed = sum(line.outcome.startswith(FAILED) for line in lines) + sum(sent.get(state, 0) for state in _DOUBTFUL)
    due = sum(line.topic in tuple(Kind) for line in lines)
    return Tally(due, sent.get("sent", 0), held, tuple(sorted(set(nobody))), tuple(sorted(lost)), failed)
