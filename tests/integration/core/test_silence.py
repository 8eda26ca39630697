"""An action without news: flagged wherever it is listed, and put on the next agenda of the committee that follows it, once."""

from datetime import date, timedelta

import pytest
from builders import CLERK, CONVENTION, TODAY, propose_form, provision
from secretariat import Secretariat

from models.commands import Actor, Via
from models.errors import Refused
from models.meetings.commands import CancelMeeting, ChangeMeeting, CloseMeeting, ConveneMeeting, UpdateAgenda
from models.tables import AgendaItem, Delivery, MeetingEvent, Person, Seat
from services.audit import verify
from services.desk import desk as desk_of
from services.forms import RegisterForm, ResumeForm, SuspendForm
from services.meetings.door import execute
from services.meetings.keeping import keep_agendas
from services.meetings.reading import show_meeting
from services.operations import by_night
from services.queries import list_actions, show_action
from services.stages import run_deliveries
from services.visitors import Visitor, seats_of

SILENT_ON = date(2027, 6, 2)


@pytest.fixture
def office(desk):
    """The technical committee's secretary, with an action to examine, so that a meeting has an agenda of its own."""
    return Secretariat(desk, "cotech", CLERK)


def examined(desk):
    return desk.to_technical(provision(title="À examiner"))


def fall_silent(desk):
    desk.watch.go_to(SILENT_ON)
    desk.settle()


def agenda(office, number):
    return [item["action"] for item in show_meeting(office.desk.app, number)["agenda"]]


def in_the_portal(desk, seat):
    """Whoever holds a seat, signed in."""
    person_id = desk.rows(Seat, code=seat)[0].person_id
    [person] = desk.rows(Person, id=person_id)
    with desk.app.db.read() as connection:
        return Visitor(
            person.id,
            person.code,
            person.name,
            person.language,
            CONVENTION,
            tuple(seats_of(connection, person.id, desk.today)),
            b"",
            CONVENTION,
            ("fr",),
            (),
        )


def test_it_is_flagged_with_its_days_until_the_next_report(desk):
    number = desk.to_work()
    assert list_actions(desk.app)[0]["silent_days"] is None
    fall_silent(desk)
    desk.watch.advance(days=3)
    found = show_action(desk.app, number)
    assert (found["silent_since"], found["silent_days"], list_actions(desk.app)[0]["silent_days"]) == (date(2026, 10, 5), 243, 243)
    desk.report(number)
    assert show_action(desk.app, number)["silent_days"] is None


def test_it_runs_from_the_newest_news_in_whatever_order_they_were_recorded(desk):
    number = desk.to_work()
    desk.watch.go_to(date(2026, 12, 7))
    desk.report(number)
    desk.report(number, occurred_on=date(2026, 11, 2), late_reason="Oublié")
    desk.watch.go_to(date(2027, 8, 31))
    desk.settle()
    found = show_action(desk.app, number)
    assert (found["silent_since"], list_actions(desk.app)[0]["silent_days"]) == (date(2026, 12, 7), found["silent_days"])


def test_of_an_action_registered_under_way_it_runs_from_the_day_of_its_registration(desk):
    number = desk.ask(propose_form(provision(2), form=RegisterForm, reference="Délibération 12", reason="En cours")).number
    fall_silent(desk)
    assert show_action(desk.app, number)["silent_since"] == TODAY


def test_a_suspension_ends_the_flag_and_a_resumption_counts_as_news(desk):
    number = desk.to_work()
    fall_silent(desk)
    desk.ask(SuspendForm(seat=CLERK, action=number, reason="Travaux"))
    assert show_action(desk.app, number)["silent_since"] is None
    desk.ask(ResumeForm(seat=CLERK, action=number))
    assert show_action(desk.app, number)["silent_since"] is None


def test_secretaries_and_the_pilot_see_it_on_their_desk(desk):
    number = desk.to_work()
    fall_silent(desk)
    clerk, pilot, other = (desk_of(desk.app, in_the_portal(desk, seat)) for seat in (CLERK, "COTECH-04", "COPIL-03"))
    assert [one.number for one in clerk.silent] == [number]
    assert ([row["number"] for row in pilot.mine if row["number"] in pilot.silence], pilot.silent) == ([number], ())
    assert other.silent == ()


# --- the next agenda --------------------------------------------------------------------------------------------------------------
def test_it_gets_on_the_next_meeting_that_is_planned_and_on_no_other(office):
    desk = office.desk
    number, waiting = desk.to_work(), examined(desk)
    desk.watch.go_to(SILENT_ON - timedelta(days=1), hour=9)
    later, sooner = office.plan(days=40, actions=(waiting,)), office.plan(days=20, actions=(waiting,))
    fall_silent(desk)
    assert (agenda(office, sooner), agenda(office, later)) == ([waiting, number], [waiting])
    shown = show_meeting(desk.app, sooner)
    assert (shown["agenda"][1]["silent_since"], shown["agenda"][1]["awaits"]) == (date(2026, 10, 5), "silent")
    assert (shown["log"][-1]["topic"], shown["log"][-1]["actor"], shown["place"]) == ("meeting.changed", "system", "Hôtel de ville")
    before = len(desk.rows(MeetingEvent))
    assert (keep_agendas(desk.app), len(desk.rows(MeetingEvent))) == (0, before)
    assert verify(desk.app).findings == ()


def test_a_meeting_planned_afterwards_has_it_by_itself_but_only_the_first_of_them(office):
    desk = office.desk
    number, waiting = desk.to_work(), examined(desk)
    fall_silent(desk)
    first, second = office.plan(days=20), office.plan(days=40)
    assert (agenda(office, first), agenda(office, second)) == ([number, waiting], [waiting])


def test_a_meeting_that_is_convened_is_left_alone_and_the_one_after_it_gets_it(office):
    desk = office.desk
    number, waiting = desk.to_work(), examined(desk)
    desk.watch.go_to(SILENT_ON - timedelta(days=1), hour=9)
    convened, planned = office.convened(days=20, actions=(waiting,)), office.plan(days=60, actions=(waiting,))
    fall_silent(desk)
    assert (agenda(office, convened), agenda(office, planned)) == ([waiting], [waiting, number])


def test_news_take_it_off_again_before_people_are_convened(office):
    desk = office.desk
    number, waiting = desk.to_work(), examined(desk)
    desk.watch.go_to(SILENT_ON - timedelta(days=1), hour=9)
    meeting = office.plan(days=20, actions=(waiting,), items=("Calendrier",))
    fall_silent(desk)
    assert agenda(office, meeting) == [waiting, None, number]
    desk.report(number)
    desk.settle()
    assert agenda(office, meeting) == [waiting, None]
    assert verify(desk.app).findings == ()


def test_where_it_is_alone_on_the_agenda_it_is_marked_and_nobody_is_convened_for_it(office):
    desk = office.desk
    number = desk.to_work()
    fall_silent(desk)
    meeting = office.plan(days=20)
    desk.report(number)
    desk.settle()
    [item] = show_meeting(desk.app, meeting)["agenda"]
    assert (item["action"], item["awaits"], item["silent_since"]) == (number, None, date(2026, 10, 5))
    assert office.refusal(ConveneMeeting, meeting=meeting) == ["agenda_stale"]


def test_what_a_secretary_took_off_stays_off(office):
    desk = office.desk
    number, waiting = desk.to_work(), examined(desk)
    desk.watch.go_to(SILENT_ON - timedelta(days=1), hour=9)
    meeting = office.plan(days=20, actions=(waiting,))
    fall_silent(desk)
    office.ask(ChangeMeeting, meeting=meeting, actions=(waiting,))
    by_night(desk.app)
    assert agenda(office, meeting) == [waiting]
    assert number not in agenda(office, meeting)


def test_a_cancelled_meeting_hands_it_on_by_night(office):
    desk = office.desk
    number, waiting = desk.to_work(), examined(desk)
    fall_silent(desk)
    first, second = office.plan(days=20), office.plan(days=40)
    office.ask(CancelMeeting, meeting=first)
    by_night(desk.app)
    assert agenda(office, second) == [waiting, number]


def test_it_is_talked_about_without_a_decision_and_comes_up_again_only_when_it_is_noted_again(office):
    desk = office.desk
    number = desk.to_work()
    fall_silent(desk)
    meeting = office.held()
    office.ask(CloseMeeting, meeting=meeting)
    assert office.meeting(meeting).state == "closed"
    waiting = examined(desk)
    after = office.plan(days=10)
    assert agenda(office, after) == [waiting]
    desk.watch.go_to(date(2028, 2, 1))
    desk.settle()
    assert show_action(desk.app, number)["silent_days"] == 484
    assert number in agenda(office, office.plan(days=10))


def test_the_convocation_says_since_when_there_has_been_no_news(office, sink):
    desk = office.desk.through(sink.url)
    number = desk.to_work()
    fall_silent(desk)
    office.convened(days=20)
    run_deliveries(desk.app, holder="test", gate=lambda: None)
    mail = next(mail for mail in sink.mails() if "Ordre du jour" in mail.get_body(("plain",)).get_content() or "ORDRE DU JOUR" in str(mail))
    assert f"1. {number}, " in mail.get_body(("plain",)).get_content()
    assert "(sans nouvelles depuis le 5 octobre 2026)" in " ".join(mail.get_body(("plain",)).get_content().split())


def test_no_person_updates_an_agenda_as_the_system_does(office):
    desk = office.desk
    waiting = examined(desk)
    meeting = office.plan(days=20, actions=(waiting,))
    update = UpdateAgenda(convention=CONVENTION, meeting=meeting, actor=Actor(via=Via.FLOW), key="an-agenda-key", added=("A-2026-999",))
    assert execute(desk.app, update).state == "planned"
    assert [row.action_id for row in desk.rows(AgendaItem)] == [desk.action(waiting).id], "what does not await the body gets nowhere"
    with pytest.raises(Refused, match="seat"):
        execute(desk.app, CancelMeeting(convention=CONVENTION, meeting=meeting, actor=Actor(via=Via.FLOW), key="another-key"))
    assert desk.rows(Delivery, message="meeting-cancelled") == []
