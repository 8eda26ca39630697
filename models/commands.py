"""What may be asked: one frozen command per kind of request, checked before anything is written.

Every command says who asks and in whose name, through what, on which day the fact occurred, which version of the action was seen,
and carries a key: the same key asked again returns the first answer.
"""

from datetime import date
from enum import StrEnum
from typing import Annotated, ClassVar
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from models.charter import ActionSheet, OpinionValue
from models.conflicts import ConflictKind
from models.deliberations import DeliberationOutcome
from models.lifecycle import Verb

Words = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=20_000)]
Code = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=60)]
Upper = Annotated[str, StringConstraints(strip_whitespace=True, to_upper=True, min_length=1, max_length=60)]
"""Seat codes and action numbers: written in capitals, however they were typed."""


class Via(StrEnum):
    """Through what a command came."""

    CLI = "cli"
    PREFECT_FORM = "prefect-form"
    FLOW = "flow"
    LINK = "mail-link"
    PORTAL = "portal"
    PLAY = "play"
    API = "api"


class Actor(BaseModel):
    """Who asks: a seat, or the system itself (``seat`` None)."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    seat: Upper | None = None
    on_behalf_of: Upper | None = None
    via: Via


class Command(BaseModel):
    """What all requests share. ``expected_version`` None is recorded as such: the asker did not say what they had seen."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)
    verb: Verb
    convention: Code
    action: Upper | None = None
    actor: Actor
    occurred_on: date
    late_reason: Words | None = None
    reason: Words | None = None
    expected_version: int | None = Field(default=None, ge=0)
    key: Annotated[str, StringConstraints(min_length=8, max_length=200)]
    cause: UUID | None = None
    body: Code | None = None

    creates: ClassVar[bool] = False


class Create(Command):
    """Draft or propose an action."""

    creates: ClassVar[bool] = True
    sheet: ActionSheet


class Register(Create):
    """Register an action that is already under way, with the decision it rests on."""

    reference: Words | None = None


class Edit(Command):
    """Amend or resubmit: ``sheet`` replaces the present one; None keeps it."""

    sheet: ActionSheet | None = None


class Attach(Command):
    """Add a file that already lies in the content store."""

    file_name: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]
    media_type: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]
    size: int = Field(ge=1)
    sha256: Annotated[str, StringConstraints(pattern="^[0-9a-f]{64}$")]


class Supersede(Command):
    """Note that the action of number ``successor`` takes the place of this one."""

    successor: Upper


class OpenReview(Command):
    """Open the review of ``body``; ``groups`` are consulted besides those that the charter's rule chooses."""

    groups: tuple[Code, ...] = ()


class DeclareConflict(Command):
    """Declare that the person of the seat ``concerned`` has an interest in the action; ``reason`` says which, in their words."""

    concerned: Upper
    kind: ConflictKind = ConflictKind.UNSTATED


class WithdrawConflict(Command):
    """Withdraw the conflict that the person of the seat ``concerned`` declared."""

    concerned: Upper


class RecordOpinion(Command):
    """Record the opinion of the seat ``voter`` in the review of ``body``."""

    voter: Upper
    opinion: OpinionValue


class LiftReservation(Command):
    """Note that what the reservation of this number asked for has been met; ``reason`` says how."""

    reservation: int = Field(ge=1)


class VoteByProxy(RecordOpinion):
    """Record the opinion of the seat ``voter``, given by the seat ``holder`` that holds its proxy."""

    holder: Upper


class GiveProxy(Command):
    """Let the seat ``holder`` give the opinion of the seat ``giver`` in the review of ``body``; until a day, if one is named."""

    giver: Upper
    holder: Upper
    until: date | None = None


class RevokeProxy(Command):
    """Take back the proxy that the seat ``giver`` gave in the review of ``body``."""

    giver: Upper


class RecordAttendance(Command):
    """Note who attends while ``body`` examines the action in a meeting; nobody named: as when the meeting opened. Who is not named is absent."""

    meeting: Upper | None = None
    present: tuple[Upper, ...] = ()
    remote: tuple[Upper, ...] = ()
    represented: tuple[Upper, ...] = ()
    excused: tuple[Upper, ...] = ()


class KeepOpinion(RecordOpinion):
    """Keep the opinion of the seat ``voter`` until ``body`` is asked."""


class CloseReview(Command):
    """Close the review of ``body``."""


class ExtendReview(Command):
    """Give the members of ``body`` until a later day to answer."""

    until: date


class Chase(Command):
    """Hurry those whom the review of ``body`` awaits: these ``seats``, or all; without a review, whoever carries the action out."""

    seats: tuple[Upper, ...] = ()


class MoveReview(Command):
    """Move the review of ``body`` to the rules in force."""


class Decide(Command):
    """Record what ``body`` decided; ``reference`` names its minutes."""

    reference: Words | None = None


class RecordDeliberation(Command):
    """Record what the authority of ``partner`` decided on a day; ``document`` is the SHA-256 of the attached file that proves it."""

    partner: Code
    deliberation: DeliberationOutcome
    decided_on: date
    reference: Words
    document: Annotated[str, StringConstraints(pattern="^[0-9a-f]{64}$")]


class ReportProgress(Command):
    """Report progress: share done, words, milestones reached by their position in the sheet (from 1)."""

    percent: int = Field(ge=0, le=100)
    summary: Words
    reached: tuple[int, ...] = ()


class RaiseBlocker(Command):
    """Say what stands in the way, in ``reason``, and ask ``body`` for help; ``since``: from which day on, if not from this one."""

    since: date | None = None


class LiftBlocker(Command):
    """Note that the blocker of this number no longer stands in the way; ``reason`` says how."""

    blocker: int = Field(ge=1)


class FileFinalReport(Command):
    """File the final report; results and lessons may come in several filings."""

    results: Words | None = None
    lessons: Words | None = None


class Rectify(Command):
    """Put right a recorded fact, named by its event: only the fields given change, and both versions are kept."""

    event: UUID
    opinion: OpinionValue | None = None
    percent: int | None = Field(default=None, ge=0, le=100)
    words: Words | None = None
    happened_on: date | None = None
    reference: Words | None = None


class Note(Command):
    """A fact that the system notes when a deadline falls."""

    due_on: date | None = None


COMMANDS: dict[Verb, type[Command]] = {
    Verb.DRAFT: Create,
    Verb.PROPOSE: Create,
    Verb.REGISTER_UNDER_WAY: Register,
    Verb.RESUBMIT: Edit,
    Verb.AMEND: Edit,
    Verb.ATTACH: Attach,
    Verb.SUPERSEDE: Supersede,
    Verb.OPEN_TECHNICAL_REVIEW: OpenReview,
    Verb.OPEN_STEERING_REVIEW: OpenReview,
    Verb.DECLARE_CONFLICT: DeclareConflict,
    Verb.WITHDRAW_CONFLICT: WithdrawConflict,
    Verb.KEEP_OPINION: KeepOpinion,
    Verb.RECORD_OPINION: RecordOpinion,
    Verb.LIFT_RESERVATION: LiftReservation,
    Verb.VOTE_BY_PROXY: VoteByProxy,
    Verb.GIVE_PROXY: GiveProxy,
    Verb.REVOKE_PROXY: RevokeProxy,
    Verb.RECORD_ATTENDANCE: RecordAttendance,
    Verb.CLOSE_REVIEW: CloseReview,
    Verb.EXTEND_REVIEW: ExtendReview,
    Verb.MOVE_REVIEW: MoveReview,
    Verb.CHASE: Chase,
    Verb.RETURN: Decide,
    Verb.REFER: Decide,
    Verb.ADJOURN: Decide,
    Verb.APPROVE: Decide,
    Verb.REJECT: Decide,
    Verb.RECORD_DELIBERATION: RecordDeliberation,
    Verb.REPORT_PROGRESS: ReportProgress,
    Verb.RAISE_BLOCKER: RaiseBlocker,
    Verb.LIFT_BLOCKER: LiftBlocker,
    Verb.FILE_FINAL_REPORT: FileFinalReport,
    Verb.RECTIFY: Rectify,
    Verb.NOTE_NEGLECT: Note,
    Verb.REQUEST_PROGRESS: Note,
}
"""The command each verb needs; a verb that is not here needs nothing beyond ``Command``."""
