"""A bench on which the same use case runs again and again from the same beginning, each time broken off elsewhere."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import sqlalchemy as sa
from builders import STAGES, Desk, Mailbox
from faults.points import Break, Crash, breaking
from faults.truth import OPEN, chronicle_faults, deliveries, faults_of, picture, received
from sqlalchemy.exc import DBAPIError
from sqlmodel import SQLModel

from services.bootstrap import App
from services.meter import Meter
from services.stages import run_deliveries, run_stage
from services.wakes import DELIVERIES, work

_KEPT = {"charter", "home", "person", "seat"}
_TABLES = [rows for rows in SQLModel.metadata.sorted_tables if rows.name not in _KEPT]
_ROUNDS = 8
_MINUTES = 360.0


@dataclass(frozen=True, slots=True)
class Case:
    """A use case: what is there before, what is done, and what people ask again when they got no answer."""

    name: str
    prepare: Callable[[Desk], None]
    act: Callable[[Desk], Any]
    at_least: int
    ask_again: bool = False

    def __str__(self) -> str:
        return self.name


@dataclass(frozen=True, slots=True)
class End:
    """What a run of a use case came to."""

    points: tuple[str, ...]
    broke: bool
    just_after: list[str]
    wrong: list[str]
    picture: dict[str, list[str]]
    deliveries: dict[str, int]
    mails: int

    def differs_from(self, other: "End") -> dict[str, list[str]]:
        """The rows that only one of the two has, by table."""
        rows = {name: sorted(set(rows) ^ set(other.picture[name])) for name, rows in self.picture.items()}
        return {name: only for name, only in rows.items() if only}


@dataclass
class Bench:
    """A home whose beginning can be brought back, its mail server, and what a chat server heard, if there is one."""

    desk: Desk
    sink: Mailbox
    heard: list[tuple[str, Any]] = field(default_factory=list)
    _rows: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    _mails: dict[str, bytes] = field(default_factory=dict)
    _moment: Any = None

    def set_up(self, case: Case) -> None:
        """Prepare a use case, and remember how everything was."""
        self.desk.through(self.sink.url)
        case.prepare(self.desk)
        self._moment = self.desk.watch.moment
        with self.desk.app.db.read() as connection:
            self._rows = {rows.name: [dict(row) for row in connection.execute(sa.select(rows)).mappings()] for rows in _TABLES}
        self._mails = {file.name: file.read_bytes() for file in (self.sink.folder / "new").iterdir()}

    def run(self, case: Case, interruption: Break | None = None) -> End:
        """From the beginning: act, break off, start again, and let everything come to rest."""
        self.bring_back()
        interruption = interruption or Break()
        with breaking(interruption):
            try:
                case.act(self.desk)
            except (Crash, DBAPIError):
                assert interruption.broke, "only what was broken off may fail"
        self.restart()
        just_after = chronicle_faults(self.desk.app)
        self.desk.watch.advance(seconds=200)
        if case.ask_again and interruption.broke:
            case.act(self.desk)
        come_to_rest(self.desk.app, lambda seconds: self.desk.watch.advance(seconds=seconds))
        app, mails = self.desk.app, received(self.sink.folder)
        wrong = faults_of(app, self.sink.folder, self.chatted())
        return End(tuple(interruption.points), interruption.broke, just_after, wrong, picture(app), deliveries(app), mails.total())

    def chatted(self) -> Counter[str]:
        """What the chat server shows of each delivery: it takes a line once, however often it is sent."""
        return Counter({path.rpartition("/")[2] for path, _ in self.heard})

    def restart(self) -> None:
        """As a new process would begin: no connection is left, nothing is remembered but what is in the database."""
        self.desk.app.close()
        self.desk.app = replace(self.desk.app, meter=Meter())

    def sent_days_later(self) -> int:
        """How many more mails arrive when senders are called again and again in the days after."""
        before = received(self.sink.folder).total()
        for _ in range(3):
            self.desk.watch.advance(days=1)
            run_deliveries(self.desk.app, holder="later", gate=lambda: None)
        return received(self.sink.folder).total() - before

    def bring_back(self) -> None:
        self.desk.watch.moment = self._moment
        for file in (self.sink.folder / "new").iterdir():
            file.unlink()
        for name, content in self._mails.items():
            (self.sink.folder / "new" / name).write_bytes(content)
        self.heard.clear()
        with self.desk.app.db.write() as connection:
            for rows in reversed(_TABLES):
                connection.execute(rows.delete())
            for rows in _TABLES:
                if self._rows[rows.name]:
                    connection.execute(rows.insert(), self._rows[rows.name])
            if not self.desk.app.db.is_sqlite:
                _set_sequences_back(connection)


def come_to_rest(app: App, advance: Callable[[float], None]) -> None:
    """Let every stage run, and every message leave, with the pauses that they may take; ``advance`` lets seconds pass."""
    for _ in range(_ROUNDS):
        while waiting := work(app.db, app.clock.now(), app.clock.wall()):
            for stage in [stage for stage in STAGES if stage in waiting]:
                run_stage(app, stage, holder="after", gate=lambda: None)
            if DELIVERIES in waiting:
                run_deliveries(app, holder="after", gate=lambda: None)
        if not {*OPEN} & deliveries(app).keys():
            return
        advance(_MINUTES)
    raise AssertionError(f"it never came to rest: {deliveries(app)}")


def _set_sequences_back(connection: sa.Connection) -> None:
    """Numbers that the database gives go on after the last row that is there, as SQLite's do by themselves."""
    for rows in _TABLES:
        for column in rows.primary_key.columns:
            if column.autoincrement is not False and isinstance(column.type, sa.Integer) and len(rows.primary_key.columns) == 1:
                last = f"(SELECT coalesce(max({column.name}), 0) + 1 FROM {rows.name})"  # noqa: S608  # our own names
                connection.exec_driver_sql(f"SELECT setval(pg_get_serial_sequence('{rows.name}', '{column.name}'), {last}, false)")
