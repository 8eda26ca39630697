"""Why a message was not sent, or nobody can tell: a code on its delivery, worded in the catalogues."""

from enum import StrEnum


class Reason(StrEnum):
    """The reasons that a delivery may bear."""

    NO_LONGER_WANTED = "no_longer_wanted"
    ERASED = "erased"
    REFUSED = "refused"
    GAVE_UP = "gave_up"
    BOUNCED = "bounced"
    DELAYED = "delayed"
    ADDRESS_SUPPRESSED = "address_suppressed"
    CHANNEL_UNSET = "channel_unset"
    FELL_BACK = "fell_back"
    UNANSWERED = "unanswered"
    SENDER_DIED = "sender_died"
    RESTORED = "restored"
