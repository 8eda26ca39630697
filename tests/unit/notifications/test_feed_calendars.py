"""Calendars to subscribe to, read back by two programs that know nothing of each other."""

import io
import re
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
import vobject
from dateutil.tz import tzical
from hypothesis import given
from hypothesis import strategies as st
from icalendar import Calendar

from notifications.feed import READ_AGAIN, Cover, Entry, Standing, publish
from notifications.ical import LASTS
from notifications.text import legible, one_line

PARIS = ZoneInfo("Europe/Paris")
NOW = datetime(2026, 10, 5, 7, 0, 12, 345, tzinfo=UTC)
COVER = Cover("VDA-Lille : mon calendrier, à jour", "fr", "Europe/Paris", (2025, 2030))
MEETING = Entry(
    uid="copil-s-2026-001.vda-lille@passerelle.example",
    sequence=3,
    changed_at=NOW,
    starts=datetime(2026, 10, 15, 14, 30, tzinfo=PARIS),
    summary="Comité de pilotage, séance COPIL-S-2026-001",
    description="Ordre du jour :\n1. A-2026-001, Été à vélo; bus, tram\\métro",
    page="https://portail.example/seances/COPIL-S-2026-001",
    place="Hôtel de ville, salle du conseil ; 2e étage",
    join="https://visio.example/copil;a,b?c=d",
)
DEADLINE = Entry(
    uid="milestone.1.a-2026-001.vda-lille@passerelle.example",
    sequence=9,
    changed_at=NOW,
    starts=date(2028, 2, 29),
    summary="Échéance d'un jalon : A-2026-001, Été à vélo",
    description="Calcul : date inscrite dans la fiche",
    page="https://portail.example/actions/A-2026-001",
)
NASTY = st.text(st.sampled_from('aé€😀👩‍🚀\u2028\u0085 "\\,;:^\r\n\t\x00\x1b\u202e=%nN'), max_size=150).map("BEGIN:VEVENT\r\nUID:x".__add__)


def read(content):
    """The events by their uid, as each of the two readers has them."""
    one, other = Calendar.from_ical(content), vobject.readOne(content.decode())
    events = {str(event["UID"]): event for event in one.walk("VEVENT")}
    others = {event.uid.value: event for event in getattr(other, "vevent_list", [])}
    assert events.keys() == others.keys()
    return events, others


def name_of(whole, prop):
    """A text of the calendar itself: one of the readers leaves it as it is written."""
    return re.sub(r"\\(.)", r"\1", str(whole[prop]))


def test_two_calendars_read_the_same_meeting():
    events, others = read(publish(COVER, [MEETING]))
    event, other = events[MEETING.uid], others[MEETING.uid]
    assert (int(event["SEQUENCE"]), str(event["STATUS"]), str(event["TRANSP"])) == (3, "CONFIRMED", "OPAQUE")
    assert event["DTSTART"].dt == other.dtstart.value == MEETING.starts
    assert event["DTEND"].dt == other.dtend.value == MEETING.starts + LASTS
    assert event["DTSTAMP"].dt == other.dtstamp.value == event["LAST-MODIFIED"].dt == NOW.replace(microsecond=0)
    for name in ("summary", "description"):
        assert str(event[name]) == getattr(other, name).value == getattr(MEETING, name)
    assert str(event["LOCATION"]) == other.location.value == MEETING.place
    assert (str(event["URL"]), str(event["CONFERENCE"])) == (MEETING.page, MEETING.join)
    assert ("ORGANIZER" in event, "ATTENDEE" in event) == (False, False)


def test_two_calendars_read_a_deadline_as_a_whole_day_that_takes_nobodys_time():
    events, others = read(publish(COVER, [DEADLINE]))
    event, other = events[DEADLINE.uid], others[DEADLINE.uid]
    assert event["DTSTART"].dt == other.dtstart.value == date(2028, 2, 29)
    assert event["DTEND"].dt == other.dtend.value == date(2028, 3, 1)
    assert (str(event["TRANSP"]), other.transp.value) == ("TRANSPARENT", "TRANSPARENT")


@pytest.mark.parametrize(("standing", "transparent"), [(Standing.PLANNED, "OPAQUE"), (Standing.OFF, "TRANSPARENT")])
def test_a_meeting_that_is_not_sure_or_is_off_says_so(standing, transparent):
    events, others = read(publish(COVER, [replace(MEETING, standing=standing)]))
    assert (str(events[MEETING.uid]["STATUS"]), str(events[MEETING.uid]["TRANSP"])) == (standing.value, transparent)
    assert others[MEETING.uid].status.value == standing.value


def test_a_calendar_says_what_it_is_called_and_when_to_read_it_again_and_asks_for_nothing():
    whole = Calendar.from_ical(publish(COVER, [MEETING]))
    assert name_of(whole, "X-WR-CALNAME") == name_of(whole, "NAME") == COVER.name
    assert (whole["REFRESH-INTERVAL"].dt, whole["REFRESH-INTERVAL"].params["VALUE"]) == (READ_AGAIN, "DURATION")
    assert str(whole["X-PUBLISHED-TTL"]) == "PT4H"
    assert "METHOD" not in whole


def test_an_empty_calendar_is_one_that_two_programs_read():
    content = publish(COVER, [])
    assert read(content) == ({}, {})
    assert [component.name for component in Calendar.from_ical(content).subcomponents] == ["VTIMEZONE"]


def test_the_same_entries_make_the_same_bytes_in_whichever_order_they_come():
    assert publish(COVER, [MEETING, DEADLINE]) == publish(COVER, [DEADLINE, MEETING])


@pytest.mark.parametrize("zone", ["Europe/Paris", "Africa/Casablanca", "America/Martinique", "Asia/Tehran"])
def test_the_zone_is_good_for_every_meeting_of_the_convention(zone):
    cover = replace(COVER, zone=zone)
    content = publish(cover, [replace(MEETING, starts=MEETING.starts.astimezone(ZoneInfo(zone)))]).decode()
    told = tzical(io.StringIO(content[content.index("BEGIN:VTIMEZONE") : content.index("END:VTIMEZONE")] + "END:VTIMEZONE\r\n")).get(zone)
    for day in range(0, 5 * 365, 9):
        moment = datetime(2025, 1, 1, 12, tzinfo=ZoneInfo(zone)) + timedelta(days=day)
        assert moment.replace(tzinfo=told).utcoffset() == moment.utcoffset(), moment


@pytest.mark.parametrize("entry", [replace(MEETING, starts=datetime(2026, 10, 15, 14)), replace(DEADLINE, changed_at=datetime(2026, 1, 1))])  # noqa: DTZ001  # what is refused
def test_a_moment_without_its_zone_is_refused(entry):
    with pytest.raises(ValueError, match="zone"):
        publish(COVER, [entry])


@given(words=st.tuples(NASTY, NASTY, NASTY, NASTY))
def test_whatever_people_write_stays_where_it_was_written(words):
    summary, description, place, name = words
    written = [replace(each, summary=summary, description=description, place=place) for each in (MEETING, DEADLINE)]
    content = publish(replace(COVER, name=name), written)
    events, others = read(content)
    assert events.keys() == {MEETING.uid, DEADLINE.uid}
    for uid, event in events.items():
        assert str(event["SUMMARY"]) == others[uid].summary.value == one_line(summary)
        assert str(event["DESCRIPTION"]) == others[uid].description.value == legible(description)
        assert str(event["LOCATION"]) == one_line(place)
    assert name_of(Calendar.from_ical(content), "X-WR-CALNAME") == one_line(name)


@given(text=NASTY)
def test_lines_are_short_end_as_the_wire_wants_and_break_no_letter(text):
    content = publish(COVER, [replace(DEADLINE, summary=text * 3, description=text * 3)])
    lines = content.split(b"\r\n")
    assert (max(map(len, lines)) <= 75, lines[-1], b"\n" in content.replace(b"\r\n", b"")) == (True, b"", False)
    assert [line.decode() for line in lines] == content.decode().split("\r\n")
