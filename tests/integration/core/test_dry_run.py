"""A dry run: what the stages would do and whom they would write to, without a trace."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from builders import CLERK, PILOT, provision
from sqlmodel import SQLModel

from models.errors import Refused
from models.events import Stage
from models.tables import Delivery, Seat, table
from services import dry_run as dry
from services.calendars import calendar_of
from services.dry_run import dry_run
from services.foretelling import foretell
from services.forms import StartForm
from services.preferences import choose, preferences_of
from services.stopping import stop


def contents(desk):
    """Every row of every table."""
    with desk.app.db.read() as connection:
        return {
            name: [tuple(row) for row in connection.execute(rows.select().order_by(*rows.primary_key.columns))]
            for name, rows in SQLModel.metadata.tables.items()
        }


def file_of(desk):
    """The very bytes of an SQLite database; nothing for another."""
    return Path(desk.app.db.engine.url.database).read_bytes() if desk.app.db.is_sqlite else b""


def at(day, hour=12):
    return datetime(day.year, day.month, day.day, hour, tzinfo=UTC)


def told(trial):
    return [(row["action"], row["message"], row["person"], row["state"]) for row in trial.messages]


def test_it_says_what_a_run_would_do_now_and_leaves_the_database_as_it_was(desk):
    number = desk.propose()
    before, bytes_before = contents(desk), file_of(desk)
    trial = dry_run(desk.app)
    assert [(step.stage, step.line.topic) for step in trial.steps] == [
        (Stage.PROPOSAL, "action.proposed"),
        (Stage.COMMITTEE_REVIEW, "review.opened"),
    ]
    assert {row["message"] for row in trial.messages} == {"proposal-acknowledged", "opinion-requested"}
    assert (contents(desk), file_of(desk)) == (before, bytes_before)
    desk.settle()
    done = [(row.message, row.state) for row in desk.rows(Delivery)]
    assert sorted((row["message"], row["state"]) for row in trial.messages) == sorted(done), "a real run does the same"
    assert desk.topics(number)[-1] == "review.opened"


def test_at_a_moment_to_come_it_says_who_is_asked_for_what(desk):
    numbers = [desk.to_work(provision(title=title)) for title in ("Une", "Deux")]
    before = contents(desk)
    trial = dry_run(desk.app, stages=(Stage.IMPLEMENTATION,), at=at(date(2027, 4, 5)))
    lead = "pilote-equipements"
    assert told(trial)[:2] == [(number, "progress-requested", lead, "held") for number in numbers]
    assert [(row["message"], row["says"], row["capacity"]) for row in trial.messages if row["says"]] == [("due-together", 2, "lead")]
    assert contents(desk) == before


def test_one_stage_leaves_the_others_alone(desk):
    desk.propose()
    assert dry_run(desk.app, stages=(Stage.IMPLEMENTATION,)).steps == ()


def test_who_would_be_told_of_their_own_deadlines_ahead_is_listed_and_nothing_is_noted(desk):
    [held] = desk.rows(Seat, code="COTECH-06")
    given = {"rhythm": "at_once", "hour": "8", "weekday": "0", "lead_days": "3"}
    choose(desk.app, held.person_id, given, preferences_of(desk.app, held.person_id).version)
    number = desk.to_technical()
    first = calendar_of(desk.charter()).count_on(desk.last_round(number, "cotech").due_on, -3)
    before = contents(desk)
    [row] = [row for row in dry_run(desk.app, at=at(first)).messages if row["message"] == "own-deadlines"]
    assert (row["capacity"], row["stage"], row["action"]) == ("ahead", "deliveries", None)
    assert contents(desk) == before
    alone = dry_run(desk.app, stages=(Stage.COMMITTEE_REVIEW,), at=at(first))
    assert ("own-deadlines" in {row["message"] for row in alone.messages}, alone.left_out) == (False, ("lists",))
    assert (dry_run(desk.app, at=at(first)).left_out, dry_run(desk.app).left_out) == (("lists_before",), ())
    desk.watch.go_to(first)
    desk.settle()
    assert foretell(desk.app) == 1, "a real run does the same"


def test_what_was_written_before_and_would_leave_by_then_is_listed_apart(desk):
    number = desk.to_work()
    desk.watch.go_to(date(2027, 4, 5), hour=2)
    desk.settle()
    desk.post()
    desk.watch.go_to(date(2027, 4, 5), hour=6)
    desk.settle()
    with desk.app.db.write() as connection:
        mine = table(Delivery).c.message == "progress-requested"
        connection.execute(table(Delivery).update().where(mine).values(state="held", not_before=at(date(2027, 4, 6), 7), folded_into=None))
    assert dry_run(desk.app).waiting == ()
    trial = dry_run(desk.app, at=at(date(2027, 4, 6)))
    assert {(row["action"], row["message"], row["state"]) for row in trial.waiting} == {(number, "progress-requested", "held")}
    assert dry_run(desk.app, stages=(Stage.REPORTING,), at=at(date(2027, 4, 6))).waiting == ()
    stop(desk.app, "Travaux")
    assert dry_run(desk.app, at=at(date(2027, 4, 6))).waiting == ()


def test_who_is_not_found_is_told(desk):
    number = desk.to_approved()
    rows = table(Seat)
    with desk.app.db.write() as connection:
        connection.execute(rows.update().where(rows.c.code == CLERK).values(ends_on=desk.today - timedelta(days=1)))
    desk.ask(StartForm(seat=PILOT, action=number))
    [step] = dry_run(desk.app).steps
    assert step.line.unowned == ("proposer", "technical_secretary")


def test_what_fails_is_told_and_not_counted(desk, monkeypatch):
    desk.propose()
    before = contents(desk)

    def broken(*_):
        raise RuntimeError

    monkeypatch.setattr("services.stages.react", broken)
    [step] = dry_run(desk.app).steps
    assert step.line.outcome == "failed (1/5)"
    assert contents(desk) == before


def test_it_ends_when_its_time_is_up_and_says_so(desk, monkeypatch):
    desk.propose()
    monkeypatch.setattr(dry, "SECONDS", -1.0)
    assert (dry_run(desk.app).whole, dry_run(desk.app).steps) == (False, ())


def test_a_moment_that_is_past_is_refused(desk):
    with pytest.raises(Refused, match="dry_run_past"):
        dry_run(desk.app, at=desk.app.clock.now() - timedelta(days=1))
