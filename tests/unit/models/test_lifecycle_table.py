"""The life of an action, written down a second time: whoever changes the table sees here what else changes."""

import pytest
from builders import ROOT

from models.events import REACTS, Stage, Topic
from models.guards import GUARDS
from models.lifecycle import STAGE_OF, STATES_OF, TRANSITIONS, State, Verb, diagram, find_move

MOVES = {
    None: "draft>draft propose>submitted register_under_way>in_progress",
    "draft": "submit>submitted amend attach withdraw>withdrawn supersede>withdrawn rectify",
    "submitted": "attach return>returned withdraw>withdrawn supersede>withdrawn declare_conflict withdraw_conflict open_technical_review>technical_review keep_opinion rectify",
    "returned": "remind_of_completion note_incomplete chase resubmit>submitted amend attach withdraw>withdrawn supersede>withdrawn declare_conflict withdraw_conflict rectify",
    "withdrawn": "supersede rectify",
    "technical_review": (
        "attach return>returned withdraw>withdrawn supersede>withdrawn consult_group give_proxy revoke_proxy record_attendance end_attendance record_opinion vote_by_proxy remind_voters chase close_review extend_review"
        " move_review declare_conflict withdraw_conflict refer>steering_review adjourn>adjourned reject>rejected record_deliberation lift_reservation remind_of_reservation note_reservation keep_opinion rectify"
    ),
    "steering_review": (
        "attach return>returned withdraw>withdrawn supersede>withdrawn give_proxy revoke_proxy record_attendance end_attendance record_opinion vote_by_proxy remind_voters chase close_review extend_review"
        " move_review declare_conflict withdraw_conflict adjourn>adjourned approve>approved reject>rejected record_deliberation lift_reservation remind_of_reservation note_reservation rectify"
    ),
    "adjourned": (
        "attach return>returned withdraw>withdrawn supersede>withdrawn declare_conflict withdraw_conflict"
        " open_technical_review>technical_review open_steering_review>steering_review record_deliberation lift_reservation remind_of_reservation note_reservation keep_opinion rectify"
    ),
    "approved": "amend attach raise_blocker lift_blocker remind_to_start note_not_started chase start>in_progress abandon>abandoned supersede>abandoned record_deliberation lift_reservation remind_of_reservation note_reservation rectify",
    "rejected": "supersede rectify",
    "in_progress": (
        "amend attach raise_blocker lift_blocker suspend>suspended request_progress remind_of_progress note_silence report_progress remind_of_milestone note_milestone note_neglect chase"
        " complete>completed abandon>abandoned supersede>abandoned record_deliberation lift_reservation remind_of_reservation note_reservation rectify"
    ),
    "suspended": "amend attach raise_blocker lift_blocker resume>in_progress report_progress abandon>abandoned supersede>abandoned record_deliberation lift_reservation remind_of_reservation note_reservation rectify",
    "completed": "attach request_final_report>final_report_due lift_reservation remind_of_reservation note_reservation rectify",
    "abandoned": "supersede rectify",
    "final_report_due": "attach remind_of_final_report note_delay chase file_final_report close>closed lift_reservation remind_of_reservation note_reservation rectify",
    "closed": "supersede rectify",
}

SYSTEM, CLERKS = "system", "secretary"
AUTHORS, PILOTS, EDITORS = "proposer secretary", "lead secretary", "lead proposer secretary"
PROPOSERS = "member secretary"
BODY, ENGINE_OR_BODY, ENGINE_OR_CLERK = "body_secretary", "body_secretary system", "secretary system"

RULES = {
    "draft": ("action.drafted", PROPOSERS, "lead_known"),
    "propose": ("action.proposed", PROPOSERS, "lead_known"),
    "register_under_way": ("action.registered", CLERKS, "lead_known sheet_complete lead_named reference_given reason_given"),
    "submit": ("action.submitted", AUTHORS, ""),
    "resubmit": ("action.resubmitted", EDITORS, "lead_known sheet_changed_or_reason"),
    "amend": ("action.amended", EDITORS, "lead_known sheet_changed rhythm_kept"),
    "attach": ("attachment.added", EDITORS, "attachment_room attachment_new"),
    "return": ("action.returned", ENGINE_OR_BODY, "body_in_charge review_closed_or_none reason_given four_eyes"),
    "withdraw": ("action.withdrawn", AUTHORS, "reason_given"),
    "supersede": ("action.superseded", CLERKS, "successor_known reason_given"),
    "open_technical_review": ("review.opened", ENGINE_OR_BODY, "sheet_complete body_technical body_seated groups_known"),
    "open_steering_review": ("review.opened", BODY, "sheet_complete body_steering body_seated referred_before"),
    "consult_group": ("review.opened", BODY, "technical_review_open group_consultable reason_given four_eyes"),
    "keep_opinion": ("opinion.kept", "body_secretary voter", "review_to_come voter_sits opinion_in_vocabulary opinion_reasoned"),
    "record_opinion": (
        "opinion.recorded",
        "body_secretary voter",
        "review_open voter_asked voter_takes_part voter_attends opinion_in_vocabulary opinion_reasoned vote_in_the_right_way four_eyes",
    ),
    "record_attendance": (
        "attendance.recorded",
        "body_secretary",
        "review_open meeting_in_session attendance_named attendance_represented somebody_attends secret_voters_attend voters_attend_or_reason four_eyes",
    ),
    "end_attendance": ("attendance.ended", SYSTEM, "review_open attendance_kept"),
    "give_proxy": (
        "proxy.given",
        "body_secretary giver",
        "review_open proxies_allowed giver_asked giver_silent holder_asked proxy_new proxy_room proxy_not_passed_on proxy_to_come four_eyes",
    ),
    "revoke_proxy": ("proxy.revoked", "body_secretary giver", "review_open proxy_known proxy_unused four_eyes"),
    "vote_by_proxy": (
        "opinion.recorded",
        "body_secretary holder",
        (
            "review_open voter_asked voter_takes_part voter_attends proxies_allowed proxy_stands proxy_room holder_asked"
            " giver_silent opinion_in_vocabulary opinion_reasoned vote_in_the_right_way four_eyes"
        ),
    ),
    "remind_of_completion": ("completion.reminded", SYSTEM, "deadline_says_so"),
    "note_incomplete": ("completion.delayed", SYSTEM, "deadline_says_so"),
    "remind_voters": ("review.reminded", SYSTEM, "deadline_says_so"),
    "chase": ("review.chased", BODY, "review_open chase_awaited chase_in_reach chase_once_a_day chase_now four_eyes"),
    "close_review": ("review.closed", ENGINE_OR_BODY, "review_open consultations_closed complete_or_due_or_reason four_eyes"),
    "extend_review": ("review.extended", ENGINE_OR_BODY, "review_open extension_allowed reason_given four_eyes"),
    "move_review": ("review.moved", BODY, "review_open rules_changed nobody_answered reason_given four_eyes"),
    "declare_conflict": ("conflict.declared", "body_secretary concerned", "conflict_new conflict_worded"),
    "withdraw_conflict": ("conflict.withdrawn", "body_secretary concerned", "conflict_standing reason_given"),
    "lift_reservation": ("reservation.lifted", "body_secretary reserver", "reservation_stands reason_given four_eyes"),
    "remind_of_reservation": ("reservation.reminded", SYSTEM, "deadline_says_so"),
    "note_reservation": ("reservation.delayed", SYSTEM, "deadline_says_so"),
    "refer": ("action.referred", ENGINE_OR_BODY, "review_closed body_technical steering_seated four_eyes"),
    "adjourn": ("action.adjourned", ENGINE_OR_BODY, "body_in_charge review_closed reason_given four_eyes"),
    "approve": ("action.approved", ENGINE_OR_BODY, "review_closed body_steering four_eyes"),
    "reject": ("action.rejected", ENGINE_OR_BODY, "body_in_charge review_closed reason_given four_eyes"),
    "record_deliberation": (
        "deliberation.recorded",
        CLERKS,
        "partner_known deliberation_past deliberation_documented deliberation_new",
    ),
    "remind_to_start": ("start.reminded", SYSTEM, "deadline_says_so"),
    "note_not_started": ("start.delayed", SYSTEM, "deadline_says_so"),
    "start": ("action.started", PILOTS, "lead_named deliberations_adopted reservations_lifted"),
    "suspend": ("action.suspended", PILOTS, "reason_given"),
    "resume": ("action.resumed", PILOTS, "deliberations_adopted"),
    "request_progress": ("progress.requested", SYSTEM, ""),
    "remind_of_progress": ("progress.reminded", SYSTEM, "deadline_says_so"),
    "note_silence": ("progress.delayed", SYSTEM, "deadline_says_so"),
    "report_progress": ("progress.reported", PILOTS, "milestones_known"),
    "raise_blocker": ("blocker.raised", PILOTS, "helper_known blocked_already reason_given"),
    "lift_blocker": ("blocker.lifted", PILOTS, "blocker_stands reason_given"),
    "remind_of_milestone": ("milestone.reminded", SYSTEM, "deadline_says_so"),
    "note_milestone": ("milestone.passed", SYSTEM, "deadline_says_so"),
    "note_neglect": ("action.neglected", SYSTEM, ""),
    "complete": ("action.completed", PILOTS, "milestones_reached_or_reason reservations_lifted"),
    "abandon": ("action.abandoned", CLERKS, "reason_given"),
    "request_final_report": ("final_report.requested", ENGINE_OR_CLERK, ""),
    "remind_of_final_report": ("final_report.reminded", SYSTEM, "deadline_says_so"),
    "note_delay": ("final_report.delayed", SYSTEM, "deadline_says_so"),
    "file_final_report": ("final_report.filed", PILOTS, "report_given"),
    "close": ("action.closed", ENGINE_OR_CLERK, "final_report_filed final_report_complete reservations_lifted"),
    "rectify": ("fact.rectified", CLERKS, "fact_known fact_changed vote_not_secret opinion_in_vocabulary reason_given four_eyes"),
}
HURRIED = "overdue_there owner_named owner_once_a_day chase_now"
EXCEPTIONS = {
    ("submitted", "return"): ("action.returned", ENGINE_OR_CLERK, "reason_or_missing"),
    ("returned", "chase"): ("completion.chased", CLERKS, "overdue_there owner_once_a_day chase_now"),
    ("approved", "chase"): ("start.chased", CLERKS, HURRIED),
    ("in_progress", "chase"): ("progress.chased", CLERKS, HURRIED),
    ("final_report_due", "chase"): ("final_report.chased", CLERKS, HURRIED),
}
"""A proposal is given back before any review without a body's decision; whoever carries an action out is chased for what is overdue."""

GRID = {
    (state, verb): target or state for state, moves in MOVES.items() for verb, _, target in (move.partition(">") for move in moves.split())
}
"""(state, verb) -> the next state."""

DIAGRAM = """\
stateDiagram-v2
    [*] --> draft: draft
    [*] --> submitted: propose
    [*] --> in_progress: register_under_way
    draft --> submitted: submit
    returned --> submitted: resubmit
    submitted --> returned: return
    technical_review --> returned: return
    steering_review --> returned: return
    adjourned --> returned: return
    draft --> withdrawn: withdraw
    submitted --> withdrawn: withdraw
    returned --> withdrawn: withdraw
    technical_review --> withdrawn: withdraw
    steering_review --> withdrawn: withdraw
    adjourned --> withdrawn: withdraw
    draft --> withdrawn: supersede
    submitted --> withdrawn: supersede
    returned --> withdrawn: supersede
    technical_review --> withdrawn: supersede
    steering_review --> withdrawn: supersede
    adjourned --> withdrawn: supersede
    approved --> abandoned: supersede
    in_progress --> abandoned: supersede
    suspended --> abandoned: supersede
    submitted --> technical_review: open_technical_review
    adjourned --> technical_review: open_technical_review
    adjourned --> steering_review: open_steering_review
    technical_review --> steering_review: refer
    technical_review --> adjourned: adjourn
    steering_review --> adjourned: adjourn
    steering_review --> approved: approve
    technical_review --> rejected: reject
    steering_review --> rejected: reject
    approved --> in_progress: start
    in_progress --> suspended: suspend
    suspended --> in_progress: resume
    in_progress --> completed: complete
    approved --> abandoned: abandon
    in_progress --> abandoned: abandon
    suspended --> abandoned: abandon
    completed --> final_report_due: request_final_report
    final_report_due --> closed: close
    withdrawn --> [*]
    rejected --> [*]
    abandoned --> [*]
    closed --> [*]"""


def written(state, verb):
    """The cell as it is written above: next state, event, who may, guards; None where the verb is refused."""
    if (state, verb) not in GRID:
        return None
    return (GRID[state, verb], *EXCEPTIONS.get((state, verb), RULES[verb]))


def found(state, verb):
    move = find_move(state, verb)
    return move and (move.target, move.topic, " ".join(sorted(move.who)), " ".join(move.guards))


@pytest.mark.parametrize("state", [None, *State])
def test_each_cell_of_the_grid_is_the_written_move_or_none(state):
    assert {verb: found(state, verb) for verb in Verb} == {verb: written(state, verb) for verb in Verb}


def test_every_verb_may_be_asked_somewhere():
    assert [verb for verb in Verb if not STATES_OF[verb]] == []


def test_every_state_can_be_reached_from_nothing():
    reached, waiting = set(), [None]
    while waiting:
        state = waiting.pop()
        waiting += [move.target for move in TRANSITIONS.values() if move.state is state and move.target not in reached]
        reached |= {move.target for move in TRANSITIONS.values() if move.state is state}
    assert reached == set(State)


def test_only_the_final_states_have_no_way_out():
    ways_out = {move.state for move in TRANSITIONS.values() if move.target is not move.state}
    assert set(State) - ways_out == {State.WITHDRAWN, State.REJECTED, State.ABANDONED, State.CLOSED}


def test_every_state_leads_to_an_end():
    leads = {State.WITHDRAWN, State.REJECTED, State.ABANDONED, State.CLOSED}
    for _ in State:
        leads |= {move.state for move in TRANSITIONS.values() if move.target in leads}
    assert leads == {None, *State}


def test_a_rectification_is_possible_in_every_state_and_changes_none():
    assert {state: find_move(state, Verb.RECTIFY).target for state in State} == {state: state for state in State}


def test_guards_are_all_known_and_all_used():
    assert {guard for move in TRANSITIONS.values() for guard in move.guards} == set(GUARDS)


def test_every_state_belongs_to_a_stage_and_every_stage_has_states():
    assert (set(STAGE_OF), set(STAGE_OF.values())) == (set(State), set(Stage))


def test_every_topic_is_written_by_some_verb_and_says_which_stage_reacts():
    assert {move.topic for move in TRANSITIONS.values()} == set(Topic)
    assert set(REACTS) == set(Topic)


def test_the_diagram_is_drawn_from_the_table():
    assert diagram() == DIAGRAM


def test_the_picture_in_the_readme_is_the_one_drawn_from_the_table():
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert readme.partition("```mermaid\n")[2].partition("\n```")[0] == diagram()
