"""The words of the life of an action: its states, what may be asked of it, and in what capacity."""

from enum import StrEnum

from models.events import Stage


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
    END_ATTENDANCE = "end_attendance"
    KEEP_OPINION = "keep_opinion"
    RECORD_OPINION = "record_opinion"
    VOTE_BY_PROXY = "vote_by_proxy"
    REMIND_OF_COMPLETION = "remind_of_completion"
    NOTE_INCOMPLETE = "note_incomplete"
    REMIND_VOTERS = "remind_voters"
    CHASE = "chase"
    CLOSE_REVIEW = "close_review"
    EXTEND_REVIEW = "extend_review"
    MOVE_REVIEW = "move_review"
    REFER = "refer"
    ADJOURN = "adjourn"
    APPROVE = "approve"
    REJECT = "reject"
    REGISTER_UNDER_WAY = "register_under_way"
    RECORD_DELIBERATION = "record_deliberation"
    REMIND_TO_START = "remind_to_start"
    NOTE_NOT_STARTED = "note_not_started"
    START = "start"
    SUSPEND = "suspend"
    RESUME = "resume"
    REQUEST_PROGRESS = "request_progress"
    REMIND_OF_PROGRESS = "remind_of_progress"
    NOTE_SILENCE = "note_silence"
    REPORT_PROGRESS = "report_progress"
    RAISE_BLOCKER = "raise_blocker"
    LIFT_BLOCKER = "lift_blocker"
    REMIND_OF_MILESTONE = "remind_of_milestone"
    NOTE_MILESTONE = "note_milestone"
    NOTE_NEGLECT = "note_neglect"
    COMPLETE = "complete"
    ABANDON = "abandon"
    REQUEST_FINAL_REPORT = "request_final_report"
    REMIND_OF_FINAL_REPORT = "remind_of_final_report"
    NOTE_DELAY = "note_delay"
    FILE_FINAL_REPORT = "file_final_report"
    CLOSE = "close"
    LIFT_RESERVATION = "lift_reservation"
    REMIND_OF_RESERVATION = "remind_of_reservation"
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
