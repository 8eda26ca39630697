"""One command, one transaction, one door: keys, versions, dates and what the log keeps."""

from datetime import timedelta

import pytest
from builders import CLERK, PILOT, STEERING_CLERK, TODAY, propose_form, provision

from models.commands import Actor, Via
from models.errors import Conflict, NotFound, Problem, Refused
from models.lifecycle import State, Verb
from models.tables import Attachment, Event, Reaction, Review, Words
from services import lookups
from services.asked import event_named
from services.dispatch import execute
from services.forms import AmendForm, DraftForm, OpinionForm, RegisterForm, ResubmitForm, StartForm, SuspendForm, WithdrawForm
from services.work import fingerprint

YESTERDAY, TOMORROW = TODAY - timedelta(days=1), TODAY + timedelta(days=1)


def test_a_proposal_gets_its_number_its_event_and_its_reaction_in_one_transaction(desk):
    outcome = desk.ask(propose_form())
    (event,) = desk.rows(Event)
    assert (outcome.number, outcome.state, outcome.version, outcome.repeated) == ("A-2026-001", State.SUBMITTED, 1, False)
    assert (event.id, event.seq, event.topic, event.before, event.after) == (outcome.event, 1, "action.proposed", None, "submitted")
    assert (event.actor, event.on_behalf_of, event.via, event.cause, event.seen_version) == (CLERK, None, "cli", None, None)
    assert (event.occurred_on, event.recorded_at, event.published_at) == (TODAY, desk.watch.moment, None)
    assert (event.owed, desk.rows(Reaction)) == ("proposal", [])


def test_the_same_key_with_the_same_request_gives_the_same_answer_and_changes_nothing(desk):
    first = desk.ask(propose_form(), key="prefect-run-1")
    before = desk.counts()
    again = desk.ask(propose_form(), key="prefect-run-1")
    assert (again.number, again.state, again.version, again.event, again.repeated) == (
        first.number,
        first.state,
        first.version,
        first.event,
        True,
    )
    assert desk.counts() == before


def test_the_same_key_with_another_request_is_refused(desk):
    desk.ask(propose_form(), key="prefect-run-1")
    before = desk.counts()
    with pytest.raises(Conflict) as refused:
        desk.ask(propose_form(provision(2)), key="prefect-run-1")
    assert refused.value.problems == (Problem("key_reused", {"key": "prefect-run-1"}),)
    assert desk.counts() == before


def test_no_key_names_the_further_events_of_another(desk):
    number = desk.propose(provision(1))
    desk.execute(Verb.OPEN_TECHNICAL_REVIEW, number, body="cotech", key="import-42")
    further = [row for row in desk.rows(Event) if row.topic == "review.opened" and row.digest is None]
    named = [desk.ask(propose_form(provision(2)), key=f"import-42/{n + 1}") for n in range(len(further))]
    assert ([one.number for one in named], [one.repeated for one in named]) == (["A-2026-002", "A-2026-003"], [False, False])


def test_a_refused_command_leaves_its_key_free(desk):
    number = desk.propose()
    assert desk.refusal(WithdrawForm(seat=CLERK, action=number), key="prefect-run-2") == ["reason_missing"]
    assert desk.ask(WithdrawForm(seat=CLERK, action=number, reason="Sans objet"), key="prefect-run-2").state is State.WITHDRAWN


def test_someone_who_saw_an_older_version_is_told_so_and_nothing_changes(desk):
    number = desk.propose()
    desk.settle()
    before = (desk.counts(), desk.action(number))
    with pytest.raises(Conflict) as refused:
        desk.ask(WithdrawForm(seat=CLERK, action=number, reason="Sans objet", seen_version=1))
    assert refused.value.problems == (Problem("version_stale", {"seen": 1, "present": 2, "number": number}),)
    assert (desk.counts(), desk.action(number)) == before


def test_an_older_version_is_a_conflict_even_where_the_state_forbids_the_verb_meanwhile(desk):
    number = desk.reach(State.WITHDRAWN)
    with pytest.raises(Conflict):
        desk.ask(WithdrawForm(seat=CLERK, action=number, reason="Sans objet", seen_version=1))


def test_the_version_that_was_seen_is_kept_and_its_absence_too(desk):
    number = desk.reach(State.APPROVED)
    version = desk.action(number).version
    desk.ask(StartForm(seat=CLERK, action=number, seen_version=version))
    desk.ask(SuspendForm(seat=CLERK, action=number, reason="Travaux"))
    assert [event.seen_version for event in desk.events(number)[-2:]] == [version, None]


def test_a_refused_command_changes_nothing_at_all(desk):
    number = desk.propose()
    before = (desk.counts(), desk.action(number))
    assert desk.refusal(StartForm(seat=CLERK, action=number)) == ["state_forbids"]
    assert desk.refusal(WithdrawForm(seat="COPIL-09", action=number)) == ["not_allowed", "reason_missing"]
    assert (desk.counts(), desk.action(number)) == before


def test_a_refusal_names_every_unmet_condition(desk):
    sheet = provision(lead_person="inconnue", sites=("lune",), title="Sans rien")
    form = propose_form(sheet, form=RegisterForm, seat="COPIL-03", occurred_on=TOMORROW, reference="Délibération 12", reason="En cours")
    assert desk.refusal(form) == ["charter.unknown_code", "lead_unknown", "not_allowed", "occurred_in_future"]


def test_an_unknown_action_is_answered_with_near_numbers(desk):
    desk.propose()
    with pytest.raises(NotFound) as refused:
        desk.ask(StartForm(seat=CLERK, action="a-2026-01"))
    assert refused.value.problems == (Problem("action_unknown", {"number": "A-2026-01", "near": "A-2026-001"}),)


def test_near_matches_are_looked_for_among_the_newest_actions_alone(desk, monkeypatch):
    monkeypatch.setattr(lookups, "_NEAR_AMONG", 2)
    for _ in range(3):
        desk.propose()
    with pytest.raises(NotFound) as refused:
        desk.ask(StartForm(seat=CLERK, action="A-2026-01"))
    assert refused.value.problems[0].params["near"] == "A-2026-003, A-2026-002"


@pytest.mark.parametrize(("seat", "near"), [("COTECH-05", "A-2026-001"), (CLERK, "A-2026-001"), ("COTECH-06", "-"), ("COTECH-99", "-")])
def test_a_draft_is_a_near_number_for_its_author_and_secretaries_alone(desk, seat, near):
    desk.propose(form=DraftForm, seat="COTECH-05")
    with pytest.raises(NotFound) as refused:
        desk.ask(StartForm(seat=seat, action="A-2026-01"))
    assert refused.value.problems[0].params["near"] == near


def test_an_unknown_seat_is_answered_with_near_codes(desk):
    with pytest.raises(NotFound) as refused:
        desk.ask(propose_form(seat="COTEC-02"))
    assert (refused.value.problems[0].code, refused.value.problems[0].params["seat"]) == ("seat_unknown", "COTEC-02")
    assert "COTECH-02" in str(refused.value.problems[0].params["near"])


def test_a_seat_not_held_today_may_ask_for_nothing(desk):
    desk.watch.go_to(TODAY - timedelta(days=365))
    with pytest.raises(NotFound) as refused:
        desk.ask(propose_form())
    assert refused.value.problems == (Problem("seat_not_in_office", {"seat": "COTECH-02", "day": "2025-10-05"}),)


def test_a_fact_of_the_future_is_refused(desk):
    assert desk.refusal(propose_form(occurred_on=TOMORROW)) == ["occurred_in_future"]


def test_a_fact_of_the_past_needs_a_reason_for_its_lateness(desk):
    assert desk.refusal(propose_form(occurred_on=YESTERDAY)) == ["late_reason_missing"]
    number = desk.propose(occurred_on=YESTERDAY, late_reason="Reçue par courrier")
    (event,) = desk.events(number)
    assert (event.occurred_on, event.recorded_at.date()) == (YESTERDAY, TODAY)


def test_today_is_the_day_where_the_convention_is(desk):
    desk.watch.moment = desk.watch.moment.replace(hour=23)
    assert desk.refusal(propose_form(occurred_on=TOMORROW)) == []


def test_deadlines_count_from_the_day_of_the_fact(desk):
    number = desk.propose(provision(description=None))
    desk.settle()
    desk.ask(ResubmitForm(seat=CLERK, action=number, description="Complète"))
    opened = desk.execute(
        Verb.OPEN_TECHNICAL_REVIEW, number, body="cotech", occurred_on=TODAY - timedelta(days=4), late_reason="Séance de jeudi"
    )
    (review,) = desk.rows(Review)
    assert opened.state is State.TECHNICAL_REVIEW
    assert (review.opened_on.isoformat(), review.due_on.isoformat()) == ("2026-10-01", "2026-10-22")


def test_the_log_of_an_action_has_no_gap_and_its_row_says_what_the_log_says(desk):
    number = desk.reach(State.CLOSED)
    events, action = desk.events(number), desk.action(number)
    assert [event.seq for event in events] == list(range(1, len(events) + 1))
    assert (action.version, action.state) == (len(events), events[-1].after)
    assert [event.before for event in events] == [None, *(event.after for event in events[:-1])]


def test_a_life_leaves_these_events(desk):
    number = desk.reach(State.CLOSED)
    assert desk.topics(number) == [
        "action.proposed",
        "review.opened",
        *["opinion.recorded"] * 6,
        "review.closed",
        "action.referred",
        "review.opened",
        "review.closed",
        "action.approved",
        "action.started",
        "action.completed",
        "final_report.requested",
        "final_report.filed",
        "action.closed",
    ]


def test_automatic_steps_name_their_cause_and_the_system(desk):
    number = desk.to_technical()
    proposed, opened = desk.events(number)
    assert (opened.actor, opened.via, opened.cause, opened.occurred_on) == ("system", "flow", proposed.id, TODAY)


def test_events_of_one_command_name_the_first_as_their_cause(desk):
    number = desk.to_technical(provision(1))
    _, opened, *consulted = desk.events(number)
    assert [(event.body, event.cause) for event in consulted] == [("gt-inclusion", opened.id), ("gt-science-societe", opened.id)]


def test_who_acted_in_whose_name_is_kept(desk):
    number = desk.to_technical()
    desk.ask(OpinionForm(seat=CLERK, action=number, body="cotech", voter="COTECH-01", opinion="favourable"), via=Via.PREFECT_FORM)
    desk.ask(OpinionForm(seat="cotech-03", action=number, body="cotech", voter="COTECH-03", opinion="favourable"))
    assert [(event.actor, event.on_behalf_of, event.via) for event in desk.events(number)[-2:]] == [
        (CLERK, "COTECH-01", "prefect-form"),
        ("COTECH-03", None, "cli"),
    ]


def test_a_text_lies_apart_from_the_log_which_keeps_its_salted_hash(desk):
    number = desk.propose()
    desk.ask(WithdrawForm(seat=CLERK, action=number, reason="Projet porté ailleurs"))
    payload = desk.events(number)[-1].payload
    (words,) = desk.rows(Words, kind="reason")
    assert payload == {"reason_id": str(words.id), "reason_hash": fingerprint(words.salt, "Projet porté ailleurs")}
    assert (words.body, words.author_seat) == ("Projet porté ailleurs", CLERK)


def test_numbers_of_actions_follow_one_another_and_a_failure_loses_none(desk):
    desk.propose()
    desk.refusal(propose_form(occurred_on=TOMORROW))
    desk.propose(provision(2))
    desk.watch.go_to(TODAY.replace(year=2027))
    assert desk.propose(provision(3)) == "A-2027-001"
    assert [desk.action(number).version for number in ("A-2026-001", "A-2026-002")] == [1, 1]


def test_an_action_under_way_enters_implementation_with_its_reference_its_date_and_its_reason(desk):
    form = propose_form(form=RegisterForm, reference="Délibération 2025-41", reason="Commencée avant la convention")
    outcome = desk.ask(form)
    (event,) = desk.events(outcome.number)
    assert (outcome.state, event.topic, event.before) == (State.IN_PROGRESS, "action.registered", None)
    assert sorted(event.payload) == ["reason_hash", "reason_id", "reference_hash", "reference_id", "sheet_hash", "sheet_id"]
    assert sorted((due.kind, due.subject, due.due_on.isoformat()) for due in desk.dues()) == [
        ("milestone", 1, "2027-04-15"),
        ("milestone", 2, "2027-12-10"),
        ("milestone", 3, "2028-09-29"),
        ("milestone", 4, "2029-05-31"),
        ("neglect", None, "2027-06-02"),
        ("progress", None, "2027-04-05"),
    ]


def test_an_incomplete_action_under_way_is_refused(desk):
    form = propose_form(
        provision(description=None, lead_person=None), form=RegisterForm, reference="Délibération 2025-41", reason="En cours"
    )
    assert desk.refusal(form) == ["lead_missing", "sheet_incomplete"]


def test_an_incomplete_proposal_is_returned_then_resubmitted_and_reviewed(desk):
    number = desk.propose(provision(description=None, milestones=()))
    desk.settle()
    assert (desk.state(number), desk.events(number)[-1].payload) == (
        State.RETURNED,
        {"missing": ["description", "milestones"], "due_on": "2026-11-04"},
    )
    assert desk.refusal(ResubmitForm(seat=CLERK, action=number)) == ["sheet_unchanged"]
    desk.ask(ResubmitForm(seat=CLERK, action=number, description="Complète", milestones=provision().milestones))
    desk.settle()
    assert desk.topics(number) == ["action.proposed", "action.returned", "action.resubmitted", "review.opened"]


def test_an_amendment_keeps_what_it_leaves_empty_and_the_former_sheet(desk):
    number = desk.reach(State.APPROVED)
    desk.ask(AmendForm(seat=PILOT, action=number, title="Un autre titre"))
    assert desk.action(number).sheet == provision(title="Un autre titre").model_dump(mode="json")
    assert len(desk.rows(Words, kind="sheet")) == 2


def test_a_draft_is_its_authors_until_it_is_submitted(desk):
    number = desk.reach(State.DRAFT)
    assert {event.owed for event in desk.rows(Event)} == {None}
    desk.execute(Verb.SUBMIT, number)
    desk.settle()
    assert desk.state(number) is State.TECHNICAL_REVIEW


def test_the_same_file_is_attached_once(desk):
    number = desk.propose()
    file = {"file_name": "plan.pdf", "media_type": "application/pdf", "size": 1000, "sha256": "a" * 64}
    desk.execute(Verb.ATTACH, number, **file)
    with pytest.raises(Refused) as refused:
        desk.execute(Verb.ATTACH, number, **file | {"file_name": "copie.pdf"})
    assert refused.value.problems == (Problem("attachment_known"),)
    assert [(row.file_name, row.size, row.sha256) for row in desk.rows(Attachment)] == [("plan.pdf", 1000, "a" * 64)]


def test_only_those_whom_the_table_names_may_ask(desk):
    number = desk.to_technical()
    opinion = {"action": number, "body": "cotech", "voter": "COTECH-01", "opinion": "favourable"}
    refused = {seat: desk.refusal(OpinionForm(seat=seat, **opinion)) for seat in ("COTECH-01", CLERK, "COTECH-03", "COPIL-02")}
    assert refused == {"COTECH-01": [], CLERK: [], "COTECH-03": ["not_allowed"], "COPIL-02": ["not_allowed"]}


def test_the_lead_of_an_action_reports_and_another_member_does_not(desk):
    number = desk.reach(State.APPROVED)
    assert desk.refusal(StartForm(seat="COTECH-05", action=number)) == ["not_allowed"]
    assert desk.refusal(StartForm(seat=PILOT, action=number)) == []


def test_nobody_acts_on_behalf_of_a_seat_that_does_not_exist(desk):
    number = desk.to_technical()
    actor = Actor(seat=CLERK, on_behalf_of="COTECH-99", via=Via.CLI)
    with pytest.raises(NotFound):
        execute(
            desk.app,
            desk.command(Verb.RECORD_OPINION, number, body="cotech", voter="COTECH-01", opinion="favourable").model_copy(
                update={"actor": actor}
            ),
        )


def test_a_steering_secretary_serves_the_steering_committee_only(desk):
    number = desk.to_technical(provision(1))
    opinion = {"action": number, "body": "gt-inclusion", "voter": "GT-INCLUSION-01", "opinion": "favourable"}
    assert desk.refusal(OpinionForm(seat=STEERING_CLERK, **opinion)) == ["not_allowed"]
    assert desk.refusal(OpinionForm(seat="GT-INCLUSION-02", **opinion)) == []


def test_the_event_that_answers_a_request_is_named_after_its_key(desk):
    outcome = desk.ask(propose_form(), key="prefect-run-1")
    (event,) = desk.rows(Event)
    assert (event.id, event.id.version, len(event.digest)) == (event_named("prefect-run-1"), 8, 16)
    assert outcome.event == event.id
