"""What the stages would do now, or at a moment to come, who would be written to, and what would leave: tried out for real, and undone."""

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from math import ceil
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from models.errors import Refused
from models.events import Stage
from models.tables import Action, Delivery, Event, Home, Person, table
from notifications.recipients import capacity_of
from services.bootstrap import App
from services.clock import Clock
from services.foretelling import foretell
from services.meter import Meter
from services.stages import Gate, Line, react_to_all
from services.stopping import may_leave
from services.wakes import NOT_GONE, waiting_due

_ACTION, _DELIVERY, _EVENT = table(Action), table(Delivery), table(Event)
_HOME, _PERSON = table(Home), table(Person)
SECONDS = 3.0
"""A trial ends after so long, since others may have to wait for it."""
_ON_THEIR_WAY, _ = NOT_GONE
_OUT_OF_TIME = "out_of_time"
_AT_ONCE = 500
_COLUMNS = ("stage", "message", "because", "channel", "state", "not_before", "reason")
Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Step:
    """What a stage would do about one action."""

    stage: Stage
    line: Line


@dataclass(frozen=True, slots=True)
class Trial:
    """What would be done at this moment, and the messages that would be written for it.

    ``waiting``: those written before that would leave by then; ``whole``: whether there was time for all; ``left_out``: what was not tried.
    """

    at: datetime
    steps: tuple[Step, ...]
    messages: tuple[Row, ...]
    waiting: tuple[Row, ...]
    whole: bool
    left_out: tuple[str, ...]


def dry_run(app: App, *, stages: Sequence[Stage] = tuple(Stage), at: datetime | None = None) -> Trial:
    """Let these stages do all that they owe, as one run after the other would, and undo it: nothing is written, and nobody is told.

    With all of them, people are also told of their own deadlines ahead as on that day; of the mornings until then nothing is tried.
    ``at``: by the business's clock; everything that falls due until then falls at that moment. A message is shown with its person's code, its
    capacity, and what would become of it: it leaves (``ready``), waits until a moment (``held``, ``scheduled``), or is spared (``suppressed``).
    Refuses a moment that is past.
    """
    wall, present = app.clock.wall(), app.clock.now()
    if at is not None and at < present:
        raise Refused.because("dry_run_past", "--at")
    ahead = timedelta(seconds=ceil(((at or present) - wall).total_seconds()))
    made: list[UUID] = []

    def make() -> UUID:
        made.append(app.ids())
        return made[-1]

    with app.db.undone() as db:
        with db.write() as connection:
            connection.execute(_HOME.update().values(clock_offset_seconds=int(ahead.total_seconds())))
        trial = replace(app, db=db, clock=Clock(lambda: ahead, lambda: wall), ids=make, meter=Meter())
        steps, whole = _run(trial, stages)
        with db.read() as connection:
            messages = _shown(connection, made)
            leaving = connection.execute(_leaving_by(stages, wall + ahead, wall + ((at or present) - present))).scalars()
            new = {*made}
            waiting = _shown(connection, [each for each in leaving if each not in new])
    return Trial(wall + ahead, tuple(steps), messages, waiting, whole, tuple(_left_out(stages, present, at)))


def _left_out(stages: Sequence[Stage], present: datetime, at: datetime | None) -> Iterator[str]:
    """What a trial says nothing of: lists of people's own deadlines belong to no stage, and each is of its day."""
    if not _are_all(stages):
        yield "lists"
    elif at is not None and at.date() > present.astimezone(at.tzinfo).date():
        yield "lists_before"


def _are_all(stages: Sequence[Stage]) -> bool:
    return {*stages} == {*Stage}


def _leaving_by(stages: Sequence[Stage], now: datetime, wall: datetime) -> sa.Select[Any]:
    """The deliveries of these stages (of all, also those of none) that are on their way or whose better hour has come, in the order of their writing."""
    leaves = waiting_due(now) | (_ON_THEIR_WAY & ((_DELIVERY.c.state != "retrying") | (_DELIVERY.c.not_before <= wall)))
    mine = sa.true() if _are_all(stages) else _DELIVERY.c.stage.in_(stages)
    return sa.select(_DELIVERY.c.id).where(leaves, mine, may_leave()).order_by(_DELIVERY.c.created_at, _DELIVERY.c.unique_key)


def _run(app: App, stages: Sequence[Stage]) -> tuple[list[Step], bool]:
    """Stage by stage, then what people are told ahead."""
    ends = time.monotonic() + SECONDS

    def gate() -> str | None:
        return _OUT_OF_TIME if time.monotonic() > ends else None

    steps, whole = _react(app, stages, gate)
    if whole and _are_all(stages):
        foretell(app, gate)
        whole = gate() is None
    return steps, whole


def _react(app: App, stages: Sequence[Stage], gate: Gate) -> tuple[list[Step], bool]:
    """Stage by stage, and again, since one may give another something to do, until none has."""
    steps = list[Step]()
    while True:
        before = len(steps)
        for stage in stages:
            lines, stopped = react_to_all(app, stage, gate)
            steps += [Step(stage, line) for line in lines]
            if stopped is not None:
                return steps, False
        if len(steps) == before:
            return steps, True


def _shown(connection: sa.Connection, ids: Sequence[UUID]) -> tuple[Row, ...]:
    return tuple(row for first in range(0, len(ids), _AT_ONCE) for row in _messages(connection, ids[first : first + _AT_ONCE]))


def _messages(connection: sa.Connection, ids: Sequence[UUID]) -> Iterator[Row]:
    """Those of these ids, in that order; one that several are folded into says how many."""
    told = _DELIVERY.alias()
    folded = sa.select(sa.func.count()).where(told.c.folded_into == _DELIVERY.c.id).scalar_subquery().label("says")
    columns = (*(_DELIVERY.c[name] for name in ("id", "folded_into", *_COLUMNS)), folded)
    query = (
        sa.select(*columns, _PERSON.c.code.label("person"), _ACTION.c.number.label("action"), _EVENT.c.topic)
        .outerjoin(_PERSON, _PERSON.c.id == _DELIVERY.c.person_id)
        .outerjoin(_EVENT, _EVENT.c.id == _DELIVERY.c.event_id)
        .outerjoin(_ACTION, _ACTION.c.id == _EVENT.c.action_id)
        .where(_DELIVERY.c.id.in_(ids))
    )
    found = {row["id"]: row for row in connection.execute(query).mappings()}
    for one in (found[made] for made in ids if made in found):
        capacity, copied = capacity_of(one["because"])
        shown = {name: value for name, value in one.items() if name not in ("id", "because")}
        yield {**shown, "folded": one["folded_into"] is not None, "capacity": capacity, "copy": copied}
