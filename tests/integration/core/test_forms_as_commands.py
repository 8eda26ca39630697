"""What becomes of a form: carried out, or refused in codes that Prefect may show; and how things then stand."""

from dataclasses import replace

from builders import CLERK, STEERING_CLERK, propose_form, provision
from ports import free_port

from models.lifecycle import State, Verb
from models.tables import Event
from services.forms import AmendForm, CloseForm, DecisionForm, OpenReviewForm, ProposeForm, StartForm
from services.requests import FormResult, submit_form
from services.status import status
from services.wording import Wording


def submitted(desk, form, key="prefect-run-1"):
    return submit_form(desk.app, form, key=key, via="prefect-form")


def test_a_form_that_is_carried_out_says_what_it_did(desk):
    result = submitted(desk, propose_form())
    assert result == FormResult("A-2026-001", Verb.PROPOSE, State.SUBMITTED, event=desk.rows(Event)[0].id)
    assert [event.via for event in desk.rows(Event)] == ["prefect-form"]


def test_the_same_run_twice_gives_the_same_result(desk):
    assert submitted(desk, propose_form()) == submitted(desk, propose_form())


def test_a_refusal_is_a_result_in_codes_with_the_seat_and_no_word_of_anybody(desk):
    submitted(desk, propose_form())
    result = submitted(desk, StartForm(seat="copil-09", action="a-2026-001", reason="Confidence"), key="prefect-run-2")
    assert (result.action, result.verb, result.state) == ("A-2026-001", Verb.START, None)
    assert result.refusals == ("state_forbids: state submitted, states approved (COPIL-09)",)


def test_what_is_wrong_in_a_sheet_is_told_by_its_field(desk):
    result = submitted(desk, propose_form(provision(title="Confidence", axis="ailleurs", lead_person="quelquun")))
    assert [refusal.partition(" ")[0].rstrip(":") for refusal in result.refusals] == [
        "charter.unknown_code",
        "charter.objective_of_other_axis",
        "lead_unknown",
    ]
    assert [text for text in ("Confidence", "quelquun") if text in " ".join(result.refusals)] == []


def test_a_malformed_value_is_a_refusal_too(desk):
    result = submitted(desk, ProposeForm(seat=CLERK, title="Une action", axis="Pas un code !"))
    assert [refusal.partition(" ")[0].rstrip(":") for refusal in result.refusals] == ["validation.code"]


def test_an_opening_by_form_follows_its_committee(desk):
    number = desk.reach(State.ADJOURNED)
    result = submitted(desk, OpenReviewForm(seat=STEERING_CLERK, action=number, body="copil"))
    assert (result.verb, result.state, result.bodies) == (Verb.OPEN_STEERING_REVIEW, State.STEERING_REVIEW, ("copil",))


def test_a_decision_by_form_names_its_outcome(desk):
    number = desk.to_steering()
    result = submitted(desk, DecisionForm(seat=STEERING_CLERK, action=number, body="copil", outcome="approve"))
    assert (result.verb, result.refusals) == (Verb.APPROVE, ("review_still_open: body copil (COPIL-02)",))


def test_amending_by_form_changes_only_what_is_filled_in(desk):
    number = desk.reach(State.APPROVED)
    submitted(desk, AmendForm(seat=CLERK, action=number, sites=("pont-de-bois",)))
    assert desk.action(number).sheet == provision(sites=("pont-de-bois",)).model_dump(mode="json")


def test_the_status_counts_what_there_is_and_what_is_owed(desk):
    desk.reach(State.TECHNICAL_REVIEW)
    desk.propose(provision(2))
    nobody_there = replace(desk.app.settings, portal_port=free_port())
    told = status(replace(desk.app, settings=nobody_there), None)
    assert (told["ready"], told["actions"], told["reviews"]) == (False, {"submitted": 1, "technical_review": 1}, {"open": 1})
    assert told["events"] == {"total": 3, "unpublished": 3, "unreacted": 1, "parked": 0}
    assert told["deliveries"] == {"ready": 7}
    assert (told["home"]["kind"], told["prefect"]["reachable"], told["portal"], told["last_sweep_at"]) == ("rehearsal", False, None, None)


def test_the_status_tells_the_age_of_the_oldest_thing_that_waits(desk):
    assert status(desk.app, None)["oldest_backlog_seconds"] == 0.0
    desk.propose()
    desk.watch.advance(seconds=90)
    assert status(desk.app, None)["oldest_backlog_seconds"] == 90.0


def test_a_refused_form_says_why_in_words_and_in_codes(light_desk):
    number = light_desk.propose()
    result = submitted(light_desk, CloseForm(seat=CLERK, action=number))
    assert result.refusals == (f"state_forbids: state submitted, states final_report_due ({CLERK})",)
    assert result.reasons == (Wording("fr").say("state_forbids", state="déposée", verb="clore", states="bilan final attendu"),)


def test_a_person_is_not_named_in_the_answer_to_a_form(light_desk):
    result = submitted(light_desk, propose_form(provision(lead_person="quelqu-un")))
    assert (result.refusals, result.reasons) == ((f"lead_unknown ({CLERK})",), ())
