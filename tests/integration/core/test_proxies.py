"""A member mandates another for one review: both names are on the trail, nothing counts twice, and what may not be is told why."""

from datetime import timedelta

import pytest
from builders import CLERK, CONVENTION, TODAY, body_of, changed_charter, propose_form

from models.commands import Actor, Via
from models.errors import NotFound, Refused
from models.lifecycle import State, Verb
from models.review.rules import Role
from models.tables import Deadline, Delivery, Opinion, Person, Proxy, Reservation, Seat, Words, table
from services.audit import verify
from services.deadline_kinds import Kind
from services.desk import desk as desk_of
from services.dispatch import execute
from services.erasure import erase
from services.explanations import explain
from services.forms import (
    DeclareConflictForm,
    GiveProxyForm,
    MoveReviewForm,
    NoteConflictForm,
    OpinionForm,
    ProxyOpinionForm,
    RectifyForm,
    RevokeProxyForm,
)
from services.invitations import invitation
from services.links import ANSWER, secret_of, token_of
from services.review_file import review_files
from services.stages import run_deliveries
from services.visitors import SeatHeld, Visitor

GIVER, HOLDER, OTHER, THIRD = "COTECH-03", "COTECH-05", "COTECH-06", "COTECH-07"
REST = ("COTECH-01", "COTECH-04", "COTECH-06", "COTECH-07")


def with_rules(desk, tmp_path, **rules):
    name = "-".join(f"{key}.{value}" for key, value in rules.items()).replace("/", "_")
    return desk.under(changed_charter(tmp_path / f"{name}.yaml", lambda it: body_of(it, "cotech")["rules"].update(rules)))


@pytest.fixture
def office(desk, tmp_path):
    """The real desk on each database, whose technical committee knows proxies: one a holder."""
    return with_rules(desk, tmp_path, proxies_per_holder=1)


@pytest.fixture
def light(light_desk, tmp_path):
    """The same on SQLite only."""
    return with_rules(light_desk, tmp_path, proxies_per_holder=1)


def giving(number, holder=HOLDER, *, seat=GIVER, **more):
    return GiveProxyForm(**{"seat": seat, "action": number, "body": "cotech", "holder": holder} | more)


def revoking(number, seat=GIVER, **more):
    return RevokeProxyForm(**{"seat": seat, "action": number, "body": "cotech"} | more)


def voting(number, voter=GIVER, *, seat=HOLDER, **more):
    return ProxyOpinionForm(**{"seat": seat, "action": number, "body": "cotech", "voter": voter, "opinion": "favourable"} | more)


def answering(number, voter, **more):
    return OpinionForm(**{"seat": voter, "action": number, "body": "cotech", "voter": voter, "opinion": "favourable"} | more)


def given(desk, **how):
    """An action in technical review, with a proxy."""
    number = desk.to_technical()
    desk.ask(giving(number, **how))
    return number


def file_of(desk, number):
    return review_files(desk.app, number, body="cotech")[-1]


def line_of(desk, number, seat):
    return next(row for row in file_of(desk, number)["electorate"] if row["seat"] == seat)


def person_of(desk, seat):
    (row,) = desk.rows(Seat, code=seat)
    return desk.rows(Person, id=row.person_id)[0]


def told(desk, message, seat):
    return [row.because for row in desk.rows(Delivery, message=message, person_id=person_of(desk, seat).id) if row.state != "suppressed"]


def link_of(desk, message, seat):
    row = desk.rows(Delivery, message=message, person_id=person_of(desk, seat).id)[-1]
    return invitation(desk.app, token_of(secret_of(desk.app.db), row.id), ANSWER)


def visitor(desk, seat):
    person = person_of(desk, seat)
    return Visitor(person.id, person.code, person.name, "fr", CONVENTION, (SeatHeld(seat, "cotech", "member"),), b"", "", (), ())


def unmet(desk, number, seat, verb):
    return [
        problem.code
        for answer in explain(desk.app, action=number, seat=seat, body="cotech")
        if answer.verb is verb
        for problem in answer.unmet
    ]


# --- giving and using ----------------------------------------------------------------------------------------------------------------


def test_the_holder_gives_the_opinion_of_the_giver_and_both_are_on_the_trail(office):
    number = given(office)
    office.ask(voting(number))
    event, opinion = office.events(number)[-1], office.rows(Opinion)[-1]
    assert (event.topic, event.actor, event.on_behalf_of) == ("opinion.recorded", HOLDER, GIVER)
    assert (event.payload["voter"], event.payload["holder"]) == (GIVER, HOLDER)
    assert (opinion.seat, opinion.holder, opinion.value) == (GIVER, HOLDER, "favourable")
    assert (line_of(office, number, GIVER)["by_proxy"], line_of(office, number, GIVER)["recorded_by"]) == (HOLDER, None)
    assert verify(office.app).agrees


def test_a_review_closes_with_the_votes_by_proxy_counted_for_their_givers(office):
    number = given(office)
    office.opine(number, "cotech", seats=(*REST, HOLDER))
    office.ask(voting(number, opinion="unfavourable", reason="Trop cher"))
    office.settle()
    verdict = office.last_round(number, "cotech").verdict
    assert (office.state(number), verdict["answered"], verdict["in_favour"], verdict["against"]) == (State.STEERING_REVIEW, 6, 5, 1)
    assert verify(office.app).agrees


def test_the_secretary_gives_takes_back_and_uses_a_proxy_for_members_and_is_named(office):
    number = given(office, seat=CLERK, giver=GIVER)
    assert (office.events(number)[-1].actor, office.events(number)[-1].on_behalf_of) == (CLERK, GIVER)
    office.ask(revoking(number, seat=CLERK, giver=GIVER))
    office.ask(giving(number, OTHER, seat=CLERK, giver=GIVER))
    office.ask(voting(number, seat=CLERK, holder=OTHER))
    event = office.events(number)[-1]
    assert (event.actor, event.on_behalf_of, event.payload["holder"]) == (CLERK, GIVER, OTHER)
    assert line_of(office, number, GIVER)["recorded_by"] == CLERK
    assert verify(office.app).agrees


def test_a_holder_may_change_what_they_said_by_proxy_and_both_versions_are_kept(office):
    number = given(office)
    office.ask(voting(number))
    office.ask(voting(number, opinion="abstention"))
    rows = office.rows(Opinion, seat=GIVER)
    assert [(row.value, row.holder, bool(row.superseded)) for row in rows] == [("favourable", HOLDER, True), ("abstention", HOLDER, False)]
    assert verify(office.app).agrees


def test_the_giver_s_own_answer_takes_the_place_of_the_proxy_s_and_never_both(office):
    number = given(office)
    office.ask(voting(number))
    office.ask(answering(number, GIVER, opinion="unfavourable", reason="À revoir"))
    standing = [row for row in office.rows(Opinion, seat=GIVER) if not row.superseded]
    assert [(row.value, row.holder) for row in standing] == [("unfavourable", None)]
    assert office.refusal(voting(number)) == ["giver_answered"]
    assert file_of(office, number)["figures"]["answered"] == 1
    assert verify(office.app).agrees


def test_a_rectified_opinion_still_says_who_gave_it(office):
    number = given(office)
    event = office.ask(voting(number)).event
    office.ask(RectifyForm(seat=CLERK, action=number, event=event, opinion="abstention", reason="Erreur de saisie"))
    standing = [row for row in office.rows(Opinion, seat=GIVER) if not row.superseded]
    assert [(row.value, row.holder) for row in standing] == [("abstention", HOLDER)]
    assert verify(office.app).agrees


# --- what may not be -----------------------------------------------------------------------------------------------------------------


def test_where_the_charter_knows_no_proxies_none_is_given(desk):
    number = desk.to_technical()
    assert desk.refusal(giving(number)) == ["proxies_not_allowed"]
    assert desk.rows(Proxy) == []


@pytest.mark.parametrize(
    ("holder", "code"),
    [(GIVER, "proxy_to_oneself"), (CLERK, "holder_not_asked"), ("COTECH-08", "holder_not_asked"), ("COPIL-01", "holder_not_asked")],
)
def test_the_holder_is_another_member_who_is_asked(light, holder, code):
    number = light.to_technical()
    assert light.refusal(giving(number, holder)) == [code]


def test_the_holder_exists(light):
    number = light.to_technical()
    assert light.refusal(giving(number, "COTECH-99")) == ["holder_gone"]


def test_nobody_gives_the_proxy_of_another_nor_takes_it_back(light):
    number = given(light)
    assert light.refusal(giving(number, OTHER, seat=HOLDER, giver=THIRD)) == ["not_allowed"]
    assert light.refusal(revoking(number, seat=HOLDER, giver=GIVER)) == ["not_allowed"]
    assert light.refusal(voting(number, seat=OTHER, holder=HOLDER)) == ["not_allowed"]


def test_a_deputy_does_not_use_the_proxy_of_a_member(light):
    number = given(light)
    assert "proxy_held_none" in light.refusal(voting(number, seat="COTECH-08"))


def test_a_seat_gives_one_proxy_at_a_time_and_holds_as_many_as_the_charter_says(office):
    number = given(office)
    assert office.refusal(giving(number, OTHER)) == ["proxy_given_already"]
    assert office.refusal(giving(number, HOLDER, seat=OTHER)) == ["proxies_too_many"]
    office.ask(revoking(number))
    office.ask(giving(number, HOLDER, seat=OTHER))
    assert office.refusal(giving(number, HOLDER)) == ["proxies_too_many"]


def test_a_proxy_is_not_passed_on(light):
    number = given(light)
    assert light.refusal(giving(number, OTHER, seat=HOLDER)) == ["proxy_passed_on"]
    assert light.refusal(giving(number, GIVER, seat=OTHER)) == ["proxy_passed_on"]


def test_whoever_has_answered_is_not_represented(light):
    number = light.to_technical()
    light.ask(answering(number, GIVER))
    assert light.refusal(giving(number)) == ["giver_answered"]


def test_without_a_proxy_nobody_votes_for_another(light):
    number = given(light)
    assert light.refusal(voting(number, OTHER)) == ["proxy_absent"]
    assert light.refusal(voting(number, GIVER, seat=OTHER)) == ["proxy_held_none"]


def test_a_proxy_serves_from_its_day_until_its_last_and_no_longer(office):
    number = given(office, until=TODAY + timedelta(days=1))
    office.watch.advance(days=1)
    office.ask(voting(number))
    office.watch.advance(days=1)
    assert office.refusal(voting(number, opinion="abstention")) == ["proxies_none"]
    assert office.refusal(revoking(number)) == ["proxies_none", "proxy_used"]


def test_a_proxy_that_is_over_makes_room_for_another(office):
    number = given(office, until=TODAY)
    office.watch.advance(days=1)
    office.ask(giving(number, OTHER))
    office.ask(giving(number, HOLDER, seat=THIRD))
    assert verify(office.app).agrees


def test_a_proxy_that_would_be_over_before_it_begins_is_refused(light):
    number = light.to_technical()
    assert light.refusal(giving(number, until=TODAY - timedelta(days=1))) == ["proxy_over_already"]


def test_an_opinion_of_a_day_before_the_proxy_is_not_the_holder_s(light):
    number = light.to_technical()
    light.watch.advance(days=1)
    light.ask(giving(number))
    assert light.refusal(voting(number, occurred_on=TODAY, late_reason="Oubli")) == ["proxy_absent"]


def test_a_holder_without_a_seat_any_more_uses_nothing(light):
    number = given(light)
    with light.app.db.write() as connection:
        connection.execute(table(Seat).update().where(table(Seat).c.code == HOLDER).values(ends_on=TODAY))
    light.watch.advance(days=1)
    with pytest.raises(NotFound) as gone:
        light.ask(voting(number))
    assert gone.value.problems[0].code == "seat_not_in_office"
    assert light.refusal(voting(number, seat=CLERK, holder=HOLDER)) == ["holder_gone"]


def test_rules_that_no_longer_know_proxies_stop_those_that_were_given(light, tmp_path):
    number = given(light)
    with_rules(light, tmp_path, proxies_per_holder=0)
    light.ask(MoveReviewForm(seat=CLERK, action=number, body="cotech", reason="Nouvelle charte"))
    assert light.refusal(voting(number)) == ["proxies_not_allowed"]


def test_in_a_secret_ballot_no_proxy_is_given_and_none_is_used(light, tmp_path):
    number = given(light)
    rules = {"proxies_per_holder": 0, "ballot": "secret", "early_closing": False, "casting_vote": False, "reasons_required_for": []}
    rules |= {"reservation_days": None, "reservations_block": None}
    with_rules(light, tmp_path, **rules)
    light.ask(MoveReviewForm(seat=CLERK, action=number, body="cotech", reason="Nouvelle charte"))
    assert light.refusal(voting(number)) == ["proxies_not_allowed", "secret_vote_own_hand"]
    assert light.refusal(giving(number, OTHER, seat=THIRD)) == ["proxies_not_allowed"]
    assert light.rows(Opinion) == []


# --- taking back ---------------------------------------------------------------------------------------------------------------------


def test_a_proxy_is_taken_back_until_it_is_used(office):
    number = given(office)
    office.ask(revoking(number))
    assert office.refusal(voting(number)) == ["proxies_none"]
    assert office.refusal(revoking(number)) == ["proxies_none"]
    office.ask(giving(number))
    office.ask(voting(number))
    assert office.refusal(revoking(number)) == ["proxy_used"]
    assert [(bool(row["revoked_on"]), row["used"]) for row in file_of(office, number)["proxies"]] == [(True, True), (False, True)]
    assert verify(office.app).agrees


def test_a_closed_review_keeps_its_proxies_as_they_were(office):
    number = given(office)
    office.opine(number, "cotech", seats=(*REST, HOLDER))
    office.ask(voting(number))
    office.settle()
    assert office.refusal(revoking(number)) == ["proxy_used", "review_not_open"]
    assert file_of(office, number)["proxies"][0]["held_by"] == HOLDER


# --- who keeps out -------------------------------------------------------------------------------------------------------------------


def test_a_recused_holder_cannot_use_a_proxy_nor_be_given_one(office):
    number = given(office)
    office.ask(DeclareConflictForm(seat=HOLDER, action=number, kind="employer"))
    assert office.refusal(voting(number)) == ["asker_recused", "holder_recused"]
    assert office.refusal(voting(number, seat=CLERK, holder=HOLDER)) == ["holder_recused"]
    office.ask(revoking(number))
    assert office.refusal(giving(number)) == ["holder_recused"]


def test_what_a_holder_said_by_proxy_is_set_aside_once_they_declare_a_conflict(office):
    number = given(office)
    office.ask(voting(number))
    office.ask(DeclareConflictForm(seat=HOLDER, action=number, kind="employer"))
    assert all(row.superseded for row in office.rows(Opinion, seat=GIVER))
    office.ask(answering(number, GIVER))
    assert file_of(office, number)["figures"]["answered"] == 1
    assert verify(office.app).agrees


def test_a_recused_giver_is_not_represented(office):
    number = given(office)
    office.ask(voting(number))
    office.ask(DeclareConflictForm(seat=GIVER, action=number, kind="family"))
    assert file_of(office, number)["figures"]["answered"] == 0
    assert office.refusal(voting(number)) == ["voter_recused"]
    assert office.refusal(giving(number, OTHER)) == ["giver_recused", "proxy_given_already"]
    assert verify(office.app).agrees


def test_whoever_answered_that_they_take_no_part_holds_no_proxy_and_what_they_said_by_it_does_not_count(office):
    number = given(office)
    office.ask(voting(number))
    office.ask(answering(number, HOLDER, opinion="no_part"))
    assert file_of(office, number)["figures"]["answered"] == 0
    assert office.refusal(voting(number)) == ["holder_takes_no_part"]


def test_the_proposer_keeps_out_through_proxies_too(light, tmp_path):
    with_rules(light, tmp_path, proxies_per_holder=1, recused="proposer")
    number = light.ask(propose_form(seat=HOLDER)).number
    light.settle()
    assert light.refusal(giving(number), via=Via.PORTAL) == ["holder_recused"]
    assert light.refusal(giving(number, OTHER, seat=HOLDER), via=Via.PORTAL) == ["giver_recused"]
    light.ask(giving(number, OTHER), via=Via.PORTAL)
    assert light.refusal(voting(number, seat=OTHER), via=Via.CLI) == ["second_person_unseen"]
    light.ask(voting(number, seat=OTHER), via=Via.PORTAL)
    assert line_of(light, number, GIVER)["by_proxy"] == OTHER


def test_members_of_the_proposer_s_body_keep_out_as_holders(light, tmp_path):
    number = light.ask(propose_form(seat="COPIL-01")).number
    (row,) = light.rows(Seat, code=HOLDER)
    with light.app.db.write() as connection:
        values = {**row._asdict(), "code": "COPIL-20", "body": "copil", "role": Role.MEMBER}
        del values["id"]
        connection.execute(table(Seat).insert().values(**values))
    with_rules(light, tmp_path, proxies_per_holder=1, recused="proposers_body")
    light.settle()
    assert light.refusal(giving(number), via=Via.PORTAL) == ["holder_recused"]


def test_a_secretary_who_keeps_out_gives_and_takes_back_no_proxies_for_others(light):
    number = given(light)
    light.ask(NoteConflictForm(seat=CLERK, action=number, concerned=CLERK))
    assert light.refusal(giving(number, THIRD, seat=CLERK, giver=OTHER)) == ["asker_recused"]
    assert light.refusal(revoking(number, seat=CLERK, giver=GIVER)) == ["asker_recused"]


def test_only_reservations_that_count_are_kept_when_a_review_closes(office):
    number = given(office)
    office.ask(giving(number, OTHER, seat=THIRD))
    said = {"opinion": "with_reservations", "reason": "Chiffrer le stationnement"}
    office.ask(voting(number, **said))
    office.ask(voting(number, THIRD, seat=OTHER, **said))
    office.ask(answering(number, OTHER, opinion="no_part"))
    office.opine(number, "cotech", seats=("COTECH-01", "COTECH-04", HOLDER))
    office.settle()
    assert [row.seat for row in office.rows(Reservation)] == [GIVER]
    assert verify(office.app).agrees


# --- who is told ---------------------------------------------------------------------------------------------------------------------


def test_holder_and_giver_are_told_and_the_holder_s_link_answers_for_the_giver(office):
    number = given(office)
    office.settle()
    assert (told(office, "proxy-held", HOLDER), told(office, "proxy-given", GIVER)) == (["holder"], ["giver"])
    found = link_of(office, "proxy-held", HOLDER)
    assert (found.seats, dict(found.by_proxy)) == ((GIVER, HOLDER), {GIVER: HOLDER})
    assert (found.number, found.hindrance) == (number, None)
    assert link_of(office, "proxy-given", GIVER).seats == (GIVER,)


def test_taken_back_both_are_told_and_the_holder_s_link_is_for_their_own_seat_alone(office):
    number = given(office)
    office.settle()
    office.ask(revoking(number))
    office.settle()
    assert (told(office, "proxy-revoked", HOLDER), told(office, "proxy-revoked", GIVER)) == (["holder"], ["giver"])
    assert link_of(office, "proxy-held", HOLDER).seats == (HOLDER,)


def test_a_vote_by_proxy_is_confirmed_to_both(office):
    number = given(office)
    office.ask(voting(number))
    office.settle()
    assert (told(office, "opinion-received", HOLDER), told(office, "opinion-received", GIVER)) == (["voice"], ["voice"])


def test_a_holder_who_has_answered_for_themself_is_reminded_of_the_proxy(office):
    number = given(office)
    office.ask(answering(number, HOLDER))
    office.watch.go_to(min(row.due_at.date() for row in office.rows(Deadline, kind=Kind.REVIEW_END)))
    office.settle()
    assert (told(office, "opinion-reminder", HOLDER), told(office, "opinion-reminder", GIVER)) == (["pending_holder"], ["pending_voter"])


def test_a_request_of_a_holder_leaves_as_long_as_the_giver_s_opinion_is_awaited(light, sink):
    desk = light.through(sink.url)
    number = given(desk)
    desk.ask(answering(number, HOLDER))
    desk.settle()
    run_deliveries(desk.app, holder="test", gate=lambda: None)
    address = person_of(desk, HOLDER).email
    subjects = [subject for to, subject in sink.told() if to == address]
    assert [any(words in subject for subject in subjects) for words in ("Vous portez un pouvoir", "Votre avis d\u2019ici au")] == [
        True,
        True,
    ]


def test_the_desk_shows_a_holder_what_is_to_be_answered_by_proxy(office):
    number = given(office)
    office.ask(answering(number, HOLDER))
    assert [row["number"] for row in desk_of(office.app, visitor(office, HOLDER)).to_answer] == [number]
    office.ask(voting(number))
    assert desk_of(office.app, visitor(office, HOLDER)).to_answer == []


def test_explain_says_what_each_may_do(office):
    number = office.to_technical()
    assert unmet(office, number, GIVER, Verb.GIVE_PROXY) == []
    assert unmet(office, number, HOLDER, Verb.VOTE_BY_PROXY) == ["proxies_none"]
    assert unmet(office, number, GIVER, Verb.REVOKE_PROXY) == ["proxies_none"]
    office.ask(giving(number))
    assert unmet(office, number, GIVER, Verb.GIVE_PROXY) == ["proxy_given_already"]
    assert unmet(office, number, HOLDER, Verb.GIVE_PROXY) == ["proxy_passed_on"]
    assert unmet(office, number, HOLDER, Verb.VOTE_BY_PROXY) == []
    assert unmet(office, number, CLERK, Verb.VOTE_BY_PROXY) == []
    assert unmet(office, number, GIVER, Verb.REVOKE_PROXY) == []
    assert unmet(office, number, OTHER, Verb.REVOKE_PROXY) == ["proxy_none"]
    assert unmet(office, number, OTHER, Verb.VOTE_BY_PROXY) == ["proxy_held_none"]
    office.ask(answering(number, GIVER))
    assert unmet(office, number, HOLDER, Verb.VOTE_BY_PROXY) == ["giver_answered"]
    assert unmet(office, number, CLERK, Verb.VOTE_BY_PROXY) == ["giver_answered"]


# --- keys and erasure ----------------------------------------------------------------------------------------------------------------


def test_asked_twice_with_the_same_key_a_proxy_is_given_once(office):
    number = office.to_technical()
    first, second = (office.ask(giving(number), key="the-same-key") for _ in range(2))
    assert (first.event, second.repeated, len(office.rows(Proxy))) == (second.event, True, 1)


def test_the_holder_s_words_for_the_giver_go_with_the_holder(office):
    number = given(office)
    office.ask(voting(number, opinion="unfavourable", reason="Je trouve cela trop cher"))
    office.ask(answering(number, OTHER))
    with office.app.db.write() as connection:
        connection.execute(table(Seat).update().where(table(Seat).c.code == HOLDER).values(ends_on=TODAY))
    office.watch.advance(days=1)
    erase(office.app, HOLDER, carry_out=True)
    assert [row.body for row in office.rows(Words, kind="reason")] == []
    assert verify(office.app).agrees


def test_a_refused_use_changes_nothing(office):
    number = given(office)
    before = office.counts()
    actor = Actor(seat=OTHER, on_behalf_of=GIVER, via=Via.LINK)
    with pytest.raises(Refused):
        execute(
            office.app,
            office.command(Verb.VOTE_BY_PROXY, number, body="cotech", voter=GIVER, holder=OTHER, opinion="favourable", actor=actor),
        )
    assert office.counts() == before
