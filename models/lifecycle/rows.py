"""The table of every legal move, row by row. Nothing else decides what may follow what."""

from models.events import Topic
from models.lifecycle.names import State, Verb, Who

_BEGIN: tuple[None] = (None,)
_PROPOSAL = (State.DRAFT, State.SUBMITTED, State.RETURNED)
_REVIEW = (State.TECHNICAL_REVIEW, State.STEERING_REVIEW)
_TO_EXAMINE = (State.SUBMITTED, State.RETURNED, *_REVIEW, State.ADJOURNED)
_RESERVABLE = (*_REVIEW, State.ADJOURNED, State.APPROVED, State.IN_PROGRESS, State.SUSPENDED, State.COMPLETED, State.FINAL_REPORT_DUE)
_OPEN = (*_PROPOSAL, *_RESERVABLE)
_DECIDED = (State.APPROVED, State.IN_PROGRESS, State.SUSPENDED)
_ENDED = (State.WITHDRAWN, State.REJECTED, State.ABANDONED, State.CLOSED)
_RUNG = ("deadline_says_so",)
"""What a rung of a ladder notes: nobody asks for it, not even the system (``services.sweep``)."""
_HURRIED = ("overdue_there", "owner_named", "owner_once_a_day", "chase_now")
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

Row = tuple[tuple[State | None, ...], Verb, State | None, Topic, frozenset[Who], tuple[str, ...]]

ROWS: tuple[Row, ...] = (
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
        ("lead_known", "sheet_changed", "rhythm_kept"),
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
        (
            *("review_open", "meeting_in_session", "attendance_named", "attendance_represented", "somebody_attends"),
            *("secret_voters_attend", "voters_attend_or_reason", "four_eyes"),
        ),
    ),
    (_REVIEW, Verb.END_ATTENDANCE, None, Topic.ATTENDANCE_ENDED, _ENGINE, ("review_open", "attendance_kept")),
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
    ((State.RETURNED,), Verb.REMIND_OF_COMPLETION, None, Topic.COMPLETION_REMINDED, _ENGINE, _RUNG),
    ((State.RETURNED,), Verb.NOTE_INCOMPLETE, None, Topic.COMPLETION_DELAYED, _ENGINE, _RUNG),
    (_REVIEW, Verb.REMIND_VOTERS, None, Topic.REVIEW_REMINDED, _ENGINE, _RUNG),
    (
        _REVIEW,
        Verb.CLOSE_REVIEW,
        None,
        Topic.REVIEW_CLOSED,
        _ENGINE_OR_BODY,
        ("review_open", "consultations_closed", "complete_or_due_or_reason", "four_eyes"),
    ),
    (
        _REVIEW,
        Verb.CHASE,
        None,
        Topic.REVIEW_CHASED,
        _BODY,
        ("review_open", "chase_awaited", "chase_in_reach", "chase_once_a_day", "chase_now", "four_eyes"),
    ),
    ((State.RETURNED,), Verb.CHASE, None, Topic.COMPLETION_CHASED, _CLERKS, ("overdue_there", "owner_once_a_day", "chase_now")),
    ((State.APPROVED,), Verb.CHASE, None, Topic.START_CHASED, _CLERKS, _HURRIED),
    ((State.IN_PROGRESS,), Verb.CHASE, None, Topic.PROGRESS_CHASED, _CLERKS, _HURRIED),
    ((State.FINAL_REPORT_DUE,), Verb.CHASE, None, Topic.FINAL_REPORT_CHASED, _CLERKS, _HURRIED),
    (
        _REVIEW,
        Verb.EXTEND_REVIEW,
        None,
        Topic.REVIEW_EXTENDED,
        _ENGINE_OR_BODY,
        ("review_open", "extension_allowed", "reason_given", "four_eyes"),
    ),
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
    ((State.APPROVED,), Verb.REMIND_TO_START, None, Topic.START_REMINDED, _ENGINE, _RUNG),
    ((State.APPROVED,), Verb.NOTE_NOT_STARTED, None, Topic.START_DELAYED, _ENGINE, _RUNG),
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
    (_DECIDED, Verb.RAISE_BLOCKER, None, Topic.BLOCKER_RAISED, _PILOTS, ("helper_known", "blocked_already", "reason_given")),
    (_DECIDED, Verb.LIFT_BLOCKER, None, Topic.BLOCKER_LIFTED, _PILOTS, ("blocker_stands", "reason_given")),
    ((State.IN_PROGRESS,), Verb.REMIND_OF_PROGRESS, None, Topic.PROGRESS_REMINDED, _ENGINE, _RUNG),
    ((State.IN_PROGRESS,), Verb.NOTE_SILENCE, None, Topic.PROGRESS_DELAYED, _ENGINE, _RUNG),
    ((State.IN_PROGRESS,), Verb.REMIND_OF_MILESTONE, None, Topic.MILESTONE_REMINDED, _ENGINE, _RUNG),
    ((State.IN_PROGRESS,), Verb.NOTE_MILESTONE, None, Topic.MILESTONE_PASSED, _ENGINE, _RUNG),
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
    ((State.FINAL_REPORT_DUE,), Verb.REMIND_OF_FINAL_REPORT, None, Topic.FINAL_REPORT_REMINDED, _ENGINE, _RUNG),
    ((State.FINAL_REPORT_DUE,), Verb.NOTE_DELAY, None, Topic.FINAL_REPORT_DELAYED, _ENGINE, _RUNG),
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
    (_RESERVABLE, Verb.REMIND_OF_RESERVATION, None, Topic.RESERVATION_REMINDED, _ENGINE, _RUNG),
    (_RESERVABLE, Verb.NOTE_RESERVATION, None, Topic.RESERVATION_DELAYED, _ENGINE, _RUNG),
    (
        tuple(State),
        Verb.RECTIFY,
        None,
        Topic.FACT_RECTIFIED,
        _CLERKS,
        ("fact_known", "fact_changed", "vote_not_secret", "opinion_in_vocabulary", "reason_given", "four_eyes"),
    ),
)
"""Every legal move: from these states, the verb, the next state (None: unchanged), the event, who may ask, the guards that must agree."""
