"""An opinion that comes before its body is asked is kept, and counted when the review opens."""

import pytest
from benchmarks.lifecycle import statements_of
from builders import CLERK, IN_SECRET, NO_RESERVATIONS, STEERING_CLERK, body_of, changed_charter, provision

from models.lifecycle import State, Verb
from models.tables import Delivery, EarlyOpinion, Opinion, Seat, table
from services import queries
from services.audit import verify
from services.explanations import explain
from services.forms import (
    ConsultGroupForm,
    DeclareConflictForm,
    KeepOpinionForm,
    OpenReviewForm,
    OpinionForm,
    RectifyForm,
)
from services.review_file import review_files
from services.stages import run_deliveries

MEMBER, OTHER = "COPIL-03", "COPIL-04"


def early(number, voter=MEMBER, seat=None, **more):
    return KeepOpinionForm(**{"seat": seat or voter, "action": number, "body": "copil", "voter": voter, "opinion": "favourable"} | more)


def kept(desk, number):
    return [
        (row["body"], row["seat"], row["value"], row["review_id"] is not None) for row in queries.show_action(desk.app, number)["early"]
    ]


def given(desk, number, body="copil"):
    review = desk.last_round(number, body)
    return {row.seat: row.value for row in desk.rows(Opinion, review_id=review.id, superseded=False)}


def refer(desk, number):
    desk.opine(number, "cotech")
    desk.settle()
    assert desk.state(number) is State.STEERING_REVIEW


def test_it_is_kept_and_counted_when_the_review_opens(desk):
    number = desk.to_technical()
    desk.ask(early(number, opinion="unfavourable", reason="Trop cher"))
    assert kept(desk, number) == [("copil", MEMBER, "unfavourable", False)]
    refer(desk, number)
    assert (given(desk, number), kept(desk, number)) == ({MEMBER: "unfavourable"}, [("copil", MEMBER, "unfavourable", True)])
    [file] = review_files(desk.app, number, body="copil")
    [row] = [row for row in file["electorate"] if row["answered"]]
    assert (row["seat"], row["words"], row["recorded_by"]) == (MEMBER, "Trop cher", None)
    event = desk.events(number)[-1]
    assert (event.topic, event.payload["voter"]) == ("opinion.recorded", MEMBER)
    assert verify(desk.app).findings == ()


def test_who_answered_early_is_not_asked_again_and_gets_the_link_to_change_it(light_desk, sink):
    desk = light_desk.through(sink.url)
    number = desk.to_technical()
    desk.ask(early(number))
    refer(desk, number)
    run_deliveries(desk.app, holder="test", gate=lambda: None)
    [sits] = desk.rows(Seat, code=MEMBER)
    told = {(row.message, row.state) for row in desk.rows(Delivery, person_id=sits.person_id)}
    assert {("opinion-kept", "sent"), ("opinion-received", "sent"), ("opinion-requested", "cancelled")} <= told


def test_it_may_be_replaced_until_the_review_opens_and_changed_afterwards(desk):
    number = desk.to_technical()
    desk.ask(early(number))
    desk.ask(early(number, opinion="abstention"))
    assert [(row.value, row.superseded) for row in desk.rows(EarlyOpinion)] == [("favourable", True), ("abstention", False)]
    refer(desk, number)
    assert given(desk, number) == {MEMBER: "abstention"}
    desk.ask(OpinionForm(seat=MEMBER, action=number, body="copil", voter=MEMBER, opinion="favourable"))
    assert given(desk, number) == {MEMBER: "favourable"}
    assert verify(desk.app).findings == ()


def test_a_secretary_records_one_for_a_member_and_both_names_are_kept(desk):
    number = desk.to_technical()
    desk.ask(early(number, seat=STEERING_CLERK))
    event = desk.events(number)[-1]
    assert (event.actor, event.on_behalf_of, event.body) == (STEERING_CLERK, MEMBER, "copil")


@pytest.mark.parametrize(
    ("form", "codes"),
    [
        ({"seat": CLERK}, ["not_allowed"]),
        ({"seat": OTHER}, ["not_allowed"]),
        ({"voter": "COTECH-03", "seat": "COTECH-03"}, ["voter_not_seated"]),
        ({"body": "cotech", "voter": "COTECH-03", "seat": "COTECH-03"}, ["review_open_already"]),
        ({"opinion": "unfavourable"}, ["opinion_unreasoned"]),
    ],
)
def test_what_cannot_be_kept_is_refused_and_nothing_is(desk, form, codes):
    number = desk.to_technical()
    before = desk.counts()
    assert (desk.refusal(early(number, **form)), desk.counts()) == (codes, before)


@pytest.mark.parametrize("rules", [dict(IN_SECRET), {"results": "until_closing"}])
def test_none_comes_early_where_opinions_are_not_open(desk, tmp_path, rules):
    desk.under(
        changed_charter(tmp_path / "discreet.yaml", lambda it: body_of(it, "copil")["rules"].update(rules | {"casting_vote": False}))
    )
    assert "early_not_discreet" in desk.refusal(early(desk.to_technical()))


def test_one_that_is_kept_is_not_counted_where_opinions_have_become_hidden(desk, tmp_path):
    number = desk.to_technical()
    desk.ask(early(number))
    desk.under(changed_charter(tmp_path / "hidden.yaml", lambda it: body_of(it, "copil")["rules"].update(results="until_closing")))
    refer(desk, number)
    assert (given(desk, number), kept(desk, number)) == ({}, [("copil", MEMBER, "favourable", False)])


def test_one_that_the_rules_no_longer_offer_stays_kept_and_the_member_is_asked(desk, tmp_path):
    number = desk.to_technical()
    desk.ask(early(number, opinion="abstention"))
    fewer = {"opinions": ["favourable", "unfavourable"], "reasons_required_for": [], **NO_RESERVATIONS}
    desk.under(changed_charter(tmp_path / "fewer.yaml", lambda it: body_of(it, "copil")["rules"].update(fewer)))
    refer(desk, number)
    assert (given(desk, number), kept(desk, number)[0][3]) == ({}, False)


def test_who_keeps_out_of_the_review_has_nothing_counted(desk):
    number = desk.to_technical()
    desk.ask(early(number))
    desk.ask(early(number, OTHER))
    desk.ask(DeclareConflictForm(seat=MEMBER, action=number, kind="family"))
    refer(desk, number)
    assert given(desk, number) == {OTHER: "favourable"}


def test_a_seat_that_is_no_longer_held_has_nothing_counted(desk):
    number = desk.to_technical()
    desk.ask(early(number))
    with desk.app.db.write() as connection:
        rows = table(Seat)
        connection.execute(rows.update().where(rows.c.code == MEMBER).values(role="observer"))
    refer(desk, number)
    assert given(desk, number) == {}


def test_those_of_groups_and_of_the_committee_are_counted_with_their_own_reviews(desk):
    number = desk.propose(provision(1))
    desk.ask(early(number, "COTECH-03", body="cotech"))
    desk.ask(early(number, "GT-INCLUSION-01", body="gt-inclusion"))
    desk.ask(early(number, "GT-ENERGIE-01", body="gt-energie"))
    desk.settle()
    assert (given(desk, number, "cotech"), given(desk, number, "gt-inclusion")) == (
        {"COTECH-03": "favourable"},
        {"GT-INCLUSION-01": "favourable"},
    )
    desk.ask(ConsultGroupForm(seat=CLERK, action=number, body="gt-energie", reason="Chaufferie"))
    assert given(desk, number, "gt-energie") == {"GT-ENERGIE-01": "favourable"}
    assert verify(desk.app).findings == ()


def test_one_given_while_the_action_is_adjourned_is_counted_in_the_next_round(desk):
    number = desk.reach(State.ADJOURNED)
    desk.ask(early(number))
    desk.ask(OpenReviewForm(seat=STEERING_CLERK, action=number, body="copil"))
    assert (desk.last_round(number, "copil").round, given(desk, number)) == (2, {MEMBER: "favourable"})


def test_it_closes_a_review_that_it_completes(desk):
    number = desk.to_technical()
    voters = [row.code for row in desk.rows(Seat, body="copil") if row.role in ("chair", "member")]
    for seat in voters:
        desk.ask(early(number, seat))
    desk.opine(number, "cotech")
    desk.settle()
    assert desk.last_round(number, "copil").verdict["result"] == "favourable"


def test_it_is_put_right_as_any_other_once_it_is_counted(desk):
    number = desk.to_technical()
    desk.ask(early(number))
    refer(desk, number)
    [row] = desk.rows(Opinion, seat=MEMBER)
    desk.ask(RectifyForm(seat=STEERING_CLERK, action=number, event=row.event_id, opinion="abstention", reason="Mal noté"))
    assert given(desk, number) == {MEMBER: "abstention"}
    assert verify(desk.app).findings == ()


def test_a_member_is_told_in_advance_whether_they_may(desk):
    number = desk.to_technical()
    possible = {
        seat: next(answer.possible for answer in explain(desk.app, action=number, seat=seat) if answer.verb is Verb.KEEP_OPINION)
        for seat in (MEMBER, STEERING_CLERK, "COTECH-03")
    }
    assert possible == {MEMBER: True, STEERING_CLERK: True, "COTECH-03": False}


def test_opening_asks_one_question_more_where_nothing_came_early(light_desk):
    number = light_desk.to_technical()
    light_desk.opine(number, "cotech")
    with statements_of(light_desk.app) as heard:
        light_desk.settle()
    assert len([statement for statement in heard if "early_opinion" in statement]) == 1


def test_an_edited_one_is_found(desk):
    number = desk.to_technical()
    desk.ask(early(number))
    rows = table(EarlyOpinion)
    with desk.app.db.write() as connection:
        connection.execute(rows.update().values(value="abstention"))
    assert [(finding.code, finding.params["column"]) for finding in verify(desk.app).findings] == [("row_differs", "value")]
