"""The life of an action: one table of every legal move. Nothing else decides what may follow what.

A row reads: in this state, this verb leads to that state, writes that event, may be asked for by these roles, if these guards agree.
"""

from dataclasses import dataclass
from enum import StrEnum

from models.events import Stage, Topic


class State(StrEnum):
    """Where an action stands; each state belongs to one stage."""

    DRAFT = "draft"
    SUBMITTED = "submitted"
    RETURNED = "returned"
    WITHDRAWN = "withdrawn"
    TECHNICAL_REVIEW = "technical_review"
    STEERING_REVIEW = "steering_review"
    ADJOURNED = "adjourned"
    APPROVED = "approved"
    REJECTED = "rejected"
    IN_PROGRESS = "in_progress"
    SUSPENDED = "suspended"
    COMPLETED = "completed"
    ABANDONED = "abandoned"
    FINAL_REPORT_DUE = "final_report_due"
    CLOSED = "closed"


STAGE_OF: dict[State, Stage] = {
    State.DRAFT: Stage.PROPOSAL,
    State.SUBMITTED: Stage.PROPOSAL,
    State.RETURNED: Stage.PROPOSAL,
    State.WITHDRAWN: Stage.PROPOSAL,
    State.TECHNICAL_REVIEW: Stage.COMMITTEE_REVIEW,
    State.STEERING_REVIEW: Stage.COMMITTEE_REVIEW,
    State.ADJOURNED: Stage.COMMITTEE_REVIEW,
    State.APPROVED: Stage.COMMITTEE_REVIEW,
    State.REJECTED: Stage.COMMITTEE_REVIEW,
    State.IN_PROGRESS: Stage.IMPLEMENTATION,
    State.SUSPENDED: Stage.IMPLEMENTATION,
    State.COMPLETED: Stage.IMPLEMENTATION,
    State.ABANDONED: Stage.IMPLEMENTATION,
    State.FINAL_REPORT_DUE: Stage.REPORTING,
    State.CLOSED: Stage.REPORTING,
}


class Verb(StrEnum):
    """What may be asked of an action, by a person or by a stage's flow."""

    DRAFT = "draft"
    PROPOSE = "propose"
    SUBMIT = "submit"
    RESUBMIT = "resubmit"
    AMEND = "amend"
    ATTACH = "attach"
    RETURN = "return"
    WITHDRAW = "withdraw"
    SUPERSEDE = "supersede"
    OPEN_TECHNICAL_REVIEW = "open_technical_review"
    OPEN_STEERING_REVIEW = "open_steering_review"
    DECLARE_CONFLICT = "declare_conflict"
    WITHDRAW_CONFLICT = "withdraw_conflict"
    CONSULT_GROUP = "consult_group"
    GIVE_PROXY = "give_proxy"
    REVOKE_PROXY = "revoke_proxy"
    RECORD_ATTENDANCE = "record_attendance"
    KEEP_OPINION = "keep_opinion"
    RECORD_OPINION = "record_opinion"
    VOTE_BY_PROXY = "vote_by_proxy"
    REMIND_VOTERS = "remind_voters"
    CLOSE_REVIEW = "close_review"
    EXTEND_REVIEW = "extend_review"
    MOVE_REVIEW = "move_review"
    REFER = "refer"
    ADJOURN = "adjourn"
    APPROVE = "approve"
    REJECT = "reject"
    REGISTER_UNDER_WAY = "register_under_way"
    RECORD_DELIBERATION = "record_deliberation"
    START = "start"
    SUSPEND = "suspend"
    RESUME = "resume"
    REQUEST_PROGRESS = "request_progress"
    REPORT_PROGRESS = "report_progress"
    NOTE_MILESTONE = "note_milestone"
    NOTE_NEGLECT = "note_neglect"
    COMPLETE = "complete"
    ABANDON = "abandon"
    REQUEST_FINAL_REPORT = "request_final_report"
    NOTE_DELAY = "note_delay"
    FILE_FINAL_REPORT = "file_final_report"
    CLOSE = "close"
    LIFT_RESERVATION = "lift_reservation"
    NOTE_RESERVATION = "note_reservation"
    RECTIFY = "rectify"


class Who(StrEnum):
    """In what capacity somebody asks. The last ones depend on the action or the body concerned."""

    SYSTEM = "system"
    SECRETARY = "secretary"
    MEMBER = "member"
    PROPOSER = "proposer"
    LEAD = "lead"
    BODY_SECRETARY = "body_secretary"
    VOTER = "voter"
    CONCERNED = "concerned"
    RESERVER = "reserver"
    GIVER = "giver"
    HOLDER = "holder"


@dataclass(frozen=True, slots=True)
class Move:
    """One row of the table. ``state`` None: the action does not exist yet."""

    state: State | None
    verb: Verb
    target: State
    topic: Topic
    who: frozenset[Who]
    guards: tuple[str, ...]


_BEGIN: tuple[None] = (None,)
_PROPOSAL = (State.DRAFT, State.SUBMITTED, State.RETURNED)
_REVIEW = (State.TECHNICAL_REVIEW, State.STEERING_REVIEW)
_TO_EXAMINE = (State.SUBMITTED, State.RETURNED, *_REVIEW, State.ADJOURNED)
_RESERVABLE = (*_REVIEW, State.ADJOURNED, State.APPROVED, State.IN_PROGRESS, State.SUSPENDED, State.COMPLETED, State.FINAL_REPORT_DUE)
_OPEN = (*_PROPOSAL, *_RESERVABLE)
_DECIDED = (State.APPROVED, State.IN_PROGRESS, State.SUSPENDED)
_ENDED = (State.WITHDRAWN, State.REJECTED, State.ABANDONED, State.CLOSED)
_SUCCESSION = ("successor_known", "reason_given")
_CLERKS = frozenset({Who.SECRETARY})
_AUTHORS = frozenset({Who.SECRETARY, Who.PROPOSER})
_PILOTS = frozenset({Who.SECRETARY, Who.LEAD})
_EDITORS = frozenset({Who.SECRETARY, Who.PROPOSER, Who.LEAD})
_ENGINE = frozenset({Who.SYSTEM})
_ENGINE_OR_CLERK = frozenset({Who.SYSTEM, Who.SECRETARY})
_BODY = frozenset({Who.BODY_SECRETARY})
_ENGINE_OR_BODY = frozenset({Who.SYSTEM, Who.BODY_SECRETARY})
_CONCERNED = frozenset({Who.CONCERNED, Who.BODY_SECRETARY})
_GIVERS = frozenset({Who.GIVER, Who.BODY_SECRETARY})
_HOLDERS = frozenset({Who.HOLDER, Who.BODY_SECRETARY})
_CAN_PROPOSE = frozenset({Who.SECRETARY, Who.MEMBER})

_Row = tuple[tuple[State | None, ...], Verb, State | None, Topic, frozenset[Who], tuple[str, ...]]

# states, verb, next state (None: unchanged), event, who may, guards
_ROWS: tuple[_Row, ...] = (
    (_BEGIN, Verb.DRAFT, State.DRAFT, Topic.ACTION_DRAFTED, _CAN_PROPOSE, ("lead_known",)),
    (_BEGIN, Verb.PROPOSE, State.SUBMITTED, Topic.ACTION_PROPOSED, _CAN_PROPOSE, ("lead_known",)),
    (
        _BEGIN,
        Verb.REGISTER_UNDER_WAY,
        State.IN_PROGRESS,
        Topic.ACTION_REGISTERED,
        _CLERKS,
        ("lead_known", "sheet_complete", "lead_named", "reference_given", "reason_given"),
    ),
    ((State.DRAFT,), Verb.SUBMIT, State.SUBMITTED, Topic.ACTION_SUBMITTED, _AUTHORS, ()),
    ((State.RETURNED,), Verb.RESUBMIT, State.SUBMITTED, Topic.ACTION_RESUBMITTED, _EDITORS, ("lead_known", "sheet_changed_or_reason")),
    (
        (State.DRAFT, State.RETURNED, State.APPROVED, State.IN_PROGRESS, State.SUSPENDED),
        Verb.AMEND,
        None,
        Topic.ACTION_AMENDED,
        _EDITORS,
        ("lead_known", "sheet_changed"),
    ),
    (_OPEN, Verb.ATTACH, None, Topic.ATTACHMENT_ADDED, _EDITORS, ("attachment_room", "attachment_new")),
    ((State.SUBMITTED,), Verb.RETURN, State.RETURNED, Topic.ACTION_RETURNED, _ENGINE_OR_CLERK, ("reason_or_missing",)),
    (
        (*_REVIEW, State.ADJOURNED),
        Verb.RETURN,
        State.RETURNED,
        Topic.ACTION_RETURNED,
        _ENGINE_OR_BODY,
        ("body_in_charge", "review_closed_or_none", "reason_given", "four_eyes"),
    ),
    ((*_PROPOSAL, *_REVIEW, State.ADJOURNED), Verb.WITHDRAW, State.WITHDRAWN, Topic.ACTION_WITHDRAWN, _AUTHORS, ("reason_given",)),
    ((*_PROPOSAL, *_REVIEW, State.ADJOURNED), Verb.SUPERSEDE, State.WITHDRAWN, Topic.ACTION_SUPERSEDED, _CLERKS, _SUCCESSION),
    (_DECIDED, Verb.SUPERSEDE, State.ABANDONED, Topic.ACTION_SUPERSEDED, _CLERKS, _SUCCESSION),
    (_ENDED, Verb.SUPERSEDE, None, Topic.ACTION_SUPERSEDED, _CLERKS, _SUCCESSION),
    (
        (State.SUBMITTED, State.ADJOURNED),
        Verb.OPEN_TECHNICAL_REVIEW,
        State.TECHNICAL_REVIEW,
        Topic.REVIEW_OPENED,
        _ENGINE_OR_BODY,
        ("sheet_complete", "body_technical", "body_seated", "groups_known"),
    ),
    (
        (State.ADJOURNED,),
        Verb.OPEN_STEERING_REVIEW,
        State.STEERING_REVIEW,
        Topic.REVIEW_OPENED,
        _BODY,
        ("sheet_complete", "body_steering", "body_seated", "referred_before"),
    ),
    (_TO_EXAMINE, Verb.DECLARE_CONFLICT, None, Topic.CONFLICT_DECLARED, _CONCERNED, ("conflict_new", "conflict_worded")),
    (_TO_EXAMINE, Verb.WITHDRAW_CONFLICT, None, Topic.CONFLICT_WITHDRAWN, _CONCERNED, ("conflict_standing", "reason_given")),
    (
        (State.TECHNICAL_REVIEW,),
        Verb.CONSULT_GROUP,
        None,
        Topic.REVIEW_OPENED,
        _BODY,
        ("technical_review_open", "group_consultable", "reason_given", "four_eyes"),
    ),
    (
        (State.SUBMITTED, State.TECHNICAL_REVIEW, State.ADJOURNED),
        Verb.KEEP_OPINION,
        None,
        Topic.OPINION_KEPT,
        frozenset({Who.BODY_SECRETARY, Who.VOTER}),
        ("review_to_come", "voter_sits", "opinion_in_vocabulary", "opinion_reasoned"),
    ),
    (
        _REVIEW,
        Verb.GIVE_PROXY,
        None,
        Topic.PROXY_GIVEN,
        _GIVERS,
        (
            *("review_open", "proxies_allowed", "giver_asked", "giver_silent", "holder_asked", "proxy_new", "proxy_room"),
            *("proxy_not_passed_on", "proxy_to_come", "four_eyes"),
        ),
    ),
    (_REVIEW, Verb.REVOKE_PROXY, None, Topic.PROXY_REVOKED, _GIVERS, ("review_open", "proxy_known", "proxy_unused", "four_eyes")),
    (
        _REVIEW,
        Verb.RECORD_ATTENDANCE,
        None,
        Topic.ATTENDANCE_RECORDED,
        _BODY,
        ("review_open", "meeting_in_session", "attendance_named", "attendance_represented", "secret_voters_attend", "four_eyes"),
    ),
    (
        _REVIEW,
        Verb.RECORD_OPINION,
        None,
        Topic.OPINION_RECORDED,
        frozenset({Who.BODY_SECRETARY, Who.VOTER}),
        (
            *("review_open", "voter_asked", "voter_takes_part", "voter_attends", "opinion_in_vocabulary", "opinion_reasoned"),
            *("vote_in_the_right_way", "four_eyes"),
        ),
    ),
    (
        _REVIEW,
        Verb.VOTE_BY_PROXY,
        None,
        Topic.OPINION_RECORDED,
        _HOLDERS,
        (
            *("review_open", "voter_asked", "voter_takes_part", "voter_attends", "proxies_allowed", "proxy_stands", "proxy_room"),
            *("holder_asked", "giver_silent", "opinion_in_vocabulary", "opinion_reasoned", "vote_in_the_right_way", "four_eyes"),
        ),
    ),
    (_REVIEW, Verb.REMIND_VOTERS, None, Topic.REVIEW_REMINDED, _ENGINE, ("review_open",)),
    (
        _REVIEW,
        Verb.CLOSE_REVIEW,
        None,
        Topic.REVIEW_CLOSED,
        _ENGINE_OR_BODY,
        ("review_open", "consultations_closed", "complete_or_due_or_reason", "four_eyes"),
    ),
    (_REVIEW, Verb.EXTEND_REVIEW, None, Topic.REVIEW_EXTENDED, _BODY, ("review_open", "extension_allowed", "reason_given", "four_eyes")),
    (
        _REVIEW,
        Verb.MOVE_REVIEW,
        None,
        Topic.REVIEW_MOVED,
        _BODY,
        ("review_open", "rules_changed", "nobody_answered", "reason_given", "four_eyes"),
    ),
    (
        (State.TECHNICAL_REVIEW,),
        Verb.REFER,
        State.STEERING_REVIEW,
        Topic.ACTION_REFERRED,
        _ENGINE_OR_BODY,
        ("review_closed", "body_technical", "steering_seated", "four_eyes"),
    ),
    (
        _REVIEW,
        Verb.ADJOURN,
        State.ADJOURNED,
        Topic.ACTION_ADJOURNED,
        _ENGINE_OR_BODY,
        ("body_in_charge", "review_closed", "reason_given", "four_eyes"),
    ),
    (
        (State.STEERING_REVIEW,),
        Verb.APPROVE,
        State.APPROVED,
        Topic.ACTION_APPROVED,
        _ENGINE_OR_BODY,
        ("review_closed", "body_steering", "four_eyes"),
    ),
    (
        _REVIEW,
        Verb.REJECT,
        State.REJECTED,
        Topic.ACTION_REJECTED,
        _ENGINE_OR_BODY,
        ("body_in_charge", "review_closed", "reason_given", "four_eyes"),
    ),
    (
        (*_REVIEW, State.ADJOURNED, State.APPROVED, State.IN_PROGRESS, State.SUSPENDED),
        Verb.RECORD_DELIBERATION,
        None,
        Topic.DELIBERATION_RECORDED,
        _CLERKS,
        ("partner_known", "deliberation_past", "deliberation_documented", "deliberation_new"),
    ),
    (
        (State.APPROVED,),
        Verb.START,
        State.IN_PROGRESS,
        Topic.ACTION_STARTED,
        _PILOTS,
        ("lead_named", "deliberations_adopted", "reservations_lifted"),
    ),
    ((State.IN_PROGRESS,), Verb.SUSPEND, State.SUSPENDED, Topic.ACTION_SUSPENDED, _PILOTS, ("reason_given",)),
    ((State.SUSPENDED,), Verb.RESUME, State.IN_PROGRESS, Topic.ACTION_RESUMED, _PILOTS, ("deliberations_adopted",)),
    ((State.IN_PROGRESS,), Verb.REQUEST_PROGRESS, None, Topic.PROGRESS_REQUESTED, _ENGINE, ()),
    ((State.IN_PROGRESS, State.SUSPENDED), Verb.REPORT_PROGRESS, None, Topic.PROGRESS_REPORTED, _PILOTS, ("milestones_known",)),
    ((State.IN_PROGRESS,), Verb.NOTE_MILESTONE, None, Topic.MILESTONE_PASSED, _ENGINE, ()),
    ((State.IN_PROGRESS,), Verb.NOTE_NEGLECT, None, Topic.ACTION_NEGLECTED, _ENGINE, ()),
    (
        (State.IN_PROGRESS,),
        Verb.COMPLETE,
        State.COMPLETED,
        Topic.ACTION_COMPLETED,
        _PILOTS,
        ("milestones_reached_or_reason", "reservations_lifted"),
    ),
    (
        (State.APPROVED, State.IN_PROGRESS, State.SUSPENDED),
        Verb.ABANDON,
        State.ABANDONED,
        Topic.ACTION_ABANDONED,
        _CLERKS,
        ("reason_given",),
    ),
    ((State.COMPLETED,), Verb.REQUEST_FINAL_REPORT, State.FINAL_REPORT_DUE, Topic.FINAL_REPORT_REQUESTED, _ENGINE_OR_CLERK, ()),
    ((State.FINAL_REPORT_DUE,), Verb.NOTE_DELAY, None, Topic.FINAL_REPORT_DELAYED, _ENGINE, ()),
    ((State.FINAL_REPORT_DUE,), Verb.FILE_FINAL_REPORT, None, Topic.FINAL_REPORT_FILED, _PILOTS, ("report_given",)),
    (
        (State.FINAL_REPORT_DUE,),
        Verb.CLOSE,
        State.CLOSED,
        Topic.ACTION_CLOSED,
        _ENGINE_OR_CLERK,
        ("final_report_filed", "final_report_complete", "reservations_lifted"),
    ),
    (
        _RESERVABLE,
        Verb.LIFT_RESERVATION,
        None,
        Topic.RESERVATION_LIFTED,
        frozenset({Who.BODY_SECRETARY, Who.RESERVER}),
        ("reservation_stands", "reason_given", "four_eyes"),
    ),
    (_RESERVABLE, Verb.NOTE_RESERVATION, None, Topic.RESERVATION_DELAYED, _ENGINE, ("reservation_stands",)),
    (
        tuple(State),
        Verb.RECTIFY,
        None,
        Topic.FACT_RECTIFIED,
        _CLERKS,
        ("fact_known", "fact_changed", "vote_not_secret", "opinion_in_vocabulary", "reason_given", "four_eyes"),
    ),
)


def _expand() -> dict[tuple[State | None, Verb], Move]:
    return {
        (state, verb): Move(state, verb, target or State(state or State.DRAFT), topic, who, guards)
        for states, verb, target, topic, who, guards in _ROWS
        for state in states
    }


TRANSITIONS: dict[tuple[State | None, Verb], Move] = _expand()
"""Every legal move by (state, verb). What is not here is refused."""

STATES_OF: dict[Verb, tuple[State | None, ...]] = {verb: tuple(state for state, asked in TRANSITIONS if asked is verb) for verb in Verb}
"""From which states a verb may be asked: the first answer of ``explain``."""


def find_move(state: State | None, verb: Verb) -> Move | None:
    """Return the move for this verb in this state, or None where the table has none."""
    return TRANSITIONS.get((state, verb))


def diagram() -> str:
    """Return the lifecycle as a Mermaid state diagram, drawn from the table alone; loops are left out."""
    lines = ["stateDiagram-v2"]
    moves = [move for move in TRANSITIONS.values() if move.state is not move.target]
    lines += [f"    {move.state or '[*]'} --> {move.target}: {move.verb}" for move in moves]
    leaves = [state for state in State if all(move.state is not state for move in moves)]
    lines += [f"    {state} --> [*]" for state in leaves]
    return "\n".join(lines)
