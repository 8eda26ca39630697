"""The kinds of messages, as people choose among them: what each is for, what may be muted, what may wait."""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType

from notifications.catalogue import ADDRESS_REFUSED, DIGEST, OF_MEETINGS, SIGN_IN


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
        "final-report-requested",
        "final-report-incomplete",
        "proposal-returned",
    ),
    Kind.REMINDERS: ("opinion-reminder", "milestone-passed", "action-neglected", "final-report-delayed", "reservation-delayed"),
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
        "conflict-declared",
        "conflict-withdrawn",
    ),
    Kind.MEETINGS: OF_MEETINGS,
    Kind.RECEIPTS: ("proposal-acknowledged", "opinion-received", "opinion-kept", "proxy-given", "proxy-revoked"),
    Kind.ACCESS: (SIGN_IN, ADDRESS_REFUSED),
    Kind.DIGEST: (DIGEST,),
}

KIND_OF: Mapping[str, Kind] = MappingProxyType({message: kind for kind, messages in _OF_KIND.items() for message in messages})
"""The kind of each message."""

CHOSEN: tuple[Kind, ...] = (Kind.ASKED, Kind.REMINDERS, Kind.DECISIONS, Kind.FOLLOWING)
"""Kinds about which people choose anything; the others always come at once."""

CHOOSING: frozenset[Kind] = frozenset({*CHOSEN, Kind.DIGEST})
"""Kinds whose messages lead to the page where people choose."""

OPTIONAL: frozenset[str] = frozenset({"opinion-reminder", *_OF_KIND[Kind.FOLLOWING]} - {"conflict-declared", "action-registered"})
"""Messages that people may ask to be spared; all others are mandatory."""

PATIENT: frozenset[str] = frozenset(message for kind in (Kind.REMINDERS, Kind.DECISIONS, Kind.FOLLOWING) for message in _OF_KIND[kind])
"""Messages that can wait for a better hour, or for the digest. What asks for something runs a delay, and what confirms an act is awaited."""
