"""The rules by which a body examines an action, as the charter states them; and the words of those rules."""

from enum import StrEnum
from fractions import Fraction
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field
from pydantic_core import PydanticCustomError

from models.conflicts import Cause
from models.deadlines import DelayUnit


class OpinionValue(StrEnum):
    """What a voting seat may answer in a review."""

    FAVOURABLE = "favourable"
    WITH_RESERVATIONS = "with_reservations"
    UNFAVOURABLE = "unfavourable"
    ADJOURNMENT = "adjournment"
    ABSTENTION = "abstention"
    NO_PART = "no_part"


class Presence(StrEnum):
    """How a seat attended the examination of an item in a meeting."""

    PRESENT = "present"
    REMOTE = "remote"
    REPRESENTED = "represented"
    EXCUSED = "excused"
    ABSENT = "absent"
    RECUSED = "recused"


class Role(StrEnum):
    """What a person is in a body."""

    CHAIR = "chair"
    SECRETARY = "secretary"
    MEMBER = "member"
    DEPUTY = "deputy"
    OBSERVER = "observer"


CONCEALED = "secret"
"""What a row and the log hold in place of an opinion that was given in a secret ballot."""

VOTING_ROLES = frozenset({Role.CHAIR, Role.MEMBER})
"""The roles whose seats vote; the others prepare, stand in or watch."""


class Gate(StrEnum):
    """A step of an action that reservations which are not lifted may stand in the way of."""

    START = "start"
    COMPLETE = "complete"
    CLOSE = "close"


def _quorum(value: Any) -> Any:
    """Leave a whole number of seats or a share of them ("1/2"); refuse anything else, and shares that nobody or nothing can reach."""
    try:
        share = Fraction(str(value)) if value is not None else Fraction(1)
    except (ValueError, ZeroDivisionError):
        share = Fraction(0)
    whole = share.denominator == 1 and "/" not in str(value)
    if share <= 0 or (not whole and ("/" not in str(value) or share > 1)):
        raise PydanticCustomError("quorum", "malformed")
    return int(share) if value is not None and whole else value


Quorum = Annotated[int | str | None, BeforeValidator(_quorum)]


class ReviewRules(BaseModel):
    """How a body examines an action. Keys that may be absent mean what their defaults say; a charter of an older release has none of them."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    decides: Literal["opinion", "verdict", "recorded"] = Field(
        description="What closing a review does: informs (opinion), applies the verdict (verdict), waits for the secretary (recorded)."
    )
    opinion_delay: int = Field(ge=1, le=250, description="Days given to answer.")
    delay_unit: Literal[DelayUnit.WORKING_DAYS, DelayUnit.CALENDAR_DAYS, DelayUnit.CLEAR_DAYS] = Field(description="What those days are.")
    longest_extension: int | None = Field(default=None, ge=1, le=250, description="Most days that may be added to them; absent: none.")
    after_return: Literal["restart", "resume"] = Field(
        default="restart",
        description="Whether the days to answer begin anew when an action comes back after it was returned, or go on with those that were left.",
    )
    early_closing: bool = Field(default=False, description="Whether a review closes once no answer to come could change its result.")
    reminder_days_before: int | None = Field(default=None, ge=1, le=60, description="Working days before the end to remind; absent: never.")
    opinions: tuple[OpinionValue, ...] = Field(min_length=1, description="Answers offered.")
    reasons_required_for: tuple[OpinionValue, ...] = Field(default=(), description="Answers that need reasons.")
    ballot: Literal["open", "secret"] = Field(default="open", description="Whether opinions are known by name.")
    results: Literal["open", "until_voted", "until_closing"] = Field(
        default="open",
        description="Until when the opinions of others are hidden from a member: never, until they have answered, until closing.",
    )
    quorum: Quorum = Field(default=None, description="Seats that must take part: a number, or a share such as 1/2; absent: none.")
    quorum_by: Literal["body", "partner"] = Field(default="body", description="Whether the quorum is the body's or every partner's own.")
    vacant_seats: Literal["left_out", "counted"] = Field(
        default="left_out", description="Whether seats of the composition that nobody holds raise the quorum."
    )
    second_convocation: Literal["same_quorum", "without_quorum"] = Field(
        default="same_quorum", description="Whether a second convocation on the same agenda needs the quorum."
    )
    majority: Literal["simple", "absolute", "two_thirds", "consensus"] = Field(description="Majority that carries a favourable result.")
    majority_of: Literal["cast", "present", "seats"] | None = Field(
        default=None,
        description="What the majority is measured on: votes cast, those who take part, or all seats; absent: seats if absolute, else cast.",
    )
    parity: bool = Field(default=False, description="Whether the seats of every partner must carry the result on their own as well.")
    abstentions_count: bool = Field(default=False, description="Whether abstentions are among the votes cast.")
    silence: Literal["favourable", "unfavourable", "not_counted"] = Field(description="What no answer means when the delay ends.")
    casting_vote: bool = Field(default=False, description="Whether the chair's opinion splits a tie.")
    proxies_per_holder: int = Field(default=0, ge=0, le=10, description="Proxies that one member may hold; 0: there are none.")
    proxy_holder: Literal["present", "voting"] = Field(
        default="present",
        description="When a proxy counts: if its holder takes part in person, or only if they have also given their own opinion.",
    )
    recused: Cause = Field(
        default=Cause.DECLARED,
        description="Whose seats take no part: those with a declared conflict; also the proposer's; also those of every member of the proposer's body, unless that body examines.",
    )
    notice_days: int | None = Field(
        default=None, ge=1, le=60, description="Clear days between a convocation and its meeting; absent: no rule."
    )
    urgent_notice_days: int | None = Field(
        default=None,
        ge=0,
        le=60,
        description="Clear days that are enough in urgency, with a recorded reason; absent: urgency shortens nothing.",
    )
    reservation_days: int | None = Field(
        default=None,
        ge=1,
        le=730,
        description="Calendar days given to lift a reservation; absent: no last day.",
    )
    reservations_block: Gate | None = Field(
        default=None, description="The step that reservations not lifted stand in the way of; absent: none."
    )

    @property
    def discreet(self) -> bool:
        """Whether opinions are anything but open: secret for good, or hidden for a time."""
        return self.ballot == "secret" or self.results != "open"
