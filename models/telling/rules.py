"""What a charter says of telling people: hours for those who have chosen none, how long an act may be undone unheard, and which files go along."""

from pydantic import Field

from models.telling.hours import Hours
from models.texts import Rules


class TellingRules(Rules):
    """How people are told what can wait, unless they choose otherwise. Everything absent: at once, at any hour."""

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
