"""What operators watch is right on both databases, ages by the real clock, and is cheap to ask."""

import re
from datetime import timedelta

import pytest
import sqlalchemy as sa
from builders import CONVENTION, MONDAY

from models.events import Stage
from models.tables import Deadline, Delivery, table
from services.deadline_kinds import Kind
from services.figures import Waiting, read_figures
from services.forms import DraftForm
from services.homes import advance_clock
from services.leases import take
from services.wakes import STAGES, TRIES, mark_published, note_wake, record_sweep, unpublished

NOTHING = dict.fromkeys(Stage, 0)
NOBODY_WAITS = dict.fromkeys(Stage, Waiting())
STATEMENTS = 12
"""Programs that are told; the home; deadlines; what is set aside; sweeps; wakes; unpublished; unreacted; deliveries on their way; those lying; leases; open reviews."""
TABLES, PARTIAL = (
    "(event|reaction|delivery|deadline|action|review)",
    "(event_unpublished|event_owed|reaction_parked|delivery_unsent|deadline_due|review_open)",
)
GROWING = rf"SCAN {TABLES}(?! USING (COVERING )?INDEX {PARTIAL})|Seq Scan on {TABLES}\b"


def set_rows(app, kind, **values):
    with app.db.write() as connection:
        connection.execute(table(kind).update().values(**values))


def test_a_home_at_rest_has_every_figure_at_zero(app):
    found = read_figures(app)
    assert (found.kind, found.ahead, found.unpublished) == ("rehearsal", 0.0, Waiting())
    assert (found.unreacted, found.deadlines_due, found.parked) == (NOBODY_WAITS, NOTHING, NOTHING)
    assert found.deliveries == dict.fromkeys(("ready", "retrying", "sending", "dead", "uncertain"), Waiting())
    assert (found.wake_attempts, found.leases) == (dict.fromkeys(STAGES, 0), {"relay": False, "worker": False})


def test_an_event_waits_for_prefect_and_for_its_stage_since_its_commit(desk, watch):
    desk.propose()
    watch.advance(seconds=90)
    desk.propose()
    found = read_figures(desk.app)
    assert (found.unpublished, found.unreacted[Stage.PROPOSAL]) == (Waiting(2, 90.0), Waiting(2, 90.0))


def test_a_rehearsal_that_sets_its_clock_ahead_makes_nothing_older(desk, watch):
    advance_clock(desk.app.db, timedelta(days=30))
    desk.propose()
    watch.advance(seconds=5)
    advance_clock(desk.app.db, timedelta(days=40))
    found = read_figures(desk.app)
    assert (found.ahead, found.unpublished, found.unreacted[Stage.PROPOSAL]) == (70 * 86_400, Waiting(1, 5.0), Waiting(1, 5.0))


def test_an_event_that_no_stage_reacts_to_is_no_older_either(desk, watch):
    advance_clock(desk.app.db, timedelta(days=30))
    desk.propose(form=DraftForm)
    watch.advance(seconds=7)
    advance_clock(desk.app.db, timedelta(days=1))
    found = read_figures(desk.app)
    assert (found.unpublished, found.unreacted) == (Waiting(1, 7.0), NOBODY_WAITS)


def test_what_prefect_took_waits_no_longer(desk, watch):
    desk.propose()
    mark_published(desk.app.db, [row["id"] for row in unpublished(desk.app.db, 10)], watch())
    watch.advance(hours=1)
    assert read_figures(desk.app).unpublished == Waiting()


def fail_until_parked(desk, stage):
    """Of the events that wait now, the stage can make nothing."""
    with desk.app.db.write() as connection:
        connection.exec_driver_sql("UPDATE event SET topic = 'action.forgotten'")
    for _ in range(TRIES):
        desk.run(stage, desk.quiet(stage))
        desk.watch.advance(seconds=61)


def test_an_event_that_failed_waits_until_it_is_set_aside_and_is_then_counted_there(desk, watch):
    desk.propose()
    with desk.app.db.write() as connection:
        connection.exec_driver_sql("UPDATE event SET topic = 'action.forgotten'")
    desk.run(Stage.PROPOSAL, desk.quiet(Stage.PROPOSAL))
    watch.advance(seconds=61)
    assert read_figures(desk.app).unreacted[Stage.PROPOSAL] == Waiting(1, 61.0)
    fail_until_parked(desk, Stage.PROPOSAL)
    found = read_figures(desk.app)
    assert (found.unreacted, found.parked) == (NOBODY_WAITS, NOTHING | {Stage.PROPOSAL: 1})


def test_a_deadline_that_was_set_aside_no_longer_waits(desk, watch):
    desk.to_technical()
    set_rows(desk.app, Deadline, due_at=watch(), tries=TRIES)
    found = read_figures(desk.app)
    assert (found.parked, found.deadlines_due) == (NOTHING | {Stage.COMMITTEE_REVIEW: len(desk.rows(Deadline))}, NOTHING)


def test_a_deadline_counts_for_its_stage_from_the_moment_it_falls(desk, watch):
    desk.to_technical()
    falls = max(row.due_at for row in desk.rows(Deadline, kind=Kind.REVIEW_END))
    watch.moment = falls - timedelta(seconds=1)
    before = read_figures(desk.app).deadlines_due[Stage.COMMITTEE_REVIEW]
    watch.moment = falls
    assert read_figures(desk.app).deadlines_due == NOTHING | {Stage.COMMITTEE_REVIEW: len(desk.dues())}
    assert before < len(desk.dues())


@pytest.mark.parametrize("state", ["ready", "retrying", "sending", "dead", "uncertain"])
def test_a_delivery_counts_in_its_state_and_ages_while_it_is_on_its_way(desk, watch, state):
    desk.to_technical()
    set_rows(desk.app, Delivery, state=state)
    watch.advance(minutes=3)
    expected = Waiting(len(desk.rows(Delivery)), 0.0 if state in ("dead", "uncertain") else 180.0)
    assert {name: waiting for name, waiting in read_figures(desk.app).deliveries.items() if waiting.count} == {state: expected}


@pytest.mark.parametrize("state", ["sent", "cancelled"])
def test_a_delivery_that_is_over_is_not_counted_again_and_again(desk, state):
    desk.to_technical()
    set_rows(desk.app, Delivery, state=state)
    assert desk.rows(Delivery) != []
    assert {waiting.count for waiting in read_figures(desk.app).deliveries.values()} == {0}


def test_a_sweep_ages_from_its_last_time_and_one_that_never_came_from_the_day_of_the_home(desk, watch):
    record_sweep(desk.app.db, "proposal", watch())
    note_wake(desk.app.db, "reporting", desk.app.ids(), watch(), 3)
    take(desk.app.db, "relay", "somebody", watch(), 10)
    before = read_figures(desk.app)
    watch.advance(minutes=20)
    found = read_figures(desk.app)
    assert (before.sweep_ages["proposal"], found.sweep_ages["proposal"]) == (0.0, 1200.0)
    assert set(found.sweep_ages) == set(STAGES)
    assert found.wake_attempts["reporting"] == 3
    assert (before.leases["relay"], found.leases["relay"]) == (True, False)


def test_open_reviews_age_by_body_from_the_day_they_were_opened_and_closed_ones_no_longer(desk, watch):
    number = desk.to_technical()
    advance_clock(desk.app.db, timedelta(days=2))
    desk.to_technical()
    found = read_figures(desk.app).open_reviews
    assert watch() == MONDAY
    assert found == {(CONVENTION, "cotech"): Waiting(2, timedelta(days=2, hours=MONDAY.hour).total_seconds())}
    desk.opine(number, "cotech")
    desk.settle()
    found = read_figures(desk.app).open_reviews
    assert {body: waiting.count for (_, body), waiting in found.items()} == {"copil": 1, "cotech": 1}


@pytest.fixture
def statements(app):
    told = []

    def heard(_connection, _cursor, statement, parameters, *_):
        if statement.startswith("SELECT"):
            told.append((statement, parameters))

    sa.event.listen(app.db.engine, "before_cursor_execute", heard)
    yield told
    sa.event.remove(app.db.engine, "before_cursor_execute", heard)


def test_asking_takes_twelve_statements_however_much_waits(desk, statements):
    for _ in range(2):
        statements.clear()
        read_figures(desk.app)
        assert len(statements) == STATEMENTS
        desk.to_technical()
        desk.propose()


def test_no_statement_reads_through_a_table_that_grows(app, statements):
    read_figures(app)
    asked = list(statements)
    with app.db.read() as connection:
        if not app.db.is_sqlite:
            connection.exec_driver_sql("SET LOCAL enable_seqscan = off")
        prefix = "EXPLAIN QUERY PLAN" if app.db.is_sqlite else "EXPLAIN"
        plans = {
            statement: [str(row[-1]) for row in connection.exec_driver_sql(f"{prefix} {statement}", values)] for statement, values in asked
        }
    assert {statement: lines for statement, lines in plans.items() if any(re.search(GROWING, line) for line in lines)} == {}
