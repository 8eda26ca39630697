"""What each verb changes besides the state: one function per verb, all inside the command's transaction."""

from collections import defaultdict
from collections.abc import Mapping

from models.lifecycle import Verb
from services.effects import (
    blockers,
    chasing,
    conflicts,
    deliberations,
    early,
    implementation,
    meetings,
    opinions,
    procedure,
    proposals,
    proxies,
    rectification,
    reporting,
    reservations,
    reviews,
)
from services.effects.change import Change, Effect, reason_only

__all__ = ["EFFECTS", "Change"]

EFFECTS: Mapping[Verb, Effect] = defaultdict(
    lambda: reason_only,
    {
        Verb.DRAFT: proposals.create,
        Verb.PROPOSE: proposals.create,
        Verb.REGISTER_UNDER_WAY: proposals.register,
        Verb.RESUBMIT: proposals.edit,
        Verb.AMEND: proposals.edit,
        Verb.ATTACH: proposals.attach,
        Verb.RETURN: reviews.give_back,
        Verb.OPEN_TECHNICAL_REVIEW: reviews.open_review,
        Verb.OPEN_STEERING_REVIEW: reviews.open_review,
        Verb.DECLARE_CONFLICT: conflicts.declare,
        Verb.WITHDRAW_CONFLICT: conflicts.withdraw,
        Verb.CONSULT_GROUP: reviews.consult,
        Verb.GIVE_PROXY: proxies.give,
        Verb.REVOKE_PROXY: proxies.revoke,
        Verb.RECORD_ATTENDANCE: meetings.attend,
        Verb.END_ATTENDANCE: meetings.end,
        Verb.KEEP_OPINION: early.keep,
        Verb.RECORD_OPINION: opinions.record_opinion,
        Verb.VOTE_BY_PROXY: opinions.record_opinion,
        Verb.CLOSE_REVIEW: reviews.close_review,
        Verb.LIFT_RESERVATION: reservations.lift,
        Verb.EXTEND_REVIEW: procedure.extend,
        Verb.MOVE_REVIEW: procedure.move,
        Verb.CHASE: chasing.chase,
        Verb.REFER: reviews.refer,
        Verb.ADJOURN: reviews.decide,
        Verb.APPROVE: reviews.approve,
        Verb.REJECT: reviews.decide,
        Verb.WITHDRAW: reviews.leave,
        Verb.SUPERSEDE: reviews.give_way,
        Verb.RECORD_DELIBERATION: deliberations.record,
        Verb.START: implementation.begin,
        Verb.RESUME: implementation.begin,
        Verb.REQUEST_PROGRESS: implementation.request,
        Verb.REPORT_PROGRESS: implementation.report_progress,
        Verb.RAISE_BLOCKER: blockers.raise_one,
        Verb.LIFT_BLOCKER: blockers.lift,
        Verb.NOTE_NEGLECT: implementation.neglect,
        Verb.REQUEST_FINAL_REPORT: reporting.request,
        Verb.FILE_FINAL_REPORT: reporting.file,
        Verb.RECTIFY: rectification.rectify,
    },
)
