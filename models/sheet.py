"""The action sheet (fiche action): what is known of an action, from a first idea to a complete proposal."""

import re
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    SerializerFunctionWrapHandler,
    StringConstraints,
    field_validator,
    model_serializer,
)
from pydantic_core import PydanticCustomError


def matching(pattern: str, error: str) -> Callable[[str], str]:
    """A validator that refuses what does not match ``pattern`` with an error type of our own, so that it has its own sentence."""
    expression = re.compile(pattern)

    def check(text: str) -> str:
        if expression.fullmatch(text) is None:
            raise PydanticCustomError(error, "malformed")
        return text

    return check


Code = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=60),
    AfterValidator(matching(r"[a-z0-9]+(-[a-z0-9]+)*", "code")),
]
"""A short name in small letters, digits and hyphens; it never changes once rows use it."""

Title = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]
Prose = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=20_000)]


class MilestonePlan(BaseModel):
    """A dated step that an action intends to reach."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    title: Title = Field(description="What will have been done.")
    due_on: date = Field(description="The day by which it will have been done.")


class ActionSheet(BaseModel):
    """What is known of an action. Only the title is needed; what else must be there before a review, the charter says.

    A blank text is an absent one. Codes are checked against a charter by ``Charter.unknown_codes``, coherence by ``sheet_contradictions``.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    title: Title = Field(description="The action in a few words.")
    axis: Code | None = Field(default=None, description="Code of the axis it serves.")
    objective: Code | None = Field(default=None, description="Code of an objective of that axis.")
    themes: tuple[Code, ...] = Field(default=(), max_length=20, description="Codes of its themes; they choose the groups consulted.")
    sites: tuple[Code, ...] = Field(default=(), max_length=20, description="Codes of the sites where it takes place.")
    context: Prose | None = Field(default=None, description="Why the action: the situation it starts from.")
    description: Prose | None = Field(default=None, description="What will be done, for whom, in which steps.")
    lead_body: Code | None = Field(default=None, description="Code of the partner or of the body that leads it.")
    lead_person: Code | None = Field(default=None, description="Code of the person who answers for it (the pilot).")
    partners: tuple[Code, ...] = Field(default=(), max_length=20, description="Codes of the partners that take part.")
    starts_on: date | None = Field(default=None, description="First day of the action.")
    ends_on: date | None = Field(default=None, description="Last day of the action.")
    budget_euros: Decimal | None = Field(default=None, ge=0, max_digits=14, decimal_places=2, description="Budget in euros, to the cent.")
    milestones: tuple[MilestonePlan, ...] = Field(default=(), max_length=50, description="Dated steps, in order.")
    indicators: Prose | None = Field(default=None, description="How success will be measured, in words.")
    report_every_months: int | None = Field(
        default=None, ge=1, le=24, description="Months between two requests for progress; absent: those of the charter."
    )

    @field_validator("*", mode="before")
    @classmethod
    def _blank_is_absent(cls, value: Any) -> Any:
        return None if isinstance(value, str) and not value.strip() else value

    @model_serializer(mode="wrap")
    def _without_the_usual_rhythm(self, dump: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """A rhythm of its own is named only where there is one: the release before knows no such field, and would refuse the sheet."""
        dumped: dict[str, Any] = dump(self)
        if self.report_every_months is None:
            dumped.pop("report_every_months", None)
        return dumped

    def missing(self, required: tuple[str, ...]) -> tuple[str, ...]:
        """Name the required fields that are empty, in the order asked."""
        return tuple(name for name in required if getattr(self, name) in (None, ()))
