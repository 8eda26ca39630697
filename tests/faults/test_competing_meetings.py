"""Two who are at a meeting in the same moment: one wins, the other gets a typed refusal, and the log stays whole."""

import pytest
from builders import STEERING_CLERK
from faults.rivals import at_once, codes, done
from secretariat import Secretariat

from models.meetings.commands import CancelMeeting, ChangeMeeting, CloseMeeting, ConveneMeeting, OpenMeeting, PlanMeeting
from models.tables import Action, Delivery, Meeting, MeetingEvent, Review, table
from services.audit import verify
from services.forms import AttendanceForm, OpinionForm

ROUNDS = 6


@pytest.fixture
def office(desk):
    """The steering committee's secretariat, with something to examine; sound when all is over."""
    desk.to_steering()
    yield Secretariat(desk)
    assert verify(desk.app).findings == ()


def all_at_once(office, *asked):
    return at_once(*(lambda kind=kind, given=given: office.ask(kind, **given) for kind, given in asked))


def test_meetings_planned_at_once_get_numbers_without_a_gap(office):
    day = {"body": "copil", "held_on": office.desk.today, "starts_at": "09:00", "place": "Ici"}
    answers = all_at_once(office, *((PlanMeeting, day) for _ in range(6)))
    assert codes(answers) == []
    assert sorted(row.number for row in office.desk.rows(Meeting)) == [f"COPIL-S-2026-{n:03d}" for n in range(1, 7)]


def test_the_same_request_sent_six_times_at_once_is_carried_out_once(office):
    day = {"body": "copil", "held_on": office.desk.today, "starts_at": "09:00", "place": "Ici", "key": "sent-six-times"}
    answers = all_at_once(office, *((PlanMeeting, day) for _ in range(6)))
    assert (codes(answers), len(office.desk.rows(Meeting))) == ([], 1)
    assert {answer.number for answer in done(answers)} == {"COPIL-S-2026-001"}


def test_convening_and_cancelling_follow_one_another_and_nobody_is_told_twice(office):
    for _ in range(ROUNDS):
        number = office.plan()
        row = office.meeting(number)
        answers = all_at_once(
            office,
            (ConveneMeeting, {"meeting": number}),
            (CancelMeeting, {"meeting": number, "reason": "Non"}),
            (ConveneMeeting, {"meeting": number}),
        )
        assert set(codes(answers)) <= {"Refused: meeting_state_forbids"}
        assert office.meeting(number).state == "cancelled"
        keys = [
            delivery.unique_key
            for delivery in office.desk.rows(Delivery)
            if delivery.unique_key.startswith(f"meeting:{row.id}:convocation:")
        ]
        convened = any(event.seq == 3 for event in office.desk.rows(MeetingEvent, meeting_id=row.id))
        assert len(keys) == (9 if convened else 0)


def test_a_meeting_is_opened_once_by_two_who_open_it(office):
    for _ in range(ROUNDS):
        number = office.convened(days=0)
        there = {"meeting": number, "present": office.seats(), "expected_version": 2}
        answers = all_at_once(office, (OpenMeeting, there), (OpenMeeting, there | {"present": office.seats()[:3]}))
        assert (len(done(answers)), codes(answers)) == (1, ["Conflict: meeting_stale"])
        office.ask(CloseMeeting, meeting=number, reason="Fini")


def test_attendance_and_a_vote_at_once_leave_a_review_that_counts_as_its_log_says(office):
    desk = office.desk
    number = office.convened(days=0)
    office.ask(OpenMeeting, meeting=number, present=office.seats())
    [action] = [row.number for row in desk.rows(Action)]
    attendance = AttendanceForm(seat=STEERING_CLERK, action=action, body="copil", present=("COPIL-01", "COPIL-03", "COPIL-05"))
    vote = OpinionForm(seat=STEERING_CLERK, action=action, body="copil", voter="COPIL-07", opinion="favourable")
    answers = at_once(lambda: desk.ask(attendance), lambda: desk.ask(vote))
    assert set(codes(answers)) <= {"Refused: voter_away"}
    desk.opine(action, "copil", seats=("COPIL-01", "COPIL-03", "COPIL-05"))
    desk.settle()
    [review] = desk.rows(Review, body="copil")
    assert (review.verdict["in_favour"], review.verdict["seats"]) == (3, 6)


def test_a_meeting_that_closes_while_somebody_is_noting_attendance_leaves_none_behind(office):
    desk = office.desk
    [action] = [row.number for row in desk.rows(Action)]
    attendance = AttendanceForm(seat=STEERING_CLERK, action=action, body="copil")
    for _ in range(ROUNDS):
        number = office.convened(days=0)
        office.ask(OpenMeeting, meeting=number, present=office.seats())
        answers = at_once(lambda: desk.ask(attendance), lambda number=number: office.ask(CloseMeeting, meeting=number, reason="Fini"))
        assert set(codes(answers)) <= {"Conflict: meeting_busy", "Refused: meeting_none_open", "Refused: meeting_not_open"}
        [review] = desk.rows(Review, body="copil")
        assert (review.attendance, office.meeting(number).state) == (None, "closed")


def test_whoever_is_being_written_to_while_a_meeting_changes_is_told_of_the_change_and_nobody_waits(office):
    desk = office.desk
    if desk.app.db.is_sqlite:
        pytest.skip("there, writers stand in line")
    number = office.convened()
    taken, rows = desk.rows(Delivery, message="convocation")[0], table(Delivery)
    with desk.app.db.engine.connect() as sender, sender.begin():
        sender.execute(rows.update().where(rows.c.id == taken.id).values(state="sending"))
        office.ask(ChangeMeeting, meeting=number, starts_at="9h")
        assert [row.person_id for row in desk.rows(Delivery, message="meeting-changed")] == [taken.person_id]
