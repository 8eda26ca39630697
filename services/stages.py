"""What a stage's flow does: everything that its stage owes, in short transactions, then the messages it wrote.

Twice, late, after a crash, for one item or ten thousand: the same call, the same result.
"""

import logging
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa

from models.errors import Refused
from models.events import Stage
from models.tables import Action, Deadline, Event, Reaction, table
from services import wakes
from services.bootstrap import App
from services.deliveries import deliver
from services.faults import is_database_away, told_safely
from services.leases import release, renew, take
from services.meter import committed_at
from services.notices import write_notices
from services.owed import Item, claim, waiting
from services.reactions import fall_due, react
from services.wakes import DELIVERIES, TRIES
from services.work import Work, backoff, open_work, upsert_into

_LOG = logging.getLogger("passerelle.stages")
_EVENT, _REACTION, _DEADLINE, _ACTION = table(Event), table(Reaction), table(Deadline), table(Action)
CHUNK_SECONDS = 0.04
"""A chunk ends after so many items or so long, whichever comes first: people's commands wait for no longer."""
DELIVERY_SECONDS = 10.0
LEASE_SECONDS = 60.0

Gate = Callable[[], str | None]


@dataclass(frozen=True, slots=True)
class Line:
    """What was done about one action: the topic or the deadline dealt with, and the outcome (a verb, messages written, a failure)."""

    action: str
    body: str | None
    topic: str
    outcome: str


@dataclass(frozen=True, slots=True)
class StageReport:
    """What a run did. ``stopped`` says why it ended early: paused, cancelled, busy (another run of this stage is at it), or messages are stopped."""

    stage: str
    lines: tuple[Line, ...] = ()
    deliveries: Mapping[str, int] = field(default_factory=dict)
    parked: int = 0
    stopped: str | None = None


def run_stage(app: App, stage: Stage, *, holder: str, gate: Gate) -> StageReport:
    """React to everything the stage owes, then deliver what was written for at most ten seconds.

    ``gate`` is asked before each chunk and each batch of messages: any answer but None ends the run cleanly with it.
    Only one run of a stage works at a time: ``holder`` takes its lease, and another run ends at once as busy.
    """
    name = f"stage:{stage}"
    if not take(app.db, name, holder, app.clock.wall(), LEASE_SECONDS):
        return StageReport(stage, stopped="busy", parked=_parked(app, stage))
    try:
        gate = _keeping(app, name, holder, gate)
        lines, stopped = _react_to_all(app, stage, gate)
        sent: Mapping[str, int] = {}
        if stopped is None:
            sent, stopped = deliver(app, gate=gate, stage=stage, seconds=DELIVERY_SECONDS)
    finally:
        release(app.db, name, holder)
    return StageReport(stage, tuple(lines), sent, _parked(app, stage), stopped)


def react_quietly(app: App, stage: Stage) -> int:
    """React to everything the stage owes, and leave what was written unsent; returns how many items. For whoever holds the stage's lease."""
    return len(_react_to_all(app, stage, lambda: None)[0])


def run_deliveries(app: App, *, holder: str, gate: Gate) -> StageReport:
    """Catch up: send whatever waits, whichever stage wrote it, until nothing can be sent now."""
    name = f"stage:{DELIVERIES}"
    if not take(app.db, name, holder, app.clock.wall(), LEASE_SECONDS):
        return StageReport(DELIVERIES, stopped="busy")
    try:
        sent, stopped = deliver(app, gate=_keeping(app, name, holder, gate), stage=None, seconds=None)
    finally:
        release(app.db, name, holder)
    return StageReport(DELIVERIES, deliveries=sent, stopped=stopped)


def record_sweep(app: App, stage: str) -> None:
    """Remember that a scheduled run was carried out."""
    wakes.record_sweep(app.db, stage, app.clock.wall())


def _keeping(app: App, name: str, holder: str, gate: Gate) -> Gate:
    """The gate, prolonging our lease each time it lets us on; busy once another run has taken it."""

    def ask() -> str | None:
        stopped = gate()
        if stopped is None and not renew(app.db, name, holder, app.clock.wall(), LEASE_SECONDS):
            return "busy"
        return stopped

    return ask


def _react_to_all(app: App, stage: Stage, gate: Gate) -> tuple[list[Line], str | None]:
    lines: list[Line] = []
    while True:
        stopped = gate()
        if stopped is not None:
            return lines, stopped
        done = _chunk(app, stage)
        if not done:
            return lines, None
        lines += done


def _chunk(app: App, stage: Stage) -> list[Line]:
    """One transaction over many items; if any of them raises, nothing of it is kept and each is tried alone.

    A database that is away is no item's fault: that raises, and what waits is left for the next run.
    """
    try:
        return _together(app, stage)
    except Exception as error:  # each item is tried alone, where it is counted
        if is_database_away(error):
            raise
        _LOG.warning("a chunk of %s failed; its items are tried one by one", stage)
        return _one_by_one(app, stage)


def _together(app: App, stage: Stage) -> list[Line]:
    lines, dealt = [], []
    with app.db.write() as connection:
        begun = time.monotonic()
        works: dict[str, Work] = {}
        for item in claim(app, connection, stage):
            lines.append(_deal_with(_work_for(app, connection, works, item), item))
            dealt.append(item)
            if time.monotonic() - begun > CHUNK_SECONDS:
                break
    if dealt:
        app.meter.chunk_ended(stage, time.monotonic() - begun)
    _measure(app, dealt)
    return lines


def _one_by_one(app: App, stage: Stage) -> list[Line]:
    with app.db.read() as connection:
        items = waiting(app, connection, stage)
    lines = []
    for item in items:
        try:
            with app.db.write() as connection:
                line = _deal_with(open_work(app, connection, item.row["convention"]), item)
        except Exception as error:  # counted, kept as the reason, and shown once parked
            if is_database_away(error):
                raise
            _LOG.warning("%s of %s failed: %s", item.topic, item.row["number"], told_safely(error))
            lines.append(_fail(app, item, error))
        else:
            _measure(app, [item])
            lines.append(line)
    return lines


def _measure(app: App, dealt: Iterable[Item]) -> None:
    """Tell how long after its commit each event was reacted to, once that is durable."""
    wall = app.clock.wall()
    for item in dealt:
        if item.is_event:
            app.meter.reacted(item.row["stage"], max((wall - committed_at(item.row)).total_seconds(), 0.0))


def _work_for(app: App, connection: sa.Connection, works: dict[str, Work], item: Item) -> Work:
    convention = item.row["convention"]
    if convention not in works:
        works[convention] = open_work(app, connection, convention)
    return works[convention]


def _deal_with(work: Work, item: Item) -> Line:
    if item.is_event:
        verb, told = react(work, item.row), write_notices(work, item.row)
        _settle(work, item)
        outcome = ", ".join(part for part in (verb, f"messages: {told}" if told else None) if part)
    else:
        outcome = _fall_due_unless_settled(work, item) or ""
    return Line(item.row["number"], item.row["body"], item.topic, outcome or "nothing to do")


def _settle(work: Work, item: Item) -> None:
    """The stage owes the event nothing any more."""
    position = item.row["position"]
    work.connection.execute(_EVENT.update().where(_EVENT.c.position == position).values(owed=None))
    if item.row["tries"]:
        done = {"state": "done", "settled_at": work.wall}
        work.connection.execute(_REACTION.update().where(_REACTION.c.position == position).values(**done))


def _fall_due_unless_settled(work: Work, item: Item) -> str | None:
    """An earlier item of the same chunk may have settled the deadline meanwhile."""
    still = sa.select(_DEADLINE.c.id).where(_DEADLINE.c.id == item.row["id"], _DEADLINE.c.settled_at.is_(None))
    return fall_due(work, item.row) if work.connection.execute(still).first() else None


def _fail(app: App, item: Item, error: Exception) -> Line:
    """Count the failure; after five the item is parked with its reason and delays no other."""
    reason = f"refused: {error}" if isinstance(error, Refused) else str(told_safely(error))
    tries = item.row["tries"] + 1
    again: dict[str, Any] = {"tries": tries, "not_before": app.clock.wall() + backoff(tries)}
    with app.db.write() as connection:
        if item.is_event:
            _count_failure(connection, item, again | {"state": "parked" if tries >= TRIES else "pending", "reason": reason})
        else:
            connection.execute(_DEADLINE.update().where(_DEADLINE.c.id == item.row["id"]).values(**again, outcome=reason))
    return Line(item.row["number"], item.row["body"], item.topic, f"failed ({tries}/{TRIES})")


def _count_failure(connection: sa.Connection, item: Item, failure: Mapping[str, Any]) -> None:
    position = item.row["position"]
    failed = upsert_into(connection, _REACTION).values(position=position, stage=item.row["stage"], **failure)
    connection.execute(failed.on_conflict_do_update(index_elements=["position"], set_=dict(failure)))
    if failure["state"] == "parked":
        connection.execute(_EVENT.update().where(_EVENT.c.position == position).values(owed=None))


def _parked(app: App, stage: str) -> int:
    with app.db.read() as connection:
        return count_parked(connection, stage)


def count_parked(connection: sa.Connection, stage: str | None = None) -> int:
    """How many items are parked, in one stage or in all."""
    mine, due = _REACTION.c.state == "parked", _DEADLINE.c.settled_at.is_(None) & (_DEADLINE.c.tries >= TRIES)
    if stage is not None:
        mine, due = mine & (_REACTION.c.stage == stage), due & (_DEADLINE.c.stage == stage)
    counted = (sa.select(sa.func.count()).select_from(rows).where(which) for rows, which in ((_REACTION, mine), (_DEADLINE, due)))
    return sum(connection.execute(query).scalar_one() for query in counted)
