"""The figures that are watched: what waits, since when, and what stands still. Read often, so every statement keeps to what is open."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Any

import sqlalchemy as sa

from models.events import Stage
from models.tables import Deadline, Delivery, Event, Home, Lease, Reaction, Review, Wake, table
from models.telling.reasons import Reason
from services.bootstrap import App
from services.meter import committed_at
from services.status import PROCESSES
from services.sweep_watch import read_sweeps
from services.wakes import STAGES, TRIES, UNSENT
from services.webhooks.figures import standing_of_webhooks

_EVENT, _REACTION, _DEADLINE, _DELIVERY = table(Event), table(Reaction), table(Deadline), table(Delivery)
_HOME, _LEASE, _REVIEW, _WAKE = table(Home), table(Lease), table(Review), table(Wake)
STUCK = ("dead", "uncertain")
# Spelt out as in the partial indexes: a bound value would hide from the planner that they serve.
_PARKED = sa.text("reaction.state = 'parked'")
_UNSENT = sa.text("delivery.state IN ('ready', 'retrying', 'sending')")


@dataclass(frozen=True, slots=True)
class Waiting:
    """How many wait, and for how many real seconds the oldest has; 0 seconds where nothing waits."""

    count: int = 0
    oldest: float = 0.0


@dataclass(frozen=True, slots=True)
class Figures:
    """The home at one moment. By stage: every stage is there; by state of a delivery: every state that waits or needs a person.

    ``webhooks``: programs that are told of events, by state; ``posts``: what waits for those that are on.
    ``open_reviews`` by convention and body, where there are any: how many, and for how many seconds of the business's time the oldest.
    """

    kind: str
    ahead: float
    stopped: bool
    unpublished: Waiting
    unreacted: Mapping[str, Waiting]
    deadlines_due: Mapping[str, int]
    parked: Mapping[str, int]
    deliveries: Mapping[str, Waiting]
    sweep_ages: Mapping[str, float]
    wake_attempts: Mapping[str, int]
    leases: Mapping[str, bool]
    open_reviews: Mapping[tuple[str, str], Waiting]
    webhooks: Mapping[str, int]
    posts: Waiting


def read_figures(app: App) -> Figures:
    """Read everything from one snapshot, in twelve statements. Raises SQLAlchemyError where the database does not answer.

    A sweep that never came counts from the day the home was made.
    """
    wall = app.clock.wall()
    with app.db.read() as connection:
        programs = standing_of_webhooks(connection)
        home = connection.execute(sa.select(_HOME)).one()
        ahead = timedelta(seconds=home.clock_offset_seconds)
        parked, due = _deadlines(connection, wall + ahead)
        parked.update(dict(_set_aside(connection)))
        attempts = {row.stage: row.attempts for row in connection.execute(sa.select(_WAKE.c.stage, _WAKE.c.attempts))}
        return Figures(
            kind=home.kind,
            ahead=ahead.total_seconds(),
            stopped=home.stopped_at is not None,
            unpublished=_unpublished(connection, wall),
            unreacted=_unreacted(connection, wall),
            deadlines_due={stage: due[stage] for stage in Stage},
            parked={stage: parked[stage] for stage in Stage},
            deliveries=_deliveries(connection, wall),
            sweep_ages=read_sweeps(connection, wall).ages,
            wake_attempts={stage: attempts.get(stage, 0) for stage in STAGES},
            leases=_leases(connection, wall),
            open_reviews=_open_reviews(connection, wall + ahead),
            webhooks={"on": programs.on, "paused": programs.paused, "off": programs.off},
            posts=Waiting(programs.waiting, _age(wall, programs.oldest)),
        )


def _age(wall: datetime, since: datetime | None) -> float:
    return max((wall - since).total_seconds(), 0.0) if since else 0.0


def _set_aside(connection: sa.Connection) -> Iterable[tuple[str, int]]:
    query = sa.select(_REACTION.c.stage, sa.func.count()).where(_PARKED).group_by(_REACTION.c.stage)
    return [(stage, number) for stage, number in connection.execute(query)]


def _unpublished(connection: sa.Connection, wall: datetime) -> Waiting:
    untold = _EVENT.c.published_at.is_(None)
    count = sa.select(sa.func.count()).select_from(_EVENT).where(untold).scalar_subquery()
    oldest = sa.select(_EVENT.c.recorded_at, _EVENT.c.ahead, count.label("number")).where(untold).order_by(_EVENT.c.position).limit(1)
    row = connection.execute(oldest).mappings().first()
    return Waiting() if row is None else Waiting(row["number"], _age(wall, committed_at(row)))


def _unreacted(connection: sa.Connection, wall: datetime) -> dict[str, Waiting]:
    """Of each stage the count, and the age of the first in the order of the log."""
    first = sa.func.min(_EVENT.c.position).label("first")
    counted = (
        sa.select(_EVENT.c.owed, sa.func.count().label("number"), first)
        .where(_EVENT.c.owed.is_not(None))
        .group_by(_EVENT.c.owed)
        .subquery()
    )
    query = sa.select(counted, _EVENT.c.recorded_at, _EVENT.c.ahead).join(_EVENT, _EVENT.c.position == counted.c.first)
    found = {row["owed"]: Waiting(row["number"], _age(wall, committed_at(row))) for row in connection.execute(query).mappings()}
    return {stage: found.get(stage, Waiting()) for stage in Stage}


def _deadlines(connection: sa.Connection, now: datetime) -> tuple[Counter[str], Counter[str]]:
    """Deadlines that have fallen and are not settled: those set aside, and those that wait for their stage."""
    given_up = (_DEADLINE.c.tries >= TRIES).label("given_up")
    fallen = _DEADLINE.c.settled_at.is_(None) & _DEADLINE.c.stage.in_(list(Stage)) & (_DEADLINE.c.due_at <= now)
    query = sa.select(_DEADLINE.c.stage, given_up, sa.func.count()).where(fallen).group_by(_DEADLINE.c.stage, given_up)
    parked, due = Counter[str](), Counter[str]()
    for stage, aside, number in connection.execute(query):
        (parked if aside else due)[stage] += number
    return parked, due


def _deliveries(connection: sa.Connection, wall: datetime) -> dict[str, Waiting]:
    """What is on its way, with its age, and what only a person can settle; what arrived is too much to count again and again."""
    state, number = _DELIVERY.c.state, sa.func.count()
    moving = sa.select(state, number, sa.func.min(_DELIVERY.c.created_at)).where(_UNSENT).group_by(state)
    no_other_way = _DELIVERY.c.reason.is_distinct_from(Reason.FELL_BACK)
    lying = sa.select(state, number, sa.null()).where(state.in_(STUCK), no_other_way).group_by(state)
    found: dict[str, Waiting] = {}
    for query in (moving, lying):
        found |= {name: Waiting(count, _age(wall, oldest)) for name, count, oldest in connection.execute(query)}
    return {name: found.get(name, Waiting()) for name in (*UNSENT, *STUCK)}


def _leases(connection: sa.Connection, wall: datetime) -> dict[str, bool]:
    rows: Iterable[Any] = connection.execute(sa.select(_LEASE.c.name).where(_LEASE.c.name.in_(PROCESSES), _LEASE.c.expires_at >= wall))
    held = {row.name for row in rows}
    return {name: name in held for name in PROCESSES}


def _open_reviews(connection: sa.Connection, now: datetime) -> dict[tuple[str, str], Waiting]:
    """A review is as old as the day on which it was opened; that day begins at midnight UTC here, for people an hour or two off."""
    body, oldest = (_REVIEW.c.convention, _REVIEW.c.body), sa.func.min(_REVIEW.c.opened_on).label("oldest")
    query = sa.select(*body, sa.func.count().label("number"), oldest).where(_REVIEW.c.closed_on.is_(None)).group_by(*body).order_by(*body)
    return {
        (row.convention, row.body): Waiting(row.number, _age(now, datetime.combine(row.oldest, time(), UTC)))
        for row in connection.execute(query)
    }
