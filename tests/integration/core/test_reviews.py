"""Committees at work: who is consulted, when a review ends, what follows."""

import pytest
from builders import CLERK, STEERING_CLERK, TODAY, body_of, changed_charter, provision

from models.lifecycle import State, Verb
from models.tables import Deadline, Decision, Opinion, Review, Seat, table
from services.forms import (
    CloseReviewForm,
    ConsultGroupForm,
    DecisionForm,
    OpenReviewForm,
    OpinionForm,
    ResubmitForm,
    ReturnForm,
    WithdrawForm,
)

COTECH_SEATS = ["COTECH-01", "COTECH-03", "COTECH-04", "COTECH-05", "COTECH-06", "COTECH-07"]


def opinion(number, voter, value="favourable", *, body="cotech", seat=CLERK, **more):
    return OpinionForm(seat=seat, action=number, body=body, voter=voter, opinion=value, **more)


def close(number, body="cotech", seat=CLERK, **more):
    return CloseReviewForm(seat=seat, action=number, body=body, **more)


def decision(number, outcome, body, seat=CLERK):
    return DecisionForm(seat=seat, action=number, body=body, outcome=outcome, reason="Motif")


def outcomes(desk, number):
    """Results of the reviews that are closed, by body and round."""
    return {place: row.verdict["result"] for place, row in desk.reviews(number).items() if row.verdict}


def test_a_review_is_asked_of_the_voting_seats_of_its_day(desk):
    number = desk.to_technical()
    review = desk.reviews(number)["cotech", 1]
    assert (review.electorate, review.opened_on, review.due_on.isoformat(), review.closed_on) == (COTECH_SEATS, TODAY, "2026-10-26", None)


def test_the_groups_of_the_themes_are_consulted_with_the_technical_review(desk):
    number = desk.to_technical(provision(1))
    assert sorted(desk.reviews(number)) == [("cotech", 1), ("gt-inclusion", 1), ("gt-science-societe", 1)]
    assert desk.events(number)[1].payload["groups"] == ["gt-inclusion", "gt-science-societe"]


def test_a_group_of_an_axis_is_consulted_too(desk, tmp_path):
    charter = changed_charter(tmp_path / "charter.yaml", lambda it: body_of(it, "gt-energie")["consulted_on"].update(axes=["territoire"]))
    number = desk.under(charter).to_technical()
    assert sorted(desk.reviews(number)) == [("cotech", 1), ("gt-energie", 1)]


def test_the_secretary_may_consult_further_groups_by_hand(desk):
    number = desk.propose(provision(1))
    desk.ask(OpenReviewForm(seat=CLERK, action=number, body="cotech", groups=("gt-energie",)))
    assert sorted(body for body, _ in desk.reviews(number)) == ["cotech", "gt-energie", "gt-inclusion", "gt-science-societe"]
    assert desk.settle()[0][2] == "messages: 1"


def consulting(number, group, **more):
    return ConsultGroupForm(**{"seat": CLERK, "action": number, "body": group, "reason": "Le calendrier touche ce groupe"} | more)


def test_the_secretary_may_consult_one_more_group_with_a_reason_while_the_committee_examines(desk):
    number = desk.to_technical()
    assert desk.refusal(consulting(number, "gt-energie", reason=None)) == ["reason_missing"]
    desk.ask(consulting(number, "gt-energie"))
    assert desk.settle() == [(number, "review.opened", f"messages: {len(desk.last_round(number, 'gt-energie').electorate)}")]
    desk.opine(number, "cotech")
    desk.settle()
    assert desk.state(number) is State.TECHNICAL_REVIEW
    desk.opine(number, "gt-energie", "unfavourable")
    desk.settle()
    assert desk.state(number) is State.STEERING_REVIEW


def test_a_group_is_consulted_once_in_a_round_and_again_in_the_next(desk):
    number = desk.to_technical(provision(1))
    assert desk.refusal(consulting(number, "gt-inclusion")) == ["group_consulted_already"]
    desk.opine(number, "gt-inclusion")
    desk.settle()
    assert desk.refusal(consulting(number, "gt-inclusion")) == ["group_consulted_already"]
    desk.opine(number, "gt-science-societe")
    desk.opine(number, "cotech", "adjournment")
    desk.settle()
    assert desk.state(number) is State.ADJOURNED
    desk.watch.advance(days=1)
    desk.ask(OpenReviewForm(seat=CLERK, action=number, body="cotech", reason="Nouvelle version"))
    assert desk.last_round(number, "gt-inclusion").round == 2


@pytest.mark.parametrize(
    ("group", "seat", "codes"),
    [("copil", CLERK, ["groups_unknown", "not_allowed"]), ("gt-energie", STEERING_CLERK, ["not_allowed"]), ("gt-rien", CLERK, None)],
)
def test_only_a_thematic_group_is_consulted_and_only_by_who_serves_it(desk, group, seat, codes):
    number = desk.to_technical()
    before = desk.counts()
    refused = desk.refusal(consulting(number, group, seat=seat))
    assert (refused if codes else "groups_unknown" in refused) == (codes or True)
    assert desk.counts() == before


def test_a_committee_is_not_a_group_to_consult(desk):
    number = desk.propose()
    assert desk.refusal(OpenReviewForm(seat=CLERK, action=number, body="cotech", groups=("copil",))) == ["groups_unknown"]


def test_every_opinion_given_closes_the_review_and_a_favourable_verdict_refers(desk):
    number = desk.to_technical()
    desk.opine(number, "cotech")
    assert [step[1:] for step in desk.settle() if step[2] != "messages: 1"] == [
        ("opinion.recorded", "close_review, messages: 1"),
        ("review.closed", "refer, messages: 1"),
        ("action.referred", "messages: 3"),
        ("review.opened", "messages: 6"),
    ]
    assert (desk.state(number), sorted(desk.reviews(number))) == (State.STEERING_REVIEW, [("copil", 1), ("cotech", 1)])


def test_the_technical_committee_waits_for_the_groups_it_consults(desk):
    number = desk.to_technical(provision(1))
    desk.opine(number, "cotech")
    desk.opine(number, "gt-inclusion")
    desk.settle()
    assert (desk.state(number), outcomes(desk, number)) == (State.TECHNICAL_REVIEW, {("gt-inclusion", 1): "favourable"})
    assert desk.refusal(close(number, reason="Séance tenue")) == ["consultations_open"]
    desk.opine(number, "gt-science-societe", "unfavourable")
    desk.settle()
    assert (desk.state(number), outcomes(desk, number)) == (
        State.STEERING_REVIEW,
        {("gt-inclusion", 1): "favourable", ("gt-science-societe", 1): "unfavourable", ("cotech", 1): "favourable"},
    )


def test_a_group_that_stays_silent_is_in_favour_once_its_delay_has_passed(desk):
    number = desk.to_technical(provision(1))
    desk.post()
    desk.watch.go_to(desk.reviews(number)["gt-inclusion", 1].due_on, hour=21)
    desk.settle()
    assert outcomes(desk, number) == {}
    desk.watch.advance(hours=2)
    desk.settle()
    assert outcomes(desk, number) == {("gt-inclusion", 1): "favourable", ("gt-science-societe", 1): "favourable"}


@pytest.mark.parametrize(
    ("silence", "state"),
    [("favourable", State.STEERING_REVIEW), ("unfavourable", State.RETURNED), ("not_counted", State.STEERING_REVIEW)],
)
def test_silence_counts_as_the_charter_says(light_desk, tmp_path, silence, state):
    charter = changed_charter(tmp_path / "charter.yaml", lambda it: body_of(it, "cotech")["rules"].update(silence=silence, quorum=2))
    number = light_desk.under(charter).to_technical()
    light_desk.post()
    light_desk.opine(number, "cotech", seats=("COTECH-01", "COTECH-03"))
    light_desk.watch.advance(days=30)
    light_desk.settle()
    assert light_desk.state(number) is state


def test_without_quorum_the_review_adjourns(desk):
    number = desk.to_technical()
    desk.post()
    desk.opine(number, "cotech", seats=("COTECH-01", "COTECH-03"))
    desk.watch.advance(days=30)
    desk.settle()
    assert (desk.state(number), outcomes(desk, number)) == (State.ADJOURNED, {("cotech", 1): "no_quorum"})


@pytest.mark.parametrize(
    ("value", "state", "result"),
    [
        ("with_reservations", State.STEERING_REVIEW, "with_reservations"),
        ("unfavourable", State.RETURNED, "unfavourable"),
        ("adjournment", State.ADJOURNED, "adjournment"),
        ("abstention", State.ADJOURNED, "adjournment"),
        ("no_part", State.ADJOURNED, "adjournment"),
    ],
)
def test_what_the_technical_committee_thinks_decides_what_follows(light_desk, value, state, result):
    number = light_desk.to_technical()
    light_desk.opine(number, "cotech", value)
    light_desk.settle()
    assert (light_desk.state(number), outcomes(light_desk, number)) == (state, {("cotech", 1): result})


def test_where_decisions_are_recorded_the_verdict_alone_decides_nothing(desk):
    number = desk.to_steering()
    desk.opine(number, "copil")
    desk.settle()
    assert (desk.state(number), outcomes(desk, number)["copil", 1]) == (State.STEERING_REVIEW, "favourable")


def test_a_review_closes_before_its_day_only_with_a_reason(desk):
    number = desk.to_technical()
    assert desk.refusal(close(number)) == ["review_incomplete"]
    assert desk.refusal(close(number, reason="Tous étaient présents")) == []
    assert desk.reviews(number)["cotech", 1].closed_on == TODAY


def test_a_later_opinion_of_a_seat_replaces_the_first_and_both_are_kept(desk):
    number = desk.to_technical()
    desk.ask(opinion(number, "COTECH-01"))
    desk.ask(opinion(number, "COTECH-01", "unfavourable", reason="Chiffres revus"))
    assert [(row.value, row.superseded) for row in desk.rows(Opinion)] == [("favourable", True), ("unfavourable", False)]
    desk.opine(number, "cotech", seats=tuple(COTECH_SEATS[1:]))
    desk.settle()
    assert (desk.reviews(number)["cotech", 1].verdict["in_favour"], desk.reviews(number)["cotech", 1].verdict["against"]) == (5, 1)


def test_a_closed_review_takes_no_opinion(desk):
    number = desk.to_technical()
    desk.ask(close(number, reason="Séance tenue"))
    assert desk.refusal(opinion(number, "COTECH-01")) == ["review_not_open"]


def test_an_adjourned_action_is_examined_again_in_a_second_round(desk):
    number = desk.reach(State.ADJOURNED)
    desk.ask(OpenReviewForm(seat=STEERING_CLERK, action=number, body="copil"))
    desk.settle()
    assert (desk.state(number), sorted(desk.reviews(number))) == (
        State.STEERING_REVIEW,
        [("copil", 1), ("copil", 2), ("cotech", 1)],
    )
    desk.decide(number, "approve")
    assert desk.state(number) is State.APPROVED


def test_an_action_adjourned_by_the_technical_committee_starts_again_with_its_groups(desk):
    number = desk.to_technical(provision(6))
    desk.opine(number, "gt-inclusion")
    desk.opine(number, "cotech", "adjournment")
    desk.settle()
    assert desk.refusal(OpenReviewForm(seat=STEERING_CLERK, action=number, body="copil")) == ["never_referred"]
    desk.ask(OpenReviewForm(seat=CLERK, action=number, body="cotech"))
    assert sorted(desk.reviews(number)) == [("cotech", 1), ("cotech", 2), ("gt-inclusion", 1), ("gt-inclusion", 2)]


def test_a_committee_decides_only_while_it_examines(desk):
    number = desk.to_steering()
    assert desk.refusal(decision(number, "reject", "cotech")) == ["body_wrong"]
    assert desk.refusal(decision(number, "adjourn", "cotech")) == ["body_wrong"]
    assert desk.refusal(decision(number, "reject", "copil", STEERING_CLERK)) == ["review_still_open"]


def test_a_group_gives_an_opinion_and_decides_nothing(desk):
    number = desk.to_technical(provision(1))
    desk.ask(close(number, "gt-inclusion", "GT-INCLUSION-02", reason="Séance tenue"))
    assert desk.refusal(decision(number, "reject", "gt-inclusion", "GT-INCLUSION-02")) == ["body_wrong"]


def test_decisions_stand_in_a_register_by_body_and_year(desk):
    first, second = desk.to_steering(), desk.to_steering(provision(7, title="Autre action"))
    desk.decide(second, "adjourn")
    desk.decide(first, "approve", reference="PV du 5 octobre")
    assert [(row.number, row.outcome, row.body, row.reference) for row in desk.rows(Decision)] == [
        ("COTECH-2026-001", "refer", "cotech", None),
        ("COTECH-2026-002", "refer", "cotech", None),
        ("COPIL-2026-001", "adjourn", "copil", None),
        ("COPIL-2026-002", "approve", "copil", "PV du 5 octobre"),
    ]


def test_rejecting_and_adjourning_need_a_reason(desk):
    number = desk.to_technical()
    desk.ask(close(number, reason="Séance tenue"))
    forms = {outcome: DecisionForm(seat=CLERK, action=number, body="cotech", outcome=outcome) for outcome in ("reject", "adjourn")}
    assert {outcome: desk.refusal(form) for outcome, form in forms.items()} == {
        "reject": ["reason_missing"],
        "adjourn": ["reason_missing"],
    }


def test_a_decision_taken_by_hand_before_the_stage_reacts_stands(desk):
    number = desk.to_technical()
    desk.decide(number, "refer", body="cotech")
    assert [outcome for *_, outcome in desk.settle() if "failed" in outcome] == []
    assert desk.state(number) is State.STEERING_REVIEW


def test_a_verdict_of_a_former_round_decides_nothing_any_more(desk):
    number = desk.to_technical()
    desk.decide(number, "adjourn", body="cotech")
    desk.ask(OpenReviewForm(seat=CLERK, action=number, body="cotech"))
    assert [outcome for *_, outcome in desk.settle() if "failed" in outcome] == []
    assert (desk.state(number), sorted(desk.reviews(number))) == (State.TECHNICAL_REVIEW, [("cotech", 1), ("cotech", 2)])


def test_a_returned_action_comes_back_for_another_round(desk):
    number = desk.to_technical()
    desk.opine(number, "cotech", "unfavourable")
    desk.settle()
    desk.ask(ResubmitForm(seat=CLERK, action=number, reason="Revu avec le comité"))
    desk.settle()
    assert (desk.state(number), sorted(desk.reviews(number))) == (State.TECHNICAL_REVIEW, [("cotech", 1), ("cotech", 2)])


def test_a_secretary_may_give_a_proposal_back_before_any_review(desk):
    number = desk.propose()
    assert desk.refusal(ReturnForm(seat=CLERK, action=number)) == ["reason_missing"]
    desk.ask(ReturnForm(seat=CLERK, action=number, reason="À préciser"))
    assert [step[1:] for step in desk.settle()] == [("action.proposed", "messages: 1"), ("action.returned", "messages: 1")]
    assert desk.state(number) is State.RETURNED


def test_withdrawing_ends_the_open_reviews_and_their_deadlines(desk):
    number = desk.to_technical(provision(1))
    desk.ask(WithdrawForm(seat=CLERK, action=number, reason="Porté ailleurs"))
    assert {(row.closed_on, row.verdict) for row in desk.rows(Review)} == {(TODAY, None)}
    assert {row.outcome for row in desk.dues()} == {"withdrawn"}


def test_a_body_without_members_cannot_examine_and_the_item_says_so(desk):
    desk.watch.go_to(TODAY.replace(year=2027))
    number = desk.propose()
    desk.app.db.engine.dispose()
    with desk.app.db.write() as connection:
        connection.exec_driver_sql("UPDATE seat SET ends_on = '2027-10-04' WHERE body = 'cotech' AND role <> 'secretary'")
    assert desk.settle() == [(number, "action.proposed", "failed (1/5)")]
    assert desk.refusal(OpenReviewForm(seat=CLERK, action=number, body="cotech")) == ["body_unseated"]


def test_the_members_who_have_not_answered_are_reminded_before_the_end(desk):
    number = desk.to_technical()
    desk.opine(number, "cotech", seats=("COTECH-01",))
    desk.settle()
    (end,) = desk.dues()
    assert (end.due_on.isoformat(), end.due_at.date().isoformat()) == ("2026-10-26", "2026-10-21")
    desk.watch.go_to(end.due_at.date())
    assert desk.settle() == [(number, "review_end", Verb.REMIND_VOTERS), (number, "review.reminded", "messages: 5")]


def test_a_technical_committee_with_a_shorter_delay_than_its_groups_still_waits_for_them(desk, tmp_path):
    charter = changed_charter(tmp_path / "charter.yaml", lambda it: body_of(it, "cotech")["rules"].update(opinion_delay=5))
    number = desk.under(charter).to_technical(provision(6))
    desk.post()
    desk.opine(number, "cotech", seats=tuple(COTECH_SEATS[:4]))
    desk.watch.go_to(desk.reviews(number)["cotech", 1].due_on, hour=23)
    desk.settle()
    assert desk.state(number) is State.TECHNICAL_REVIEW
    desk.watch.go_to(desk.reviews(number)["gt-inclusion", 1].due_on, hour=23)
    desk.settle()
    assert desk.state(number) is State.STEERING_REVIEW
    assert [row.outcome for row in desk.rows(Deadline, body="cotech", kind="review_end")] == ["waits for the groups"]


def test_a_review_counts_its_electorate_as_it_was_when_it_opened(desk):
    number, seats = desk.to_technical(), table(Seat)
    with desk.app.db.write() as connection:
        connection.execute(seats.update().where(seats.c.code == "COTECH-03").values(weight=9, partner="universite-lille", role="observer"))
    desk.ask(opinion(number, "COTECH-03", "unfavourable", reason="Trop cher"))
    desk.opine(number, "cotech", seats=[seat for seat in COTECH_SEATS if seat != "COTECH-03"])
    desk.settle()
    verdict = desk.last_round(number, "cotech").verdict
    assert (verdict["in_favour"], verdict["against"], verdict["base"]) == (5, 1, 6)
