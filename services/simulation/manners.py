"""How people behave in a simulation: one file of parameters, each with its meaning, its unit and a default."""

from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator
from pydantic_core import PydanticCustomError

from models.errors import Problem, Refused
from services.located_yaml import read_yaml
from services.validation import mistakes_in

Share = Annotated[float, Field(ge=0, le=1)]
_ROUNDING = 1e-9


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


def _check_sum(shares: list[float], *, whole: bool) -> None:
    total = sum(shares)
    if total > 1 + _ROUNDING or (whole and total < 1 - _ROUNDING):
        raise PydanticCustomError("shares_whole" if whole else "shares_beyond", "shares")


class Taking(_Part):
    """How long something takes, drawn anew each time: half of the times it is less than ``median_days``.

    With ``spread`` 0 it is always exactly that, with 0.5 one time in six more than 1.6 times, with 1 more than 2.7 times as long (the
    logarithm is normally distributed).
    """

    median_days: float = Field(gt=0, le=250, description="Working days that it takes half of the times at most.")
    spread: float = Field(default=0.6, ge=0, le=3, description="How unequal it is: standard deviation of the logarithm.")


class Answering(Taking):
    """How people answer when a message asks them for something; the time runs from the message that they heed."""

    heeded: tuple[Share, ...] = Field(
        min_length=1,
        max_length=20,
        description="Share that heeds the first message, the first reminder, the second, ...; what is left never answers.",
    )

    @model_validator(mode="after")
    def _not_beyond_everybody(self) -> Self:
        _check_sum(list(self.heeded), whole=False)
        return self


class Asking(StrEnum):
    """What people may be asked for."""

    OPINION = "opinion"
    PROGRESS = "progress"
    MILESTONE = "milestone"
    FINAL_REPORT = "final_report"
    START = "start"
    RESUBMISSION = "resubmission"
    RESERVATION = "reservation"
    REOPENING = "reopening"


class Opinions(_Part):
    """Which opinions are given: shares, which make 1 together."""

    favourable: Share = 0.80
    with_reservations: Share = 0.07
    unfavourable: Share = 0.05
    adjournment: Share = 0.03
    abstention: Share = 0.05

    @model_validator(mode="after")
    def _everybody(self) -> Self:
        _check_sum(list(self.model_dump().values()), whole=True)
        return self


class Absences(_Part):
    """When people are away. Each has so many weeks a year, the longest in summer; away, nobody answers but their stand-in."""

    weeks_a_year: int = Field(default=5, ge=0, le=20, description="Weeks away in a year.")
    in_summer: int = Field(default=3, ge=0, le=8, description="How many of them in one piece in July or August.")
    announced: Share = Field(default=0.6, description="Share of absences that are noted in advance, with a deputy where the body has one.")


class Work(_Part):
    """What actions are like."""

    months: tuple[Annotated[int, Field(ge=1, le=120)], Annotated[int, Field(ge=1, le=120)]] = Field(
        default=(10, 30), description="Shortest and longest time that carrying out takes."
    )
    milestones: tuple[Annotated[int, Field(ge=1, le=20)], Annotated[int, Field(ge=1, le=20)]] = Field(
        default=(2, 5), description="Fewest and most milestones."
    )
    second_theme: Share = Field(default=0.25, description="Share with a second theme, which a second group is consulted on.")
    proposed_over: Share = Field(default=0.75, description="Share of the simulated time over which actions are proposed.")
    on_time: Share = Field(default=0.6, description="Share of milestones that are reached by their day.")
    late: Taking = Field(default=Taking(median_days=25, spread=0.8), description="By how much the others are late.")
    volunteered: Share = Field(default=0.5, description="Share of milestones that are reported as soon as they are reached, unasked.")
    suspended: Share = Field(default=0.06, description="Share of actions that are suspended once.")
    suspended_days: int = Field(default=60, ge=1, le=1_000, description="Working days for which they are.")
    abandoned: Share = Field(default=0.04, description="Share of actions that are abandoned on the way.")

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.months[0] > self.months[1] or self.milestones[0] > self.milestones[1]:
            raise PydanticCustomError("range_backwards", "range")
        return self


class Sessions(_Part):
    """The meetings of the steering committee, in which it decides."""

    every_months: int = Field(default=2, ge=1, le=12, description="Months from one meeting to the next.")
    convened_days: int = Field(default=15, ge=1, le=60, description="Working days between a convocation and its meeting.")
    attend: Share = Field(default=0.8, description="Share of the members who come.")


_HOURS = (9, 14)


class Manners(_Part):
    """How people behave: a file may leave out whatever is to stay as it is here."""

    hours: tuple[Annotated[int, Field(ge=0, le=23)], ...] = Field(
        default=_HOURS, min_length=1, max_length=24, description="Hours of a working day at which people do things, in order."
    )
    answering: Mapping[Asking, Answering] = Field(default={}, description="How people answer, by what they are asked for.")
    moved_from_above: Share = Field(
        default=0.5, description="Share that act at last when somebody above them is told: secretaries and chairs speak to them."
    )
    opinions: Opinions = Field(default=Opinions(), description="Which opinions they give.")
    absences: Absences = Field(default=Absences(), description="When they are away.")
    work: Work = Field(default=Work(), description="What actions are like.")
    sessions: Sessions = Field(default=Sessions(), description="Meetings of the steering committee.")

    @model_validator(mode="after")
    def _hours_in_order(self) -> Self:
        if list(self.hours) != sorted(set(self.hours)):
            raise PydanticCustomError("hours_order", "hours")
        return self

    def when_asked(self, asked: Asking) -> Answering:
        """How people answer when asked for this."""
        return self.answering.get(asked) or USUAL[asked]


USUAL: Mapping[Asking, Answering] = {
    Asking.OPINION: Answering(median_days=5, spread=0.7, heeded=(0.72, 0.16, 0.04)),
    Asking.PROGRESS: Answering(median_days=8, spread=0.7, heeded=(0.6, 0.2, 0.1)),
    Asking.MILESTONE: Answering(median_days=6, spread=0.7, heeded=(0.65, 0.2, 0.1)),
    Asking.FINAL_REPORT: Answering(median_days=20, spread=0.6, heeded=(0.6, 0.25, 0.1)),
    Asking.START: Answering(median_days=12, spread=0.8, heeded=(0.8, 0.15)),
    Asking.RESUBMISSION: Answering(median_days=15, spread=0.6, heeded=(0.7, 0.2)),
    Asking.RESERVATION: Answering(median_days=10, spread=0.8, heeded=(0.6, 0.2, 0.1)),
    Asking.REOPENING: Answering(median_days=10, spread=0.5, heeded=(1.0,)),
}
"""How people answer where a file says nothing."""


def read_manners(path: Path) -> Manners:
    """Read a file of parameters. Refuses every mistake of it at once, by line and key."""
    located = read_yaml(path)
    problems = [problem for _, problem in located.problems]
    if not isinstance(located.values, Mapping):
        raise Refused(*problems, Problem("simulation.not_manners", {}, located.place(())))
    try:
        manners = Manners.model_validate(located.values)
    except ValidationError as error:
        problems += [Problem(code, params, located.place(path)) for path, code, params in mistakes_in(error)]
        raise Refused(*problems) from None
    Refused.unless_empty(problems)
    return manners
