"""Examining an installation: each check is right, worth a look, or to be mended, and says how. Changes nothing."""

import os
import shutil
import socket
import stat
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Literal
from urllib.parse import urlsplit

import sqlalchemy as sa
from sqlalchemy.exc import SQLAlchemyError

from models.charter import BodyKind, Charter
from models.database import Database
from models.errors import Refused
from models.migrations import standing
from models.tables import Person, Seat, table
from services.bootstrap import App, open_app
from services.charter_store import charter_in_force, conventions
from services.clock import local_day
from services.facts import VOTING_ROLES, in_office
from services.homes import read_mark
from services.prefect_api import PrefectAnswered, PrefectApi, PrefectFault, PrefectSecretRefused
from services.prefect_env import read_secret
from services.settings import Settings
from services.status import status
from services.wakes import STAGES

_SEAT, _PERSON = table(Seat), table(Person)
_OTHERS = stat.S_IRWXG | stat.S_IRWXO
_SECONDS = 3.0
_SMTP = 25
_SWEEP_TOO_OLD = timedelta(minutes=30)
_BACKLOG_TOO_OLD = timedelta(minutes=5)
_LITTLE_ROOM, _NO_ROOM = 1_000_000_000, 100_000_000
Level = Literal["right", "look", "mend"]


@dataclass(frozen=True, slots=True)
class Check:
    """One thing examined: its sentence is ``doctor.<name>.<level>``, filled with ``params``."""

    name: str
    level: Level
    params: Mapping[str, str | int] = field(default_factory=dict)


def examine(settings: Settings) -> list[Check]:
    """Every check, in the order of what rests on what. Of a database that does not answer, nothing more is asked."""
    checks = [*_home(settings), *_disk(settings), *_secret(settings)]
    database = _database(settings)
    checks.append(database)
    if database.level == "right":
        app = open_app(settings)
        try:
            checks += _inside(app)
        finally:
            app.close()
    return [*checks, _smtp(settings)]


def _home(settings: Settings) -> Iterator[Check]:
    home = {"home": str(settings.home)}
    if not os.access(settings.home, os.W_OK | os.X_OK):
        yield Check("home", "mend", home)
    elif stat.S_IMODE(settings.home.stat().st_mode) & _OTHERS:
        yield Check("home", "look", home)
    else:
        yield Check("home", "right", home)


def _disk(settings: Settings) -> Iterator[Check]:
    if settings.home.exists():
        free = shutil.disk_usage(settings.home).free
        level: Level = "mend" if free < _NO_ROOM else "look" if free < _LITTLE_ROOM else "right"
        yield Check("disk", level, {"free": free // 1_000_000})


def _secret(settings: Settings) -> Iterator[Check]:
    where = {"file": str(settings.prefect_auth)}
    try:
        read_secret(settings.prefect_auth)
    except Refused as refused:
        missing = refused.problems[0].code == "prefect_secret_missing"
        yield Check("secret", "look" if missing else "mend", where)
    else:
        yield Check("secret", "right", where)


def _database(settings: Settings) -> Check:
    db = Database(settings.database_url)
    try:
        if db.missing:
            return Check("database", "mend", {"why": "home_absent"})
        state = standing(db.engine)
    except SQLAlchemyError as error:
        return Check("database", "mend", {"why": str(getattr(error, "orig", error)).partition("\n")[0]})
    except Refused as refused:
        return Check("database", "mend", {"why": refused.problems[0].code})
    finally:
        db.close()
    return Check("database", "right" if state == "current" else "mend", {"why": f"schema {state}"})


def _inside(app: App) -> Iterator[Check]:
    yield from _charters(app)
    yield _clock(app)
    api = PrefectApi.of(app.settings) if app.settings.prefect_auth.exists() else None
    found = status(app, api)
    yield from _prefect(api)
    yield from _running(app, found)


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
        held = roles.get(body.code, [])
        voters = sum(role in VOTING_ROLES for role in held)
        params: dict[str, str | int] = {"body": body.code, "seats": len(held), "voters": voters}
        yield Check("body", "right" if voters else "look", params)
        if voters and body.kind is not BodyKind.THEMATIC and "secretary" not in held:
            yield Check("body_secretary", "mend", params)


def _clock(app: App) -> Check:
    mark = read_mark(app.db)
    days = mark.clock_offset.days if mark else 0
    return Check("clock", "look" if days else "right", {"days": days})


def _prefect(api: PrefectApi | None) -> Iterator[Check]:
    try:
        reachable = api is not None and api.healthy()
    except PrefectSecretRefused:
        yield Check("prefect_secret", "mend")
        return
    except PrefectFault as fault:
        yield Check("prefect", "mend", {"why": str(fault)})
        return
    yield Check("prefect", "right" if reachable else "mend", {"why": "-"})
    if api is not None and reachable:
        yield from _deployments(api)


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
    yield _swept(app, found)
    backlog = found["oldest_backlog_seconds"]
    yield Check("backlog", "look" if backlog > _BACKLOG_TOO_OLD.total_seconds() else "right", {"seconds": round(backlog)})
    yield _counted("parked", found["events"]["parked"])
    for state in ("dead", "uncertain"):
        yield _counted(f"deliveries_{state}", found["deliveries"].get(state, 0))


def _swept(app: App, found: Mapping[str, Any]) -> Check:
    if found["last_sweep_at"] is None:
        return Check("sweep_never", "look")
    age = app.clock.wall() - datetime.fromisoformat(found["last_sweep_at"])
    return Check("sweep", "look" if age > _SWEEP_TOO_OLD else "right", {"minutes": int(age.total_seconds() // 60)})


def _counted(name: str, count: int) -> Check:
    return Check(name, "look" if count else "right", {"count": count})


def _smtp(settings: Settings) -> Check:
    url = urlsplit(settings.smtp_url)
    host, port = url.hostname or "", url.port or _SMTP
    where: dict[str, str | int] = {"host": host, "port": port}
    try:
        socket.create_connection((host, port), timeout=_SECONDS).close()
    except OSError:
        return Check("smtp", "mend", where)
    return Check("smtp", "right", where)
