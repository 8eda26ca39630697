"""Invitations, read back by two calendars that know nothing of each other; their zones, by a third."""

import io
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
import vobject
from dateutil.tz import tzical
from hypothesis import given
from hypothesis import strategies as st
from icalendar import Calendar

from notifications.dates import LANGUAGES
from notifications.ical import LASTS, Call, Entry, invite
from notifications.invitations import in_words
from notifications.message import Recipient, Sender
from notifications.samples import complete, sample
from notifications.text import legible, one_line
from notifications.vtimezone import timezone_around

PARIS = ZoneInfo("Europe/Paris")
NOW = datetime(2026, 10, 5, 7, 0, tzinfo=UTC)
ENTRY = Entry(
    uid="copil-s-2026-001.vda-lille@passerelle.example",
    sequence=3,
    starts=datetime(2026, 10, 15, 14, 30, tzinfo=PARIS),
    summary="Comité de pilotage, séance COPIL-S-2026-001",
    description="Ordre du jour :\n1. A-2026-001, Été à vélo; bus, tram\\métro",
    place="Hôtel de ville, salle du conseil ; 2e étage",
    join="https://visio.example/copil;a,b?c=d",
    organizer=Sender("Secrétariat du comité : pilotage", "secretariat@ville.example"),
    attendee=Recipient('Éloïse "Lou" Exemple, élue', "eloise.o'neil+copil@universite.example", "fr"),
    needed=True,
)


def read(invitation):
    """The event and the method, as each of the two readers has them."""
    one, other = Calendar.from_ical(invitation.content), vobject.readOne(invitation.content.decode())
    assert str(one["METHOD"]) == other.method.value == invitation.method
    [event] = one.walk("VEVENT")
    assert len(other.vevent_list) == 1
    return event, other.vevent


def test_two_calendars_read_the_same_meeting():
    event, other = read(invite(ENTRY, Call.HOLD, NOW))
    assert (str(event["UID"]), int(event["SEQUENCE"])) == (other.uid.value, int(other.sequence.value)) == (ENTRY.uid, 3)
    assert event["DTSTART"].dt == other.dtstart.value == ENTRY.starts
    assert event["DTEND"].dt == other.dtend.value == ENTRY.starts + LASTS
    assert event["DTSTAMP"].dt == other.dtstamp.value == NOW
    for name in ("summary", "description"):
        assert str(event[name]) == getattr(other, name).value == getattr(ENTRY, name)
    assert str(event["LOCATION"]) == other.location.value == ENTRY.place
    assert str(event["URL"]) == other.url.value == str(event["CONFERENCE"]) == ENTRY.join
    assert (str(event["ORGANIZER"]), event["ORGANIZER"].params["CN"]) == ("mailto:secretariat@ville.example", ENTRY.organizer.name)
    assert (str(event["ATTENDEE"]), event["ATTENDEE"].params["CN"]) == ("mailto:" + ENTRY.attendee.address, ENTRY.attendee.name)
    asked = {name: other.attendee.params[name] for name in ("ROLE", "PARTSTAT", "RSVP")}
    assert asked == {"ROLE": ["REQ-PARTICIPANT"], "PARTSTAT": ["NEEDS-ACTION"], "RSVP": ["TRUE"]}
    assert str(event["STATUS"]) == other.status.value == "CONFIRMED"


def test_a_meeting_that_is_off_is_cancelled_and_one_that_goes_on_without_the_reader_only_dropped():
    off, other = read(invite(replace(ENTRY, sequence=4), Call.OFF, NOW))
    assert (str(off["UID"]), int(off["SEQUENCE"]), other.status.value, "RSVP" in other.attendee.params) == (
        ENTRY.uid,
        4,
        "CANCELLED",
        False,
    )
    left, other = read(invite(ENTRY, Call.LEAVE, NOW))
    assert ("STATUS" in left, hasattr(other, "status"), str(left["ATTENDEE"])) == (False, False, "mailto:" + ENTRY.attendee.address)
    assert [invite(ENTRY, call, NOW).method for call in Call] == ["REQUEST", "CANCEL", "CANCEL"]


def test_observers_are_welcome_a_meeting_from_afar_is_at_its_link_and_what_is_no_address_is_no_link():
    event, _ = read(invite(replace(ENTRY, needed=False, place=None), Call.HOLD, NOW))
    assert (event["ATTENDEE"].params["ROLE"], str(event["LOCATION"])) == ("OPT-PARTICIPANT", ENTRY.join)
    event, _ = read(invite(replace(ENTRY, join="Salle virtuelle 2, code javascript:1"), Call.HOLD, NOW))
    assert ("URL" in event, "CONFERENCE" in event) == (False, False)


def in_quotes(name):
    """A name as a parameter holds it (RFC 6868): one of the readers leaves that as it is, the other also takes backslashes for what they are not."""
    return one_line(name).replace("^", "^^").replace('"', "^'")


# --- whatever people write ------------------------------------------------------------------------------------------------------------
NASTY = st.text(st.sampled_from('aé€😀\u2028\u0085 "\\,;:^\r\n\t\x00\x1b\u202e=%nN'), max_size=120).map(
    "BEGIN:VEVENT\r\nATTENDEE:x".__add__
)


@given(words=st.tuples(NASTY, NASTY, NASTY, NASTY, NASTY))
def test_whatever_people_write_stays_where_it_was_written(words):
    summary, description, place, office, name = words
    told = {"summary": summary, "description": description, "place": place, "organizer": Sender(office, "a@b.example")}
    invitation = invite(replace(ENTRY, **told, attendee=Recipient(name, "c@d.example", "fr")), Call.HOLD, NOW)
    event, other = read(invitation)
    assert str(event["SUMMARY"]) == other.summary.value == one_line(summary)
    assert str(event["DESCRIPTION"]) == other.description.value == legible(description)
    assert str(event["LOCATION"]) == one_line(place)
    assert (str(event["ATTENDEE"]), str(event["ORGANIZER"])) == ("mailto:c@d.example", "mailto:a@b.example")
    assert (other.attendee.params["CN"], other.organizer.params["CN"]) == ([in_quotes(name)], [in_quotes(office)])


@given(text=NASTY)
def test_lines_are_short_end_as_the_wire_wants_and_break_no_letter(text):
    content = invite(replace(ENTRY, summary=text * 3, description=text * 3), Call.HOLD, NOW).content
    lines = content.split(b"\r\n")
    assert (max(map(len, lines)) <= 75, lines[-1], b"\n" in content.replace(b"\r\n", b"")) == (True, b"", False)
    assert [line.decode() for line in lines] == content.decode().split("\r\n")


def test_odd_letters_of_an_address_are_told_as_an_address_has_them():
    event, _ = read(invite(replace(ENTRY, attendee=Recipient("É", "a%b#c?d@e.example", "fr")), Call.HOLD, NOW))
    assert str(event["ATTENDEE"]) == "mailto:a%25b%23c%3Fd@e.example"


def test_a_moment_without_its_zone_is_refused():
    for entry, now in ((ENTRY, NOW.replace(tzinfo=None)), (replace(ENTRY, starts=NOW), NOW)):
        with pytest.raises(ValueError, match=r"^calendar: "):
            invite(entry, Call.HOLD, now)


# --- clocks that change ---------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("day", "hour", "shown"),
    [
        ((2026, 3, 29), (1, 30), "01:30"),
        ((2026, 3, 29), (2, 30), "03:30"),
        ((2026, 3, 29), (14, 0), "14:00"),
        ((2026, 10, 25), (0, 30), "00:30"),
        ((2026, 10, 25), (1, 30), "01:30"),
        ((2026, 10, 25), (2, 30), "02:30"),
        ((2026, 10, 25), (14, 0), "14:00"),
    ],
)
def test_on_days_when_clocks_change_a_meeting_still_takes_as_long(day, hour, shown):
    event, other = read(invite(replace(ENTRY, starts=datetime(*day, *hour, tzinfo=PARIS)), Call.HOLD, NOW))
    for begins, ends in ((event["DTSTART"].dt, event["DTEND"].dt), (other.dtstart.value, other.dtend.value)):
        assert (f"{begins.astimezone(PARIS):%H:%M}", ends.astimezone(UTC) - begins.astimezone(UTC)) == (shown, LASTS)


ZONES = (
    "Europe/Paris",
    "America/Cayenne",
    "America/Miquelon",
    "Indian/Reunion",
    "Africa/Casablanca",
    "Australia/Lord_Howe",
    "Asia/Kolkata",
)


@given(zone=st.sampled_from(ZONES), minutes=st.integers(0, 2 * 365 * 24 * 60))
def test_the_clocks_of_a_zone_are_those_that_its_people_see(zone, minutes):
    local = (datetime(2026, 1, 1, 12, tzinfo=UTC) + timedelta(minutes=minutes)).astimezone(ZoneInfo(zone))
    whole = Calendar()
    whole.add_component(timezone_around(zone, local.year))
    by_the_wall = local.replace(fold=0)
    assert by_the_wall.replace(tzinfo=tzical(io.StringIO(whole.to_ical().decode())).get()).utcoffset() == by_the_wall.utcoffset()


def test_a_zone_whose_clocks_change_by_rule_takes_no_more_lines_than_its_rules():
    content = timezone_around("Europe/Paris", 2026).to_ical()
    assert (content.count(b"RRULE:FREQ=YEARLY;BYDAY=-1SU"), content.count(b"\r\n")) == (2, 17)


# --- words ----------------------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("language", LANGUAGES)
def test_an_entry_says_in_the_readers_language_what_it_is_about_and_that_it_is_a_rehearsal(language):
    facts = sample("convocation", language)
    title, description = in_words(facts, language, "https://passerelle.example/seances/COTECH-S-2026-002")
    named = {
        "fr": "[Répétition] Comité technique, séance COTECH-S-2026-002",
        "en": "[Rehearsal] Technical committee, meeting COTECH-S-2026-002",
    }
    assert title == named[language]
    assert in_words({**facts, "rehearsal": False}, language, "")[0] == named[language].partition("] ")[2]
    lines = description.split("\n")
    assert lines[1:3] == complete(language)["meeting"]["agenda"]
    assert ("https://visio.example/cotech" in lines[3], lines[4].endswith("/seances/COTECH-S-2026-002")) == (True, True)


def test_what_is_about_no_meeting_has_no_entry():
    with pytest.raises(LookupError):
        in_words(sample("action-closed", "fr"), "fr", "")
