"""How things stand: the figures that operators and other tools watch."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from models.tables import Action, Delivery, Event, Review, table
from services.bootstrap import App
from services.homes import read_mark
from services.leases import held
from services.meter import committed_at
from services.portal_health import portal_standing
from services.prefect_api import PrefectApi, PrefectFault
from services.stages import count_parked
from services.stopping import standing_stop
from services.sweep_watch import read_sweeps
from services.wakes import ANY_STAGE, UNSENT, fallen_due
from services.webhooks.figures import standing_of_webhooks

_ACTION, _DELIVERY, _EVENT, _REVIEW = table(Action), table(Delivery), table(Event), table(Review)
PROCESSES = ("relay", "worker")


def status(app: App, api: PrefectApi | None) -> dict[str, Any]:
    """The status as the contract has it. ``ready``: every process answers and nothing is unpublished or unreacted (parked items apart).

    ``api`` None: Prefect has never been started here.
    """
    wall = app.clock.wall()
    mark = read_mark(app.db)
    reachable = _reachable(api)
    with app.db.read() as connection:
        events = _events(app, connection)
        processes = {name: held(connection, name, wall) for name in PROCESSES}
        sweeps = read_sweeps(connection, wall)
        answer: dict[str, Any] = {
            "ready": reachable and all(processes.values()) and not events["unpublished"] and not events["unreacted"],
            "home": {"path": str(app.settings.home), "kind": mark.kind if mark else None},
            "clock": {"now": app.clock.now().isoformat(), "ahead_seconds": int(mark.clock_offset.total_seconds()) if mark else 0},
            "actions": _count(connection, _ACTION.c.state),
            "events": events,
            "deliveries": _count(connection, _DELIVERY.c.state),
            "sending": _sending(connection),
            "webhooks": _webhooks(connection, wall),
            "reviews": {"open": _number(connection, _REVIEW.c.closed_on.is_(None))},
            "oldest_backlog_seconds": _oldest(connection, wall),
            "last_sweep_at": sweeps.last.isoformat() if sweeps.last else None,
            "sweeps": {"ages": sweeps.ages, "late": sweeps.late},
            "processes": processes,
            "prefect": {"url": app.settings.prefect_url, "reachable": reachable},
            "portal": {"url": app.settings.base_url} if portal_standing(app.settings) == "answers" else None,
        }
    return answer


def _sending(connection: sa.Connection) -> dict[str, str | None]:
    """Since when messages are stopped, and why; None where they leave."""
    stop = standing_stop(connection)
    return {"stopped_at": stop.at.isoformat() if stop else None, "because": stop.because if stop else None}


def _webhooks(connection: sa.Connection, wall: datetime) -> dict[str, float]:
    """The programs that are told of events, by state; what waits for those that are on, and for how many seconds the oldest has."""
    found = standing_of_webhooks(connection)
    oldest = round(max((wall - found.oldest).total_seconds(), 0.0), 3) if found.oldest else 0.0
    return {"on": found.on, "paused": found.paused, "off": found.off, "waiting": found.waiting, "oldest_seconds": oldest}


def _reachable(api: PrefectApi | None) -> bool:
    try:
        return api is not None and api.healthy()
    except PrefectFault:
        return False


def _count(connection: sa.Connection, column: sa.Column[Any]) -> dict[str, int]:
    query = sa.select(column, sa.func.count()).group_by(column).order_by(column)
    return {str(value): number for value, number in connection.execute(query)}


def _number(connection: sa.Connection, condition: sa.ColumnElement[bool]) -> int:
    return connection.execute(sa.select(sa.func.count()).where(condition)).scalar_one()


def _events(app: App, connection: sa.Connection) -> Mapping[str, int]:
    """Events by what is still owed to them; deadlines that have fallen and wait for their stage count as unreacted."""
    waiting = _number(connection, _EVENT.c.owed.is_not(None))
    return {
        "total": connection.execute(sa.select(sa.func.count()).select_from(_EVENT)).scalar_one(),
        "unpublished": _number(connection, _EVENT.c.published_at.is_(None)),
        "unreacted": waiting + _number(connection, ANY_STAGE & fallen_due(app.clock.now(), app.clock.wall())),
        "parked": count_parked(connection, app.clock.now()),
    }


def _oldest(connection: sa.Connection, wall: datetime) -> float:
    """Age of the oldest event or delivery that waits to be dealt with; 0 if none does."""
    owed = sa.select(_EVENT.c.recorded_at, _EVENT.c.ahead).where(_EVENT.c.owed.is_not(None)).order_by(_EVENT.c.position).limit(1)
    unsent = sa.select(sa.func.min(_DELIVERY.c.created_at)).where(_DELIVERY.c.state.in_(UNSENT))
    oldest = [committed_at(row) for row in connection.execute(owed).mappings()]
    oldest += [moment for moment in connection.execute(unsent).scalars() if moment is not None]
    return round(max((wall - min(oldest)).total_seconds(), 0.0), 3) if oldest else 0.0
