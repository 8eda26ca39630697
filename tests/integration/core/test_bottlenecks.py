"""Where things wait: read from what really happened, in a fixed number of questions, and never about one person."""

from datetime import timedelta

import pytest
from benchmarks.bulk import copy_actions
from benchmarks.lifecycle import statements_of
from builders import CONVENTION, TODAY, provision

from models.errors import NotFound, Refused
from models.lifecycle import State, Verb
from models.spells import Direction
from services.bottleneck_words import as_csv, as_data, body_lines, notes
from services.bottlenecks import FEWEST_SEATS, WAITING_STATES, Waiting, bottlenecks
from services.charter_store import charter_in_force
from services.wording import Wording

STATEMENTS = 6
"""The convention, its charter, reviews, answers, moves of actions, names of what has waited longest; the clock's asks the home."""


def in_days(number):
    return TODAY + timedelta(days=number)


def of(report, body="cotech"):
    return next(found for found in report.bodies if found.body == body)


def state(report, name):
    return next(found for found in report.states if found.state is name)


@pytest.fixture
def examined(desk):
    """An action that the technical committee examined in three days, the last answer closing it, and one that waits there."""
    desk.to_technical()
    desk.watch.go_to(in_days(2))
    first = desk.last_round("A-2026-001", "cotech").electorate
    desk.opine("A-2026-001", "cotech", seats=tuple(first[:2]))
    desk.watch.go_to(in_days(3))
    desk.opine("A-2026-001", "cotech", seats=tuple(first[2:]))
    desk.settle()
    desk.to_technical(provision(title="Une autre action"))
    desk.watch.go_to(in_days(8))
    return desk


def test_a_review_lasts_from_its_opening_to_its_closing_and_an_open_one_counts_with_its_age(examined):
    reviews = of(bottlenecks(examined.app)).reviews
    assert (reviews.count, reviews.open, reviews.median, reviews.p80, reviews.p90) == (2, 1, 3, 5, 5)
    assert (reviews.due, reviews.late) == (2, 0)


def test_the_oldest_that_waits_is_named_with_its_day_and_its_age(examined):
    report = bottlenecks(examined.app)
    assert of(report).oldest == Waiting("A-2026-002", "Une autre action", in_days(3), 5)
    assert state(report, State.TECHNICAL_REVIEW).oldest == of(report).oldest
    assert of(report, "copil").oldest.action == "A-2026-001"


def test_answers_are_counted_from_the_opening_and_told_only_where_enough_seats_gave_one(examined):
    answers = of(bottlenecks(examined.app)).answers
    assert (answers.times.count, answers.times.median, answers.times.p90) == (answers.seats, 3, 3)
    before = of(bottlenecks(examined.app, until=in_days(2))).answers
    assert (before.seats, before.times) == (2, None)
    assert FEWEST_SEATS == 3


def test_an_answer_that_was_changed_is_as_fast_as_it_was_at_first(desk):
    number = desk.to_technical()
    seats = desk.last_round(number, "cotech").electorate[:3]
    desk.opine(number, "cotech", seats=tuple(seats))
    desk.watch.go_to(in_days(4))
    desk.opine(number, "cotech", "abstention", seats=tuple(seats))
    assert of(bottlenecks(desk.app)).answers.times.p90 == 0


def test_time_in_each_state_comes_from_the_log_and_ended_lives_wait_for_nothing(examined):
    examined.execute(Verb.WITHDRAW, "A-2026-002", reason="Retirée")
    report = bottlenecks(examined.app)
    technical = state(report, State.TECHNICAL_REVIEW)
    assert (technical.times.count, technical.times.open, technical.times.median, technical.times.p90) == (2, 0, 3, 5)
    steering = state(report, State.STEERING_REVIEW)
    assert (steering.times.count, steering.times.open, steering.times.p90) == (1, 1, 5)
    assert {State.WITHDRAWN, State.REJECTED, State.ABANDONED, State.CLOSED}.isdisjoint(WAITING_STATES)
    assert of(report).oldest is None


def test_an_earlier_day_is_seen_as_it_was_that_evening(examined):
    report = bottlenecks(examined.app, until=in_days(1))
    assert (of(report).reviews.count, of(report).reviews.open, of(report).reviews.p90) == (1, 1, 1)
    assert of(report).oldest.action == "A-2026-001"


def test_what_ended_before_the_first_day_does_not_count(examined):
    assert of(bottlenecks(examined.app, since=in_days(4))).reviews.count == 1
    assert of(bottlenecks(examined.app, since=in_days(3))).reviews.count == 2


def test_a_review_that_closes_by_itself_after_its_last_day_is_not_late_but_one_left_open_is(desk):
    number = desk.to_technical()
    due = desk.last_round(number, "cotech").due_on
    desk.watch.go_to(due + timedelta(days=1))
    assert (of(bottlenecks(desk.app)).reviews.due, of(bottlenecks(desk.app)).reviews.late) == (1, 0)
    desk.watch.go_to(due + timedelta(days=2))
    assert of(bottlenecks(desk.app)).reviews.late == 1


def test_every_body_of_the_charter_is_there_and_one_may_be_asked_about(examined):
    report = bottlenecks(examined.app, body="copil")
    assert ([found.body for found in report.bodies], report.states) == (["copil"], [])
    assert {"copil", "cotech", "gt-energie"} <= {found.body for found in bottlenecks(examined.app).bodies}
    assert of(bottlenecks(examined.app), "gt-energie").reviews.count == 0


def test_an_unknown_body_and_days_in_the_wrong_order_or_to_come_are_refused(examined):
    with pytest.raises(NotFound, match="body_unknown"):
        bottlenecks(examined.app, body="inconnue")
    with pytest.raises(Refused, match=r"bottlenecks\.backwards"):
        bottlenecks(examined.app, since=in_days(5), until=in_days(4))
    with pytest.raises(Refused, match=r"bottlenecks\.to_come"):
        bottlenecks(examined.app, until=in_days(9))


def test_with_little_to_go_by_no_trend_is_told(examined):
    assert {found.trend.direction for found in bottlenecks(examined.app).bodies} == {Direction.UNKNOWN}


def test_the_report_takes_as_many_questions_however_long_the_log(light_desk):
    counts = []
    for copies in (2, 60):
        copy_actions(light_desk.app, lambda: _refused(light_desk), copies)
        with statements_of(light_desk.app) as heard:
            report = bottlenecks(light_desk.app)
        counts.append(sum(statement.startswith(("SELECT", "WITH")) for statement in heard))
        assert of(report).reviews.count >= copies
    assert counts == [STATEMENTS + 1] * 2


def _refused(desk):
    number = desk.propose()
    desk.settle()
    desk.execute(Verb.WITHDRAW, number, reason="Retirée")
    return number


def test_no_name_and_no_seat_is_in_what_is_written(examined):
    report = bottlenecks(examined.app)
    with examined.app.db.read() as connection:
        charter = charter_in_force(connection, CONVENTION)
        people = connection.exec_driver_sql("SELECT name FROM person").scalars().all()
        seats = connection.exec_driver_sql("SELECT code FROM seat").scalars().all()
    words = Wording("fr")
    written = " ".join([str(as_data(report)), as_csv(report), *notes(report, words), *map(str, body_lines(report, charter, words))])
    assert [name for name in (*people, *seats) if name in written] == []


def test_the_table_holds_one_line_a_body_and_a_state_with_the_same_figures_as_the_report(examined):
    report = bottlenecks(examined.app)
    lines = [line.split(";") for line in as_csv(report).splitlines()]
    [line] = [dict(zip(lines[0], line, strict=True)) for line in lines if line[1] == "cotech"]
    assert (line["kind"], line["count"], line["open"], line["median_days"], line["p80_days"]) == ("body", "2", "1", "3", "5")
    assert (line["oldest_action"], line["oldest_since"], line["oldest_days"]) == ("A-2026-002", str(in_days(3)), "5")
    assert len(lines) == 1 + len(report.bodies) + len(report.states)


def test_a_report_of_a_home_without_any_action_is_empty(desk):
    report = bottlenecks(desk.app)
    assert (report.states, {found.reviews.count for found in report.bodies}) == ([], {0})
