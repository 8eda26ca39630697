"""Secretaries, runs, relay and mail server on one home, killed one after another, hundreds of times, while time leaps ahead."""

import json
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from builders import CHARTER, PEOPLE, settings_of
from faults.bench import come_to_rest
from faults.postgres import OwnPostgres, own_postgres
from faults.truth import chronicle_faults, deliveries, faults_of, received
from memory import in_memory
from ports import free_port
from servers import Prefect, prefect_like_server
from storms.nursery import Nursery
from storms.roles import opened
from storms.time_together import SharedClock
from storms.weather import SHORT, Weather

from models.commands import COMMANDS, Command
from models.errors import Refused
from models.lifecycle import Verb
from models.tables import Delivery, Event, table
from notifications.sink import prepare, running_sink
from services.asked import event_named
from services.dispatch import execute
from services.operations import install
from services.prefect_api import PrefectApi
from services.relay import Relay
from services.resending import resend
from services.wakes import unpublished

pytestmark = pytest.mark.timeout(3600)
KILLS = 60 if SHORT else 550
"""On each database."""
CAST = ("secretary", "secretary", "runner", "runner", "relay", "sink")
_LEAP, _LONG_LEAP = 200.0, 4 * 86_400.0


@dataclass
class Stage:
    """A home and everybody who is at work there."""

    folder: Path
    url: str
    prefect: Prefect
    weather: Weather
    nursery: Nursery
    postgres: OwnPostgres | None = None
    alive: dict[int, str] = field(default_factory=dict)
    killed: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self.home = self.folder / "home"
        self.mailbox, self.grave, self.journal = self.folder / "mailbox", self.folder / "grave", self.folder / "journal"
        self.grave.mkdir()
        prepare(self.mailbox)
        app, _ = install(settings_of(self.home, self.url), kind="rehearsal", charter=CHARTER, people=PEOPLE)
        app.close()
        self.clock_file = self.folder / "clock"
        self.clock = SharedClock(self.clock_file)
        self.port = free_port()

    @property
    def lot(self) -> dict[str, str]:
        smtp = f"smtp://127.0.0.1:{self.port}"
        return {"home": str(self.home), "url": self.url, "clock": str(self.clock_file), "smtp": smtp}

    def enter(self, role: str) -> None:
        own: dict[str, dict[str, Any]] = {
            "secretary": {**self.lot, "seed": self.weather.seed(), "journal": str(self.journal)},
            "runner": {**self.lot, "seed": self.weather.seed()},
            "relay": {**self.lot, "prefect": self.prefect.url},
            "sink": {"port": self.port, "mailbox": str(self.mailbox)},
        }
        self.alive[self.nursery.bring_up(role, broken=str(self.grave), **own[role])] = role

    def strike(self) -> None:
        """Kill somebody, let time leap, and let a successor enter."""
        if self.postgres is not None and self.weather.lots.random() < 0.05:  # one in twenty
            self.postgres.kill()
            self.postgres.start()
            self.killed["postgres"] += 1
            return
        pid = self.weather.lots.choice(sorted(self.alive))
        role = self.alive.pop(pid)
        assert self.nursery.kill(pid), f"a {role} was dead before: {self.obituaries()}"
        self.killed[role] += 1
        self.clock.advance(_LONG_LEAP if self.weather.lots.random() < 0.01 else _LEAP)  # one in a hundred
        self.enter(role)

    def obituaries(self) -> list[str]:
        return [file.read_text(encoding="utf-8") for file in self.grave.iterdir()]

    def leave(self) -> None:
        for pid in list(self.alive):
            del self.alive[pid]
            self.nursery.kill(pid)


@contextmanager
def on_sqlite(folder: Path) -> Iterator[tuple[str, None]]:
    yield f"sqlite:///{folder / 'passerelle.db'}", None


@contextmanager
def on_postgres(folder: Path) -> Iterator[tuple[str, OwnPostgres]]:
    with own_postgres(folder / "postgres") as server:
        yield server.new_database("home"), server


@pytest.mark.parametrize("database", [on_sqlite, on_postgres], ids=["sqlite", "postgres"])
def test_whoever_is_killed_nothing_is_lost_or_done_twice(database: Callable[[Path], Any]):
    weather = Weather(f"services {database.__name__}")
    with in_memory() as folder, prefect_like_server() as prefect:
        folder.chmod(0o755)
        with database(folder) as (url, postgres):
            nursery = Nursery(folder / "nursery.log")
            stage = Stage(folder, url, prefect, weather, nursery, postgres)
            try:
                blow(stage)
            finally:
                stage.leave()
                nursery.close()
            calm_down(stage)


def blow(stage: Stage) -> None:
    for role in CAST:
        stage.enter(role)
    time.sleep(1.0)
    while stage.killed.total() < KILLS:
        time.sleep(stage.weather.seconds(0.02, 0.3))
        stage.strike()
        assert not (died := stage.obituaries()), "\n".join(died)


def calm_down(stage: Stage) -> None:
    """Everybody starts again; people who got no answer ask again; everything comes to rest."""
    stage.clock.advance(10 * _LEAP)
    with running_sink(stage.mailbox) as port:
        app = opened(**stage.lot | {"smtp": f"smtp://127.0.0.1:{port}"})
        assert chronicle_faults(app) == []
        asked, answered = read_journal(stage.journal)
        _check_answers(app, answered)
        _ask_again(app, [command for key, command in asked.items() if key not in answered])
        come_to_rest(app, stage.clock.advance)
        _send_again_what_was_given_up(app)
        come_to_rest(app, stage.clock.advance)
        assert faults_of(app, stage.mailbox) == []
        _check_prefect(app, stage.prefect)
        figures = {"asked": len(asked), "answered": len(answered), "mails": received(stage.mailbox).total(), **deliveries(app)}
        print(f"killed {dict(stage.killed)}; {figures}")  # noqa: T201  # what the storm was like
        assert figures["asked"] > KILLS // 4
        app.close()


def read_journal(journal: Path) -> tuple[dict[str, Command], dict[str, dict[str, Any]]]:
    """What was asked and what was answered, by key; the last line of somebody who was killed may be cut short."""
    asked: dict[str, Command] = {}
    answered: dict[str, dict[str, Any]] = {}
    for line in journal.read_text(encoding="utf-8").splitlines():
        try:
            entry = json.loads(line)
        except json.JSONDecodeError:
            continue
        if "asked" in entry:
            content = entry["asked"]
            command = COMMANDS.get(Verb(content["verb"]), Command).model_validate(content)
            asked[command.key] = command
        else:
            answered[entry["key"]] = entry
    return asked, answered


def _check_answers(app: Any, answered: dict[str, dict[str, Any]]) -> None:
    """What somebody was told has happened has happened; what was refused has not."""
    with app.db.read() as connection:
        known = {row.id for row in connection.execute(sa.select(table(Event).c.id))}
    for key, entry in answered.items():
        assert (event_named(key) in known) is ("event" in entry), entry


def _ask_again(app: Any, commands: list[Command]) -> None:
    for command in commands:
        try:
            first = execute(app, command)
        except Refused:
            continue
        again = execute(app, command)
        assert (again.event, again.version, again.repeated) == (first.event, first.version, True)


def _send_again_what_was_given_up(app: Any) -> None:
    """Days passed in which the mail server was away: whoever watches decides to send those mails after all."""
    dead = sa.select(table(Delivery).c.id).where(table(Delivery).c.state == "dead")
    with app.db.read() as connection:
        given_up = connection.execute(dead).scalars().all()
    for delivery in given_up:
        resend(app, delivery)


def _check_prefect(app: Any, prefect: Prefect) -> None:
    with PrefectApi(prefect.url, "passerelle:secret") as api:
        Relay(app, api).look()
    heard = {event["id"] for event in prefect.events}
    with app.db.read() as connection:
        happened = {str(row.id) for row in connection.execute(sa.select(table(Event).c.id))}
    assert (unpublished(app.db, 10), happened - heard) == ([], set())
