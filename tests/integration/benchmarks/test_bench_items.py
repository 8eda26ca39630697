"""The many open deadlines that benchmarks load are such as commands would have left, and those that are due are dealt with like any."""

from itertools import pairwise

import pytest
from benchmarks.items import open_items
from benchmarks.lifecycle import statements_of
from benchmarks.waiting import statements_taken

from models.events import Stage
from models.lifecycle import Verb
from models.tables import Action, Event, Words
from services.audit import verify
from services.stages import react_quietly, run_stage
from services.status import status


def test_copied_actions_have_chains_that_verify_and_nothing_left_to_do(desk):
    loaded = open_items(desk.app, 35)
    audit = verify(desk.app)
    assert (audit.agrees, audit.actions, audit.unsealed) == (True, loaded.actions, 0)
    assert loaded.open == sum(row.settled_at is None for row in desk.dues()) == 40
    assert [react_quietly(desk.app, stage) for stage in Stage] == [0, 0, 0, 0]
    assert all(event.published_at for event in desk.rows(Event))


def test_each_copy_has_a_number_texts_and_an_event_of_its_own(desk):
    loaded = open_items(desk.app, 40)
    numbers = [action.number for action in desk.rows(Action)]
    assert [int(late[-3:]) - int(early[-3:]) for early, late in pairwise(sorted(numbers))] == [1] * (loaded.actions - 1)
    texts = {str(words.id): words.action_id for words in desk.rows(Words)}
    assert all(texts[event.payload["reason_id"]] == event.action_id for event in desk.rows(Event))


def test_the_deadlines_that_are_due_fall_once_and_belong_to_different_actions(desk):
    open_items(desk.app, 40, due=3)
    react_quietly(desk.app, Stage.IMPLEMENTATION)
    fallen = [row for row in desk.dues() if row.settled_at]
    assert [row.outcome for row in fallen] == [Verb.REQUEST_PROGRESS] * 3
    assert len({row.action_id for row in fallen}) == 3
    assert react_quietly(desk.app, Stage.IMPLEMENTATION) == 0
    assert verify(desk.app).agrees


def test_commands_go_on_after_the_load_with_the_next_number(desk):
    loaded = open_items(desk.app, 40)
    assert desk.propose() == f"A-2026-{loaded.actions + 1:03d}"


def test_more_due_than_there_would_be_actions_is_refused(desk):
    with pytest.raises(ValueError, match="4 actions cannot have 5"):
        open_items(desk.app, 40, due=5)


def test_a_stage_that_finds_nothing_due_asks_the_clock_and_one_question(light_app):
    open_items(light_app, 40)
    assert statements_taken(light_app, lambda: react_quietly(light_app, Stage.IMPLEMENTATION)) == 2


def test_a_whole_run_with_nothing_due_takes_few_statements(light_app):
    open_items(light_app, 40)
    assert statements_taken(light_app, lambda: run_stage(light_app, Stage.IMPLEMENTATION, holder="test", gate=lambda: None)) <= 11


def test_nothing_that_a_start_or_a_look_asks_reads_through_what_will_fall_due_one_day(light_app):
    open_items(light_app, 40)
    with statements_of(light_app) as heard:
        status(light_app, None)
        run_stage(light_app, Stage.IMPLEMENTATION, holder="test", gate=lambda: None)
        asked = [statement for statement in heard if "FROM deadline" in statement and statement.startswith("SELECT")]
    assert len(asked) >= 3
    with light_app.db.read() as connection:
        plans = [row.detail for statement in asked for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}")]
    assert [plan for plan in plans if plan.startswith("SCAN deadline")] == []
    assert all("due_at<?" in plan for plan in plans if "deadline" in plan)
