"""Why a message was not sent, or not yet, or nobody can tell: a code on its delivery, worded in the catalogues."""

from enum import StrEnum


class Reason(StrEnum):
    """The reasons that a delivery may bear."""

    OWN_ACT = "own_act"
    SAME_ADDRESS = "same_address"
    NO_SEAT = "no_seat"
    NOT_WANTED = "not_wanted"
    UNDONE = "undone"
    KIND_OFF = "kind_off"
    ACTION_MUTED = "action_muted"
    SNOOZED = "snoozed"
    DIGEST = "digest"
    QUIET = "quiet"
    DAY_OFF = "day_off"
    AWAY = "away"
    TOO_MANY = "too_many"
    WINDOW = "window"
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
