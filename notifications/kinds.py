"""The kinds of messages, as people choose among them: what each is for, what may be muted, what may wait."""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType

from notifications.catalogue import ADDRESS_REFUSED, BODY_REMINDER, DIGEST, DUE_TOGETHER, OF_MEETINGS, OWN_DEADLINES, SIGN_IN, WEBHOOK_OFF


class Kind(StrEnum):
    """Messages that people wish to be told of, or not, together."""

    ASKED = "asked"
    REMINDERS = "reminders"
    DECISIONS = "decisions"
    FOLLOWING = "following"
    MEETINGS = "meetings"
    RECEIPTS = "receipts"
    ACCESS = "access"
    DIGEST = "digest"


_OF_KIND: Mapping[Kind, tuple[str, ...]] = {
    Kind.ASKED: (
        "opinion-requested",
        "review-extended",
        "review-moved",
        "proxy-held",
        "progress-requested",
        DUE_TOGETHER,
        "final-report-requested",
        "final-report-incomplete",
        "proposal-returned",
        "blocker-raised",
    ),
    Kind.REMINDERS: (
        *(
            "opinion-reminder",
            "opinion-chased",
            "deadline-reminder",
            "completion-delayed",
            "milestone-passed",
            "progress-delayed",
            "start-delayed",
        ),
        *("action-neglected", "final-report-delayed", "reservation-delayed", "deadline-escalated"),
        *("overdue-chased", "progress-chased", "final-report-chased"),
        BODY_REMINDER,
        OWN_DEADLINES,
    ),
    Kind.DECISIONS: (
        "action-referred",
        "action-adjourned",
        "action-approved",
        "action-rejected",
        "action-superseded",
        "deliberation-recorded",
        "fact-rectified",
        "review-closed",
    ),
    Kind.FOLLOWING: (
        "action-started",
        "action-registered",
        "action-suspended",
        "action-resumed",
        "action-completed",
        "action-abandoned",
        "action-closed",
        "progress-reported",
        "proposal-withdrawn",
        "reservation-lifted",
        "blocker-lifted",
        "chase-ended",
        "conflict-declared",
        "conflict-withdrawn",
    ),
    Kind.MEETINGS: OF_MEETINGS,
    Kind.RECEIPTS: ("proposal-acknowledged", "opinion-received", "opinion-kept", "proxy-given", "proxy-revoked"),
    Kind.ACCESS: (SIGN_IN, ADDRESS_REFUSED, WEBHOOK_OFF),
    Kind.DIGEST: (DIGEST,),
}

KIND_OF: Mapping[str, Kind] = MappingProxyType({message: kind for kind, messages in _OF_KIND.items() for message in messages})
"""The kind of each message."""

CHOSEN: tuple[Kind, ...] = (Kind.ASKED, Kind.REMINDERS, Kind.DECISIONS, Kind.FOLLOWING)
"""Kinds about which people choose anything; the others always come at once."""

CHOOSING: frozenset[Kind] = frozenset({*CHOSEN, Kind.DIGEST})
"""Kinds whose messages lead to the page where people choose."""

OPTIONAL: frozenset[str] = frozenset(
    {"opinion-reminder", OWN_DEADLINES, *_OF_KIND[Kind.FOLLOWING]} - {"conflict-declared", "action-registered"}
)
"""Messages that people may ask to be spared; all others are mandatory."""

ALONE: frozenset[str] = frozenset({BODY_REMINDER})
"""Messages that wait for their reader's hours, but for no digest: what secretaries are reminded of for their bodies."""

PATIENT: frozenset[str] = (
    frozenset(message for kind in (Kind.REMINDERS, Kind.DECISIONS, Kind.FOLLOWING) for message in _OF_KIND[kind]) - ALONE
)
"""Messages that can wait for a better hour, or for the digest. What asks for something runs a delay, and what confirms an act is awaited."""

CHASES: frozenset[str] = frozenset({"opinion-chased", "overdue-chased", "progress-chased", "final-report-chased"})
"""Messages by which a secretary hurries somebody on: people can choose when to read them, not whether."""

GATHERED: frozenset[str] = frozenset({"progress-requested", *_OF_KIND[Kind.REMINDERS]} - {"opinion-reminder", BODY_REMINDER} - CHASES)
"""Messages of deadlines that often fall on one day: whoever gets several of them at once gets one message that says them all.

What asks for an opinion says much by itself, and stays alone; so does what a secretary sends by hand.
"""
