"""From the release before: its played home goes on, and what it still writes during the change-over is taken along."""

import gzip
import json
import sqlite3
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic import command
from builders import CLERK, ROOT, Desk, Ids, Watch, propose_form, provision, settings_of
from sqlmodel import SQLModel

from models.database import Database
from models.errors import Conflict
from models.lifecycle import State
from models.migrations import configuration
from models.tables import Event, Reaction
from services.audit import verify
from services.bootstrap import open_app, upgrade_database
from services.clock import Clock
from services.forms import ProgressForm
from services.proof import prove
from services.status import status

BEFORE = ROOT / "tests/data/release-0.1"
EVENING = datetime(2026, 11, 23, 20, tzinfo=UTC)
"""When the home was played."""


def before(path: Path) -> sqlite3.Connection:
    """The home that the release before left: played through, then three facts that nothing has dealt with yet."""
    connection = sqlite3.connect(path)
    connection.executescript(gzip.decompress((BEFORE / "passerelle.sql.gz").read_bytes()).decode())
    return connection


def copy_into(url: str, old: sqlite3.Connection) -> None:
    """The same home on another kind of database, in the schema of the release before."""
    db = Database(url)
    source = sa.create_engine("sqlite://", creator=lambda: old, poolclass=sa.StaticPool)
    with db.engine.connect() as target:
        command.upgrade(configuration(target), "0001")
        target.commit()
        there = sa.inspect(target)
        for rows in (rows for rows in SQLModel.metadata.sorted_tables if there.has_table(rows.name)):
            columns = [rows.c[column["name"]] for column in there.get_columns(rows.name)]
            bare = sa.table(rows.name, *(sa.column(column.name, column.type) for column in columns))
            with source.connect() as reading:
                values = [dict(row) for row in reading.execute(sa.select(*columns)).mappings()]
            if values:
                target.execute(sa.insert(bare), values)
            for column in rows.primary_key.columns:
                series = f"(SELECT pg_get_serial_sequence('{rows.name}', '{column.name}') AS name) AS found"
                target.execute(sa.text(f"SELECT setval(name, 100000) FROM {series} WHERE name IS NOT NULL"))  # noqa: S608  # names of ours
        target.commit()
    source.dispose()
    db.close()


@pytest.fixture
def played(request, tmp_path) -> Iterator[Desk]:
    """That home, opened by this release."""
    old = before(tmp_path / "passerelle.db")
    url = f"sqlite:///{tmp_path / 'passerelle.db'}"
    if request.param == "postgres":
        url = request.getfixturevalue("empty_postgres")
        copy_into(url, old)
    old.close()
    settings = settings_of(tmp_path, url)
    upgrade_database(settings)
    app, watch = open_app(settings), Watch(EVENING)
    yield Desk(replace(app, clock=Clock(app.clock._offset, watch), ids=Ids(10_000)), watch)
    app.close()


BOTH = pytest.mark.parametrize("played", ["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)], indirect=True)


@BOTH
def test_a_played_home_of_the_release_before_is_sealed_agrees_and_goes_on(played):
    told = status(played.app, None)["events"]
    assert (told["total"], told["unpublished"], told["unreacted"]) == (267, 2, 3)
    assert {event.hash is None for event in played.rows(Event)} == {False}
    assert (found := verify(played.app)).agrees, found
    settled = played.settle()
    assert {(number, topic) for number, topic, _ in settled} >= {("A-2026-004", "progress.reported"), ("A-2026-007", "action.started")}
    number = played.propose(provision(1))
    played.settle()
    assert (played.state(number), played.state("A-2026-007")) == (State.TECHNICAL_REVIEW, State.IN_PROGRESS)
    assert (found := verify(played.app)).agrees, found
    for _ in range(2):
        assert (prove(played.app).gaps, prove(played.app).events > 0) == ((), True)
        played.watch.advance(days=2_000)


class Older:
    """The release before, still at work on the new schema: the statements it was seen to carry out, one after the other."""

    def __init__(self, path: Path) -> None:
        told = json.loads(gzip.decompress((BEFORE / "statements.json.gz").read_bytes()))
        self._statements, self._calls = told["statements"], told["calls"]
        self._path = path

    def work(self) -> None:
        """Set the home up, lead one action to work with all its reactions, leave two proposals waiting."""
        with sqlite3.connect(self._path) as connection:
            for number, rows, many in self._calls:
                statement = self._statements[number]
                if many:
                    connection.executemany(statement, rows)
                else:
                    connection.execute(statement, rows[0]).fetchall()
        connection.close()


def test_the_release_before_may_go_on_writing_into_the_new_schema_for_a_while(tmp_path):
    settings = settings_of(tmp_path)
    upgrade_database(settings)
    Older(tmp_path / "passerelle.db").work()
    app, watch = open_app(settings), Watch()
    desk = Desk(replace(app, clock=Clock(app.clock._offset, watch), ids=Ids(10_000)), watch)
    waiting = {(event.action_id, event.owed) for event in desk.rows(Event) if event.owed}
    assert waiting == {(2, "proposal"), (3, "proposal")}
    assert {row.state for row in desk.rows(Reaction)} == {"pending", "done"}
    again = desk.ask(propose_form(provision(2)), key="prefect-run-of-0001")
    assert (again.number, again.version, again.repeated) == ("A-2026-003", 1, True)
    with pytest.raises(Conflict):
        desk.ask(propose_form(provision(3)), key="prefect-run-of-0001")
    desk.settle()
    desk.ask(ProgressForm(seat=CLERK, action="A-2026-001", percent=50, summary="Bon début"), key="first-of-0002")
    assert [desk.state(number) for number in ("A-2026-001", "A-2026-002", "A-2026-003")] == [
        State.IN_PROGRESS,
        State.TECHNICAL_REVIEW,
        State.TECHNICAL_REVIEW,
    ]
    assert (found := verify(app)).agrees, found
    app.close()


def test_the_release_before_does_not_see_what_this_one_owes(light_desk):
    light_desk.propose()
    with light_desk.app.db.read() as connection:
        seen = connection.exec_driver_sql("SELECT count(*) FROM reaction WHERE stage = 'proposal' AND state = 'pending'").scalar_one()
    assert (seen, len(light_desk.rows(Event, owed="proposal"))) == (0, 1)


def test_what_it_writes_in_between_is_sealed_before_the_next_fact_of_the_action(light_desk):
    number = light_desk.to_work()
    with light_desk.app.db.write() as connection:
        connection.exec_driver_sql("UPDATE event SET hash = NULL WHERE seq > 3")
        connection.exec_driver_sql("UPDATE action SET sealed = 3, head = (SELECT hash FROM event WHERE seq = 3)")
    light_desk.report(number)
    assert light_desk.action(number).sealed == light_desk.action(number).version
    assert verify(light_desk.app).agrees
    assert light_desk.events(number)[-1].actor == CLERK
