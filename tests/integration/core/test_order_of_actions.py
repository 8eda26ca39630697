"""The order of actions: by number and not by its signs, by title whatever the database sorts by, and found in place among many."""

import json
from base64 import urlsafe_b64encode
from datetime import date

import pytest
import sqlalchemy as sa
from builders import CONVENTION, provision
from sqlalchemy.dialects import postgresql

from models.errors import Refused
from models.folding import Folded
from models.tables import Action, Counter, table
from services.finding import Wanted, find, find_after, find_all
from services.readers import OPERATOR, Somebody

NUMBERS = ["A-2026-999", "A-2026-1000", "A-2026-1001", "A-2027-001"]


@pytest.fixture
def numbered(desk):
    """A desk with the last action of three digits, two of four, and the first of the year after."""
    with desk.app.db.write() as connection:
        connection.execute(table(Counter).insert().values(convention=CONVENTION, series="action:2026", last=998))
    made = [desk.propose(provision(7, title=title)) for title in ("école", "Zèbre", "Écluse")]
    desk.watch.go_to(date(2027, 1, 4))
    assert [*made, desk.propose(provision(7, title="abeille"))] == NUMBERS
    return desk


def listed(desk, **wanted):
    return [row["number"] for row in find(desk.app, OPERATOR, CONVENTION, Wanted(**wanted), "fr").rows]


def in_slices(desk, sort, after="", limit=1, reader=OPERATOR, **wanted):
    found = []
    while True:
        part = find_after(desk.app, reader, CONVENTION, Wanted(sort=sort, **wanted), "fr", after=after, limit=limit)
        found += [row["number"] for row in part.rows]
        if part.next is None:
            return found
        after = part.next


def place(number):
    """As slices have always named a place in the list of actions."""
    return urlsafe_b64encode(json.dumps([number]).encode()).decode().rstrip("=")


def test_a_thousandth_action_comes_after_the_one_before_and_before_those_of_the_next_year(numbered):
    assert (listed(numbered, sort="number"), listed(numbered)) == (NUMBERS, NUMBERS[::-1])
    assert listed(numbered, sort="state") == NUMBERS
    assert listed(numbered, sort="-number", state="submitted") == NUMBERS[::-1]
    assert [row["number"] for row in find_all(numbered.app, OPERATOR, CONVENTION, Wanted(sort="number"), "fr")] == NUMBERS


@pytest.mark.parametrize("limit", [1, 3])
def test_a_program_that_reads_slice_by_slice_is_told_of_every_number(numbered, limit):
    for wanted in ({}, {"state": "submitted"}):
        assert in_slices(numbered, "number", limit=limit, **wanted) == NUMBERS
        assert in_slices(numbered, "-number", limit=limit, **wanted) == NUMBERS[::-1]


def test_a_place_is_found_again_by_its_number_and_one_without_an_action_lies_between_the_others(numbered):
    assert in_slices(numbered, "number", place("A-2026-999")) == NUMBERS[1:]
    assert in_slices(numbered, "-number", place("A-2026-1000")) == NUMBERS[:1]
    assert (in_slices(numbered, "number", place("A-2026-1002")), in_slices(numbered, "number", place("A-2027-002"))) == (NUMBERS[3:], [])
    assert (in_slices(numbered, "-number", place("A-2026-1002")), in_slices(numbered, "-number", place("A-2026-998"))) == (
        NUMBERS[2::-1],
        [],
    )
    with pytest.raises(Refused):
        in_slices(numbered, "number", urlsafe_b64encode(b"[1]").decode())


def test_titles_stand_in_one_order_whatever_the_database_sorts_by(numbered):
    assert listed(numbered, sort="title") == [NUMBERS[place] for place in (3, 2, 0, 1)]


def test_a_title_with_a_sharp_s_stands_where_two_would(desk):
    made = [desk.propose(provision(7, title=title)) for title in ("Straße und Weg", "Strasse allein", "Strat")]
    assert listed(desk, sort="title") == [made[place] for place in (1, 0, 2)]


def test_postgresql_compares_titles_sign_by_sign():
    spelt = sa.select(table(Action).c.id).order_by(Folded(table(Action).c.number).asc()).compile(dialect=postgresql.dialect())
    assert str(spelt).endswith("""'[\u0300-\u036f]', '', 'g') COLLATE "C" ASC""")


@pytest.mark.parametrize("reader", [OPERATOR, Somebody("personne", seat_codes=frozenset({"COTECH-05"}))])
@pytest.mark.parametrize("sort", ["number", "-number"])
def test_a_page_by_number_is_met_in_place_and_not_sorted(light_desk, reader, sort):
    plans = []

    def note(_connection, cursor, statement, parameters, *_):
        if "LIMIT" in statement:
            plans.extend(row[3] for row in cursor.connection.execute(f"EXPLAIN QUERY PLAN {statement}", parameters))

    sa.event.listen(light_desk.app.db.engine, "before_cursor_execute", note)
    find(light_desk.app, reader, CONVENTION, Wanted(sort=sort), "fr")
    find_after(light_desk.app, reader, CONVENTION, Wanted(sort=sort), "fr", after=place("A-2026-001"), limit=3)
    assert any("SCAN action" in line or "rowid>?" in line or "rowid<?" in line for line in plans)
    assert [line for line in plans if "TEMP B-TREE" in line] == []
