"""A convened meeting that changes: by which rules, and who is told of it, in their calendars too."""

import re
from contextlib import contextmanager
from datetime import timedelta
from email.message import EmailMessage
from email.parser import BytesParser
from email.policy import default
from itertools import pairwise

import pytest
import vobject
from builders import CONVENTION, body_of, changed_charter
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from icalendar import Calendar
from secretariat import Secretariat
from servers import Script, recording_chat, scripted_server

from models.meetings.commands import CancelMeeting, ChangeMeeting, ConveneMeeting, OpenMeeting
from models.tables import Delivery, Person, Seat, table
from models.telling.bounces import Weight
from notifications.message import Recipient
from services.audit import verify
from services.charter_store import charter_in_force
from services.losses import delivery_with_channel, note_bounce
from services.meetings.reading import show_meeting
from services.meetings.telling import Reading, told_of_meeting
from services.stages import run_deliveries
from services.work import open_work

DELIVERY, PERSON, SEAT = table(Delivery), table(Person), table(Seat)


@pytest.fixture
def office(light_desk):
    light_desk.to_steering()
    return Secretariat(light_desk)


def settle(office, state, **which):
    """What became of the messages about meetings that were still to leave."""
    with office.desk.app.db.write() as connection:
        waiting = DELIVERY.c.unique_key.startswith("meeting:") & (DELIVERY.c.state == "ready")
        connection.execute(
            DELIVERY.update().where(waiting, *(DELIVERY.c[name] == value for name, value in which.items())).values(state=state)
        )


def deliver(office):
    run_deliveries(office.desk.app, holder="test", gate=lambda: None)


def written(office, message):
    return [row for row in office.desk.rows(Delivery, message=message) if row.state != "cancelled"]


def holder(office, seat):
    return office.desk.rows(Seat, code=seat)[0].person_id


def seated(office, seat, **days):
    with office.desk.app.db.write() as connection:
        connection.execute(SEAT.update().where(SEAT.c.code == seat).values(**days))


def under(office, **rules):
    desk = office.desk
    desk.under(changed_charter(desk.app.settings.home / "rules.yaml", lambda it: body_of(it, "copil")["rules"].update(rules)))


def parsed(content):
    return BytesParser(EmailMessage, policy=default).parsebytes(content)


def calendars(mail):
    return [part.get_content() for part in mail.walk() if part.get_content_type() == "text/calendar"]


def event_in(mail):
    [content] = calendars(mail)
    calendar = Calendar.from_ical(content)
    [event] = calendar.walk("VEVENT")
    assert vobject.readOne(content).vevent.uid.value == str(event["UID"])
    return str(calendar["METHOD"]), event


# --- by which rules -------------------------------------------------------------------------------------------------------------------
def test_hour_place_and_link_change_without_a_notice_and_the_agenda_never(office):
    number = office.convened()
    before = office.meeting(number)
    assert office.refusal(ChangeMeeting, meeting=number, items=("Divers",), starts_at="9h") == ["agenda_convened"]
    assert office.refusal(ChangeMeeting, meeting=number, actions=(), starts_at="9h") == ["agenda_convened"]
    assert office.refusal(ChangeMeeting, meeting=number, starts_at="9h", urgency="Vite") == ["urgency_without_day"]
    assert office.refusal(ChangeMeeting, meeting=number, starts_at="14:30", place="Hôtel de ville") == ["meeting_unchanged"]
    done = office.ask(ChangeMeeting, meeting=number, starts_at="9h", link="https://visio.example/a")
    shown = show_meeting(office.desk.app, number)
    assert (done.state, shown["starts_at"], shown["place"], shown["link"]) == (
        "convened",
        "09:00",
        "Hôtel de ville",
        "https://visio.example/a",
    )
    assert (office.meeting(number).notice, office.meeting(number).convened_on) == (before.notice, before.convened_on)
    office.ask(ChangeMeeting, meeting=number, whole=True, actions=(), place="Salle 3")
    shown = show_meeting(office.desk.app, number)
    assert (shown["place"], shown["link"], len(shown["agenda"])) == ("Salle 3", None, 1)
    assert office.refusal(ChangeMeeting, meeting=number, whole=True, actions=()) == ["meeting_nowhere"]


@pytest.mark.parametrize(
    ("days", "urgency", "refused"),
    [
        (8, None, []),
        (5, None, ["notice_too_short_or_urgent"]),
        (5, "Budget", []),
        (1, "Budget", ["notice_too_short"]),
        (12, "Budget", ["urgency_not_needed"]),
        (-1, None, ["meeting_past"]),
    ],
)
def test_another_day_keeps_the_notice_of_a_convocation_or_gives_a_reason(office, days, urgency, refused):
    under(office, notice_days=6, urgent_notice_days=1)
    number = office.convened()
    day = office.desk.today + timedelta(days=days)
    asked = {"meeting": number, "held_on": day, "urgency": urgency}
    if refused:
        assert office.refusal(ChangeMeeting, **asked) == refused
        assert written(office, "meeting-changed") == []
    else:
        office.ask(ChangeMeeting, **asked)
        row = office.meeting(number)
        assert (row.held_on, row.notice["days"], row.notice.get("urgent", False)) == (day, days - 1, urgency is not None)
        assert show_meeting(office.desk.app, number)["urgency"] == urgency


def test_the_urgency_that_is_told_is_that_of_the_present_day(office):
    under(office, notice_days=6, urgent_notice_days=1)
    number = office.plan(5)
    office.ask(ConveneMeeting, meeting=number, urgency="La première")
    for days, urgency in ((4, "La seconde"), (9, None), (3, "La troisième")):
        office.ask(ChangeMeeting, meeting=number, held_on=office.desk.today + timedelta(days=days), urgency=urgency)
        assert show_meeting(office.desk.app, number)["urgency"] == urgency
    assert verify(office.desk.app).findings == ()


def test_a_planned_meeting_has_no_urgency_and_an_open_one_no_longer_changes(office):
    number = office.plan()
    assert office.refusal(ChangeMeeting, meeting=number, starts_at="9h", urgency="Vite") == ["urgency_without_day"]
    held = office.held()
    assert office.refusal(ChangeMeeting, meeting=held, starts_at="9h") == ["meeting_state_forbids"]


def test_a_second_convocation_stays_after_the_meeting_whose_quorum_was_missed(office):
    under(office, second_convocation="without_quorum")
    first = office.held(present=("COPIL-01",))
    second = office.plan(second_of=first, days=1)
    same_day = {"meeting": second, "held_on": office.desk.today}
    assert office.refusal(ChangeMeeting, **same_day) == ["second_too_soon"]
    office.ask(ConveneMeeting, meeting=second)
    assert office.refusal(ChangeMeeting, **same_day) == ["second_too_soon"]


def test_nobody_is_convened_to_a_day_on_which_no_seat_votes(office):
    number = office.convened()
    for seat in office.seats():
        seated(office, seat, ends_on=office.desk.today + timedelta(days=20))
    assert office.refusal(ChangeMeeting, meeting=number, held_on=office.desk.today + timedelta(days=30)) == ["body_unseated"]


# --- who is told ----------------------------------------------------------------------------------------------------------------------
def test_whoever_got_the_convocation_is_told_once_and_whoever_waits_for_it_needs_nothing_else(office):
    number = office.convened()
    late, dead = holder(office, "COPIL-03"), holder(office, "COPIL-04")
    settle(office, "held", person_id=late)
    settle(office, "dead", person_id=dead)
    settle(office, "sent")
    office.ask(ChangeMeeting, meeting=number, starts_at="9h")
    told = written(office, "meeting-changed")
    assert (len(told), late in {row.person_id for row in told}, dead in {row.person_id for row in told}) == (8, False, True)
    office.ask(ChangeMeeting, meeting=number, starts_at="10h")
    assert len(written(office, "meeting-changed")) == 8
    settle(office, "sent")
    office.ask(ChangeMeeting, meeting=number, starts_at="11h")
    assert len(written(office, "meeting-changed")) == 16
    settle(office, "sent")
    office.ask(CancelMeeting, meeting=number, reason="Salle indisponible")
    assert late not in {row.person_id for row in written(office, "meeting-cancelled")}


def test_whoever_was_convened_by_the_other_way_is_told_of_the_change_and_not_let_go(office, monkeypatch):
    number = office.convened()
    member = holder(office, "COPIL-03")
    settle(office, "sent")
    with office.desk.app.db.write() as connection:
        connection.execute(PERSON.update().where(PERSON.c.id == member).values(channel="env:OWN_ROOM"))
        [row] = office.desk.rows(Delivery, message="convocation", person_id=member)
        note_bounce(open_work(office.desk.app, connection, CONVENTION), delivery_with_channel(connection, row.id), Weight.NONE, None)
        connection.execute(DELIVERY.update().where(DELIVERY.c.id == row.id).values(state="dead"))
    with recording_chat() as chat:
        monkeypatch.setenv("OWN_ROOM", f"json://127.0.0.1:{chat.port}/own")
        deliver(office)
        office.ask(ChangeMeeting, meeting=number, starts_at="9h")
        assert (len(chat.heard), written(office, "convocation-withdrawn")) == (1, [])
        assert [(row.channel, row.state) for row in written(office, "meeting-changed") if row.person_id == member] == [("mail", "ready")]
        with office.desk.app.db.write() as connection:
            let_go = {"message": "convocation-withdrawn", "channel": "env:OWN_ROOM", "state": "ready", "attempts": 0}
            connection.execute(DELIVERY.update().where(DELIVERY.c.person_id == member, DELIVERY.c.state == "sent").values(**let_go))
            connection.execute(SEAT.update().where(SEAT.c.code == "COPIL-03").values(ends_on=office.desk.today))
        deliver(office)
        assert (len(chat.heard), number in chat.heard[-1][1]["title"]) == (2, True)


def test_the_room_of_the_body_hears_of_the_change_too(office):
    desk = office.desk
    desk.under(changed_charter(desk.app.settings.home / "room.yaml", lambda it: body_of(it, "copil").update(channel="env:COPIL_ROOM")))
    number = office.convened()
    settle(office, "sent")
    office.ask(ChangeMeeting, meeting=number, starts_at="9h")
    rooms = [(row.message, row.because) for row in desk.rows(Delivery, channel="env:COPIL_ROOM") if row.details.get("meeting")]
    assert sorted(rooms) == [("convocation", "body_channel"), ("meeting-changed", "body_channel")]


def test_another_day_convenes_who_sits_then_and_lets_go_who_does_not(office, sink):
    office.desk.through(sink.url)
    day = office.desk.today + timedelta(days=10)
    seated(office, "COPIL-06", starts_on=day + timedelta(days=1))
    number = office.convened()
    deliver(office)
    seated(office, "COPIL-07", ends_on=day)
    office.ask(ChangeMeeting, meeting=number, held_on=day + timedelta(days=5))
    deliver(office)
    of = {
        message: {row.person_id for row in written(office, message)}
        for message in ("convocation", "meeting-changed", "convocation-withdrawn")
    }
    came, left = holder(office, "COPIL-06"), holder(office, "COPIL-07")
    assert (came in of["convocation"], came in of["meeting-changed"], of["convocation-withdrawn"]) == (True, False, {left})
    assert (left in of["meeting-changed"], len(of["meeting-changed"])) == (False, 7)
    [mail] = [mail for mail in sink.mails() if re.search("Convocation (retirée|withdrawn)", str(mail["Subject"]))]
    method, event = event_in(mail)
    assert (method, "STATUS" in event, int(event["SEQUENCE"])) == ("CANCEL", False, 3)
    assert "Hôtel de ville" not in f"{mail.get_body(('plain',)).get_content()}{event['LOCATION']}"
    office.ask(ChangeMeeting, meeting=number, held_on=day)
    assert holder(office, "COPIL-06") in {row.person_id for row in written(office, "convocation-withdrawn")}
    assert len([row for row in written(office, "meeting-changed") if row.person_id == left]) == 1
    deliver(office)
    office.ask(CancelMeeting, meeting=number, reason="Salle indisponible")
    assert {row.person_id for row in written(office, "meeting-cancelled")} == {*of["meeting-changed"], left}
    assert verify(office.desk.app).findings == ()


def test_whoever_lost_the_seat_before_the_convocation_left_hears_nothing(office, sink):
    office.desk.through(sink.url)
    number = office.convened()
    seated(office, "COPIL-07", ends_on=office.desk.today)
    office.ask(ChangeMeeting, meeting=number, starts_at="9h")
    deliver(office)
    gone = [row.state for row in office.desk.rows(Delivery, person_id=holder(office, "COPIL-07")) if row.details.get("meeting")]
    assert (gone, written(office, "convocation-withdrawn"), len(written(office, "convocation"))) == (["cancelled"], [], 8)


def test_the_log_and_the_rows_agree_after_every_change(desk):
    desk.to_steering()
    office = Secretariat(desk)
    number = office.convened(items=("Calendrier",))
    settle(office, "sent")
    office.ask(ChangeMeeting, meeting=number, starts_at="9h")
    office.ask(ChangeMeeting, meeting=number, held_on=desk.today + timedelta(days=12), link="https://visio.example/a")
    assert len(written(office, "meeting-changed")) == 9
    desk.watch.go_to(office.meeting(number).held_on)
    office.ask(OpenMeeting, meeting=number, present=office.seats())
    found = verify(desk.app)
    assert (found.findings, office.meeting(number).notice) == ((), {"days": 11, "needed": 0})


# --- in calendars ---------------------------------------------------------------------------------------------------------------------
@contextmanager
def strict_server():
    """A mail server that refuses lines of more than 998 bytes and letters that are not plain."""
    script = Script()
    with scripted_server(script, decode_data=False, enable_SMTPUTF8=False) as port:
        yield script, f"smtp://127.0.0.1:{port}"


def test_convocation_change_and_end_reach_calendars_as_one_meeting_through_a_strict_server(office):
    titles = ("Calendrier ; « été », \\n:" + " 😀é" * 60,) * 3
    with strict_server() as (script, url):
        office.desk.through(url)
        number = office.convened(items=titles, link="https://visio.example/copil")
        deliver(office)
        office.ask(ChangeMeeting, meeting=number, starts_at="9h")
        deliver(office)
        office.ask(CancelMeeting, meeting=number, reason="Salle indisponible")
        deliver(office)
    assert {row.state for row in office.desk.rows(Delivery) if row.details.get("meeting")} == {"sent"}
    assert max(len(line) for content in script.contents for line in content.split(b"\r\n")) <= 998
    mails = [parsed(content) for content in script.contents if f"[{number}]" in str(parsed(content)["Subject"])]
    mine = [event_in(mail) for mail in mails if str(mail["To"]) == str(mails[0]["To"])]
    assert [(method, int(event["SEQUENCE"]), str(event["STATUS"])) for method, event in mine] == [
        ("REQUEST", 2, "CONFIRMED"),
        ("REQUEST", 3, "CONFIRMED"),
        ("CANCEL", 4, "CANCELLED"),
    ]
    assert len({str(event["UID"]) for _, event in mine}) == 1
    assert [f"{event['DTSTART'].dt:%H:%M %Z}" for _, event in mine] == ["14:30 CEST", "09:00 CEST", "09:00 CEST"]
    assert (titles[0].strip() in str(mine[0][1]["DESCRIPTION"]), str(mine[0][1]["ORGANIZER"])) == (
        True,
        "mailto:secretariat.pilotage@ville.example",
    )
    asked = {str(event["ATTENDEE"].params["ROLE"]) for mail in mails for _, event in [event_in(mail)]}
    assert asked == {"REQ-PARTICIPANT", "OPT-PARTICIPANT"}


@settings(max_examples=5, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(hours=st.lists(st.integers(8, 18), min_size=1, max_size=4), called_off=st.booleans())
def test_whatever_becomes_of_a_meeting_calendars_see_one_that_only_grows_newer(hours, called_off, office):
    seen = []
    number = office.plan()
    office.ask(ChangeMeeting, meeting=number, starts_at="07:00")
    office.ask(ConveneMeeting, meeting=number)
    seen.append(entry_of(office, number, "convocation"))
    settle(office, "sent")
    for hour in hours:
        if office.meeting(number).starts_at != f"{hour:02}:00":
            office.ask(ChangeMeeting, meeting=number, starts_at=f"{hour}h")
            seen.append(entry_of(office, number, "meeting-changed"))
            settle(office, "sent")
    if called_off:
        office.ask(CancelMeeting, meeting=number, reason="Salle indisponible")
        seen.append(entry_of(office, number, "meeting-cancelled"))
    uids, sequences = {str(event["UID"]) for event in seen}, [int(event["SEQUENCE"]) for event in seen]
    assert uids == {f"rehearsal.{number.lower()}.vda-lille@{office.desk.charter().sender.address.partition('@')[2]}"}
    assert all(one < other for one, other in pairwise(sequences))


def entry_of(office, number, message):
    """What the calendar of one member is told by the newest message of this kind."""
    member, app = holder(office, "COPIL-03"), office.desk.app
    rows = [
        row for row in office.desk.rows(Delivery, message=message, person_id=member) if row.details["meeting"] == office.meeting(number).id
    ]
    newest = max(rows, key=lambda row: row.details["version"])
    reader, now = Recipient("É", "e@u.example", "fr"), app.clock.now()
    with app.db.read() as connection:
        reading = Reading("fr", now, rehearsal=True, portal="https://p.example", privacy="")
        told = told_of_meeting(connection, charter_in_force(connection, CONVENTION), newest._mapping, reading)
    [event] = Calendar.from_ical(told.invitation(message, reader, now).content).walk("VEVENT")
    return event
