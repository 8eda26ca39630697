"""A forecast as a table, a calendar and a picture."""

import csv
import io
import re
import shutil
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from xml.etree import ElementTree as ET

import icalendar
import pytest
import vobject
from builders import TODAY, Desk, Ids, Watch, provision, settings_of
from foretold import Life, at_work, with_choices

from models.forecasts import Wanted
from notifications.kinds import KIND_OF
from services.bootstrap import open_app
from services.clock import Clock
from services.forecast.files import as_calendar, as_csv
from services.forecast.lines import NOT_OF_THE_WORK
from services.forecast.picture import as_picture
from services.forecast.reading import Asked, forecast
from services.forecast.rows import ACTION, PERSON, rows_of, usual_rows
from services.forecast.words import what, who, why
from services.timelapse.outbox import Outbox
from services.wording import Wording

NOW = datetime(2026, 10, 5, 9, 17, tzinfo=UTC)
FR, EN = Wording("fr"), Wording("en")
_SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture(scope="module")
def both(sqlite_template, tmp_path_factory):
    """A forecast, and the same with an assumption."""
    home = tmp_path_factory.mktemp("forecast")
    shutil.copy(sqlite_template, home / "passerelle.db")
    watch, opened = Watch(), open_app(settings_of(home))
    desk = Desk(replace(opened, clock=Clock(opened.clock._offset, watch), ids=Ids(), outlet=Outbox()), watch)
    at_work(desk)
    with_choices(desk)
    Life(desk).quieten()
    watch.advance(hours=2)
    until = TODAY + timedelta(days=80)
    assumed = Asked(until=until, assume=("A-2026-001:fin-examen:cotech=+7",))
    yield forecast(desk.app, Asked(until=until)), forecast(desk.app, assumed)
    opened.close()


@pytest.fixture
def usual(both):
    return both[0]


@pytest.fixture
def found(both):
    return both[1]


def cells(found, words=FR):
    return list(csv.DictReader(io.StringIO(as_csv(found, words).removeprefix("\ufeff")), delimiter=";"))


def test_the_table_has_a_line_for_each_message_and_what_the_assumption_changes_of_it(found):
    rows = cells(found)
    assert len(rows) == len(found.lines) + len(found.difference.gone)
    assert {row["Changement"] for row in rows} >= {"", "déplacé"}
    assert [row["Quand"] for row in rows if row["Quand"]] == sorted(line.day.isoformat() for line in found.lines)
    assert all(row["Au lieu du"] for row in rows if row["Changement"] == "déplacé")


def test_a_table_without_assumptions_says_nothing_of_changes(light_desk):
    light_desk.to_technical()
    assert "Changement" not in cells(forecast(light_desk.app, Asked()))[0]


def test_no_cell_of_the_table_is_a_formula(light_desk):
    light_desk.to_technical(provision(title="=HYPERLINK(1)"))
    assert {row["Titre"] for row in cells(forecast(light_desk.app, Asked()))} == {"'=HYPERLINK(1)"}


def test_two_programs_read_the_calendar_alike(found):
    text = as_calendar(found, FR, NOW)
    ours = {(str(event["uid"]), event["dtstart"].dt, str(event["summary"])) for event in icalendar.Calendar.from_ical(text).walk("vevent")}
    theirs = {(event.uid.value, event.dtstart.value, event.summary.value) for event in vobject.readOne(text.decode()).vevent_list}
    assert ours == theirs
    assert len(ours) == len(found.lines)
    assert {day for _, day, _ in ours} == {line.day for line in found.lines}


def test_an_entry_of_the_calendar_keeps_its_uid_when_its_day_moves(found, usual):
    before, after = (
        {str(e["uid"]): e["dtstart"].dt for e in icalendar.Calendar.from_ical(as_calendar(each, FR, NOW)).walk("vevent")}
        for each in (usual, found)
    )
    moved = {(before[uid], after[uid]) for uid in before.keys() & after.keys() if before[uid] != after[uid]}
    assert moved == {(pair.before.day, pair.after.day) for pair in found.difference.moved}
    assert moved


def test_a_calendar_needs_a_moment_with_its_zone(found):
    with pytest.raises(ValueError, match="zone"):
        as_calendar(found, FR, NOW.replace(tzinfo=None))


@pytest.mark.parametrize("by", [ACTION, PERSON])
def test_the_same_forecast_gives_the_same_picture(found, by):
    for kind in ("svg", "png"):
        assert as_picture(found, FR, by=by, kind=kind) == as_picture(found, FR, by=by, kind=kind)


def test_the_text_of_a_picture_is_text_in_the_readers_language(found):
    drawn = ET.fromstring(as_picture(found, FR, by=ACTION, kind="svg"))  # noqa: S314  # our own
    texts = {"".join(text.itertext()) for text in drawn.iter(f"{_SVG}text")}
    assert {"Qui sera sollicité, et quand", "novembre", "A-2026-001", "relance", "ce qui était prévu sans l'hypothèse"} <= texts
    english = ET.fromstring(as_picture(found, EN, by=PERSON, kind="svg"))  # noqa: S314  # our own
    assert {"November", "reminder", "COTECH-04"} <= {"".join(text.itertext()) for text in english.iter(f"{_SVG}text")}


def test_a_picture_says_what_it_shows_to_those_who_hear_it_and_holds_no_date_of_its_making(found):
    svg = as_picture(found, FR, by=ACTION, kind="svg").decode()
    drawn = ET.fromstring(svg)  # noqa: S314  # our own
    assert drawn.get("role") == "img"
    assert drawn.get("lang") == "fr"
    assert drawn.find(f"{_SVG}title").text == "Qui sera sollicité, et quand"
    assert "A-2026-001" in drawn.find(f"{_SVG}desc").text
    assert not re.search(r"dc:date|Matplotlib v", svg)


def test_a_picture_is_as_wide_and_as_high_as_a_page(found):
    svg = ET.fromstring(as_picture(found, FR, by=ACTION, kind="svg"))  # noqa: S314  # our own
    assert svg.get("viewBox") == "0 0 841.68 595.44"
    assert as_picture(found, FR, by=ACTION, kind="png").startswith(b"\x89PNG")


def test_a_picture_of_nothing_says_so(light_desk):
    svg = as_picture(forecast(light_desk.app, Asked()), FR, by=ACTION, kind="svg").decode()
    assert "Personne n'est sollicité d'ici là." in svg


def test_rows_hold_every_message_and_are_never_more_than_there_is_room_for(found):
    for by in (ACTION, PERSON):
        every, few = rows_of(found, by, FR, 1000), rows_of(found, by, FR, 3)
        assert sum(mark.count for row in every for mark in row.marks if not mark.standing.gone) == len(found.lines)
        assert sum(mark.count for row in few for mark in row.marks) == sum(mark.count for row in every for mark in row.marks)
        assert len(few) == 3
        assert few[-1].name.startswith(str(len(every) - 2))


def test_what_an_assumption_changes_is_among_the_rows_that_are_kept(found):
    assert "A-2026-001" in {row.code for row in rows_of(found, ACTION, FR, 2)}


def test_a_single_action_is_shown_by_persons(found):
    assert usual_rows(found) == ACTION
    assert usual_rows(replace(found, wanted=Wanted(action="A-2026-001"))) == PERSON


def test_every_line_says_what_who_and_why_in_words(found):
    for words in (FR, EN):
        for line in found.lines:
            assert line.message not in what(line, words)
            assert line.name in who(line, words)
            assert "{" not in why(line, words)
    reminder = next(line for line in found.lines if line.message == "opinion-reminder" and line.body == "cotech")
    assert why(reminder, FR).startswith("fin de l'examen\u00a0: 2 novembre 2026")


def test_messages_have_words_of_their_own_but_for_those_of_acts_that_nobody_foresees():
    known = FR.labels("forecast")
    told = {message for message, kind in KIND_OF.items() if kind in ("asked", "reminders", "meetings")} - {*NOT_OF_THE_WORK}
    assert told - known.keys() == {"proxy-held", "blocker-raised"}
