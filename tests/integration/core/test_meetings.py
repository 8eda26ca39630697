"""Meetings: planned with what awaits the body, convened in clear days, opened with their quorum, item by item, closed; and convened again."""

from datetime import timedelta

import pytest
from builders import CONVENTION, STEERING_CLERK, TODAY, body_of, changed_charter, propose_form, provision
from pydantic import ValidationError
from secretariat import Secretariat
from servers import recording_chat

from models.commands import Actor, Via
from models.errors import Conflict, Refused
from models.events import Stage
from models.lifecycle import State
from models.meetings.commands import CancelMeeting, ChangeMeeting, CloseMeeting, ConveneMeeting, OpenMeeting, PlanMeeting
from models.tables import AgendaItem, Delivery, Meeting, Review, Seat, table
from services.audit import verify
from services.decisions import list_decisions
from services.forms import AttendanceForm, CloseReviewForm, DecisionForm, OpenReviewForm, OpinionForm, WithdrawForm
from services.matrix import matrices
from services.meetings.reading import show_meeting
from services.queries import show_action
from services.stages import run_deliveries
from services.validation import explain_validation


def send_off(desk):
    """Every convocation has left."""
    rows = table(Delivery)
    with desk.app.db.write() as connection:
        connection.execute(rows.update().where(rows.c.message == "convocation").values(state="sent"))


@pytest.fixture
def office(desk):
    return Secretariat(desk)


def under(desk, **rules):
    desk.under(changed_charter(desk.app.settings.home / "rules.yaml", lambda it: body_of(it, "copil")["rules"].update(rules)))


def test_the_agenda_holds_what_awaits_the_body_and_texts_of_its_own(office):
    first, second = office.desk.to_steering(), office.desk.to_steering(provision(title="Une autre"))
    number = office.plan(items=("Calendrier",))
    assert number == "COPIL-S-2026-001"
    rows = office.desk.rows(AgendaItem)
    known = {office.desk.action(one).id: one for one in (first, second)}
    assert [known.get(row.action_id) for row in rows] == [first, second, None]
    assert office.meeting(number).state == "planned"


def test_a_named_agenda_keeps_its_order_and_nothing_that_does_not_await_the_body_gets_on_it(office):
    first, second = office.desk.to_steering(), office.desk.to_steering(provision(title="Une autre"))
    technical = office.desk.to_technical(provision(title="En examen technique"))
    number = office.plan(actions=(second.lower(), first))
    rows = office.desk.rows(AgendaItem, meeting_id=office.meeting(number).id)
    assert [row.action_id for row in rows] == [office.desk.action(second).id, office.desk.action(first).id]
    day = {"held_on": office.desk.today, "starts_at": "09:00", "place": "Ici", "body": "copil"}
    assert office.refusal(PlanMeeting, actions=(technical,), **day) == ["agenda_not_awaiting"]
    assert office.refusal(PlanMeeting, actions=(first, first), **day) == ["agenda_twice"]
    assert office.refusal(PlanMeeting, **day | {"body": "cotech", "place": None, "seat": "COTECH-02"}) == ["meeting_nowhere"]


def test_a_meeting_without_anything_to_examine_is_refused_and_takes_no_number(office):
    day = {"held_on": office.desk.today, "starts_at": "09:00", "place": "Ici", "body": "copil"}
    assert office.refusal(PlanMeeting, **day) == ["agenda_empty"]
    assert office.refusal(PlanMeeting, **day | {"held_on": office.desk.today - timedelta(days=1)}) == ["meeting_past"]
    assert office.refusal(PlanMeeting, **day | {"body": "comex"}) == ["body_unknown"]
    assert office.desk.rows(Meeting) == []
    office.desk.to_steering()
    assert office.plan() == "COPIL-S-2026-001"


def test_only_the_secretary_of_the_body_prepares_its_meetings_and_the_technical_one_those_of_the_groups(office):
    office.desk.to_steering()
    day = {"held_on": office.desk.today, "starts_at": "09:00", "place": "Ici"}
    assert office.refusal(PlanMeeting, seat="COPIL-01", body="copil", **day) == ["meeting_not_yours"]
    assert office.refusal(PlanMeeting, seat="COTECH-02", body="copil", **day) == ["meeting_not_yours"]
    office.desk.to_technical(provision(1))
    assert office.ask(PlanMeeting, seat="COTECH-02", body="gt-science-societe", **day).number == "GT-SCIENCE-SOCIETE-S-2026-001"


def test_the_same_key_gets_the_same_answer_and_a_stale_version_a_conflict(office):
    office.desk.to_steering()
    asked = {"body": "copil", "held_on": office.desk.today, "starts_at": "09:00", "place": "Ici", "key": "the-same-key"}
    first, again = office.ask(PlanMeeting, **asked), office.ask(PlanMeeting, **asked)
    assert (first.number, again.number, again.repeated, len(office.desk.rows(Meeting))) == ("COPIL-S-2026-001", "COPIL-S-2026-001", True, 1)
    with pytest.raises(Conflict, match="key_reused"):
        office.ask(PlanMeeting, **asked | {"place": "Ailleurs"})
    with pytest.raises(Conflict, match="key_reused"):
        office.ask(CancelMeeting, meeting=first.number, key="the-same-key")
    office.ask(ChangeMeeting, meeting=first.number, held_on=office.desk.today, starts_at="10:00", link="https://visio.example/a")
    with pytest.raises(Conflict, match="meeting_stale"):
        office.ask(CancelMeeting, meeting=first.number, expected_version=1)
    with pytest.raises(Conflict, match="key_reused"):
        office.desk.ask(propose_form(), key="the-same-key")
    office.desk.ask(propose_form(), key="a-key-of-an-action")
    with pytest.raises(Conflict, match="key_reused"):
        office.ask(PlanMeeting, **asked | {"key": "a-key-of-an-action"})
    assert (office.meeting(first.number).version, office.meeting(first.number).starts_at) == (2, "10:00")


# --- convening ------------------------------------------------------------------------------------------------------------------------
def test_everybody_who_sits_in_the_body_is_convened_once(office):
    office.desk.to_steering()
    number = office.plan()
    done = office.ask(ConveneMeeting, meeting=number)
    told = office.desk.rows(Delivery, message="convocation")
    assert (done.state, len(told), len({row.person_id for row in told})) == ("convened", 9, 9)
    assert office.meeting(number).notice == {"days": 9, "needed": 0}
    assert office.refusal(ConveneMeeting, meeting=number) == ["meeting_state_forbids"]


def test_the_chat_room_of_the_body_is_told_too_and_counts_as_nobody(office, tmp_path):
    room = changed_charter(tmp_path / "room.yaml", lambda it: body_of(it, "copil").update(channel="env:COPIL_ROOM"))
    office.desk.under(room)
    office.desk.to_steering()
    number = office.convened()
    send_off(office.desk)
    office.ask(CancelMeeting, meeting=number, reason="Salle indisponible")
    rooms = [(row.message, row.because) for row in office.desk.rows(Delivery, channel="env:COPIL_ROOM") if row.details.get("meeting")]
    assert sorted(rooms) == [("convocation", "body_channel"), ("meeting-cancelled", "body_channel")]
    assert len(office.desk.rows(Delivery, message="meeting-cancelled", channel="mail")) == 9


def test_the_convocation_says_where_and_what_about_and_a_meeting_called_off_convenes_nobody_any_more(office, sink, monkeypatch, tmp_path):
    room = changed_charter(tmp_path / "room.yaml", lambda it: body_of(it, "copil").update(channel="env:COPIL_ROOM"))
    office.desk.under(room).through(sink.url)
    action = office.desk.to_steering()
    with recording_chat() as chat:
        monkeypatch.setenv("COPIL_ROOM", f"json://127.0.0.1:{chat.port}/room")
        number = office.convened(items=("Calendrier",), link="https://visio.example/copil")
        run_deliveries(office.desk.app, holder="test", gate=lambda: None)
        [heard] = [said for _, said in chat.heard if "Convocation" in said["message"]]
        silent = office.convened()
        office.ask(CancelMeeting, meeting=silent, reason="Salle indisponible")
        run_deliveries(office.desk.app, holder="test", gate=lambda: None)
    assert f"15 octobre 2026 à 14\u00a0h\u00a030, Hôtel de ville. http://127.0.0.1:8080/seances/{number}" in heard["message"]
    assert "visio.example" not in heard["message"]
    mails = [mail for mail in sink.mails() if f"[{number}]" in str(mail["Subject"])]
    text = mails[0].get_body(("plain",)).get_content()
    assert (len(mails), {str(mail["Content-Language"]) for mail in mails}) == (9, {"fr", "en"})
    assert [part in text for part in (action, "2. Calendrier", f"/seances/{number}", "secretariat.pilotage@ville.example")] == [True] * 4
    called_off = [str(mail["Subject"]) for mail in sink.mails() if f"[{silent}]" in str(mail["Subject"])]
    assert called_off == []
    assert {row.state for row in office.desk.rows(Delivery, message="convocation")} == {"sent", "cancelled"}


@pytest.mark.parametrize(
    ("days", "urgency", "rules", "refused"),
    [
        (6, None, {"notice_days": 5}, []),
        (5, None, {"notice_days": 5}, ["notice_too_short"]),
        (5, "Budget", {"notice_days": 5}, ["urgency_not_provided"]),
        (5, None, {"notice_days": 5, "urgent_notice_days": 1}, ["notice_too_short_or_urgent"]),
        (2, "Budget", {"notice_days": 5, "urgent_notice_days": 1}, []),
        (1, "Budget", {"notice_days": 5, "urgent_notice_days": 1}, ["notice_too_short"]),
        (6, "Budget", {"notice_days": 5, "urgent_notice_days": 1}, ["urgency_not_needed"]),
        (1, None, {}, []),
        (0, None, {}, []),
    ],
)
def test_the_notice_is_counted_in_clear_days_and_urgency_shortens_it_where_the_charter_says(light_desk, days, urgency, rules, refused):
    office = Secretariat(light_desk)
    under(light_desk, **rules)
    light_desk.to_steering()
    number = office.plan(days)
    if refused:
        assert office.refusal(ConveneMeeting, meeting=number, urgency=urgency) == refused
        assert light_desk.rows(Delivery, message="convocation") == []
    else:
        office.ask(ConveneMeeting, meeting=number, urgency=urgency)
        assert office.meeting(number).notice.get("urgent", False) == (urgency is not None)


def test_an_agenda_that_has_gone_stale_is_changed_before_anybody_is_convened(office):
    number = office.desk.to_steering()
    meeting = office.plan(items=("Calendrier",))
    office.desk.decide(number, "approve")
    assert office.refusal(ConveneMeeting, meeting=meeting) == ["agenda_stale"]
    office.ask(ChangeMeeting, meeting=meeting, held_on=office.desk.today, starts_at="10:00", actions=())
    assert office.ask(ConveneMeeting, meeting=meeting).version == 3


def test_a_convened_meeting_is_cancelled_with_a_reason_that_those_who_were_convened_are_told(office):
    office.desk.to_steering()
    number = office.convened()
    send_off(office.desk)
    assert office.refusal(CancelMeeting, meeting=number) == ["reason_missing"]
    office.ask(CancelMeeting, meeting=number, reason="Salle indisponible")
    assert (office.meeting(number).state, len(office.desk.rows(Delivery, message="meeting-cancelled"))) == ("cancelled", 9)
    planned = office.plan()
    office.ask(CancelMeeting, meeting=planned)
    assert len(office.desk.rows(Delivery, message="meeting-cancelled")) == 9


# --- holding --------------------------------------------------------------------------------------------------------------------------
def test_a_meeting_opens_on_its_day_with_its_quorum_and_figures(office):
    office.desk.to_steering()
    number = office.convened()
    assert office.refusal(OpenMeeting, meeting=number, present=office.seats()) == ["meeting_to_come"]
    office.desk.watch.go_to(office.meeting(number).held_on)
    done = office.ask(OpenMeeting, meeting=number, present=("COPIL-01", "COPIL-05"), remote=("COPIL-03",), excused=("COPIL-04",))
    row = office.meeting(number)
    assert (done.state, row.quorum) == ("open", [{"partner": None, "seats": 6, "vacant": 0, "there": 3, "needed": 3}])
    assert row.attendance["seats"]["COPIL-04"] == "excused"
    assert row.attendance["seats"]["COPIL-07"] == "absent"


def test_seats_that_are_called_wrongly_are_all_told(office):
    office.desk.to_steering()
    number = office.convened()
    office.desk.watch.go_to(office.meeting(number).held_on)
    called = {"present": ("COPIL-01", "COPIL-08"), "remote": ("COPIL-01",), "represented": ("COPIL-03=COPIL-01",)}
    assert office.refusal(OpenMeeting, meeting=number) == ["attendance_nobody"]
    assert office.refusal(OpenMeeting, meeting=number, **called) == ["attendance_twice", "attendance_unknown", "proxies_not_allowed"]


def test_a_missed_quorum_gives_a_second_convocation_on_the_same_agenda_without_quorum(office):
    under(office.desk, second_convocation="without_quorum", quorum="2/3")
    action = office.desk.to_steering()
    number = office.held(present=("COPIL-01", "COPIL-03", "COPIL-05"))
    assert office.meeting(number).state == "inquorate"
    office.desk.to_steering(provision(title="Arrivée depuis"))
    again = {"second_of": number, "actions": (action,)}
    with pytest.raises(Refused, match="second_same_agenda"):
        office.plan(**again)
    second = office.plan(second_of=number)
    assert [row.action_id for row in office.desk.rows(AgendaItem, meeting_id=office.meeting(second).id)] == [office.desk.action(action).id]
    with pytest.raises(Refused, match="second_already"):
        office.plan(second_of=number)
    office.ask(ConveneMeeting, meeting=second)
    office.desk.watch.go_to(office.meeting(second).held_on)
    office.ask(OpenMeeting, meeting=second, present=("COPIL-01",))
    assert (office.meeting(second).state, office.meeting(second).quorum[0]["needed"]) == ("open", 0)


def test_a_second_convocation_needs_a_missed_quorum_and_a_charter_that_knows_it(office):
    office.desk.to_steering()
    held = office.held()
    with pytest.raises(Refused, match="second_without_need"):
        office.plan(second_of=held)
    missed = office.held(present=("COPIL-01",))
    with pytest.raises(Refused, match="second_not_provided"):
        office.plan(second_of=missed)
    with pytest.raises(Refused, match="second_of_other_body"):
        office.plan(second_of=missed, body="cotech", seat="COTECH-02")


def test_an_attendance_that_was_called_wrongly_is_put_right_until_an_item_was_examined(office):
    action = office.desk.to_steering()
    number = office.held(present=("COPIL-01",))
    assert office.meeting(number).state == "inquorate"
    office.ask(OpenMeeting, meeting=number, present=office.seats())
    assert (office.meeting(number).state, office.meeting(number).quorum[0]["there"]) == ("open", 6)
    attended(office, action)
    assert office.refusal(OpenMeeting, meeting=number, present=("COPIL-01",)) == ["meeting_under_way"]
    assert verify(office.desk.app).findings == ()


def test_a_second_convocation_is_of_a_later_day_and_ends_what_could_be_put_right(office):
    under(office.desk, second_convocation="without_quorum")
    office.desk.to_steering()
    number = office.held(present=("COPIL-01",))
    with pytest.raises(Refused, match="second_too_soon"):
        office.plan(second_of=number, days=0)
    office.plan(second_of=number, days=1)
    assert office.refusal(OpenMeeting, meeting=number, present=office.seats()) == ["second_already"]


def test_a_second_convocation_that_nobody_attends_examines_nothing(office):
    under(office.desk, second_convocation="without_quorum")
    office.desk.to_steering()
    second = office.plan(second_of=office.held(present=("COPIL-01",)), days=1)
    office.ask(ConveneMeeting, meeting=second)
    office.desk.watch.go_to(office.meeting(second).held_on)
    office.ask(OpenMeeting, meeting=second, excused=("COPIL-01",))
    assert office.meeting(second).state == "inquorate"


def test_whoever_sits_on_the_day_of_the_meeting_is_convened_and_nobody_who_has_left_by_then(office):
    office.desk.to_steering()
    rows = table(Seat)
    with office.desk.app.db.write() as connection:
        connection.execute(rows.update().where(rows.c.code == "COPIL-07").values(ends_on=office.desk.today + timedelta(days=3)))
        connection.execute(rows.update().where(rows.c.code == "COPIL-06").values(starts_on=office.desk.today + timedelta(days=9)))
    office.convened()
    people = {row.person_id for row in office.desk.rows(Delivery, message="convocation")}
    seats = {row.code for row in office.desk.rows(Seat, body="copil") if row.person_id in people}
    assert ("COPIL-06" in seats, "COPIL-07" in seats, len(people)) == (True, False, 8)


# --- item by item ---------------------------------------------------------------------------------------------------------------------
def attended(office, action, **called):
    return office.desk.ask(AttendanceForm(seat=STEERING_CLERK, action=action, body="copil", **called))


def test_the_attendance_of_an_item_is_that_of_the_opening_unless_it_is_called_anew(office):
    action = office.desk.to_steering()
    number = office.held(present=("COPIL-01", "COPIL-03", "COPIL-05"), excused=("COPIL-04",))
    attended(office, action)
    [review] = office.desk.rows(Review, body="copil")
    assert (review.attendance["meeting"], review.attendance["second"], review.attendance["seats"]["COPIL-04"]) == (number, False, "excused")
    event = office.desk.events(action)[-1]
    assert (event.topic, event.payload["quorum"][0]["there"]) == ("attendance.recorded", 3)
    attended(office, action, present=("COPIL-01", "COPIL-03"))
    [review] = office.desk.rows(Review, body="copil")
    assert review.attendance["seats"]["COPIL-05"] == "absent"


def test_who_is_away_has_no_vote_and_is_not_waited_for(office):
    action = office.desk.to_steering()
    office.held(present=("COPIL-01", "COPIL-03", "COPIL-05"))
    attended(office, action)
    absent = OpinionForm(seat=STEERING_CLERK, action=action, body="copil", voter="COPIL-04", opinion="favourable")
    assert office.desk.refusal(absent) == ["voter_away"]
    office.desk.opine(action, "copil", seats=("COPIL-01", "COPIL-03", "COPIL-05"))
    office.desk.settle()
    [review] = office.desk.rows(Review, body="copil")
    verdict = review.verdict
    assert (verdict["result"], verdict.get("there", verdict["answered"]), verdict["quorum_needed"]) == ("favourable", 3, 3)


def test_who_is_away_owes_no_answer_anywhere(office):
    action = office.desk.to_steering()
    office.held(present=("COPIL-01", "COPIL-03", "COPIL-05"))
    attended(office, action)
    [matrix] = matrices(office.desk.app, CONVENTION, ["copil"])
    assert [member.seat for member in matrix.members] == ["COPIL-01", "COPIL-03", "COPIL-05"]
    assert show_action(office.desk.app, action)["reviews"][-1]["awaited"] == ["COPIL-01", "COPIL-03", "COPIL-05"]


def test_the_mail_of_a_closed_review_says_in_which_meeting_it_was_examined(office, sink):
    action = office.desk.through(sink.url).to_steering()
    number = office.held(present=("COPIL-01", "COPIL-03", "COPIL-05"))
    attended(office, action)
    office.desk.opine(action, "copil", seats=("COPIL-01", "COPIL-03", "COPIL-05"))
    office.desk.run(Stage.COMMITTEE_REVIEW)
    texts = [mail.get_body(("plain",)).get_content() for mail in sink.mails() if f"[{action}] Examen clos" in str(mail["Subject"])]
    assert [f"séance {number}" in text for text in texts if "Comité de pilotage" in text] == [True]


def test_an_opinion_given_in_writing_before_does_not_count_for_who_is_away(office):
    action = office.desk.to_steering()
    office.desk.opine(action, "copil", "unfavourable", seats=("COPIL-06", "COPIL-07"))
    office.held(present=("COPIL-01", "COPIL-03", "COPIL-05"))
    attended(office, action)
    office.desk.opine(action, "copil", seats=("COPIL-01", "COPIL-03", "COPIL-05"))
    office.desk.ask(CloseReviewForm(seat=STEERING_CLERK, action=action, body="copil"))
    [review] = office.desk.rows(Review, body="copil")
    assert (review.verdict["against"], review.verdict["in_favour"]) == (0, 3)


def test_at_a_second_convocation_the_verdict_needs_no_quorum(office):
    under(office.desk, second_convocation="without_quorum")
    action = office.desk.to_steering()
    first = office.held(present=("COPIL-01",))
    second = office.plan(second_of=first, days=1)
    office.ask(ConveneMeeting, meeting=second)
    office.desk.watch.go_to(office.meeting(second).held_on)
    office.ask(OpenMeeting, meeting=second, present=("COPIL-01",))
    attended(office, action)
    office.desk.opine(action, "copil", seats=("COPIL-01",))
    office.desk.settle()
    [review] = office.desk.rows(Review, body="copil")
    assert (review.verdict["result"], review.verdict["second"], review.verdict["quorum_needed"]) == ("favourable", True, 0)


def test_attendance_needs_an_open_meeting_that_has_the_action_on_its_agenda(office):
    first, second = office.desk.to_steering(), office.desk.to_steering(provision(title="Une autre"))
    form = AttendanceForm(seat=STEERING_CLERK, action=first, body="copil")
    assert office.desk.refusal(form) == ["meeting_none_open"]
    number = office.plan(actions=(second,))
    office.ask(ConveneMeeting, meeting=number)
    assert office.desk.refusal(form.model_copy(update={"meeting": number})) == ["meeting_not_open"]
    office.desk.watch.go_to(office.meeting(number).held_on)
    office.ask(OpenMeeting, meeting=number, present=office.seats())
    assert office.desk.refusal(form.model_copy(update={"meeting": number})) == ["agenda_without"]
    assert office.desk.refusal(form.model_copy(update={"meeting": "COPIL-S-2026-009"})) == ["meeting_unknown"]
    called = {"action": second, "present": ("COPIL-01", "COPIL-01"), "represented": ("COPIL-03",)}
    assert office.desk.refusal(form.model_copy(update=called)) == [
        "attendance_twice",
        "representation_unfounded",
    ]


# --- closing --------------------------------------------------------------------------------------------------------------------------
def test_a_meeting_does_not_close_over_an_undecided_item_without_a_reason(office):
    action = office.desk.to_steering()
    number = office.held()
    assert office.refusal(CloseMeeting, meeting=number) == ["agenda_undecided"]
    office.desk.decide(action, "approve")
    assert office.ask(CloseMeeting, meeting=number).state == "closed"


def test_what_a_meeting_leaves_undecided_goes_on_as_if_it_had_not_been_examined_there(office):
    under(office.desk, second_convocation="without_quorum")
    action = office.desk.to_steering()
    first = office.held(present=("COPIL-01",))
    second = office.plan(second_of=first, days=1)
    office.ask(ConveneMeeting, meeting=second)
    office.desk.watch.go_to(office.meeting(second).held_on)
    office.ask(OpenMeeting, meeting=second, present=("COPIL-01",))
    attended(office, action)
    office.ask(CloseMeeting, meeting=second, reason="Reportée")
    [review] = office.desk.rows(Review, body="copil")
    assert (review.attendance, office.desk.events(action)[-1].topic) == (None, "attendance.ended")
    office.desk.opine(action, "copil", seats=("COPIL-01", "COPIL-06"))
    office.desk.settle()
    assert office.desk.last_round(action, "copil").closed_on is None
    assert verify(office.desk.app).findings == ()


def test_an_action_adjourned_before_the_meeting_is_not_dealt_with_in_it(office):
    action = office.desk.to_steering()
    number = office.convened()
    office.desk.decide(action, "adjourn")
    office.desk.watch.go_to(office.meeting(number).held_on)
    office.ask(OpenMeeting, meeting=number, present=office.seats())
    assert office.refusal(CloseMeeting, meeting=number) == ["agenda_undecided"]
    assert show_meeting(office.desk.app, number)["agenda"][0]["decision"] is None


def test_a_decision_stands_at_the_meeting_in_which_its_action_was_examined_and_at_no_other(office):
    action, other = office.desk.to_steering(), office.desk.to_steering(provision(title="Une autre"))
    missed = office.held(present=("COPIL-01",))
    number = office.convened(days=0, actions=(action, other))
    office.ask(OpenMeeting, meeting=number, present=office.seats())
    attended(office, action)
    office.desk.watch.advance(days=2)
    office.desk.decide(action, "approve")
    told = {meeting: [item["decision"] for item in show_meeting(office.desk.app, meeting)["agenda"]] for meeting in (missed, number)}
    assert told == {missed: [None, None], number: ["COPIL-2026-001", None]}


def test_an_adjourned_action_comes_to_the_next_meeting_with_the_decision_that_adjourned_it(office):
    action = office.desk.to_steering()
    number = office.held()
    office.desk.decide(action, "adjourn")
    office.ask(CloseMeeting, meeting=number)
    following = office.plan()
    [item] = office.desk.rows(AgendaItem, meeting_id=office.meeting(following).id)
    assert (item.follows, office.desk.state(action)) == ("COPIL-2026-001", State.ADJOURNED)
    assert list_decisions(office.desk.app, body="copil")[0]["taken_up"] == following
    office.ask(ConveneMeeting, meeting=following)
    office.desk.watch.go_to(office.meeting(following).held_on)
    office.ask(OpenMeeting, meeting=following, present=office.seats())
    assert office.refusal(CloseMeeting, meeting=following) == ["agenda_undecided"]
    office.desk.ask(OpenReviewForm(seat=STEERING_CLERK, action=action, body="copil"))
    office.desk.ask(CloseReviewForm(seat=STEERING_CLERK, action=action, body="copil", reason="Séance"))
    office.desk.ask(DecisionForm(seat=STEERING_CLERK, action=action, body="copil", outcome="approve"))
    assert office.ask(CloseMeeting, meeting=following).state == "closed"


def test_the_audit_agrees_with_meetings_and_what_was_decided_in_them(office):
    action = office.desk.to_steering()
    number = office.held(present=("COPIL-01", "COPIL-03", "COPIL-05"))
    attended(office, action)
    office.desk.decide(action, "adjourn")
    office.ask(CloseMeeting, meeting=number)
    office.plan(items=("Calendrier",))
    found = verify(office.desk.app)
    assert (found.findings, found.meetings) == ((), 2)


def test_the_agenda_says_what_has_become_of_its_actions_and_which_keep_older_rules(office):
    withdrawn, older = office.desk.to_steering(), office.desk.to_steering(provision(title="Une autre"))
    number = office.plan()
    office.desk.ask(WithdrawForm(seat="COTECH-02", action=withdrawn, reason="Retirée"))
    under(office.desk, quorum="2/3")
    told = {
        item["action"]: (item["state"], item["awaits"], item["older_rules"]) for item in show_meeting(office.desk.app, number)["agenda"]
    }
    assert told == {withdrawn: ("withdrawn", None, False), older: ("steering_review", "review", True)}


def test_what_a_change_does_not_say_stays_as_it_was(office):
    action, other = office.desk.to_steering(), office.desk.to_steering(provision(title="Une autre"))
    number = office.plan(actions=(other,), items=("Calendrier",), link="https://visio.example/a")
    office.ask(ChangeMeeting, meeting=number, starts_at="9h")
    shown = show_meeting(office.desk.app, number)
    assert (shown["starts_at"], shown["place"], shown["link"]) == ("09:00", "Hôtel de ville", "https://visio.example/a")
    assert [(item["action"], item["title"]) for item in shown["agenda"]] == [(other, "Une autre"), (None, "Calendrier")]
    office.ask(ChangeMeeting, meeting=number, actions=(action,), items=())
    assert [item["action"] for item in show_meeting(office.desk.app, number)["agenda"]] == [action]
    office.ask(ChangeMeeting, meeting=number, whole=True, place="Ailleurs", items=("Divers",), actions=())
    shown = show_meeting(office.desk.app, number)
    assert (shown["place"], shown["link"], [item["title"] for item in shown["agenda"]]) == ("Ailleurs", None, ["Divers"])
    assert verify(office.desk.app).findings == ()


TYPED = {"convention": CONVENTION, "actor": Actor(seat=STEERING_CLERK, via=Via.CLI), "key": "key-00001", "body": "copil", "held_on": TODAY}


@pytest.mark.parametrize(("written", "kept"), [("14:30", "14:30"), ("9:05", "09:05"), ("9h", "09:00"), (" 18h30 ", "18:30")])
def test_a_time_of_day_is_understood_as_people_write_it(written, kept):
    assert PlanMeeting(**TYPED, starts_at=written).starts_at == kept


@pytest.mark.parametrize("written", ["24:00", "12:60", "midi", "930", ""])
def test_what_is_no_time_of_day_is_told_with_an_example(written):
    with pytest.raises(ValidationError) as error:
        PlanMeeting(**TYPED, starts_at=written)
    assert [problem.code for problem in explain_validation(error.value)] == ["validation.clock"]
