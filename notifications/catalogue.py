"""Who is told what: from the topic of an event to messages and audiences. The whole table is here, on one page."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType


class Audience(StrEnum):
    """In what capacity people are told; the value is also the ``because`` of the context."""

    VOTERS = "voter"
    DEPUTIES = "deputy"
    PENDING_VOTERS = "pending_voter"
    PENDING_DEPUTIES = "pending_deputy"
    PENDING_HOLDERS = "pending_holder"
    VOICE = "voice"
    GIVER = "giver"
    HOLDER = "holder"
    CONCERNED = "concerned"
    RESERVING = "reserving"
    BODY_SECRETARY = "body_secretary"
    GROUP_SECRETARY = "group_secretary"
    CHAIR = "chair"
    TECHNICAL_SECRETARY = "technical_secretary"
    BODY_CHAIR = "body_chair"
    BODY_STAND_IN = "body_stand_in"
    STEERING_SECRETARY = "steering_secretary"
    ALL_SECRETARIES = "any_secretary"
    PROPOSER = "proposer"
    LEAD = "lead"
    LEAD_DEPUTY = "lead_deputy"
    TOLD_ABOVE = "told_above"
    BODY_CHANNEL = "body_channel"
    CONVENED = "convened"
    WAS_CONVENED = "was_convened"
    OPERATORS = "operator"
    SIGNING_IN = "signing_in"
    WAITING = "waiting"
    AHEAD = "ahead"


CHAT = frozenset({Audience.BODY_CHANNEL})
"""Audiences that are rooms, not persons: they get the chat line."""

COPY = "copy:"
"""Leads the ``because`` of whoever gets a copy, before the capacity."""


@dataclass(frozen=True, slots=True)
class Notice:
    """One message to one audience.

    needs: a key of the context; while it is empty the message has no object and is not sent.
    copy: for information only; what the message asks for is asked of others.
    """

    message: str
    audience: Audience
    needs: str | None = None
    copy: bool = False

    @property
    def because(self) -> str:
        """In what capacity people get it, and whether as a copy: see ``COPY``."""
        return f"{COPY}{self.audience}" if self.copy else self.audience.value


def _to(message: str, *audiences: Audience, needs: str | None = None) -> tuple[Notice, ...]:
    return tuple(Notice(message, audience, needs) for audience in audiences)


_ACKNOWLEDGED = _to("proposal-acknowledged", Audience.PROPOSER)
_PENDING = (Audience.PENDING_VOTERS, Audience.PENDING_DEPUTIES, Audience.PENDING_HOLDERS)
_PARTIES = (Audience.PROPOSER, Audience.LEAD, Audience.TECHNICAL_SECRETARY)
REMINDER, ESCALATED, CHASED_NO_MORE = "deadline-reminder", "deadline-escalated", "chase-ended"
"""The messages of a ladder: before the last day to whom it concerns, to those above, and to these once somebody acted."""
LEVELS: Mapping[Audience, str] = MappingProxyType(
    {
        **dict.fromkeys((Audience.LEAD, Audience.LEAD_DEPUTY, Audience.PROPOSER, *_PENDING), "owner"),
        Audience.GROUP_SECRETARY: "group_secretary",
        Audience.CHAIR: "chair",
        Audience.TECHNICAL_SECRETARY: "technical",
        Audience.STEERING_SECRETARY: "steering",
    }
)
"""On which level of a ladder (``models.ladders.Level``) people stand in this capacity."""
_ABOVE = (
    *(Audience.GROUP_SECRETARY, Audience.CHAIR, Audience.TECHNICAL_SECRETARY, Audience.STEERING_SECRETARY),
    Audience.BODY_STAND_IN,
)


def _chased(message: str, *owners: Audience, needs: str | None = None) -> tuple[Notice, ...]:
    """A rung: its own message to the owners, what is late to those above. Each rung says which of them are told."""
    others = (Audience.LEAD_DEPUTY, *_ABOVE) if Audience.LEAD in owners else _ABOVE
    return _to(message, *owners, needs=needs) + _to(ESCALATED, *others)


def _acted(message: str, *audiences: Audience, needs: str | None = None) -> tuple[Notice, ...]:
    """An act that may end a chase: those above who were told of it hear that it is over."""
    return _to(message, *audiences, needs=needs) + _to(CHASED_NO_MORE, Audience.TOLD_ABOVE)


CATALOGUE: Mapping[str, tuple[Notice, ...]] = MappingProxyType(
    {
        "action.drafted": (),
        "action.proposed": _ACKNOWLEDGED,
        "action.submitted": _ACKNOWLEDGED,
        "action.resubmitted": _acted("proposal-acknowledged", Audience.PROPOSER),
        "action.returned": _to("proposal-returned", Audience.PROPOSER, Audience.LEAD),
        "completion.reminded": _chased(REMINDER, Audience.PROPOSER, Audience.LEAD),
        "completion.delayed": _chased("completion-delayed", Audience.PROPOSER, Audience.LEAD),
        "completion.chased": _to("overdue-chased", Audience.PROPOSER, Audience.LEAD, Audience.LEAD_DEPUTY),
        "action.withdrawn": _to("proposal-withdrawn", *_PARTIES),
        "action.amended": (),
        "action.superseded": _to("action-superseded", *_PARTIES),
        "review.opened": _to("opinion-requested", Audience.VOTERS, Audience.DEPUTIES, Audience.BODY_CHANNEL),
        "review.reminded": _chased("opinion-reminder", *_PENDING),
        "review.chased": _to("opinion-chased", *_PENDING),
        "review.extended": _to("review-extended", *_PENDING, Audience.BODY_CHANNEL),
        "review.moved": _to("review-moved", Audience.PENDING_VOTERS, Audience.PENDING_DEPUTIES),
        "conflict.declared": _to("conflict-declared", Audience.BODY_SECRETARY, Audience.CONCERNED),
        "conflict.withdrawn": _to("conflict-withdrawn", Audience.BODY_SECRETARY, Audience.CONCERNED),
        "reservation.lifted": _acted("reservation-lifted", Audience.RESERVING, Audience.BODY_SECRETARY, Audience.PROPOSER, Audience.LEAD),
        "reservation.reminded": _chased(REMINDER, Audience.LEAD),
        "reservation.delayed": _chased("reservation-delayed", Audience.LEAD),
        "proxy.given": _to("proxy-held", Audience.HOLDER) + _to("proxy-given", Audience.GIVER),
        "attendance.recorded": (),
        "attendance.ended": (),
        "proxy.revoked": _to("proxy-revoked", Audience.GIVER, Audience.HOLDER),
        "review.closed": _acted("review-closed", Audience.BODY_SECRETARY),
        "opinion.kept": _to("opinion-kept", Audience.VOICE),
        "opinion.recorded": _to("opinion-received", Audience.VOICE),
        "action.referred": _to("action-referred", Audience.PROPOSER, Audience.LEAD, Audience.STEERING_SECRETARY),
        "action.adjourned": _to("action-adjourned", *_PARTIES),
        "action.approved": _to("action-approved", *_PARTIES),
        "action.rejected": _to("action-rejected", *_PARTIES),
        "deliberation.recorded": _to("deliberation-recorded", *_PARTIES),
        "start.reminded": _chased(REMINDER, Audience.LEAD),
        "start.delayed": _chased("start-delayed", Audience.LEAD),
        "start.chased": _to("overdue-chased", Audience.LEAD, Audience.LEAD_DEPUTY),
        "action.started": _acted("action-started", *_PARTIES),
        "action.registered": _to("action-registered", Audience.LEAD, Audience.TECHNICAL_SECRETARY),
        "action.suspended": _to("action-suspended", *_PARTIES),
        "action.resumed": _to("action-resumed", *_PARTIES),
        "progress.requested": _to("progress-requested", Audience.LEAD),
        "progress.reminded": _chased(REMINDER, Audience.LEAD),
        "progress.delayed": _chased("progress-delayed", Audience.LEAD),
        "progress.chased": _to("progress-chased", Audience.LEAD, Audience.LEAD_DEPUTY),
        "progress.reported": _acted("progress-reported", Audience.TECHNICAL_SECRETARY),
        "blocker.raised": _to("blocker-raised", Audience.BODY_SECRETARY, Audience.TECHNICAL_SECRETARY, Audience.LEAD),
        "blocker.lifted": _to("blocker-lifted", Audience.BODY_SECRETARY, Audience.TECHNICAL_SECRETARY, Audience.LEAD),
        "milestone.reminded": _chased(REMINDER, Audience.LEAD),
        "milestone.passed": _chased("milestone-passed", Audience.LEAD, needs="milestone"),
        "action.neglected": _to("action-neglected", Audience.LEAD, Audience.TECHNICAL_SECRETARY),
        "action.completed": _to("action-completed", *_PARTIES),
        "action.abandoned": _to("action-abandoned", Audience.PROPOSER, Audience.LEAD, Audience.ALL_SECRETARIES),
        "final_report.requested": _to("final-report-requested", Audience.LEAD),
        "final_report.reminded": _chased(REMINDER, Audience.LEAD),
        "final_report.delayed": _chased("final-report-delayed", Audience.LEAD),
        "final_report.chased": _to("final-report-chased", Audience.LEAD, Audience.LEAD_DEPUTY),
        "final_report.filed": _acted("final-report-incomplete", Audience.LEAD, needs="missing"),
        "action.closed": _to("action-closed", Audience.PROPOSER, Audience.LEAD, Audience.ALL_SECRETARIES),
        "attachment.added": (),
        "fact.rectified": _to("fact-rectified", Audience.BODY_SECRETARY, Audience.TECHNICAL_SECRETARY),
    }
)
"""Notices by topic. One person reached in several capacities gets a message once: the first capacity listed wins."""

REMINDED = ".reminded"
"""How the topics of rungs end that come no later than the last day."""

CHASED: frozenset[str] = frozenset(topic for topic in CATALOGUE if topic.endswith(".chased"))
"""The topics of chases: a secretary hurries somebody on."""

RUNGS: frozenset[str] = frozenset(topic for topic, notices in CATALOGUE.items() if any(notice.message == ESCALATED for notice in notices))
"""The topics of rungs: each of their events says who is told."""

SILENT: Mapping[str, str] = MappingProxyType(
    {
        "action.drafted": "a draft is its author's own business until it is proposed",
        "attendance.ended": "the secretary who closes the meeting knows what it left undecided",
        "attendance.recorded": "those who attend know it, and the minutes tell the others",
        "action.amended": "the sheet may change often; reviewers read it when they are asked",
        "attachment.added": "a file comes with a sheet that people are asked to read anyway",
    }
)
"""Why nobody is told of a topic that has no notice."""

SIGN_IN = "sign-in"
"""The message that people ask for themselves, to sign in."""

DIGEST = "digest"
"""The message that says what several messages would have said."""

DUE_TOGETHER = "due-together"
"""The message that says at once what several deadlines of one day ask of somebody."""

DIGESTS = (DIGEST, DUE_TOGETHER)
"""The messages that stand for others, which are folded into them."""

OWN_DEADLINES = "own-deadlines"
"""The message that lists somebody's own deadlines, so many working days before as they chose."""

ADDRESS_REFUSED = "address-refused"
"""The message that mail no longer reaches somebody, to those who can mend it."""

WEBHOOK_OFF = "webhook-off"
"""The message that a program which is told of events takes them no longer, to those who can mend it."""

BODY_REMINDER = "body-reminder"
"""The message of a ladder that belongs to no action: a meeting to convene, a seat that ends, the end of the convention."""

CONVOCATION, MEETING_CHANGED = "convocation", "meeting-changed"
MEETING_CANCELLED, CONVOCATION_WITHDRAWN = "meeting-cancelled", "convocation-withdrawn"
OF_MEETINGS: tuple[str, ...] = (CONVOCATION, MEETING_CHANGED, MEETING_CANCELLED, CONVOCATION_WITHDRAWN)
"""The messages about a meeting, which has a log of its own."""

MESSAGES: tuple[str, ...] = tuple(
    sorted(
        {
            SIGN_IN,
            *DIGESTS,
            OWN_DEADLINES,
            ADDRESS_REFUSED,
            WEBHOOK_OFF,
            BODY_REMINDER,
            *OF_MEETINGS,
            *(notice.message for notices in CATALOGUE.values() for notice in notices),
        }
    )
)
"""The names of all messages; each has one template per language."""

CHATTED: tuple[str, ...] = tuple(
    sorted({*OF_MEETINGS} - {CONVOCATION_WITHDRAWN} | {n.message for notices in CATALOGUE.values() for n in notices if n.audience in CHAT})
)
"""The messages that also have a chat line."""
