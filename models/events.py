"""What happened, by name: one topic per kind of event, and the stage that reacts to it.

A topic reads ``<subject>.<past participle>``; Prefect knows it as ``passerelle.<topic>``.
Payloads hold ids and salted hashes of texts, never a person's name, address or words.
"""

from enum import StrEnum


class Stage(StrEnum):
    """The four parts of the life of an action; each has one flow, where all its automatic steps happen."""

    PROPOSAL = "proposal"
    COMMITTEE_REVIEW = "committee-review"
    IMPLEMENTATION = "implementation"
    REPORTING = "reporting"


class Topic(StrEnum):
    """Every kind of event the log may hold."""

    ACTION_DRAFTED = "action.drafted"
    ACTION_PROPOSED = "action.proposed"
    ACTION_SUBMITTED = "action.submitted"
    ACTION_RESUBMITTED = "action.resubmitted"
    ACTION_RETURNED = "action.returned"
    COMPLETION_REMINDED = "completion.reminded"
    COMPLETION_DELAYED = "completion.delayed"
    COMPLETION_CHASED = "completion.chased"
    ACTION_WITHDRAWN = "action.withdrawn"
    ACTION_AMENDED = "action.amended"
    ACTION_SUPERSEDED = "action.superseded"
    REVIEW_OPENED = "review.opened"
    REVIEW_REMINDED = "review.reminded"
    REVIEW_CHASED = "review.chased"
    REVIEW_CLOSED = "review.closed"
    REVIEW_EXTENDED = "review.extended"
    REVIEW_MOVED = "review.moved"
    CONFLICT_DECLARED = "conflict.declared"
    CONFLICT_WITHDRAWN = "conflict.withdrawn"
    PROXY_GIVEN = "proxy.given"
    PROXY_REVOKED = "proxy.revoked"
    ATTENDANCE_RECORDED = "attendance.recorded"
    ATTENDANCE_ENDED = "attendance.ended"
    OPINION_KEPT = "opinion.kept"
    OPINION_RECORDED = "opinion.recorded"
    RESERVATION_LIFTED = "reservation.lifted"
    RESERVATION_REMINDED = "reservation.reminded"
    RESERVATION_DELAYED = "reservation.delayed"
    ACTION_REFERRED = "action.referred"
    ACTION_ADJOURNED = "action.adjourned"
    ACTION_APPROVED = "action.approved"
    ACTION_REJECTED = "action.rejected"
    DELIBERATION_RECORDED = "deliberation.recorded"
    START_REMINDED = "start.reminded"
    START_DELAYED = "start.delayed"
    START_CHASED = "start.chased"
    ACTION_STARTED = "action.started"
    ACTION_REGISTERED = "action.registered"
    ACTION_SUSPENDED = "action.suspended"
    ACTION_RESUMED = "action.resumed"
    PROGRESS_REQUESTED = "progress.requested"
    PROGRESS_REMINDED = "progress.reminded"
    PROGRESS_DELAYED = "progress.delayed"
    PROGRESS_CHASED = "progress.chased"
    PROGRESS_REPORTED = "progress.reported"
    BLOCKER_RAISED = "blocker.raised"
    BLOCKER_LIFTED = "blocker.lifted"
    MILESTONE_REMINDED = "milestone.reminded"
    MILESTONE_PASSED = "milestone.passed"
    ACTION_NEGLECTED = "action.neglected"
    ACTION_COMPLETED = "action.completed"
    ACTION_ABANDONED = "action.abandoned"
    FINAL_REPORT_REQUESTED = "final_report.requested"
    FINAL_REPORT_REMINDED = "final_report.reminded"
    FINAL_REPORT_DELAYED = "final_report.delayed"
    FINAL_REPORT_CHASED = "final_report.chased"
    FINAL_REPORT_FILED = "final_report.filed"
    ACTION_CLOSED = "action.closed"
    ATTACHMENT_ADDED = "attachment.added"
    FACT_RECTIFIED = "fact.rectified"


_P, _C, _I, _R = Stage.PROPOSAL, Stage.COMMITTEE_REVIEW, Stage.IMPLEMENTATION, Stage.REPORTING

REACTS: dict[Topic, Stage | None] = {
    Topic.ACTION_DRAFTED: None,
    Topic.ACTION_PROPOSED: _P,
    Topic.ACTION_SUBMITTED: _P,
    Topic.ACTION_RESUBMITTED: _P,
    Topic.ACTION_RETURNED: _P,
    Topic.COMPLETION_REMINDED: _P,
    Topic.COMPLETION_DELAYED: _P,
    Topic.COMPLETION_CHASED: _P,
    Topic.ACTION_WITHDRAWN: _P,
    Topic.ACTION_AMENDED: None,
    Topic.ACTION_SUPERSEDED: _P,
    Topic.REVIEW_OPENED: _C,
    Topic.REVIEW_REMINDED: _C,
    Topic.REVIEW_CHASED: _C,
    Topic.REVIEW_CLOSED: _C,
    Topic.REVIEW_EXTENDED: _C,
    Topic.REVIEW_MOVED: _C,
    Topic.CONFLICT_DECLARED: _C,
    Topic.CONFLICT_WITHDRAWN: _C,
    Topic.PROXY_GIVEN: _C,
    Topic.PROXY_REVOKED: _C,
    Topic.ATTENDANCE_RECORDED: _C,
    Topic.ATTENDANCE_ENDED: None,
    Topic.OPINION_KEPT: _C,
    Topic.OPINION_RECORDED: _C,
    Topic.RESERVATION_LIFTED: _R,
    Topic.RESERVATION_REMINDED: _C,
    Topic.RESERVATION_DELAYED: _C,
    Topic.ACTION_REFERRED: _C,
    Topic.ACTION_ADJOURNED: _C,
    Topic.ACTION_APPROVED: _C,
    Topic.ACTION_REJECTED: _C,
    Topic.DELIBERATION_RECORDED: _I,
    Topic.START_REMINDED: _I,
    Topic.START_DELAYED: _I,
    Topic.START_CHASED: _I,
    Topic.ACTION_STARTED: _I,
    Topic.ACTION_REGISTERED: _I,
    Topic.ACTION_SUSPENDED: _I,
    Topic.ACTION_RESUMED: _I,
    Topic.PROGRESS_REQUESTED: _I,
    Topic.PROGRESS_REMINDED: _I,
    Topic.PROGRESS_DELAYED: _I,
    Topic.PROGRESS_CHASED: _I,
    Topic.PROGRESS_REPORTED: _I,
    Topic.BLOCKER_RAISED: _I,
    Topic.BLOCKER_LIFTED: _I,
    Topic.MILESTONE_REMINDED: _I,
    Topic.MILESTONE_PASSED: _I,
    Topic.ACTION_NEGLECTED: _I,
    Topic.ACTION_COMPLETED: _R,
    Topic.ACTION_ABANDONED: _I,
    Topic.FINAL_REPORT_REQUESTED: _R,
    Topic.FINAL_REPORT_REMINDED: _R,
    Topic.FINAL_REPORT_DELAYED: _R,
    Topic.FINAL_REPORT_CHASED: _R,
    Topic.FINAL_REPORT_FILED: _R,
    Topic.ACTION_CLOSED: _R,
    Topic.ATTACHMENT_ADDED: None,
    Topic.FACT_RECTIFIED: _C,
}
"""The one stage that reacts to a topic: it takes the automatic step, if any, and tells people. None: nothing follows."""

SCHEMA_VERSION = 1
"""Version of the payloads' shape, stored with every event."""
