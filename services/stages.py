"""What a stage's flow does: everything that its stage owes, in short transactions, then the messages it wrote.

Twice, late, after a crash, for one item or ten thousand: the same call, the same result.
"""

import logging
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from typing import Any

import sqlalchemy as sa

from models.errors import Refused
from models.events import Stage
from models.prepared import Prepared, among
from models.tables import Deadline, Event, Reaction, table
from services import wakes
from services.afterwards import round_off
from services.bootstrap import App
from services.deliveries import deliver
from services.faults import is_database_away, told_safely
from services.foretelling import foretell
from services.leases import release, renew, take
from services.meter import committed_at
from services.notices import Noticed, write_notices
from services.outgoing import send_everything
from services.owed import Item, anything, claim, waiting
from services.reactions import fall_due, react
from services.search.index import BEFORE_A_SEARCH, catch_up
from services.sweep import is_rung, sweep
from services.tally import FAILED, Tally, tally
from services.wakes import DELIVERIES, TRIES
from services.work import Work, backoff, open_work, upsert_into

_LOG = logging.getLogger("passerelle.stages")
_EVENT, _REACTION, _DEADLINE = table(Event), table(Reaction), table(Deadline)
CHUNK_SECONDS = 0.04
"""A chunk ends after so many items or so long, whichever comes first: people's commands wait for no longer."""
DELIVERY_SECONDS = 10.0
NOTHING = "nothing to do"
"""What is said of an item that called for nothing."""
LEASE_SECONDS = 60.0

_PAID = Prepared(_EVENT.update().where(_EVENT.c.position == sa.bindparam("position_")).values(owed=sa.null()))
Gate = Callable[[], str | None]


@dataclass(frozen=True, slots=True)
class Line:
    """What was done about one action: the topic or the deadline dealt with, and the outcome (a verb, messages written, a failure).

    ``unowned``: the capacities in which nobody was found to tell.
    """

    action: str
    body: str | None
    topic: str
    outcome: str
    unowned: tuple[str, ...] = ()
    convention: str = ""


@dataclass(frozen=True, slots=True)
class StageReport:
    """What a run did: ``deliveries`` are messages to people, ``posted`` what programs were told.

    ``stopped`` says why it ended early: paused, cancelled, busy (another run of this stage is at it), or messages are stopped.
    """

    stage: str
    lines: tuple[Line, ...] = ()
    deliveries: Mapping[str, int] = field(default_factory=dict)
    parked: int = 0
    stopped: str | None = None
    tally: Tally = field(default_factory=Tally)
    posted: Mapping[str, int] = field(default_factory=dict)


def run_stage(app: App, stage: Stage, *, holder: str, gate: Gate) -> StageReport:
    """React to everything the stage owes, then deliver what was written for at most ten seconds.

    ``gate`` is asked before each chunk and each batch of messages: any answer but None ends the run cleanly with it.
    Only one run of a stage works at a time: ``holder`` takes its lease, and another run ends at once as busy.
    """
    name, began = f"stage:{stage}", app.clock.wall()
    if not take(app.db, name, holder, began, LEASE_SECONDS):
        return StageReport(stage, stopped="busy", parked=_parked(app, stage))
    try:
        gate = _keeping(app, name, holder, gate)
        lines, stopped = react_to_all(app, stage, gate)
        sent: Mapping[str, int] = {}
        if stopped is None:
            sent, stopped = deliver(app, gate=gate, stage=stage, seconds=DELIVERY_SECONDS)
    finally:
        release(app.db, name, holder)
    return StageReport(stage, tuple(lines), sent, _parked(app, stage), stopped, tally(app, stage, began, lines, sent))


def react_quietly(app: App, stage: Stage) -> int:
    """React to everything the stage owes, and leave what was written unsent; returns how many items. For whoever holds the stage's lease."""
    return len(react_to_all(app, stage, lambda: None)[0])


def run_deliveries(app: App, *, holder: str, gate: Gate) -> StageReport:
    """Catch up: write what people asked to be told ahead, send whatever waits, whichever stage wrote it, post what programs are owed, index what changed.

    What cannot be written delays nothing that waits: it raises once that was sent.
    """
    name, began = f"stage:{DELIVERIES}", app.clock.wall()
    if not take(app.db, name, holder, began, LEASE_SECONDS):
        return StageReport(DELIVERIES, stopped="busy")
    try:
        try:
            foretell(app)
        finally:
            left = send_everything(app, _keeping(app, name, holder, gate))
        catch_up(app, BEFORE_A_SEARCH)
    finally:
        release(app.db, name, holder)
    counted = tally(app, DELIVERIES, began, (), left.sent)
    return StageReport(DELIVERIES, deliveries=left.sent, posted=left.posted, stopped=left.stopped, tally=counted)


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


def react_to_all(app: App, stage: Stage, gate: Gate) -> tuple[list[Line], str | None]:
    """React to everything the stage owes, and leave what was written unsent; what was done, and why it ended early, if it did. For whoever holds the lease."""
    lines: list[Line] = []
    while True:
        stopped = gate()
        if stopped is not None:
            return lines, stopped
        done = _chunk(app, stage) if anything(app, stage) else []
        if not done:
            round_off(app, stage, {line.topic for line in lines})
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
    with app.db.write() as connection:
        begun = app.clock.ticks()
        works: dict[str, Work] = {}
        items = claim(app, connection, stage)
        rungs, others = list[Item](), list[Item]()
        for item in items:
            climbs = not item.is_event and is_rung(_work_for(app, connection, works, item), item.row)
            (rungs if climbs else others).append(item)
        lines = [
            line for work in works.values() for line in _climb(work, [item for item in rungs if item.row["convention"] == work.convention])
        ]
        dealt = list(rungs)
        for item in others:
            if app.clock.ticks() - begun > CHUNK_SECONDS and dealt:
                break
            lines.append(_deal_with(_work_for(app, connection, works, item), item))
            dealt.append(item)
    if dealt:
        app.meter.chunk_ended(stage, app.clock.ticks() - begun)
    _measure(app, dealt)
    return lines


def _climb(work: Work, rungs: Sequence[Item]) -> list[Line]:
    """Climb the rungs of these deadlines, all at once."""
    done = sweep(work, [item.row for item in rungs]) if rungs else []
    return [_line(item, verb) for item, verb in zip(rungs, done, strict=True)]


def _line(item: Item, outcome: str | None, unowned: tuple[str, ...] = ()) -> Line:
    return Line(item.row["number"], item.row["body"], item.topic, outcome or NOTHING, unowned, item.row["convention"])


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
        outcome = ", ".join(part for part in (verb, f"messages: {told.new}" if told.new else None) if part)
    else:
        outcome, told = _fall_due_unless_settled(work, item) or "", Noticed()
    return _line(item, outcome, told.unowned)


def _settle(work: Work, item: Item) -> None:
    """The stage owes the event nothing any more."""
    position = item.row["position"]
    _PAID.run(work.connection, position_=position)
    if item.row["tries"]:
        done = {"state": "done", "settled_at": work.wall}
        work.connection.execute(_REACTION.update().where(_REACTION.c.position == position).values(**done))


def _fall_due_unless_settled(work: Work, item: Item) -> str | None:
    """An earlier item of the same chunk may have settled the deadline meanwhile."""
    still = sa.select(_DEADLINE.c.id).where(_DEADLINE.c.id == item.row["id"], _DEADLINE.c.settled_at.is_(None))
    if work.connection.execute(still).first() is None:
        return None
    return sweep(work, [item.row])[0] if is_rung(work, item.row) else fall_due(work, item.row)


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
    return Line(item.row["number"], item.row["body"], item.topic, f"{FAILED} ({tries}/{TRIES})", convention=item.row["convention"])


def _count_failure(connection: sa.Connection, item: Item, failure: Mapping[str, Any]) -> None:
    position = item.row["position"]
    failed = upsert_into(connection, _REACTION).values(position=position, stage=item.row["stage"], **failure)
    connection.execute(failed.on_conflict_do_update(index_elements=["position"], set_=dict(failure)))
    if failure["state"] == "parked":
        connection.execute(_EVENT.update().where(_EVENT.c.position == position).values(owed=None))


def _parked(app: App, stage: str) -> int:
    with app.db.read() as connection:
        return count_parked(connection, app.clock.now(), [stage])


def count_parked(connection: sa.Connection, now: datetime, stages: Collection[str] = tuple(Stage)) -> int:
    """How many items of these stages are parked. Only a deadline that has fallen can be: that leaves all that will fall one day unread."""
    return int(_parked_in(tuple(stages)).scalar(connection, now_=now))


@lru_cache
def _parked_in(stages: tuple[str, ...]) -> Prepared:
    named = [sa.literal(stage) for stage in stages]
    mine = (_REACTION.c.state == sa.literal_column("'parked'")) & among(_REACTION.c.stage, named)
    fallen = among(_DEADLINE.c.stage, named) & (_DEADLINE.c.due_at <= sa.bindparam("now_")) & _DEADLINE.c.settled_at.is_(None)
    counts = ((_REACTION, mine), (_DEADLINE, fallen & (_DEADLINE.c.tries >= TRIES)))
    events, deadlines = (sa.select(sa.func.count()).select_from(rows).where(which).scalar_subquery() for rows, which in counts)
    return Prepared(sa.select((events + deadlines).label("parked")))
