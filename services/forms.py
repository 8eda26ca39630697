"""The forms about actions: one pydantic model per request, the same for Prefect's run forms, for the portal and for the command line."""

from datetime import date
from typing import Annotated, ClassVar, Literal
from uuid import UUID

from pydantic import BaseModel, BeforeValidator

from models.charter import OpinionValue
from models.conflicts import ConflictKind
from models.deliberations import DeliberationOutcome
from models.lifecycle import Verb
from services.form_base import (
    NONE,
    Asked,
    Long,
    MaybeDate,
    MaybeList,
    MaybeLong,
    MaybeMilestones,
    MaybeMoney,
    MaybeShort,
    NumberedFields,
    Short,
    blank_is_none,
    form_field,
    no_blanks,
)


class Form(Asked):
    """What every form about an action asks: who acts, and when the fact took place."""

    verb: ClassVar[Verb]

    occurred_on: MaybeDate = form_field("occurred_on", NONE)
    late_reason: MaybeLong = form_field("late_reason", NONE)


class NumberedForm(NumberedFields, Form):
    """A form about an action that exists; ``seen_version`` left empty is recorded as such."""

    action: Short = form_field("action")


class ActionForm(NumberedForm):
    """The same, with a reason."""

    reason: MaybeLong = form_field("reason", NONE)


class SheetFields(BaseModel):
    """The fields of an action sheet; codes are those of the charter."""

    axis: MaybeShort = form_field("axis", NONE, vocabulary="axes")
    objective: MaybeShort = form_field("objective", NONE, vocabulary="objectives")
    themes: MaybeList = form_field("themes", NONE, vocabulary="themes")
    sites: MaybeList = form_field("sites", NONE, vocabulary="sites")
    context: MaybeLong = form_field("context", NONE)
    description: MaybeLong = form_field("description", NONE)
    lead_body: MaybeShort = form_field("lead_body", NONE, vocabulary="leaders")
    lead_person: MaybeShort = form_field("lead_person", NONE)
    partners: MaybeList = form_field("partners", NONE, vocabulary="partners")
    starts_on: MaybeDate = form_field("starts_on", NONE)
    ends_on: MaybeDate = form_field("ends_on", NONE)
    budget_euros: MaybeMoney = form_field("budget_euros", NONE, ge=0)
    milestones: MaybeMilestones = form_field("milestones", NONE)
    indicators: MaybeLong = form_field("indicators", NONE)


class ProposeForm(SheetFields, Form):
    """Propose an action: it gets its number at once."""

    verb = Verb.PROPOSE
    title: Short = form_field("title")


class DraftForm(ProposeForm):
    """Keep a draft: nobody is told before it is submitted."""

    verb = Verb.DRAFT


class RegisterForm(ProposeForm):
    """Register an action already under way."""

    verb = Verb.REGISTER_UNDER_WAY
    reference: Short = form_field("decision_reference")
    reason: Long = form_field("register_reason")


class AmendForm(SheetFields, ActionForm):
    """Amend the sheet; what is left empty stays as it is."""

    verb = Verb.AMEND
    title: MaybeShort = form_field("new_title", NONE)


class ResubmitForm(AmendForm):
    """Submit a returned proposal again, amended or with a word of explanation."""

    verb = Verb.RESUBMIT


class SubmitForm(ActionForm):
    """Submit a draft."""

    verb = Verb.SUBMIT


class ReturnForm(ActionForm):
    """Give a proposal back to its proposer before any review."""

    verb = Verb.RETURN


class WithdrawForm(ActionForm):
    """Withdraw a proposal."""

    verb = Verb.WITHDRAW


class SupersedeForm(ActionForm):
    """Note which action takes the place of another."""

    verb = Verb.SUPERSEDE
    successor: Short = form_field("successor")


class OpenReviewForm(ActionForm):
    """Open the review of the technical or the steering committee."""

    verb = Verb.OPEN_TECHNICAL_REVIEW
    body: Short = form_field("body", vocabulary="committees")
    groups: MaybeList = form_field("groups", NONE, vocabulary="groups")


class ConsultGroupForm(ActionForm):
    """Consult one more thematic group."""

    verb = Verb.CONSULT_GROUP
    body: Short = form_field("group", vocabulary="groups")


class CloseReviewForm(ActionForm):
    """Close a body's review."""

    verb = Verb.CLOSE_REVIEW
    body: Short = form_field("body", vocabulary="bodies")


class ExtendReviewForm(ActionForm):
    """Give the members of a body more time to answer."""

    verb = Verb.EXTEND_REVIEW
    body: Short = form_field("body", vocabulary="bodies")
    until: date = form_field("until")


class MoveReviewForm(ActionForm):
    """Move a review that nobody has answered yet to the rules in force."""

    verb = Verb.MOVE_REVIEW
    body: Short = form_field("body", vocabulary="bodies")


class NoteConflictForm(NumberedForm):
    """Note that somebody has a conflict of interest, without saying which: what everybody who uses the form may read."""

    verb = Verb.DECLARE_CONFLICT
    concerned: MaybeShort = form_field("concerned", NONE)


class DeclareConflictForm(NoteConflictForm, ActionForm):
    """Declare a conflict of interest, for oneself or for somebody who sits in a body that one serves."""

    kind: ConflictKind = form_field("conflict_kind")
    reason: MaybeLong = form_field("conflict_words", NONE)


class WithdrawConflictForm(ActionForm):
    """Withdraw a conflict of interest."""

    verb = Verb.WITHDRAW_CONFLICT
    concerned: MaybeShort = form_field("concerned", NONE)


class OpinionForm(ActionForm):
    """Record the opinion of a seat."""

    verb = Verb.RECORD_OPINION
    body: Short = form_field("body", vocabulary="bodies")
    voter: Short = form_field("voter")
    opinion: OpinionValue = form_field("opinion")


class LiftReservationForm(ActionForm):
    """Lift a reservation: what it asked for is met."""

    verb = Verb.LIFT_RESERVATION
    reservation: int = form_field("reservation", ge=1)
    reason: MaybeLong = form_field("how_met", NONE)


class ProxyOpinionForm(OpinionForm):
    """Record an opinion given by proxy."""

    verb = Verb.VOTE_BY_PROXY
    voter: Short = form_field("represented")
    holder: MaybeShort = form_field("own_holder", NONE)


class GiverForm(ActionForm):
    """A form about the proxy of a seat: one's own, or of somebody who sits in a body that one serves."""

    body: Short = form_field("body", vocabulary="bodies")
    giver: MaybeShort = form_field("giver", NONE)


class GiveProxyForm(GiverForm):
    """Let another member give the opinion of a seat."""

    verb = Verb.GIVE_PROXY
    holder: Short = form_field("holder")
    until: MaybeDate = form_field("proxy_until", NONE)


class RevokeProxyForm(GiverForm):
    """Take a proxy back before it is used."""

    verb = Verb.REVOKE_PROXY


class AttendanceForm(ActionForm):
    """Note who attends while a body examines an action in a meeting."""

    verb = Verb.RECORD_ATTENDANCE
    body: Short = form_field("body", vocabulary="bodies")
    meeting: MaybeShort = form_field("meeting", NONE)
    present: MaybeList = form_field("present", NONE)
    remote: MaybeList = form_field("remote", NONE)
    represented: MaybeList = form_field("represented_seats", NONE)
    excused: MaybeList = form_field("excused", NONE)


class KeepOpinionForm(OpinionForm):
    """Keep the opinion of a seat until its body is asked."""

    verb = Verb.KEEP_OPINION


class DecisionForm(ActionForm):
    """Record what a committee decided."""

    verb = Verb.APPROVE
    body: Short = form_field("body", vocabulary="committees")
    outcome: Literal[Verb.REFER, Verb.APPROVE, Verb.RETURN, Verb.ADJOURN, Verb.REJECT] = form_field("outcome")
    reference: MaybeShort = form_field("minutes_reference", NONE)


class DeliberationForm(ActionForm):
    """Record what a partner's own authority decided."""

    verb = Verb.RECORD_DELIBERATION
    partner: Short = form_field("partner", vocabulary="partners")
    deliberation: DeliberationOutcome = form_field("deliberation_outcome")
    decided_on: date = form_field("decided_on")
    reference: Short = form_field("deliberation_reference")
    document: Short = form_field("document")


class StartForm(ActionForm):
    """Start an approved action."""

    verb = Verb.START


class SuspendForm(ActionForm):
    """Suspend an action."""

    verb = Verb.SUSPEND


class ResumeForm(ActionForm):
    """Resume a suspended action."""

    verb = Verb.RESUME


class ProgressForm(ActionForm):
    """Report progress."""

    verb = Verb.REPORT_PROGRESS
    percent: int = form_field("percent", ge=0, le=100)
    summary: Long = form_field("summary")
    reached: Annotated[tuple[int, ...] | None, BeforeValidator(no_blanks)] = form_field("reached", NONE)


class CompleteForm(ActionForm):
    """Declare an action completed."""

    verb = Verb.COMPLETE


class AbandonForm(ActionForm):
    """Abandon an action."""

    verb = Verb.ABANDON


class FinalReportForm(ActionForm):
    """File the final report, whole or in parts."""

    verb = Verb.FILE_FINAL_REPORT
    results: MaybeLong = form_field("results", NONE)
    lessons: MaybeLong = form_field("lessons", NONE)


class CloseForm(ActionForm):
    """Close an action whose final report is complete."""

    verb = Verb.CLOSE


class RectifyForm(ActionForm):
    """Put right a fact that was wrongly recorded; both versions are kept."""

    verb = Verb.RECTIFY
    event: UUID = form_field("event")
    opinion: Annotated[OpinionValue | None, BeforeValidator(blank_is_none)] = form_field("rectified_opinion", NONE)
    percent: Annotated[int | None, BeforeValidator(blank_is_none)] = form_field("rectified_percent", NONE, ge=0, le=100)
    words: MaybeLong = form_field("rectified_words", NONE)
    happened_on: MaybeDate = form_field("happened_on", NONE)
    reference: MaybeShort = form_field("rectified_reference", NONE)


FORMS: tuple[type[Form], ...] = (
    DraftForm,
    ProposeForm,
    SubmitForm,
    AmendForm,
    ResubmitForm,
    ReturnForm,
    WithdrawForm,
    SupersedeForm,
    OpenReviewForm,
    DeclareConflictForm,
    WithdrawConflictForm,
    ConsultGroupForm,
    GiveProxyForm,
    RevokeProxyForm,
    AttendanceForm,
    KeepOpinionForm,
    OpinionForm,
    ProxyOpinionForm,
    ExtendReviewForm,
    MoveReviewForm,
    CloseReviewForm,
    DecisionForm,
    LiftReservationForm,
    DeliberationForm,
    RegisterForm,
    StartForm,
    SuspendForm,
    ResumeForm,
    ProgressForm,
    CompleteForm,
    AbandonForm,
    FinalReportForm,
    CloseForm,
    RectifyForm,
)
"""Every form, in the order of the life of an action."""
