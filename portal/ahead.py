"""Forecasts for the portal: one at a time in a process, since each plays months of days in a copy; asked again in the same minute, it is there already."""

import threading
from collections import OrderedDict
from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import NamedTuple

import sqlalchemy as sa

from models.errors import Problem, Refused
from models.forecasts import Forecast
from models.lifecycle import State
from models.tables import Action, Event, table
from services.bootstrap import App
from services.forecast.reading import Asked, forecast

_ACTION, _EVENT = table(Action), table(Event)
ACTIONS_AT_MOST = 1_000
"""Actions under way of a home in which the portal computes forecasts: some ten seconds. Above that it is for the command line."""
_WAIT = 3.0
"""Seconds that somebody waits for a forecast under way, before they are told to come back."""
_LASTS, _KEPT = timedelta(minutes=1), 8
_OVER = (State.WITHDRAWN, State.REJECTED, State.ABANDONED, State.CLOSED)
Key = tuple[Asked, date, int]


class Computed(NamedTuple):
    """A forecast, and the business's moment at which it was computed."""

    at: datetime
    found: Forecast


class Busy(Refused):
    """A forecast is being computed for somebody else: try again in a moment."""


class Ahead:
    """Computes forecasts and keeps the last ones for a minute, as long as nothing has happened."""

    def __init__(self, compute: Callable[[App, Asked], Forecast] = forecast) -> None:
        """Nothing is known yet."""
        self._compute, self._turn, self._lock = compute, threading.Semaphore(1), threading.Lock()
        self._known: OrderedDict[Key, tuple[datetime, Computed]] = OrderedDict()

    def forecast(self, app: App, asked: Asked, today: date) -> Computed:
        """The forecast, and when it was computed.

        Raises Busy while another is computed, Refused for a home that is too large for this, and what ``forecast`` raises.
        """
        key = (asked, today, _last_event(app))
        known = self._recent(key, app.clock.wall())
        if known is not None:
            return known
        if not self._turn.acquire(timeout=_WAIT):
            raise Busy(Problem("ahead_busy"))
        try:
            known = self._recent(key, app.clock.wall())
            return known if known is not None else self._keep(key, app.clock.wall(), Computed(app.clock.now(), self._computed(app, asked)))
        finally:
            self._turn.release()

    def _computed(self, app: App, asked: Asked) -> Forecast:
        count = _under_way(app)
        if count > ACTIONS_AT_MOST:
            raise Refused.because("ahead_too_large", count=count, most=ACTIONS_AT_MOST)
        return self._compute(app, asked)

    def _recent(self, key: Key, wall: datetime) -> Computed | None:
        with self._lock:
            for old in [old for old, (at, _) in self._known.items() if wall - at > _LASTS]:
                del self._known[old]
            return self._known[key][1] if key in self._known else None

    def _keep(self, key: Key, wall: datetime, found: Computed) -> Computed:
        with self._lock:
            self._known[key] = wall, found
            while len(self._known) > _KEPT:
                self._known.popitem(last=False)
        return found


def _last_event(app: App) -> int:
    with app.db.read() as connection:
        return int(connection.execute(sa.select(sa.func.coalesce(sa.func.max(_EVENT.c.position), 0))).scalar_one())


def _under_way(app: App) -> int:
    with app.db.read() as connection:
        query = sa.select(sa.func.count()).select_from(_ACTION).where(_ACTION.c.state.not_in(_OVER))
        return int(connection.execute(query).scalar_one())
