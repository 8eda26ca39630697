"""The forms about actions: one pydantic model per request, the same for Prefect's run forms, for the portal and for the command line."""

from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, BeforeValidator

from models.charter import OpinionValue
from models.lifecycle import Verb
from services.form_base import (
    NONE,
    ActionForm,
    Form,
    Long,
    MaybeCount,
    MaybeDate,
    MaybeList,
    MaybeLong,
    MaybeMilestones,
    MaybeMoney,
    MaybeShort,
    NumberedForm,
    Short,
    blank_is_none,
    form_field,
    no_blanks,
)
from services.review_forms import (
    AttendanceForm,
    ChaseForm,
    CloseReviewForm,
    ConsultGroupForm,
    DecisionForm,
    DeclareConflictForm,
    DeliberationForm,
    ExtendReviewForm,
    GiveProxyForm,
    GiverForm,
    KeepOpinionForm,
    LiftReservationForm,
    MoveReviewForm,
    NoteConflictForm,
    OpenReviewForm,
    OpinionForm,
    ProxyOpinionForm,
    RevokeProxyForm,
    WithdrawConflictForm,
)

__all__ = [
    "FORMS",
    "AbandonForm",
    "ActionForm",
    "AmendForm",
    "AttendanceForm",
    "ChaseForm",
    "CloseForm",
    "CloseReviewForm",
    "CompleteForm",
    "ConsultGroupForm",
    "DecisionForm",
    "DeclareConflictForm",
    "DeliberationForm",
    "DraftForm",
    "ExtendReviewForm",
    "FinalReportForm",
    "Form",
    "GiveProxyForm",
    "GiverForm",
    "KeepOpinionForm",
    "LiftBlockerForm",
    "LiftReservationForm",
    "MoveReviewForm",
    "NoteConflictForm",
    "NumberedForm",
    "OpenReviewForm",
    "OpinionForm",
    "ProgressForm",
    "ProposeForm",
    "ProxyOpinionForm",
    "RaiseBlockerForm",
    "RectifyForm",
    "RegisterForm",
    "ResubmitForm",
    "ResumeForm",
    "ReturnForm",
    "RevokeProxyForm",
    "SheetFields",
    "StartForm",
    "SubmitForm",
    "SupersedeForm",
    "SuspendForm",
    "WithdrawConflictForm",
    "WithdrawForm",
]


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
    report_every_months: MaybeCount = form_field("report_every_months", NONE, ge=1, le=24)


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


class RaiseBlockerForm(ActionForm):
    """Say what stands in the way of an action, and ask a body for help."""

    verb = Verb.RAISE_BLOCKER
    body: Short = form_field("helper", vocabulary="bodies")
    since: MaybeDate = form_field("since", NONE)
    reason: MaybeLong = form_field("blocker_words", NONE)


class LiftBlockerForm(ActionForm):
    """Note that something no longer stands in the way."""

    verb = Verb.LIFT_BLOCKER
    blocker: int = form_field("blocker", ge=1)
    reason: MaybeLong = form_field("how_lifted", NONE)


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
    ChaseForm,
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
    RaiseBlockerForm,
    LiftBlockerForm,
    CompleteForm,
    AbandonForm,
    FinalReportForm,
    CloseForm,
    RectifyForm,
)
"""Every form, in the order of the life of an action."""
