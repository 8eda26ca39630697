"""What favourable opinions asked for: raised when a review closes, shown, chased, lifted, and in the way where the charter says so."""

from datetime import timedelta

import pytest
from benchmarks.lifecycle import statements_of
from builders import CLERK, CONVENTION, IN_SECRET, PILOT, STEERING_CLERK, body_of, changed_charter

from models.commands import Via
from models.errors import Problem, Refused
from models.lifecycle import State, Verb
from models.review.rules import ReviewRules
from models.tables import Deadline, Delivery, Person, Reservation, Seat, table
from services import queries
from services.audit import verify
from services.deadline_kinds import Kind
from services.desk import desk as desk_of
from services.erasure import erase
from services.explanations import explain
from services.forms import (
    CloseForm,
    CompleteForm,
    DeclareConflictForm,
    FinalReportForm,
    LiftReservationForm,
    OpenReviewForm,
    OpinionForm,
    RectifyForm,
    StartForm,
)
from services.requests import send, submit_form
from services.reservations import list_reservations
from services.review_file import review_files
from services.visitors import SeatHeld, Visitor

FIRST, SECOND, OTHER = "COTECH-01", "COTECH-03", "COTECH-05"
ASKED = "Chiffrer le stationnement"


def lifting(number, reservation=1, seat=CLERK, **more):
    return LiftReservationForm(**{"seat": seat, "action": number, "reservation": reservation, "reason": "Le devis est joint"} | more)


def under(desk, tmp_path, body="cotech", **rules):
    return desk.under(changed_charter(tmp_path / f"{body}.yaml", lambda it: body_of(it, body)["rules"].update(rules)))


def standing(desk, number):
    return [(row["number"], row["seat"], row["standing"]) for row in queries.show_action(desk.app, number)["reservations"]]


def planned(desk):
    return [(row.subject, row.due_on) for row in desk.rows(Deadline, kind=Kind.RESERVATION, settled_at=None)]


def told(desk, message, seat):
    (sits,) = desk.rows(Seat, code=seat)
    return [row.because for row in desk.rows(Delivery, message=message, person_id=sits.person_id) if row.state != "suppressed"]


def visitor_of(desk, seat, body, role):
    (sits,) = desk.rows(Seat, code=seat)
    (person,) = desk.rows(Person, id=sits.person_id)
    return Visitor(person.id, person.code, person.name, "fr", CONVENTION, (SeatHeld(seat, body, role),), b"", "", (), ())


def given(desk, number, seat, opinion="with_reservations", reason=ASKED):
    return desk.ask(OpinionForm(seat=CLERK, action=number, body="cotech", voter=seat, opinion=opinion, reason=reason))


def to_work(desk, number):
    desk.decide(number, "approve")
    desk.ask(StartForm(seat=CLERK, action=number))
    desk.settle()
    return number


# --- raised -------------------------------------------------------------------------------------------------------------------------


def test_a_review_that_closes_raises_a_numbered_reservation_for_each_opinion_with_reservations(desk):
    number = desk.reserving(FIRST, SECOND)
    assert standing(desk, number) == [(1, FIRST, "open"), (2, SECOND, "open")]
    (first, _) = queries.show_action(desk.app, number)["reservations"]
    assert (first["body"], first["round"], first["words"], first["blocks"]) == ("cotech", 1, "Motif", "complete")
    assert desk.last_round(number, "cotech").closed_on == first["raised_on"] == desk.today


def test_numbers_go_on_through_the_bodies_of_an_action(desk):
    number = desk.reserving(FIRST)
    desk.opine(number, "copil", "with_reservations", seats=("COPIL-03",))
    desk.decide(number, "approve")
    assert standing(desk, number) == [(1, FIRST, "open"), (2, "COPIL-03", "open")]


def test_nothing_is_raised_before_the_review_closes_nor_where_nobody_has_reservations(desk):
    number = desk.to_technical()
    given(desk, number, FIRST)
    assert standing(desk, number) == []
    assert standing(desk, desk.to_steering()) == []
    assert all("reservations" not in event.payload for event in desk.events(number))


def test_who_changed_their_mind_or_keeps_out_raises_none(desk):
    number = desk.to_technical()
    given(desk, number, FIRST)
    given(desk, number, SECOND)
    given(desk, number, OTHER)
    given(desk, number, FIRST, "favourable", None)
    desk.ask(DeclareConflictForm(seat=SECOND, action=number, kind="employer"))
    desk.opine(number, "cotech", seats=tuple(s for s in desk.last_round(number, "cotech").electorate if s not in (FIRST, SECOND, OTHER)))
    desk.settle()
    assert standing(desk, number) == [(1, OTHER, "open")]


def test_a_secret_ballot_raises_none_since_nobody_knows_whose_they_would_be(desk, tmp_path):
    number = under(desk, tmp_path, **IN_SECRET).to_technical()
    for seat in desk.last_round(number, "cotech").electorate:
        send(
            desk.app,
            OpinionForm(seat=seat, action=number, body="cotech", voter=seat, opinion="with_reservations"),
            key=f"vote-{seat}",
            via=Via.PORTAL,
        )
    desk.settle()
    assert (desk.last_round(number, "cotech").verdict["result"], standing(desk, number)) == ("with_reservations", [])


def test_the_charter_says_until_when_and_whether_it_says_so_at_all(desk, tmp_path):
    number = desk.reserving(FIRST)
    (row,) = desk.rows(Reservation)
    assert row.due_on >= row.raised_on + timedelta(days=60)
    assert planned(desk) == [(1, row.due_on)]
    under(desk, tmp_path, reservation_days=None, reservations_block=None)
    other = desk.reserving(FIRST)
    (_, free) = desk.rows(Reservation)
    assert (free.due_on, free.blocks, len(planned(desk))) == (None, None, 1)
    assert standing(desk, other) == standing(desk, number)


# --- lifted -------------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("seat", [CLERK, FIRST])
def test_the_secretary_of_its_body_and_the_seat_whose_it_is_lift_it_with_a_reason(desk, seat):
    number = desk.reserving(FIRST, SECOND)
    desk.ask(lifting(number, seat=seat))
    desk.settle()
    (first, second) = queries.show_action(desk.app, number)["reservations"]
    assert (first["standing"], first["lifted_on"], first["lifted_by"], first["met"]) == ("lifted", desk.today, seat, "Le devis est joint")
    assert second["standing"] == "open"
    assert [subject for subject, _ in planned(desk)] == [2]
    event = desk.events(number)[-1]
    assert (event.topic, event.body, event.payload["reservation"], event.payload["seat"]) == ("reservation.lifted", "cotech", 1, FIRST)


@pytest.mark.parametrize(
    ("form", "codes"),
    [
        ({"seat": STEERING_CLERK}, ["not_allowed"]),
        ({"seat": SECOND}, ["not_allowed"]),
        ({"seat": PILOT}, ["not_allowed"]),
        ({"reservation": 7}, ["not_allowed", "reservation_absent"]),
        ({"reason": None}, ["reason_missing"]),
    ],
)
def test_nobody_else_lifts_it_nor_one_that_is_not_there_nor_without_saying_how(desk, form, codes):
    number = desk.reserving(FIRST)
    before = desk.counts()
    assert (sorted(desk.refusal(lifting(number, **form))), desk.counts()) == (codes, before)


def test_it_is_lifted_once(desk):
    number = desk.reserving(FIRST)
    desk.ask(lifting(number))
    assert "reservation_absent" in desk.refusal(lifting(number))


def test_a_secretary_with_a_conflict_of_interest_lifts_none(desk):
    number = desk.reserving(FIRST)
    with_conflict = desk.reserving(SECOND)
    desk.decide(with_conflict, "adjourn", body="copil")
    desk.ask(DeclareConflictForm(seat=CLERK, action=with_conflict, kind="family"))
    assert desk.refusal(lifting(with_conflict)) == ["asker_recused"]
    assert desk.refusal(lifting(number)) == []


def test_two_who_lift_it_at_once_lift_it_once(desk):
    number = desk.reserving(FIRST)
    version = desk.action(number).version
    desk.ask(lifting(number, seen_version=version))
    assert desk.refusal(lifting(number, seat=FIRST, seen_version=version)) == ["version_stale"]


# --- chased -------------------------------------------------------------------------------------------------------------------------


def test_a_reservation_that_is_not_lifted_in_time_is_chased_rung_by_rung_until_it_is(desk):
    number = desk.reserving(FIRST)
    ((_, due_on),) = planned(desk)
    desk.watch.go_to(due_on + timedelta(days=3))
    desk.settle()
    event = next(event for event in desk.events(number) if event.topic == "reservation.delayed")
    said = {name: event.payload[name] for name in ("reservation", "seat", "due_on", "to")}
    assert (event.actor, event.body) == ("system", "cotech")
    assert said == {"reservation": 1, "seat": FIRST, "due_on": due_on.isoformat(), "to": ["owner", "group_secretary"]}
    assert told(desk, "deadline-escalated", CLERK) == ["group_secretary"]
    desk.watch.go_to(due_on + timedelta(days=45))
    desk.settle()
    assert desk.topics(number).count("reservation.delayed") == 2
    desk.ask(lifting(number))
    desk.watch.go_to(due_on + timedelta(days=200))
    desk.settle()
    assert desk.topics(number).count("reservation.delayed") == 2


def test_an_action_that_is_over_is_not_chased(desk):
    number = desk.reserving(FIRST)
    ((_, due_on),) = planned(desk)
    desk.decide(number, "reject")
    desk.settle()
    desk.watch.go_to(due_on + timedelta(days=1))
    desk.settle()
    assert (planned(desk), desk.topics(number).count("reservation.delayed")) == ([], 0)


def test_what_an_action_that_is_over_never_met_is_told_as_such(desk):
    number = desk.reserving(FIRST)
    desk.decide(number, "reject")
    assert standing(desk, number) == [(1, FIRST, "left")]


def test_whose_it_is_and_the_body_hear_that_it_is_lifted_but_not_who_lifted_it(desk):
    number = desk.reserving(FIRST)
    desk.ask(lifting(number))
    desk.settle()
    assert told(desk, "reservation-lifted", FIRST) == ["reserving"]
    assert told(desk, "reservation-lifted", CLERK) == []


# --- in the way ---------------------------------------------------------------------------------------------------------------------


def test_it_stands_in_the_way_of_the_step_that_the_charter_names_and_of_no_other(desk):
    number = desk.reserving(FIRST, SECOND)
    desk.decide(number, "approve")
    assert desk.refusal(StartForm(seat=CLERK, action=number)) == []
    with pytest.raises(Refused) as refused:
        desk.ask(CompleteForm(seat=CLERK, action=number, reason="Fait"))
    assert refused.value.problems == (Problem("reservations_standing", {"reservations": "1, 2", "seats": f"{FIRST}, {SECOND}"}),)
    desk.ask(lifting(number))
    desk.ask(lifting(number, 2))
    assert desk.refusal(CompleteForm(seat=CLERK, action=number, reason="Fait")) == []


@pytest.mark.parametrize("gate", ["start", "complete", "close"])
def test_each_gate_holds_back_one_step(desk, tmp_path, gate):
    number = under(desk, tmp_path, reservations_block=gate).reserving(FIRST)
    desk.decide(number, "approve")
    steps = [
        (Verb.START, StartForm(seat=CLERK, action=number)),
        (Verb.COMPLETE, CompleteForm(seat=CLERK, action=number, reason="Fait")),
        (Verb.CLOSE, CloseForm(seat=CLERK, action=number)),
    ]
    for verb, form in steps:
        if verb is Verb.CLOSE:
            desk.ask(FinalReportForm(seat=CLERK, action=number, results="Résultats", lessons="Leçons"))
        held = ["reservations_standing"] if verb == gate else []
        assert desk.refusal(form) == held
        if held:
            return
        desk.settle()


def test_an_action_closes_by_itself_once_its_last_reservation_is_lifted(desk, tmp_path):
    number = to_work(desk, under(desk, tmp_path, reservations_block="close").reserving(FIRST))
    desk.ask(CompleteForm(seat=CLERK, action=number, reason="Fait"))
    desk.settle()
    desk.ask(FinalReportForm(seat=CLERK, action=number, results="Résultats", lessons="Leçons"))
    assert [outcome for *_, outcome in desk.settle() if "failed" in outcome] == []
    assert desk.state(number) is State.FINAL_REPORT_DUE
    desk.ask(lifting(number))
    desk.settle()
    assert desk.state(number) is State.CLOSED
    assert standing(desk, number) == [(1, FIRST, "lifted")]


def test_it_is_told_in_advance_what_stands_in_the_way_and_what_may_be_lifted(desk):
    number = to_work(desk, desk.reserving(FIRST))
    answers = {answer.verb: answer for answer in explain(desk.app, action=number, seat=CLERK)}
    assert [problem.code for problem in answers[Verb.COMPLETE].unmet] == ["reservations_standing"]
    assert answers[Verb.LIFT_RESERVATION].possible
    others = {answer.verb: answer for answer in explain(desk.app, action=number, seat=SECOND)}
    assert [problem.code for problem in others[Verb.LIFT_RESERVATION].unmet] == ["not_allowed"]


# --- lapsed -------------------------------------------------------------------------------------------------------------------------


def test_reservations_lapse_when_the_body_is_asked_anew(desk):
    number = desk.reserving(FIRST)
    desk.decide(number, "adjourn", body="copil")
    desk.ask(OpenReviewForm(seat=CLERK, action=number, body="cotech"))
    assert (standing(desk, number), planned(desk)) == ([(1, FIRST, "lapsed")], [])
    desk.opine(number, "cotech", "with_reservations")
    desk.settle()
    assert [row[0] for row in standing(desk, number) if row[2] == "open"] == [2, 3, 4, 5, 6, 7]


def test_those_of_another_body_stand_when_one_is_asked_anew(desk):
    number = desk.reserving(FIRST)
    desk.opine(number, "copil", "with_reservations", seats=("COPIL-03",))
    desk.decide(number, "adjourn", body="copil")
    desk.ask(OpenReviewForm(seat=STEERING_CLERK, action=number, body="copil"))
    assert standing(desk, number) == [(1, FIRST, "open"), (2, "COPIL-03", "lapsed")]


def test_they_all_lapse_when_the_action_goes_back_to_its_proposer(desk):
    number = desk.reserving(FIRST, SECOND)
    desk.decide(number, "return")
    assert standing(desk, number) == [(1, FIRST, "lapsed"), (2, SECOND, "lapsed")]
    assert desk.events(number)[-1].payload["lapsed"] == [1, 2]


def test_an_opinion_put_right_after_closing_takes_its_reservation_with_it_or_brings_one(desk):
    number = desk.to_technical()
    wrong = given(desk, number, FIRST)
    right = given(desk, number, SECOND, "favourable", None)
    desk.opine(number, "cotech", seats=tuple(s for s in desk.last_round(number, "cotech").electorate if s not in (FIRST, SECOND)))
    desk.settle()
    desk.ask(RectifyForm(seat=CLERK, action=number, event=wrong.event, opinion="favourable", reason="Mal entendu"))
    assert (standing(desk, number), planned(desk)) == ([(1, FIRST, "lapsed")], [])
    desk.ask(RectifyForm(seat=CLERK, action=number, event=right.event, opinion="with_reservations", words=ASKED, reason="Mal entendu"))
    (_, raised) = queries.show_action(desk.app, number)["reservations"]
    assert (raised["number"], raised["seat"], raised["standing"], raised["words"]) == (2, SECOND, "open", ASKED)
    assert [subject for subject, _ in planned(desk)] == [2]
    assert verify(desk.app).findings == ()


def test_words_put_right_after_it_was_lifted_leave_it_lifted(desk):
    number = desk.to_technical()
    first = given(desk, number, FIRST)
    desk.opine(number, "cotech", seats=tuple(s for s in desk.last_round(number, "cotech").electorate if s != FIRST))
    desk.settle()
    desk.ask(lifting(number))
    desk.ask(RectifyForm(seat=CLERK, action=number, event=first.event, words="Chiffrer les abris", reason="Mal noté"))
    (row,) = queries.show_action(desk.app, number)["reservations"]
    assert (row["standing"], row["words"]) == ("lifted", "Chiffrer les abris")


def test_an_opinion_of_an_earlier_round_put_right_raises_none_since_the_body_was_asked_anew(desk):
    number = desk.to_technical()
    right = given(desk, number, SECOND, "favourable", None)
    desk.opine(number, "cotech", seats=tuple(s for s in desk.last_round(number, "cotech").electorate if s != SECOND))
    desk.settle()
    desk.decide(number, "adjourn", body="copil")
    desk.ask(OpenReviewForm(seat=CLERK, action=number, body="cotech"))
    desk.ask(RectifyForm(seat=CLERK, action=number, event=right.event, opinion="with_reservations", words=ASKED, reason="Mal entendu"))
    assert standing(desk, number) == []
    assert verify(desk.app).findings == ()


def test_an_open_review_put_right_raises_nothing_before_it_closes(desk):
    number = desk.to_technical()
    wrong = given(desk, number, FIRST, "favourable", None)
    desk.ask(RectifyForm(seat=CLERK, action=number, event=wrong.event, opinion="with_reservations", words=ASKED, reason="Mal entendu"))
    assert standing(desk, number) == []


# --- shown --------------------------------------------------------------------------------------------------------------------------


def test_the_file_of_a_review_shows_its_own(desk):
    number = desk.reserving(FIRST)
    desk.opine(number, "copil", "with_reservations", seats=("COPIL-03",))
    desk.decide(number, "approve")
    files = {file["body"]: [row["number"] for row in file["reservations"]] for file in review_files(desk.app, number)}
    assert files == {"cotech": [1], "copil": [2]}


def test_they_are_listed_for_those_who_serve_the_body_the_first_due_first(desk):
    first = desk.reserving(FIRST)
    desk.watch.advance(days=3)
    second = desk.reserving(SECOND)
    found = [(row["action"], row["number"]) for row in list_reservations(desk.app, bodies=["cotech"])]
    assert found == [(first, 1), (second, 1)]
    assert list_reservations(desk.app, bodies=["copil"]) == []
    assert [row["action"] for row in desk_of(desk.app, visitor_of(desk, CLERK, "cotech", "secretary")).reserved] == [first, second]
    assert desk_of(desk.app, visitor_of(desk, FIRST, "cotech", "member")).reserved == ()
    desk.ask(lifting(first))
    desk.decide(second, "reject")
    assert list_reservations(desk.app, bodies=["cotech"]) == []


def test_the_desk_asks_as_many_questions_however_many_reservations_there_are(light_desk):
    clerk = visitor_of(light_desk, CLERK, "cotech", "secretary")

    def asked():
        with statements_of(light_desk.app) as statements:
            desk_of(light_desk.app, clerk)
        return len(statements)

    light_desk.reserving(FIRST)
    few = asked()
    for _ in range(3):
        light_desk.reserving(FIRST, SECOND, OTHER)
    assert asked() == few


def test_their_words_are_erased_with_those_of_the_person_and_the_log_still_agrees(desk):
    number = desk.reserving(FIRST)
    desk.ask(lifting(number, seat=FIRST))
    (sits,) = desk.rows(Seat, code=FIRST)
    (person,) = desk.rows(Person, id=sits.person_id)
    with desk.app.db.write() as connection:
        rows = table(Seat)
        connection.execute(rows.update().where(rows.c.person_id == person.id).values(ends_on=desk.today - timedelta(days=1)))
    erase(desk.app, person.code, carry_out=True)
    (row,) = queries.show_action(desk.app, number)["reservations"]
    assert (row["words"], row["met"], row["standing"]) == (None, None, "lifted")
    assert verify(desk.app).findings == ()


def test_prefect_lifts_one_by_its_number(desk):
    number = desk.reserving(FIRST)
    refused = submit_form(desk.app, lifting(number, 9), key="run-00000001", via=Via.PREFECT_FORM)
    assert any(code.startswith("reservation_absent: reservation 9, standing 1") for code in refused.refusals)
    assert submit_form(desk.app, lifting(number), key="run-00000002", via=Via.PREFECT_FORM).refusals == ()


# --- the log ------------------------------------------------------------------------------------------------------------------------


def test_the_log_gives_their_rows_whatever_becomes_of_them(desk):
    number = desk.reserving(FIRST, SECOND)
    desk.ask(lifting(number))
    desk.watch.go_to(planned(desk)[0][1] + timedelta(days=1))
    desk.settle()
    desk.decide(number, "adjourn", body="copil")
    desk.ask(OpenReviewForm(seat=CLERK, action=number, body="cotech"))
    assert verify(desk.app).findings == ()


def test_charters_that_say_nothing_ask_for_no_deadline_and_stand_in_the_way_of_nothing():
    fields = ReviewRules.model_fields
    assert (fields["reservation_days"].default, fields["reservations_block"].default) == (None, None)
