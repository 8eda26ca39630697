"""What a charter says of telling people: who is told of what, when, how long an act may be undone unheard, and which files go along.

Names of topics, messages and roles are only words here: whether they exist is judged where the messages are known (``services.recipients``).
"""

from collections.abc import Mapping

from pydantic import ConfigDict, Field
from pydantic.dataclasses import dataclass

from models.telling.hours import Hours
from models.texts import Rules


@dataclass(frozen=True, slots=True, config=ConfigDict(extra="forbid"))
class Line:
    """One message of a topic: in which capacities people get it, and in which they get a copy, for information."""

    message: str = Field(description="Name of the message.")
    to: tuple[str, ...] = Field(min_length=1, description="Capacities of those it is written to.")
    copy: tuple[str, ...] = Field(default=(), description="Capacities of those who get a copy.")


class TellingRules(Rules):
    """How people are told of what happens. Hours hold for what can wait, unless people choose otherwise; everything absent: at once, at any hour."""

    digest_hour: int = Field(default=8, ge=0, le=23, description="Hour at which digests leave.")
    quiet_from: int | None = Field(default=None, ge=0, le=23, description="Hour from which on nothing leaves that can wait.")
    quiet_until: int | None = Field(default=None, ge=0, le=23, description="Hour from which on it leaves again.")
    days_off: bool = Field(default=False, description="Whether what can wait stays back on days that are not worked.")
    at_most_per_day: int | None = Field(
        default=None, ge=1, le=100, description="Most messages that a person gets a day at once; the rest is folded into the next digest."
    )
    window_minutes: int = Field(
        default=0, ge=0, le=1_440, description="Minutes that what can wait stays back, so that an act undone meanwhile is told to nobody."
    )
    attach_up_to_bytes: int = Field(
        default=0,
        ge=0,
        le=20_000_000,
        description="Largest size, all together, of an action's files that go with the mail that asks for an opinion; above, and with 0, it says where they are.",
    )
    recipients: Mapping[str, tuple[Line, ...]] = Field(
        default={}, description="Lines that replace those of the built-in table, by topic; absent: the built-in table."
    )

    @property
    def hours(self) -> Hours:
        """The hours of somebody who has chosen none."""
        return Hours(
            hour=self.digest_hour,
            quiet_from=self.quiet_from,
            quiet_until=self.quiet_until,
            days_off=self.days_off,
            at_most=self.at_most_per_day,
        )
