"""What the home lives by: charter and seats, Prefect, the processes, what waits, and the mail server."""

from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any

import sqlalchemy as sa

from models.charter import BodyKind, Charter
from models.errors import Refused
from models.tables import Seat, table
from notifications.smtp import Greeting, pool_from_url
from services.bootstrap import App
from services.charter_store import charter_in_force, conventions
from services.clock import local_day
from services.doctor_check import Check, Level, counted
from services.exposition import Standing, standing
from services.hold import held
from services.lookups import VOTING_ROLES, in_office
from services.portal_health import portal_standing
from services.prefect_api import PrefectAnswered, PrefectApi, PrefectFault, PrefectSecretRefused
from services.resending import Chosen, resend_all
from services.returns import count_dead
from services.settings import METRICS_PORTS, Settings
from services.status import status
from services.stopping import standing_stop
from services.wakes import STAGES

_SEAT = table(Seat)
_SECONDS = 3.0
_BACKLOG_TOO_OLD = timedelta(minutes=5)
_POSTS_TOO_OLD = timedelta(hours=1)
_METRICS: Mapping[Standing, tuple[str, Level]] = {
    "shown": ("metrics", "right"),
    "off": ("metrics_off", "right"),
    "silent": ("metrics_silent", "look"),
    "taken": ("metrics_taken", "look"),
}

_GREETINGS: Mapping[Greeting, tuple[str, Level]] = {
    Greeting.RIGHT: ("smtp", "right"),
    Greeting.SILENT: ("smtp", "mend"),
    Greeting.CERTIFICATE: ("smtp_certificate", "mend"),
    Greeting.UNPROTECTED: ("smtp_unprotected", "mend"),
    Greeting.LOGIN: ("smtp_login", "mend"),
}
_PORTAL: Mapping[str, tuple[str, Level]] = {
    "answers": ("portal", "right"),
    "silent": ("portal_silent", "look"),
    "taken": ("portal_taken", "mend"),
}


def examine_work(app: App) -> Iterator[Check]:
    """Everything that people and stages need, and what is left of their work."""
    yield from _held(app)
    yield from _stopped(app)
    yield from _charters(app)
    api = _api(app.settings)
    try:
        found = status(app, api)
        yield from _prefect(api)
    finally:
        if api is not None:
            api.close()
    yield from _running(app, found)


def smtp(settings: Settings) -> Check:
    """Whether the mail server receives us as it will for a mail: connection, certificate, user and password."""
    try:
        pool = pool_from_url(settings.smtp_url, timeout=_SECONDS)
    except ValueError as error:
        return Check("smtp_url", "mend", {"why": str(error)})
    name, level = _GREETINGS[pool.greet()]
    return Check(name, level, {"host": pool.host, "port": pool.port})


def examine_metrics(settings: Settings) -> Iterator[Check]:
    """Whether each process that operators watch shows its metrics."""
    for name, (variable, _) in METRICS_PORTS.items():
        check, level = _METRICS[standing(settings, name)]
        yield Check(check, level, {"name": name, "port": settings.metrics_port(name), "variable": variable})


def examine_portal(settings: Settings) -> Check:
    """Whether members and secretaries find their pages."""
    check, level = _PORTAL[portal_standing(settings)]
    return Check(check, level, {"port": settings.portal_port, "url": settings.base_url})


def _api(settings: Settings) -> PrefectApi | None:
    """Prefect as our secret reaches it; nothing where the secret will not do, which is told elsewhere."""
    try:
        return PrefectApi.of(settings)
    except Refused:
        return None


def _held(app: App) -> Iterator[Check]:
    with app.db.read() as connection:
        found = held(connection)
    if found is not None:
        yield Check("held", "look", {"moment": f"{found.taken_at:%Y-%m-%d %H:%M} UTC"})


def _stopped(app: App) -> Iterator[Check]:
    with app.db.read() as connection:
        found = standing_stop(connection)
    if found is not None:
        yield Check("stopped", "look", {"moment": f"{found.at:%Y-%m-%d %H:%M} UTC", "why": found.because})


def _charters(app: App) -> Iterator[Check]:
    with app.db.read() as connection:
        known = conventions(connection)
        yield Check("charter", "right" if known else "mend", {"known": ", ".join(known)})
        for convention in known:
            yield from _bodies(app, connection, charter_in_force(connection, convention))


def _bodies(app: App, connection: sa.Connection, charter: Charter) -> Iterator[Check]:
    today = local_day(app.clock.now(), charter.convention.timezone)
    query = sa.select(_SEAT.c.body, _SEAT.c.role).where(_SEAT.c.convention == charter.convention.code, in_office(today))
    roles: dict[str, list[str]] = {}
    for row in connection.execute(query):
        roles.setdefault(row.body, []).append(row.role)
    for body in charter.bodies:
        found = roles.get(body.code, [])
        voters = sum(role in VOTING_ROLES for role in found)
        params: dict[str, str | int] = {"body": body.code, "seats": len(found), "voters": voters}
        yield Check("body", "right" if voters else "look", params)
        if voters and body.kind is not BodyKind.THEMATIC and "secretary" not in found:
            yield Check("body_secretary", "mend", params)


def _prefect(api: PrefectApi | None) -> Iterator[Check]:
    try:
        reachable = api is not None and api.healthy()
        yield Check("prefect", "right" if reachable else "mend", {"why": "-"})
        if api is not None and reachable:
            yield from _deployments(api)
    except PrefectSecretRefused:
        yield Check("prefect_secret", "mend")
    except PrefectFault as fault:
        yield Check("prefect", "mend", {"why": str(fault)})


def _deployments(api: PrefectApi) -> Iterator[Check]:
    missing, paused = [], []
    for stage in STAGES:
        try:
            if api.is_paused(f"{stage}/stage"):
                paused.append(stage)
        except PrefectAnswered:
            missing.append(stage)
    yield Check("deployments", "mend" if missing else "right", {"names": ", ".join(missing)})
    if paused:
        yield Check("paused", "look", {"names": ", ".join(paused)})


def _running(app: App, found: Mapping[str, Any]) -> Iterator[Check]:
    for name, alive in found["processes"].items():
        yield Check("process", "right" if alive else "mend", {"name": name})
    yield _swept(found)
    backlog = found["oldest_backlog_seconds"]
    yield Check("backlog", "look" if backlog > _BACKLOG_TOO_OLD.total_seconds() else "right", {"seconds": round(backlog)})
    yield counted("parked", found["events"]["parked"])
    for state in ("dead", "uncertain"):
        yield counted(f"deliveries_{state}", resend_all(app, Chosen((state,)), dry_run=True))
    with app.db.read() as connection:
        yield counted("addresses_suppressed", count_dead(connection))
    yield from _programs(found["webhooks"])


def _programs(found: Mapping[str, float]) -> Iterator[Check]:
    """Those that are told of events: whether what waits for them moves, and whether one was switched off. Nothing is said where there are none."""
    if not any(found[state] for state in ("on", "paused", "off")):
        return
    late = found["oldest_seconds"] > _POSTS_TOO_OLD.total_seconds()
    figures = {"on": int(found["on"]), "waiting": int(found["waiting"]), "minutes": int(found["oldest_seconds"] // 60)}
    yield Check("webhooks", "look" if late else "right", figures)
    yield counted("webhooks_off", int(found["off"]))


def _swept(found: Mapping[str, Any]) -> Check:
    late, minutes = found["sweeps"]["late"], int(max(found["sweeps"]["ages"].values()) // 60)
    if late:
        return Check("sweep", "look", {"minutes": minutes, "stages": ", ".join(late)})
    return Check("sweep_never", "look") if found["last_sweep_at"] is None else Check("sweep", "right", {"minutes": minutes})
