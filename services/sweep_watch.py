"""The net under lost wakes: how old each stage's last sweep is, and who is told when none comes any more.

A sweep is a run on Prefect's own schedule. Where its schedules are dead no flow can say so: the relay does, a process of its own.
"""

import logging
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

import sqlalchemy as sa

from models.tables import Delivery, Home, Sweep, table
from notifications.channels import OPERATORS
from services.bootstrap import App
from services.charter_store import charter_in_force, conventions
from services.deliveries import deliver_one
from services.faults import is_database_away, told_safely
from services.hold import held
from services.operators import tell_operators
from services.prefect_api import PrefectApi, PrefectFault
from services.wakes import STAGES, UNSENT
from services.work import open_work

_LOG = logging.getLogger("passerelle.sweeps")
_DELIVERY, _HOME, _SWEEP = table(Delivery), table(Home), table(Sweep)
SWEEP_EVERY = timedelta(minutes=10)
LATE_AFTER = 3 * SWEEP_EVERY
"""A sweep may be skipped, and one may take long; three in a row are not missed by chance."""
_LOOK_SECONDS = 60.0
_SURE_SECONDS = SWEEP_EVERY.total_seconds() * 1.2
"""After a night switched off every sweep is late, until the first one comes: what is told has stayed late for as long as that takes."""
_KIND = "sweep"


@dataclass(frozen=True, slots=True)
class Sweeps:
    """When every stage had been swept at least once more (None before each was once), and how many real seconds ago each was swept.

    One that never was counts from the making of the home.
    """

    last: datetime | None
    ages: Mapping[str, float]

    @property
    def late(self) -> list[str]:
        """The stages whose sweep is late, in the order of a life."""
        return [stage for stage, age in self.ages.items() if age > LATE_AFTER.total_seconds()]

    @property
    def oldest(self) -> float:
        """The age of the oldest of the stages' last sweeps."""
        return max(self.ages.values())


def read_sweeps(connection: sa.Connection, wall: datetime) -> Sweeps:
    """How the sweeps stand, in one question; of a home that was not made yet every age is 0."""
    made = sa.select(_HOME.c.created_at).scalar_subquery()
    rows = connection.execute(sa.select(_SWEEP.c.stage, _SWEEP.c.swept_at).union_all(sa.select(sa.literal(""), made)))
    swept = {row.stage: row.swept_at for row in rows}
    made_at = swept.pop("") or wall
    ages = {stage: max((wall - swept.get(stage, made_at)).total_seconds(), 0.0) for stage in STAGES}
    return Sweeps(min(swept.values()) if len(swept) == len(STAGES) else None, ages)


def paused_in(api: PrefectApi) -> Callable[[str], bool]:
    """Whether operators hold a stage back, as far as Prefect can be asked."""

    def paused(stage: str) -> bool:
        try:
            return api.is_paused(f"{stage}/stage")
        except PrefectFault:
            return False

    return paused


@dataclass
class SweepWatch:
    """Tells the operators, once a day, that sweeps do not come; asked often, it looks once a minute.

    ``paused`` says whether operators hold a stage back: it is then not missed. The message leaves from here, for what usually sends may be
    what has died; one that cannot leave is tried again at a later look.
    """

    app: App
    paused: Callable[[str], bool]
    _looked: float = float("-inf")
    _late_since: dict[str, float] = field(default_factory=dict)

    def look(self, at: float) -> None:
        """Look, if it is time to. ``at``: seconds of a clock that only runs forward, and stands still while the machine sleeps."""
        if at - self._looked < _LOOK_SECONDS:
            return
        self._looked = at
        late = self._late(at)
        for delivery in self._tell(late) if late else ():
            self._send(delivery)

    def _send(self, delivery: UUID) -> None:
        """Whatever stands in the way of a message, the relay goes on; a database that is away it knows how to wait for."""
        try:
            deliver_one(self.app, delivery)
        except Exception as error:
            if is_database_away(error):
                raise
            _LOG.warning("the message about late sweeps cannot leave: %s", told_safely(error))

    def _late(self, at: float) -> Mapping[str, int]:
        """The stages that have been late long enough, with the age of their last sweep in minutes."""
        with self.app.db.read() as connection:
            found = read_sweeps(connection, self.app.clock.wall())
            waits = held(connection) is not None
        late = [] if waits else [stage for stage in found.late if not self.paused(stage)]
        self._late_since = {stage: self._late_since.get(stage, at) for stage in late}
        return {stage: int(found.ages[stage] // 60) for stage, since in self._late_since.items() if at - since >= _SURE_SECONDS}

    def _tell(self, late: Mapping[str, int]) -> Collection[UUID]:
        """Write the message of the day unless it is written; returns what of it may still leave."""
        with self.app.db.write() as connection:
            for convention in conventions(connection)[:1]:
                work = open_work(self.app, connection, convention)
                channel = charter_in_force(connection, convention).channels.get(OPERATORS)
                day = f"{work.wall:%Y-%m-%d}"
                details = {"stages": ", ".join(late), "minutes": max(late.values())}
                if tell_operators(work, _KIND, key=day, details=details, channel=channel):
                    _LOG.warning("no sweep of %s for %s minutes: the operators are told", details["stages"], details["minutes"])
                mine = _DELIVERY.c.unique_key.startswith(f"{_KIND}:{day}:", autoescape=True) & _DELIVERY.c.state.in_(UNSENT)
                return connection.execute(sa.select(_DELIVERY.c.id).where(mine)).scalars().all()
        return ()
