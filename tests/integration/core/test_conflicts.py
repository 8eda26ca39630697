"""A conflict of interest follows the person: no seat of theirs takes part, nobody answers in their place, nor they in another's."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
import sqlalchemy as sa
from benchmarks.lifecycle import statements_of
from builders import CLERK, CONVENTION, IN_SECRET, STEERING_CLERK, TODAY, body_of, changed_charter, propose_form

from models.commands import Actor, Via
from models.errors import NotFound, Refused
from models.lifecycle import State, Verb
from models.tables import Conflict, Deadline, Delivery, Opinion, Person, Seat, Words, table
from services import queries
from services.absences import note_absence
from services.audit import verify
from services.deadline_kinds import Kind
from services.desk import desk as desk_of
from services.dispatch import execute
from services.erasure import erase
from services.explanations import explain
from services.forms import (
    CloseReviewForm,
    DecisionForm,
    DeclareConflictForm,
    NoteConflictForm,
    OpinionForm,
    RectifyForm,
    WithdrawConflictForm,
)
from services.matrix import matrices
from services.review_file import review_files
from services.visitors import SeatHeld, Visitor

MEMBER, OTHER, AWAY, DEPUTY = "COTECH-03", "COTECH-05", "COTECH-06", "COTECH-08"
EVERYBODY = ("COTECH-01", "COTECH-03", "COTECH-04", "COTECH-05", "COTECH-06", "COTECH-07")
SECRET = "Ma sœur dirige l'association qui porte l'action"


def declaration(number, seat=MEMBER, **more):
    return DeclareConflictForm(**{"seat": seat, "action": number, "kind": "employer"} | more)


def withdrawal(number, seat=MEMBER, **more):
    return WithdrawConflictForm(**{"seat": seat, "action": number, "reason": "Mandat terminé"} | more)


def opinion(number, voter, seat=None, **more):
    return OpinionForm(**{"seat": seat or voter, "action": number, "body": "cotech", "voter": voter, "opinion": "favourable"} | more)


def under(desk, tmp_path, rule):
    return desk.under(changed_charter(tmp_path / f"{rule}.yaml", lambda it: body_of(it, "cotech")["rules"].update(recused=rule)))


def proposed_by(desk, seat):
    number = desk.ask(propose_form(seat=seat)).number
    desk.settle()
    return number


def file_of(desk, number):
    return review_files(desk.app, number, body="cotech")[-1]


def person_of(desk, seat):
    (row,) = desk.rows(Seat, code=seat)
    return desk.rows(Person, id=row.person_id)[0]


def also_sits(desk, seat, code, body="gt-inclusion", *, role="member"):
    """The person of a seat holds another one."""
    (known,) = desk.rows(Seat, code=seat)
    values = {**known._asdict(), "code": code, "body": body, "role": role}
    del values["id"]
    with desk.app.db.write() as connection:
        connection.execute(table(Seat).insert().values(**values))


def away(desk, seat=AWAY, deputy=DEPUTY):
    given = {"starts_on": TODAY.isoformat(), "ends_on": (TODAY + timedelta(days=14)).isoformat(), "deputy": deputy}
    note_absence(desk.app, CONVENTION, person_of(desk, seat).code, given)


def answer_in_place(desk, number, voter=AWAY, deputy=DEPUTY):
    actor = Actor(seat=deputy, on_behalf_of=voter, via=Via.LINK)
    return execute(desk.app, desk.command(Verb.RECORD_OPINION, number, body="cotech", voter=voter, opinion="favourable", actor=actor))


def codes(refused):
    return [problem.code for problem in refused.value.problems]


def told(desk, message, seat):
    return [row.because for row in desk.rows(Delivery, message=message, person_id=person_of(desk, seat).id) if row.state != "suppressed"]


def in_portal(desk, form):
    """Sent by somebody who is signed in."""
    return desk.ask(form, via=Via.PORTAL)


# --- declaring ----------------------------------------------------------------------------------------------------------------------


def test_who_declares_a_conflict_leaves_the_count_and_the_review_closes_without_them(desk):
    number = desk.to_technical()
    desk.ask(declaration(number))
    desk.opine(number, "cotech", seats=tuple(seat for seat in EVERYBODY if seat != MEMBER))
    desk.settle()
    review = desk.last_round(number, "cotech")
    assert (desk.state(number), review.recused) == (State.STEERING_REVIEW, {MEMBER: "declared"})
    assert (review.verdict["seats"], review.verdict["answered"], review.verdict["recused"]) == (5, 5, 1)
    assert verify(desk.app).findings == ()


def test_the_log_says_that_a_seat_keeps_out_and_never_why(desk):
    number = desk.to_technical()
    desk.ask(declaration(number, kind="family", reason=SECRET))
    event = desk.events(number)[-1]
    assert (event.topic, event.actor, event.on_behalf_of, event.body) == ("conflict.declared", MEMBER, None, "cotech")
    assert sorted(event.payload) == ["conflict_hash", "conflict_id", "seat"]
    [shown] = queries.show_action(desk.app, number)["conflicts"]
    assert (shown["seat"], shown["kind"], shown["words"]) == (MEMBER, "family", SECRET)
    assert SECRET not in str(queries.show_action(desk.app, number)["timeline"])


def test_a_secretary_declares_it_for_a_member_and_both_names_are_kept(desk):
    number = desk.to_technical()
    desk.ask(declaration(number, CLERK, concerned=MEMBER, reason=SECRET))
    event, [words] = desk.events(number)[-1], desk.rows(Words, kind="conflict")
    assert (event.actor, event.on_behalf_of, event.payload["seat"], words.author_seat) == (CLERK, MEMBER, MEMBER, MEMBER)
    desk.settle()
    assert told(desk, "conflict-declared", MEMBER) == ["concerned"]
    assert verify(desk.app).findings == ()


def test_the_secretary_is_told_of_what_a_member_declares(desk):
    number = desk.to_technical()
    desk.ask(declaration(number))
    desk.settle()
    assert (told(desk, "conflict-declared", CLERK), told(desk, "conflict-declared", MEMBER)) == (["body_secretary"], [])


@pytest.mark.parametrize(
    ("form", "expected"),
    [
        (lambda number: declaration(number, "COTECH-05", concerned=MEMBER), ["not_allowed"]),
        (lambda number: declaration(number, STEERING_CLERK, concerned=MEMBER), ["not_allowed"]),
        (lambda number: declaration(number, "COTECH-09"), ["not_allowed"]),
        (lambda number: declaration(number, kind="other"), ["conflict_unworded"]),
        (withdrawal, ["conflict_absent"]),
    ],
)
def test_what_cannot_be_declared_is_refused_with_the_reason(desk, form, expected):
    number = desk.to_technical()
    before = desk.counts()
    assert (desk.refusal(form(number)), desk.counts()) == (expected, before)


def test_an_unknown_seat_is_told_with_near_ones(desk):
    number = desk.to_technical()
    with pytest.raises(NotFound) as refused:
        desk.ask(declaration(number, CLERK, concerned="COTECH-33"))
    assert codes(refused) == ["seat_unknown"]


def test_a_conflict_is_declared_once_by_person_through_whichever_seat(desk):
    also_sits(desk, MEMBER, "COPIL-33", "copil")
    number = desk.to_technical()
    desk.ask(declaration(number))
    assert desk.refusal(declaration(number, "COPIL-33")) == ["conflict_known"]
    desk.ask(withdrawal(number, "COPIL-33"))
    assert desk.refusal(declaration(number, "COPIL-33")) == []
    assert [(row.seat, row.withdrawn_on is None) for row in desk.rows(Conflict)] == [(MEMBER, False), ("COPIL-33", True)]
    assert verify(desk.app).findings == ()


def test_a_conflict_declared_before_the_review_holds_in_every_round_and_body(desk):
    also_sits(desk, MEMBER, "COPIL-33", "copil")
    number = desk.ask(propose_form()).number
    desk.ask(declaration(number))
    desk.settle()
    assert told(desk, "opinion-requested", MEMBER) == []
    desk.opine(number, "cotech", seats=tuple(seat for seat in EVERYBODY if seat != MEMBER))
    desk.settle()
    assert desk.refusal(opinion(number, "COPIL-33", body="copil")) == ["voter_recused"]


def test_after_the_examination_there_is_nothing_to_declare(desk):
    number = desk.to_approved()
    assert desk.refusal(declaration(number)) == ["state_forbids"]


def test_the_form_that_everybody_may_read_says_no_kind(desk):
    number = desk.to_technical()
    desk.ask(NoteConflictForm(seat=CLERK, action=number, concerned=MEMBER))
    [shown] = queries.show_action(desk.app, number)["conflicts"]
    assert (shown["kind"], shown["words"]) == ("unstated", None)
    assert not {"kind", "reason"} & set(NoteConflictForm.model_fields)


# --- answering ----------------------------------------------------------------------------------------------------------------------


def test_nobody_records_an_opinion_for_a_seat_that_keeps_out(desk):
    number = desk.to_technical()
    desk.ask(declaration(number))
    assert desk.refusal(opinion(number, MEMBER)) == ["voter_recused"]
    assert desk.refusal(opinion(number, MEMBER, CLERK)) == ["voter_recused"]


def test_an_answer_given_before_no_longer_counts_and_the_trail_says_so(desk):
    number = desk.to_technical()
    desk.ask(opinion(number, MEMBER))
    desk.ask(declaration(number))
    event, review = desk.events(number)[-1], desk.last_round(number, "cotech")
    assert event.payload["set_aside"] == [[review.id, MEMBER]]
    assert [(row.seat, row.superseded) for row in desk.rows(Opinion)] == [(MEMBER, True)]
    assert file_of(desk, number)["figures"]["answered"] == 0
    assert verify(desk.app).findings == ()


def test_the_last_one_awaited_who_keeps_out_lets_the_review_close(desk):
    number = desk.to_technical()
    desk.opine(number, "cotech", seats=tuple(seat for seat in EVERYBODY if seat != MEMBER))
    desk.settle()
    assert desk.state(number) is State.TECHNICAL_REVIEW
    desk.ask(declaration(number))
    desk.settle()
    assert desk.state(number) is State.STEERING_REVIEW


def test_a_secretary_needs_no_reason_to_close_once_all_who_take_part_have_answered(desk):
    number = desk.to_technical()
    desk.ask(declaration(number))
    desk.opine(number, "cotech", seats=EVERYBODY[2:])
    assert desk.refusal(CloseReviewForm(seat=CLERK, action=number, body="cotech")) == ["review_incomplete"]
    desk.opine(number, "cotech", seats=EVERYBODY[:1])
    assert desk.refusal(CloseReviewForm(seat=CLERK, action=number, body="cotech")) == []


def test_reminders_and_lists_of_the_awaited_leave_out_who_keeps_out(desk):
    number = desk.to_technical()
    desk.ask(declaration(number))
    shown = queries.show_action(desk.app, number)["reviews"][-1]
    assert (shown["recused"], MEMBER in shown["awaited"], len(shown["awaited"])) == ({MEMBER: "declared"}, False, 5)
    desk.watch.go_to(min(row.due_at.date() for row in desk.rows(Deadline, kind=Kind.REVIEW_END)))
    desk.settle()
    assert (told(desk, "opinion-reminder", MEMBER), told(desk, "opinion-reminder", OTHER)) == ([], ["pending_voter"])


def test_the_file_of_a_review_names_who_keeps_out_and_why(desk):
    number = desk.to_technical()
    desk.ask(declaration(number))
    file = file_of(desk, number)
    assert (file["recused"], [row["seat"] for row in file["electorate"] if row["recused"]]) == ({MEMBER: "declared"}, [MEMBER])
    assert [lack["count"] for lack in file["lacks"] if lack["code"] == "review_lacks.answers"] == [5]


def test_the_table_of_the_awaited_leaves_out_who_keeps_out(desk):
    number = desk.to_technical()
    desk.ask(opinion(number, OTHER))
    desk.ask(declaration(number))
    [matrix] = matrices(desk.app, CONVENTION, ["cotech"])
    assert [member.seat for member in matrix.members] == [seat for seat in EVERYBODY if seat not in (MEMBER, OTHER)]
    assert MEMBER not in matrix.lines[0].asked


def test_of_an_answer_and_a_declaration_in_the_same_instant_the_answer_never_counts(desk):
    for _ in range(6):
        number = desk.to_technical()
        forms = (opinion(number, MEMBER), declaration(number))
        with ThreadPoolExecutor(2) as both:
            answers = list(both.map(desk.refusal, forms))
        assert answers in ([[], []], [["voter_recused"], []])
        assert desk.rows(Opinion, review_id=desk.last_round(number, "cotech").id, superseded=False) == []
    assert verify(desk.app).findings == ()


# --- withdrawing --------------------------------------------------------------------------------------------------------------------


def test_who_withdraws_a_conflict_is_awaited_again_and_has_to_answer_anew(desk):
    number = desk.to_technical()
    desk.ask(opinion(number, MEMBER))
    desk.ask(declaration(number))
    desk.ask(withdrawal(number, CLERK, concerned=MEMBER))
    assert MEMBER in queries.show_action(desk.app, number)["reviews"][-1]["awaited"]
    desk.settle()
    assert told(desk, "conflict-withdrawn", MEMBER) == ["concerned"]
    desk.ask(opinion(number, MEMBER))
    assert [row.superseded for row in desk.rows(Opinion)] == [True, False]
    assert verify(desk.app).findings == ()


def test_a_withdrawal_changes_nothing_in_a_review_that_is_closed(desk):
    number = desk.to_technical()
    desk.ask(declaration(number))
    desk.opine(number, "cotech", seats=tuple(seat for seat in EVERYBODY if seat != MEMBER))
    desk.settle()
    before = file_of(desk, number)
    desk.ask(withdrawal(number))
    assert file_of(desk, number) == before
    given = next(event for event in desk.events(number) if event.topic == "opinion.recorded")
    desk.ask(RectifyForm(seat=CLERK, action=number, event=given.id, opinion="abstention", reason="Mal entendu"))
    review = desk.last_round(number, "cotech")
    assert (review.recused, review.verdict["recused"], review.verdict["answered"]) == ({MEMBER: "declared"}, 1, 5)
    assert verify(desk.app).findings == ()


def test_a_withdrawal_needs_a_reason(desk):
    number = desk.to_technical()
    desk.ask(declaration(number))
    assert desk.refusal(withdrawal(number, reason=None)) == ["reason_missing"]


# --- through stand-ins --------------------------------------------------------------------------------------------------------------


def test_a_deputy_with_a_conflict_does_not_answer_for_the_absent_member(desk):
    away(desk)
    number = desk.to_technical()
    desk.ask(declaration(number, DEPUTY))
    with pytest.raises(Refused) as refused:
        answer_in_place(desk, number)
    assert codes(refused) == ["asker_recused"]
    assert AWAY in queries.show_action(desk.app, number)["reviews"][-1]["awaited"]


def test_what_a_deputy_answered_is_set_aside_when_they_declare_a_conflict_and_the_seat_is_awaited_again(desk):
    away(desk)
    number = desk.to_technical()
    answer_in_place(desk, number)
    desk.ask(declaration(number, DEPUTY))
    assert AWAY in queries.show_action(desk.app, number)["reviews"][-1]["awaited"]
    desk.opine(number, "cotech", seats=(AWAY,))
    assert [row.superseded for row in desk.rows(Opinion, seat=AWAY)] == [True, False]
    assert verify(desk.app).findings == ()


def test_a_deputy_does_not_answer_for_a_member_who_keeps_out(desk):
    away(desk)
    number = desk.to_technical()
    desk.ask(declaration(number, CLERK, concerned=AWAY))
    with pytest.raises(Refused) as refused:
        answer_in_place(desk, number)
    assert codes(refused) == ["voter_recused"]


def test_a_deputy_with_a_conflict_is_neither_asked_nor_reminded(desk):
    away(desk)
    number = desk.ask(propose_form()).number
    desk.ask(declaration(number, DEPUTY))
    desk.settle()
    desk.watch.go_to(min(row.due_at.date() for row in desk.rows(Deadline, kind=Kind.REVIEW_END)))
    desk.settle()
    assert (told(desk, "opinion-requested", DEPUTY), told(desk, "opinion-reminder", DEPUTY)) == ([], [])


def test_what_a_secretary_typed_in_for_others_stands_when_the_secretary_declares_a_conflict(desk):
    number = desk.to_technical()
    desk.opine(number, "cotech", seats=(OTHER,))
    desk.ask(declaration(number, CLERK))
    assert [row.superseded for row in desk.rows(Opinion)] == [False]


# --- the rules of the charter -------------------------------------------------------------------------------------------------------


def test_by_default_the_proposer_takes_part(desk):
    number = proposed_by(desk, MEMBER)
    assert desk.refusal(opinion(number, MEMBER)) == []


def test_where_the_charter_says_so_the_proposer_keeps_out_through_every_seat(desk, tmp_path):
    also_sits(desk, MEMBER, "COTECH-33", "cotech")
    number = proposed_by(under(desk, tmp_path, "proposer"), MEMBER)
    assert file_of(desk, number)["recused"] == {MEMBER: "proposer", "COTECH-33": "proposer"}
    assert desk.refusal(opinion(number, MEMBER)) == ["voter_recused"]
    assert told(desk, "opinion-requested", MEMBER) == []


def test_the_rule_is_that_of_the_charter_under_which_the_review_was_opened(desk, tmp_path):
    number = proposed_by(desk, MEMBER)
    under(desk, tmp_path, "proposer")
    assert desk.refusal(opinion(number, MEMBER)) == []


def test_members_of_the_proposers_body_keep_out_elsewhere_as_on_the_day_of_the_opening(desk, tmp_path):
    also_sits(desk, OTHER, "GT-INCLUSION-33")
    also_sits(desk, "COTECH-07", "GT-INCLUSION-34", role="observer")
    number = proposed_by(under(desk, tmp_path, "proposers_body"), "GT-INCLUSION-01")
    assert file_of(desk, number)["recused"] == {OTHER: "proposers_body"}
    desk.watch.advance(days=2)
    with desk.app.db.write() as connection:
        rows = table(Seat)
        connection.execute(rows.update().where(rows.c.code == "GT-INCLUSION-33").values(ends_on=TODAY))
    assert file_of(desk, number)["recused"] == {OTHER: "proposers_body"}


def test_in_the_proposers_own_body_only_the_proposer_keeps_out(desk, tmp_path):
    number = proposed_by(under(desk, tmp_path, "proposers_body"), MEMBER)
    assert file_of(desk, number)["recused"] == {MEMBER: "proposer"}


def test_a_deputy_who_proposed_does_not_stand_in(desk, tmp_path):
    also_sits(desk, DEPUTY, "COPIL-33", "copil")
    away(desk)
    number = proposed_by(under(desk, tmp_path, "proposer"), "COPIL-33")
    with pytest.raises(Refused) as refused:
        answer_in_place(desk, number)
    assert codes(refused) == ["asker_recused"]


# --- four eyes ----------------------------------------------------------------------------------------------------------------------


def test_a_secretary_with_a_conflict_neither_records_for_others_nor_closes_nor_rectifies_nor_decides(desk):
    number = desk.to_technical()
    given = desk.ask(opinion(number, OTHER, CLERK))
    desk.ask(declaration(number, CLERK))
    assert desk.refusal(opinion(number, MEMBER, CLERK)) == ["asker_recused"]
    assert desk.refusal(CloseReviewForm(seat=CLERK, action=number, body="cotech", reason="Séance tenue")) == ["asker_recused"]
    rectified = RectifyForm(seat=CLERK, action=number, event=given.event, opinion="abstention", reason="Erreur")
    assert desk.refusal(rectified) == ["asker_recused"]
    decision = DecisionForm(seat=CLERK, action=number, body="cotech", outcome="adjourn", reason="Trop tôt")
    assert desk.refusal(decision) == ["asker_recused", "review_still_open"]


def test_a_proposer_does_not_decide_where_the_charter_wants_four_eyes(desk, tmp_path):
    number = proposed_by(under(desk, tmp_path, "proposer"), CLERK)
    with pytest.raises(Refused) as refused:
        in_portal(desk, opinion(number, OTHER, CLERK))
    assert codes(refused) == ["asker_recused"]


def test_a_form_or_a_command_line_is_no_second_person(desk, tmp_path):
    number = proposed_by(under(desk, tmp_path, "proposer"), MEMBER)
    assert desk.refusal(opinion(number, OTHER, CLERK)) == ["second_person_unseen"]
    assert desk.refusal(opinion(number, OTHER, CLERK), via=Via.PREFECT_FORM) == ["second_person_unseen"]
    assert desk.refusal(opinion(number, OTHER)) == []
    in_portal(desk, opinion(number, "COTECH-07", CLERK))


def test_stages_go_on_by_themselves_where_four_eyes_are_wanted(desk, tmp_path):
    number = proposed_by(under(desk, tmp_path, "proposer"), MEMBER)
    for seat in EVERYBODY:
        if seat != MEMBER:
            desk.ask(opinion(number, seat))
    desk.settle()
    review = desk.last_round(number, "cotech")
    assert (desk.state(number), review.recused) == (State.STEERING_REVIEW, {MEMBER: "proposer"})


# --- asked in advance ---------------------------------------------------------------------------------------------------------------


def answers_for(desk, number, seat, **how):
    return {answer.verb: answer for answer in explain(desk.app, action=number, seat=seat, **how)}


def test_what_may_be_declared_or_withdrawn_is_told_in_advance(desk):
    number = desk.to_technical()
    assert [answers_for(desk, number, seat)[Verb.DECLARE_CONFLICT].possible for seat in (MEMBER, CLERK, "COTECH-09")] == [True, True, False]
    assert answers_for(desk, number, CLERK)[Verb.WITHDRAW_CONFLICT].possible is False
    desk.ask(declaration(number))
    for seat, declared, withdrawn in ((MEMBER, False, True), (CLERK, True, True), (OTHER, True, False), (STEERING_CLERK, True, False)):
        answers = answers_for(desk, number, seat)
        assert (answers[Verb.DECLARE_CONFLICT].possible, answers[Verb.WITHDRAW_CONFLICT].possible) == (declared, withdrawn)
    assert [problem.code for problem in answers_for(desk, number, MEMBER)[Verb.RECORD_OPINION].unmet] == ["voter_recused"]


def test_through_the_portal_a_secretary_is_told_that_they_may_record_for_others(desk, tmp_path):
    number = proposed_by(under(desk, tmp_path, "proposer"), MEMBER)
    asked = {via: answers_for(desk, number, CLERK, via=via)[Verb.RECORD_OPINION].possible for via in (Via.CLI, Via.PORTAL)}
    assert asked == {Via.CLI: False, Via.PORTAL: True}


# --- what is kept -------------------------------------------------------------------------------------------------------------------


def test_the_words_and_the_kind_of_a_conflict_are_erased_with_the_person_and_the_audit_stays_green(desk):
    number = desk.to_technical()
    desk.ask(declaration(number, CLERK, concerned=MEMBER, kind="family", reason=SECRET))
    desk.ask(withdrawal(number, CLERK, concerned=MEMBER, reason="Sa sœur est partie"))
    desk.watch.advance(days=2)
    with desk.app.db.write() as connection:
        rows = table(Seat)
        connection.execute(rows.update().where(rows.c.code == MEMBER).values(ends_on=desk.today - timedelta(days=1)))
    done = erase(desk.app, MEMBER, carry_out=True)
    audit = verify(desk.app)
    assert (done.texts, audit.agrees, audit.erased) == ({"conflict": 2}, True, 2)
    [shown] = queries.show_action(desk.app, number)["conflicts"]
    assert (shown["seat"], shown["kind"], shown["words"]) == (MEMBER, None, None)


def test_a_review_costs_no_further_statement_where_nobody_keeps_out(light_desk):
    number = light_desk.to_technical()
    with statements_of(light_desk.app) as without:
        light_desk.ask(opinion(number, OTHER))
    light_desk.ask(declaration(number))
    with statements_of(light_desk.app) as with_one:
        light_desk.ask(opinion(number, "COTECH-07"))
    kept_out = [statement for statement in without if "conflict" in statement.lower()]
    assert len(kept_out) == 1, "the review is looked up together with whether anybody declared a conflict"
    assert len(with_one) > len(without)


def test_closing_asks_as_many_questions_however_many_seats_have_answered(light_desk):
    def asked(*seats):
        number = light_desk.to_technical()
        light_desk.ask(declaration(number))
        for seat in seats:
            light_desk.ask(opinion(number, seat))
        with statements_of(light_desk.app) as statements:
            light_desk.ask(CloseReviewForm(seat=CLERK, action=number, body="cotech"))
        return len(statements)

    others, more = [seat for seat in EVERYBODY if seat != MEMBER], [f"COTECH-{50 + place}" for place in range(12)]
    few = asked(*others)
    for code in more:
        also_sits(light_desk, OTHER, code, "cotech")
    assert asked(*others, *more) == few


def test_the_desk_shows_nothing_to_answer_to_who_keeps_out_and_counts_without_them(desk):
    number = desk.to_technical()

    def to_answer(seat):
        person = person_of(desk, seat)
        visitor = Visitor(person.id, person.code, person.name, "fr", CONVENTION, (SeatHeld(seat, "cotech", "member"),), b"", "", (), ())
        return [row["number"] for row in desk_of(desk.app, visitor).to_answer]

    assert to_answer(MEMBER) == [number]
    desk.ask(declaration(number))
    assert (to_answer(MEMBER), to_answer(OTHER)) == ([], [number])


def test_conflicts_lie_in_their_own_convention(desk):
    desk.ask(declaration(desk.to_technical()))
    with desk.app.db.read() as connection:
        assert connection.execute(sa.select(table(Conflict).c.withdrawn_on)).scalars().all() == [None]


# --- secret ballots -----------------------------------------------------------------------------------------------------------------


@pytest.fixture
def in_secret(desk, tmp_path):
    """A technical review by secret ballot."""
    return desk.under(changed_charter(tmp_path / "secret.yaml", lambda it: body_of(it, "cotech")["rules"].update(IN_SECRET))).to_technical()


def test_a_vote_cast_in_secret_stands_since_nobody_can_tell_which_it_is(desk, in_secret):
    in_portal(desk, opinion(in_secret, MEMBER))
    in_portal(desk, opinion(in_secret, OTHER, opinion="unfavourable"))
    desk.ask(declaration(in_secret))
    assert "set_aside" not in desk.events(in_secret)[-1].payload
    assert file_of(desk, in_secret)["recused"] == {}
    for seat in ("COTECH-01", "COTECH-04", "COTECH-06", "COTECH-07"):
        in_portal(desk, opinion(in_secret, seat))
    desk.settle()
    review = desk.last_round(in_secret, "cotech")
    assert (review.verdict["in_favour"], review.verdict["against"], review.recused) == (5, 1, None)
    assert verify(desk.app).findings == ()


def test_who_declares_it_before_voting_casts_no_vote_in_secret(desk, in_secret):
    desk.ask(declaration(in_secret))
    with pytest.raises(Refused) as refused:
        in_portal(desk, opinion(in_secret, MEMBER))
    assert codes(refused) == ["voter_recused"]
    for seat in EVERYBODY:
        if seat != MEMBER:
            in_portal(desk, opinion(in_secret, seat))
    desk.settle()
    review = desk.last_round(in_secret, "cotech")
    assert (review.verdict["seats"], review.recused) == (5, {MEMBER: "declared"})
    assert verify(desk.app).findings == ()


def test_who_said_in_secret_that_they_take_no_part_may_declare_why(desk, in_secret):
    in_portal(desk, opinion(in_secret, MEMBER, opinion="no_part"))
    desk.ask(declaration(in_secret))
    assert file_of(desk, in_secret)["recused"] == {MEMBER: "declared"}
    assert verify(desk.app).findings == ()
