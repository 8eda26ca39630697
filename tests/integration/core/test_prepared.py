"""Statements carried out by the driver: the same values, rows and errors as SQLAlchemy's own, in fewer journeys on PostgreSQL."""

from datetime import timedelta

import pytest
import sqlalchemy as sa
from builders import CONVENTION, MONDAY, TODAY
from sqlalchemy.exc import IntegrityError

from models.journeys import gathered, together
from models.prepared import Prepared, among, insert
from models.tables import Action, Counter, Lease, Milestone, Seat, table

_ACTION, _COUNTER, _LEASE, _MILESTONE, _SEAT = (table(rows) for rows in (Action, Counter, Lease, Milestone, Seat))
COUNT = insert(_COUNTER, "convention", "series", "last")
LAST = Prepared(sa.select(_COUNTER).where(_COUNTER.c.series == sa.bindparam("series_")))
RAISE = Prepared(_COUNTER.update().where(_COUNTER.c.series == sa.bindparam("series_")), "last")
HOLD = insert(_LEASE, "name", "holder", "expires_at")


def test_a_row_comes_out_in_the_types_of_its_columns(desk):
    number = desk.propose()
    query = sa.select(_ACTION.c.id, _ACTION.c.sheet, _ACTION.c.created_at).where(_ACTION.c.number == sa.bindparam("number_"))
    with desk.app.db.read() as connection:
        row = Prepared(query).first(connection, number_=number)
        assert row == connection.execute(query, {"number_": number}).one()
        assert Prepared(query).first(connection, number_="A-1999-001") is None
    assert (row.created_at, row.sheet["title"]) == (MONDAY, desk.action(number).sheet["title"])


def test_a_fixed_list_is_spelt_out(app):
    query = Prepared(sa.select(_SEAT.c.code).where(among(_SEAT.c.role, ("chair", "secretary")), _SEAT.c.body == sa.bindparam("body_")))
    with app.db.read() as connection:
        assert sorted(row.code for row in query.all(connection, body_="copil")) == ["COPIL-01", "COPIL-02"]


def test_an_error_of_the_driver_is_sqlalchemys_and_quotes_no_value(app):
    with pytest.raises(IntegrityError) as refused, app.db.write() as connection:
        COUNT.run_all(connection, [{"convention": CONVENTION, "series": "secret-series", "last": 1}] * 2)
    assert "secret-series" not in str(refused.value).partition("DETAIL")[0]
    with app.db.read() as connection:
        assert LAST.first(connection, series_="secret-series") is None


def test_questions_that_travel_together_are_answered_each(app):
    with app.db.write() as connection:
        COUNT.run(connection, convention=CONVENTION, series="one", last=1)
        COUNT.run(connection, convention=CONVENTION, series="two", last=2)
        answers = together(connection, (LAST, {"series_": "two"}), None, (LAST, {"series_": "none"}), (LAST, {"series_": "one"}))
    assert [row and (row.series, row.last) for row in answers] == [("two", 2), None, None, ("one", 1)]


def test_changes_that_travel_together_all_happen_and_say_what_they_touched(app):
    with app.db.write() as connection:
        COUNT.run(connection, convention=CONVENTION, series="one", last=1)
        with gathered(connection):
            held = HOLD.run(connection, name="a", holder="x", expires_at=MONDAY)
            touched = RAISE.run(connection, series_="one", last=7)
            missed = RAISE.run(connection, series_="none", last=7)
        assert [one.rowcount for one in (held, touched, missed)] == [1, 1, 0]
        assert LAST.first(connection, series_="one").last == 7


def test_what_was_taken_along_comes_before_the_next_question(app):
    with app.db.write() as connection, gathered(connection):
        COUNT.run(connection, convention=CONVENTION, series="one", last=1)
        RAISE.run(connection, series_="one", last=2)
        assert LAST.first(connection, series_="one").last == 2


def test_a_change_that_fails_on_the_way_leaves_nothing(app):
    def both(connection):
        with gathered(connection):
            HOLD.run(connection, name="a", holder="x", expires_at=MONDAY)
            COUNT.run(connection, convention=CONVENTION, series="one", last=None)

    with pytest.raises(IntegrityError), app.db.write() as connection:
        both(connection)
    with app.db.write() as connection:
        assert (LAST.first(connection, series_="one"), connection.execute(sa.select(_LEASE)).all()) == (None, [])


def test_many_rows_go_in_at_once(desk):
    action = desk.action(desk.propose())
    keep = insert(_MILESTONE, "action_id", "position", "title", "due_on", "reached_on")
    rows = [
        {"action_id": action.id, "position": 100 + n, "title": "t", "due_on": TODAY + timedelta(n), "reached_on": None} for n in range(3)
    ]
    with desk.app.db.write() as connection:
        keep.run_all(connection, rows)
    assert [row.due_on for row in desk.rows(Milestone) if row.position >= 100] == [TODAY + timedelta(n) for n in range(3)]
