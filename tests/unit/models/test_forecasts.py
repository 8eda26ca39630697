"""Forecasts held against each other."""

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from models.forecasts import ForecastLine, Key, Wanted, compare, in_order, only

_DAYS = st.integers(0, 60).map(lambda days: date(2027, 1, 1) + timedelta(days=days))


def line(nth=1, day=date(2027, 1, 1), action="A-2027-001", person="pilote", body="cotech", seat_body="cotech"):
    key = Key(action, "progress-requested", person, body, 0, nth)
    about = {"action": action, "title": "Titre", "meeting": None, "body": body, "message": key.message, "kind": "asked", "topic": None}
    who = {"person": person, "name": person.title(), "seat": "COTECH-04", "seat_body": seat_body, "capacity": "lead", "copy": False}
    return ForecastLine(key=key, day=day, time="08:00", **who, **about)


_LINES = st.dictionaries(st.integers(1, 12), _DAYS, max_size=12).map(lambda days: [line(nth, day) for nth, day in days.items()])


@given(_LINES, _LINES)
def test_a_difference_leads_from_one_forecast_to_the_other(before, after):
    found = compare(before, after)
    gone = {*found.gone, *(pair.before for pair in found.moved)}
    come = {*found.new, *(pair.after for pair in found.moved)}
    assert ({*before} - gone) | come == {*after}
    assert not {pair.before.key for pair in found.moved} & {each.key for each in (*found.gone, *found.new)}


@given(_LINES)
def test_nothing_changes_of_the_same(lines):
    assert not compare(lines, lines)


@given(_LINES, _LINES)
def test_what_moved_one_way_moved_the_other_way_back(before, after):
    there, back = compare(before, after), compare(after, before)
    assert {(pair.before, pair.after) for pair in there.moved} == {(pair.after, pair.before) for pair in back.moved}
    assert ({*there.gone}, {*there.new}) == ({*back.new}, {*back.gone})


@given(_LINES)
def test_lines_come_in_the_order_of_time(lines):
    days = [each.day for each in in_order(lines)]
    assert days == sorted(days)


def test_a_body_is_meant_by_what_it_examines_and_by_what_its_seats_get():
    wanted = Wanted(body="copil")
    assert wanted.holds(line(body="copil"))
    assert wanted.holds(line(seat_body="copil"))
    assert not wanted.holds(line())


def test_only_what_is_asked_for_is_left_of_a_difference():
    mine, other = line(1), line(2, action="A-2027-002")
    found = only(compare([mine, other], [line(1, date(2027, 2, 1))]), Wanted(action="A-2027-001"))
    assert [pair.before for pair in found.moved] == [mine]
    assert found.gone == ()
