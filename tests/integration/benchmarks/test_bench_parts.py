"""What the benchmarks measure is the real thing: commands through the one door, chains that verify, and a floor that writes what it says."""

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from benchmarks.bare import commands_of, replay
from benchmarks.bulk import copy_actions
from benchmarks.crowds import crowd_of
from benchmarks.floor import TRANSITIONS, postgres_floor, sqlite_floor
from benchmarks.homes import checkpoint
from benchmarks.lifecycle import statements_of, statements_per_command
from benchmarks.lives import Lives
from benchmarks.shelves import shelve
from builders import CLERK, PILOT, Desk

from models.database import prepare_sqlite
from models.lifecycle import State, Verb
from models.tables import Action, Counter, Deadline, Event, Opinion, Review
from services import dispatch
from services.audit import verify
from services.dispatch import execute
from services.search.index import standing

STATEMENTS = {"whole life": 13.5, Verb.PROPOSE: 19, Verb.RECORD_OPINION: 11, Verb.REPORT_PROGRESS: 24}
"""The most statements that a command may take on SQLite, BEGIN and COMMIT included: the mean of a whole life, and some commands. Lower them
when it can be done; a higher one needs a reason. One of them asks what the release before answered, and goes with it;
one of a proposal is the note that it is to be indexed."""


@pytest.fixture
def executed(monkeypatch):
    """Every command that went through the door, and the outcome it gave."""
    seen = []

    def noting(app, command):
        outcome = execute(app, command)
        seen.append((command, outcome))
        return outcome

    monkeypatch.setattr("benchmarks.lives.execute", noting)
    return seen


def test_a_measured_life_goes_through_the_one_door_from_proposal_to_closed_report(desk, executed):
    lives = Lives(desk.app)
    assert dispatch.execute is execute
    timed = lives.drive(2)
    events = desk.rows(Event)
    asked = [outcome.event for _, outcome in executed]
    assert len(timed.latencies) == len(asked) == len(set(asked))
    assert [event.id for event in events if event.id in asked or event.cause not in asked] == asked
    assert len(events) == sum(action.version for action in desk.rows(Action))
    assert {action.state for action in desk.rows(Action)} == {State.CLOSED}
    assert {command.verb for command, _ in executed} >= {Verb.PROPOSE, Verb.RECORD_OPINION, Verb.APPROVE, Verb.REPORT_PROGRESS, Verb.CLOSE}


def test_the_log_that_a_measured_life_leaves_is_whole(desk):
    Lives(desk.app).drive(1)
    audit = verify(desk.app)
    assert (audit.agrees, audit.events, audit.unsealed) == (True, len(desk.rows(Event)), 0)


def test_a_command_takes_no_more_statements_than_stated_on_the_mean_of_a_life(light_app):
    assert 4 < statements_per_command(light_app, lives=2) <= STATEMENTS["whole life"]


@pytest.mark.parametrize("verb", [verb for verb in STATEMENTS if verb != "whole life"])
def test_no_command_of_its_kind_takes_more_statements_than_stated(light_app, monkeypatch, verb):
    taken = []
    lives = Lives(light_app)
    with statements_of(light_app) as heard:

        def counting(app, command):
            before = len(heard)
            outcome = execute(app, command)
            if command.verb == verb:
                taken.append(len(heard) - before)
            return outcome

        lives.drive(1)
        monkeypatch.setattr("benchmarks.lives.execute", counting)
        lives.drive(1)
    assert 4 < max(taken) <= STATEMENTS[verb]


def under_way(app):
    lives = Lives(app)
    values = {"sheet": lives.sheet, "reference": "CM-2026-12", "reason": "Reprise de l'existant"}
    number = lives.do(Verb.REGISTER_UNDER_WAY, None, CLERK, **values).number
    lives.do(Verb.REPORT_PROGRESS, number, PILOT, percent=10, summary="Bon début")
    return number


def in_review(app):
    lives = Lives(app)
    number = lives.do(Verb.PROPOSE, None, CLERK, sheet=lives.sheet).number
    lives.do(Verb.OPEN_TECHNICAL_REVIEW, number, CLERK, body="cotech")
    lives.do(Verb.RECORD_OPINION, number, CLERK, body="cotech", voter=lives.voters["cotech"][0], opinion="favourable")
    return number


@pytest.mark.parametrize("make", [under_way, in_review])
def test_copied_actions_are_told_apart_from_real_ones_by_nothing(light_desk, make):
    numbers = copy_actions(light_desk.app, lambda: make(light_desk.app), 5)
    audit = verify(light_desk.app)
    assert (audit.agrees, audit.actions, audit.unsealed, audit.unproven) == (True, 6, 0, 0)
    assert numbers == [f"A-2026-00{position}" for position in range(2, 7)]
    assert [row.last for row in light_desk.rows(Counter)] == [6]
    assert not any(event.owed for event in light_desk.rows(Event))
    assert all(event.published_at for event in light_desk.rows(Event))


def test_a_copied_action_goes_on_through_the_door(light_desk):
    number = copy_actions(light_desk.app, lambda: in_review(light_desk.app), 3)[-1]
    lives = Lives(light_desk.app)
    for voter in lives.voters["cotech"][1:]:
        lives.do(Verb.RECORD_OPINION, number, CLERK, body="cotech", voter=voter, opinion="favourable")
    light_desk.settle()
    assert light_desk.state(number) is State.STEERING_REVIEW
    assert verify(light_desk.app).agrees


def test_a_crowd_has_its_deadlines_reviews_and_opinions(tmp_path):
    crowd = crowd_of(tmp_path, 20)
    desk = Desk(crowd.app, None)
    counts = [len(desk.rows(kind)) for kind in (Action, Review, Opinion, Deadline)]
    crowd.app.close()
    crowd.folder.cleanup()
    assert counts[:3] == [20, 10, 20]
    assert counts[3] >= 40


def test_the_floor_writes_one_event_for_each_guarded_transition(tmp_path):
    with sqlite_floor(tmp_path / "floor.db") as floor:
        timed = floor.drive(3)
        assert len(timed.latencies) == 3 * TRANSITIONS
        assert len(floor.drive(2).latencies) == 2 * TRANSITIONS
        assert floor.size() > 0
    rows = sqlite3.connect(tmp_path / "floor.db").execute("select state, version from instance").fetchall()
    assert rows == [("s8", 8)] * 5
    assert sqlite3.connect(tmp_path / "floor.db").execute("select count(*) from event").fetchone() == (40,)


@pytest.mark.postgres
def test_the_floor_does_the_same_on_postgresql(empty_postgres):
    with postgres_floor(empty_postgres) as floor:
        assert len(floor.drive(3).latencies) == 3 * TRANSITIONS
        assert floor.size() > 0


def test_the_bare_driver_carries_out_what_the_lives_asked_for(light_app, tmp_path):
    database = Path(light_app.db.engine.url.database)
    checkpoint(light_app.db)
    light_app.db.close()
    shutil.copy(database, tmp_path / "copy.db")
    commands = commands_of(light_app, 1)
    checkpoint(light_app.db)
    dumps = []
    for path in (database, tmp_path / "copy.db"):
        with closing(sqlite3.connect(path)) as db:
            prepare_sqlite(db, None)
            if path != database:
                assert len(replay(db, commands).latencies) == len(commands)
            dumps.append(list(db.iterdump()))
    assert dumps[0] == dumps[1]
    assert len(commands) == len(Lives(light_app).drive(1).latencies)


def test_shelved_actions_are_valid_and_indexed_as_if_one_by_one(desk):
    shelve(desk.app, 40)
    audit = verify(desk.app)
    assert (audit.agrees, audit.actions, audit.unproven) == (True, 40, 0)
    seen = standing(desk.app)
    assert (seen.sound, seen.examined, seen.waiting) == (True, 40, 0)
    assert not any(event.owed for event in desk.rows(Event))
