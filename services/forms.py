"""The forms: one pydantic model per request, the same for Prefect's run forms and for the command line.

Titles and help come from the catalogue of the installation's language. A form names seats by their codes and never a person.
"""

import os
from datetime import date
from decimal import Decimal
from typing import Annotated, Any, ClassVar, Literal
from uuid import UUID

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints

from models.charter import MilestonePlan, OpinionValue
from models.conflicts import ConflictKind
from models.deliberations import DeliberationOutcome
from models.lifecycle import Verb
from services.wording import Wording, pick_language

_WORDING = Wording(pick_language(os.environ))


def _blank_is_none(value: Any) -> Any:
    """Run forms send an empty text for a field left alone."""
    return None if isinstance(value, str) and not value.strip() else value


def _no_blanks(value: Any) -> Any:
    """Run forms send ``[None]`` or empty texts for a list left alone."""
    return [item for item in value if item not in (None, "")] if isinstance(value, list | tuple) else value


Short = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]
Long = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=20_000)]
MaybeShort = Annotated[Short | None, BeforeValidator(_blank_is_none)]
MaybeLong = Annotated[Long | None, BeforeValidator(_blank_is_none)]
MaybeDate = Annotated[date | None, BeforeValidator(_blank_is_none)]
MaybeMoney = Annotated[Decimal | None, BeforeValidator(_blank_is_none)]
MaybeList = Annotated[tuple[Short, ...] | None, BeforeValidator(_no_blanks)]
MaybeMilestones = Annotated[tuple[MilestonePlan, ...] | None, BeforeValidator(_no_blanks)]
_NONE: Any = None
_REQUIRED: Any = ...


def _field(name: str, default: Any = _REQUIRED, *, vocabulary: str | None = None, **limits: Any) -> Any:
    extra: Any = {"wording": name} | ({"vocabulary": vocabulary} if vocabulary else {})
    title, help_text = _WORDING.say(f"form.{name}.title"), _WORDING.say(f"form.{name}.help")
    return Field(default, title=title, description=help_text, json_schema_extra=extra, **limits)


class Form(BaseModel):
    """What every form asks: who acts, and when the fact took place."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    verb: ClassVar[Verb]

    seat: Short = _field("seat")
    occurred_on: MaybeDate = _field("occurred_on", _NONE)
    late_reason: MaybeLong = _field("late_reason", _NONE)
    convention: MaybeShort = _field("convention", _NONE, vocabulary="conventions")


class NumberedForm(Form):
    """A form about an action that exists; ``seen_version`` left empty is recorded as such."""

    action: Short = _field("action")
    seen_version: Annotated[int | None, BeforeValidator(_blank_is_none)] = _field("seen_version", _NONE, ge=0)


class ActionForm(NumberedForm):
    """The same, with a reason."""

    reason: MaybeLong = _field("reason", _NONE)


class SheetFields(BaseModel):
    """The fields of an action sheet; codes are those of the charter."""

    axis: MaybeShort = _field("axis", _NONE, vocabulary="axes")
    objective: MaybeShort = _field("objective", _NONE, vocabulary="objectives")
    themes: MaybeList = _field("themes", _NONE, vocabulary="themes")
    sites: MaybeList = _field("sites", _NONE, vocabulary="sites")
    context: MaybeLong = _field("context", _NONE)
    description: MaybeLong = _field("description", _NONE)
    lead_body: MaybeShort = _field("lead_body", _NONE, vocabulary="leaders")
    lead_person: MaybeShort = _field("lead_person", _NONE)
    partners: MaybeList = _field("partners", _NONE, vocabulary="partners")
    starts_on: MaybeDate = _field("starts_on", _NONE)
    ends_on: MaybeDate = _field("ends_on", _NONE)
    budget_euros: MaybeMoney = _field("budget_euros", _NONE, ge=0)
    milestones: MaybeMilestones = _field("milestones", _NONE)
    indicators: MaybeLong = _field("indicators", _NONE)


class ProposeForm(SheetFields, Form):
    """Propose an action: it gets its number at once."""

    verb = Verb.PROPOSE
    title: Short = _field("title")


class DraftForm(ProposeForm):
    """Keep a draft: nobody is told before it is submitted."""

    verb = Verb.DRAFT


class RegisterForm(ProposeForm):
    """Register an action already under way."""

    verb = Verb.REGISTER_UNDER_WAY
    reference: Short = _field("decision_reference")
    reason: Long = _field("register_reason")


class AmendForm(SheetFields, ActionForm):
    """Amend the sheet; what is left empty stays as it is."""

    verb = Verb.AMEND
    title: MaybeShort = _field("new_title", _NONE)


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


class OpenReviewForm(ActionForm):
    """Open the review of the technical or the steering committee."""

    verb = Verb.OPEN_TECHNICAL_REVIEW
    body: Short = _field("body", vocabulary="committees")
    groups: MaybeList = _field("groups", _NONE, vocabulary="groups")


class ConsultGroupForm(ActionForm):
    """Consult one more thematic group."""

    verb = Verb.CONSULT_GROUP
    body: Short = _field("group", vocabulary="groups")


class CloseReviewForm(ActionForm):
    """Close a body's review."""

    verb = Verb.CLOSE_REVIEW
    body: Short = _field("body", vocabulary="bodies")


class ExtendReviewForm(ActionForm):
    """Give the members of a body more time to answer."""

    verb = Verb.EXTEND_REVIEW
    body: Short = _field("body", vocabulary="bodies")
    until: date = _field("until")


class MoveReviewForm(ActionForm):
    """Move a review that nobody has answered yet to the rules in force."""

    verb = Verb.MOVE_REVIEW
    body: Short = _field("body", vocabulary="bodies")


class NoteConflictForm(NumberedForm):
    """Note that somebody has a conflict of interest, without saying which: what everybody who uses the form may read."""

    verb = Verb.DECLARE_CONFLICT
    concerned: MaybeShort = _field("concerned", _NONE)


class DeclareConflictForm(NoteConflictForm, ActionForm):
    """Declare a conflict of interest, for oneself or for somebody who sits in a body that one serves."""

    kind: ConflictKind = _field("conflict_kind")
    reason: MaybeLong = _field("conflict_words", _NONE)


class WithdrawConflictForm(ActionForm):
    """Withdraw a conflict of interest."""

    verb = Verb.WITHDRAW_CONFLICT
    concerned: MaybeShort = _field("concerned", _NONE)


class OpinionForm(ActionForm):
    """Record the opinion of a seat."""

    verb = Verb.RECORD_OPINION
    body: Short = _field("body", vocabulary="bodies")
    voter: Short = _field("voter")
    opinion: OpinionValue = _field("opinion")


class LiftReservationForm(ActionForm):
    """Lift a reservation: what it asked for is met."""

    verb = Verb.LIFT_RESERVATION
    reservation: int = _field("reservation", ge=1)


class ProxyOpinionForm(OpinionForm):
    """Record an opinion given by proxy."""

    verb = Verb.VOTE_BY_PROXY
    voter: Short = _field("represented")
    holder: MaybeShort = _field("own_holder", _NONE)


class GiverForm(ActionForm):
    """A form about the proxy of a seat: one's own, or of somebody who sits in a body that one serves."""

    body: Short = _field("body", vocabulary="bodies")
    giver: MaybeShort = _field("giver", _NONE)


class GiveProxyForm(GiverForm):
    """Let another member give the opinion of a seat."""

    verb = Verb.GIVE_PROXY
    holder: Short = _field("holder")
    until: MaybeDate = _field("proxy_until", _NONE)


class RevokeProxyForm(GiverForm):
    """Take a proxy back before it is used."""

    verb = Verb.REVOKE_PROXY


class KeepOpinionForm(OpinionForm):
    """Keep the opinion of a seat until its body is asked."""

    verb = Verb.KEEP_OPINION


class DecisionForm(ActionForm):
    """Record what a committee decided."""

    verb = Verb.APPROVE
    body: Short = _field("body", vocabulary="committees")
    outcome: Literal[Verb.REFER, Verb.APPROVE, Verb.RETURN, Verb.ADJOURN, Verb.REJECT] = _field("outcome")
    reference: MaybeShort = _field("minutes_reference", _NONE)


class DeliberationForm(ActionForm):
    """Record what a partner's own authority decided."""

    verb = Verb.RECORD_DELIBERATION
    partner: Short = _field("partner", vocabulary="partners")
    deliberation: DeliberationOutcome = _field("deliberation_outcome")
    decided_on: date = _field("decided_on")
    reference: Short = _field("deliberation_reference")
    document: Short = _field("document")


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
    percent: int = _field("percent", ge=0, le=100)
    summary: Long = _field("summary")
    reached: Annotated[tuple[int, ...] | None, BeforeValidator(_no_blanks)] = _field("reached", _NONE)


class CompleteForm(ActionForm):
    """Declare an action completed."""

    verb = Verb.COMPLETE


class AbandonForm(ActionForm):
    """Abandon an action."""

    verb = Verb.ABANDON


class FinalReportForm(ActionForm):
    """File the final report, whole or in parts."""

    verb = Verb.FILE_FINAL_REPORT
    results: MaybeLong = _field("results", _NONE)
    lessons: MaybeLong = _field("lessons", _NONE)


class CloseForm(ActionForm):
    """Close an action whose final report is complete."""

    verb = Verb.CLOSE


class RectifyForm(ActionForm):
    """Put right a fact that was wrongly recorded; both versions are kept."""

    verb = Verb.RECTIFY
    event: UUID = _field("event")
    opinion: Annotated[OpinionValue | None, BeforeValidator(_blank_is_none)] = _field("rectified_opinion", _NONE)
    percent: Annotated[int | None, BeforeValidator(_blank_is_none)] = _field("rectified_percent", _NONE, ge=0, le=100)
    words: MaybeLong = _field("rectified_words", _NONE)
    happened_on: MaybeDate = _field("happened_on", _NONE)
    reference: MaybeShort = _field("rectified_reference", _NONE)


FORMS: tuple[type[Form], ...] = (
    DraftForm,
    ProposeForm,
    SubmitForm,
    AmendForm,
    ResubmitForm,
    ReturnForm,
    WithdrawForm,
    OpenReviewForm,
    DeclareConflictForm,
    WithdrawConflictForm,
    ConsultGroupForm,
    GiveProxyForm,
    RevokeProxyForm,
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
