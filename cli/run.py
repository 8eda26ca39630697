"""``passerelle run``: the whole system in the foreground, until Ctrl-C."""

import os
import shlex
import shutil
import sys
import time
from pathlib import Path

from cli.health import look
from cli.home import CharterFile, PeopleFile, people_for, shipped_charter
from cli.logs import tail
from cli.opened import settings
from cli.ports import holder_of, is_free
from cli.preflight import check_all, has_own_sink, metrics_ports_of
from cli.screen import tell, warn
from cli.supervisor import GaveUp, Stopped, Supervisor
from cli.system import System
from cli.words import label, say
from models.database import Database
from services.bootstrap import App, open_app, upgrade_database
from services.charter_store import conventions
from services.hold import held
from services.homes import HomeMark, Kind, mark_seeded, read_mark
from services.operations import install
from services.people import import_people
from services.prefect_api import PrefectApi
from services.provisions import Seeded, propose_provisions
from services.settings import METRICS_PORTS, Settings

_DONE, _FAULT = 0, 1
_QUIET_SECONDS = 90.0
_LOOK_SECONDS = 1.0
_METRICS = tuple(variable for variable, _ in METRICS_PORTS.values())
_CHOSEN = ("PASSERELLE_HOME", "PASSERELLE_PORTAL_PORT", "PASSERELLE_PREFECT_PORT", "PASSERELLE_SMTP_PORT", *_METRICS, "PASSERELLE_LANGUAGE")


def run(*, charter: CharterFile = None, people: PeopleFile = None) -> int:
    """Run the system; 0 after Ctrl-C or SIGTERM, 1 if a process keeps dying."""
    mine = settings()
    lock = check_all(mine, charter or shipped_charter())
    try:
        app = _ready_home(mine, charter, people)
        try:
            return _supervise(app)
        finally:
            app.close()
    finally:
        lock.close()


def _ready_home(mine: Settings, charter: Path | None, people: Path | None) -> App:
    """The home, set up on the first day; later only what was asked for is loaded again, so that nobody's own charter is put back."""
    upgrade_database(mine)
    mark = _mark(mine)
    if mark is None:
        return install(mine, kind="rehearsal", charter=charter or shipped_charter(), people=people_for(charter, people, "rehearsal"))[0]
    if charter is not None:
        kind: Kind = "rehearsal" if mark.rehearsal else "live"
        return install(mine, kind=kind, charter=charter, people=people)[0]
    app = open_app(mine)
    if people is not None:
        import_people(app.db, people.read_bytes(), at=app.clock.wall())
    return app


def _mark(mine: Settings) -> HomeMark | None:
    db = Database(mine.database_url)
    try:
        return read_mark(db)
    finally:
        db.close()


def _supervise(app: App) -> int:
    supervisor = Supervisor(lambda name, code, pause: warn(say("run.died", name=name, code=code, seconds=round(pause))))
    try:
        _start(app, supervisor)
        supervisor.wait_until(lambda: False)
    except Stopped:
        warn(say("run.stopping"))
    except GaveUp as gave_up:
        warn(say("run.gave_up", name=gave_up.name, log=str(gave_up.log)))
        warn(tail(gave_up.log))
        return _FAULT
    finally:
        supervisor.stop()
    warn(say("run.stopped"))
    return _DONE


def _start(app: App, supervisor: Supervisor) -> None:
    begun = time.monotonic()
    _introduce(app)
    system = System(app.settings, supervisor)
    system.start_servers()
    system.start_clients()
    _seed(app, supervisor)
    quiet = supervisor.wait_until(_Quiet(app), _QUIET_SECONDS)
    _invite(app, round(time.monotonic() - begun), ready=quiet)


class _Quiet:
    """Whether the system is ready and its first mails are out, asked once a second."""

    def __init__(self, app: App) -> None:
        self._app, self._looked = app, float("-inf")

    def __call__(self) -> bool:
        if time.monotonic() - self._looked < _LOOK_SECONDS:
            return False
        self._looked = time.monotonic()
        found = look(self._app)
        return bool(found["ready"] and not found["deliveries"].get("ready") and not found["deliveries"].get("sending"))


def _introduce(app: App) -> None:
    mine, mark = app.settings, read_mark(app.db)
    kind = mark.kind if mark else "rehearsal"
    tell(say("run.title", kind=label("home", kind), meaning=say(f"run.{kind}")))
    mails = say("run.mail_here", port=mine.smtp_port, mailbox=str(mine.mailbox)) if has_own_sink(mine) else say("run.mail_away")
    prefect = say("run.prefect", url=mine.prefect_url, file=str(mine.prefect_auth))
    portal = say("run.portal", url=mine.base_url)
    for line in (say("run.home", home=str(mine.home)), portal, prefect, mails, say("run.logs", logs=str(mine.logs))):
        tell(f"  {line}")
    if kind == "live" and has_own_sink(mine):
        warn(say("run.live_without_relay"))
    with app.db.read() as connection:
        if held(connection) is not None:
            warn(say("run.held"))
    _introduce_metrics(mine)
    tell(say("run.starting"))


def _introduce_metrics(mine: Settings) -> None:
    """Where the metrics are; a port that is taken is told, and holds nothing up."""
    ports = metrics_ports_of(mine)
    free = [port for port in ports.values() if is_free(port)]
    if free:
        tell("  " + say("run.metrics", urls=", ".join(f"http://127.0.0.1:{port}/metrics" for port in free)))
    for variable, port in ports.items():
        if port not in free:
            warn(say("run.metrics_port_taken", port=port, holder=holder_of(port) or "?", variable=variable))


def _seed(app: App, supervisor: Supervisor) -> None:
    """On the first start, propose what the charter announces; what could not be proposed is told and tried again at the next start."""
    mark = read_mark(app.db)
    if mark is None or mark.seeded_at is not None:
        return
    with app.db.read() as connection:
        known = conventions(connection)
    with PrefectApi.of(app.settings) as api:
        seeded = {convention: propose_provisions(app, api, convention, supervisor.watch) for convention in known}
    for convention, done in seeded.items():
        _tell_seeded(convention, done)
    if all(done.complete for done in seeded.values()):
        mark_seeded(app.db, app.clock.wall())


def _tell_seeded(convention: str, done: Seeded) -> None:
    if done.unable:
        warn(say("run.no_secretary", convention=convention))
        return
    tell(say("run.proposed", count=len(done.proposed), convention=convention))
    for title, reason in done.refused:
        warn(say("run.not_proposed", title=title, reason=reason))


def _invite(app: App, seconds: int, *, ready: bool) -> None:
    found = look(app)
    tell(
        say(
            "run.ready" if ready else "run.not_quiet",
            seconds=seconds,
            actions=sum(found["actions"].values()),
            mails=found["deliveries"].get("sent", 0),
        )
    )
    for command in ("status", "mailbox list", "play" if found["home"]["kind"] == "rehearsal" else "doctor"):
        tell(f"  {_here()} {command}")
    tell(say("run.how_to_stop"))


def _here() -> str:
    """How this command is called from another terminal in this folder, with the settings that were chosen for it."""
    called = Path(sys.argv[0])
    path = "passerelle" if shutil.which("passerelle") == str(called) else os.path.relpath(called)
    chosen = (f"{name}={shlex.quote(os.environ[name])}" for name in _CHOSEN if os.environ.get(name))
    return " ".join((*chosen, path))
