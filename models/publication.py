"""What a convention makes public. Without this part of its charter nothing is public, and what it does not name never is.

A person's name, code, seat or address, and what people wrote about a decision, can be named here by nobody: there is no key for them.
"""

from collections.abc import Iterator
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, StringConstraints

from models.errors import Problem
from models.sheet import Code, Title, matching
from models.texts import Rules, Text

WebAddress = Annotated[str, StringConstraints(max_length=300), AfterValidator(matching(r"https?://[^\s\"<>]+", "web_address"))]
ActionNumber = Annotated[str, AfterValidator(matching(r"A-\d{4}-\d{3,}", "action_number"))]
Since = Literal["submitted", "technical_review", "steering_review", "approved", "in_progress", "completed"]

_IN_ORDER: dict[str, tuple[str, ...]] = {
    "submitted": ("submitted",),
    "technical_review": ("technical_review", "adjourned"),
    "steering_review": ("steering_review",),
    "approved": ("approved",),
    "in_progress": ("in_progress", "suspended", "abandoned"),
    "completed": ("completed", "final_report_due", "closed"),
}
"""The states that an action reaches with each step of its life. Drafts, what was returned and what was withdrawn are in no step: never public."""


class PublicField(StrEnum):
    """What may be shown of an action besides its number, its title and its state. Who leads it in person is not among them."""

    AXIS = "axis"
    OBJECTIVE = "objective"
    THEMES = "themes"
    SITES = "sites"
    CONTEXT = "context"
    DESCRIPTION = "description"
    LEAD_BODY = "lead_body"
    PARTNERS = "partners"
    STARTS_ON = "starts_on"
    ENDS_ON = "ends_on"
    BUDGET_EUROS = "budget_euros"
    MILESTONES = "milestones"
    INDICATORS = "indicators"
    PROGRESS = "progress"


class Weights(StrEnum):
    """What makes an action count for more than another in the progress of an objective."""

    EQUAL = "equal"
    BUDGET = "budget"


class Verdicts(StrEnum):
    """How much of the verdict behind a decision is told."""

    NONE = "none"
    RESULT = "result"
    TALLIES = "tallies"


class Licence(Rules):
    """The licence under which data are given."""

    code: Annotated[str, StringConstraints(min_length=1, max_length=60)] = Field(
        description="Its usual short name, such as etalab-2.0 or CC-BY-4.0."
    )
    name: Title = Field(description="Its name.")
    url: WebAddress = Field(description="Where it is read.")


class PublicActions(Rules):
    """Which actions are public, and what is shown of them."""

    since: Since = Field(description="State from which on an action is public; those that gave way to another one no longer are.")
    rejected: bool = Field(default=False, description="Whether rejected actions are public too.")
    fields: tuple[PublicField, ...] = Field(default=(), description="What is shown besides number, title and state.")
    withheld: tuple[ActionNumber, ...] = Field(default=(), max_length=1_000, description="Actions that are not shown whatever their state.")

    def states(self) -> frozenset[str]:
        """The states in which an action is public."""
        steps = [*_IN_ORDER]
        shown = {state for step in steps[steps.index(self.since) :] for state in _IN_ORDER[step]}
        return frozenset(shown | ({"rejected"} if self.rejected else set()))

    def shows(self, field: PublicField) -> bool:
        """Whether this is shown of a public action."""
        return field in self.fields


class PublicDecisions(Rules):
    """Whose decisions on public actions are public."""

    bodies: tuple[Code, ...] = Field(min_length=1, description="Codes of the bodies whose decisions are public.")
    verdicts: Verdicts = Field(default=Verdicts.NONE, description="none, result (the opinion of the body) or tallies (its figures too).")


class Publication(Rules):
    """What is public of a convention. Its name, its period, its partners, its axes and objectives are in any case."""

    about: Text | None = Field(default=None, description="What the convention is, for readers who know nothing of it.")
    licence: Licence = Field(description="Licence of the open data.")
    progress: Weights | None = Field(
        default=None,
        description="Weights by which actions make the progress of objectives and axes; absent: no progress of these is shown.",
    )
    actions: PublicActions | None = Field(default=None, description="Public actions; absent: none.")
    decisions: PublicDecisions | None = Field(default=None, description="Public decisions; absent: none.")
    meetings: tuple[Code, ...] = Field(
        default=(), description="Codes of the bodies whose days of meeting are public once they are convened."
    )

    def shows(self, field: PublicField) -> bool:
        """Whether this is shown of public actions."""
        return self.actions is not None and self.actions.shows(field)

    def unsound(self, where: str) -> Iterator[Problem]:
        """What contradicts itself: decisions on actions that nobody may see, and a progress that readers could not reckon again."""
        if self.decisions is not None and self.actions is None:
            yield Problem("charter.publication_needs_actions", {}, f"{where}.decisions")
        for field in self._needed_for_progress():
            if not self.shows(field):
                yield Problem("charter.publication_hides", {"field": field.value}, f"{where}.progress")

    def _needed_for_progress(self) -> Iterator[PublicField]:
        if self.progress is not None:
            yield from (PublicField.AXIS, PublicField.OBJECTIVE, PublicField.PROGRESS)
        if self.progress is Weights.BUDGET:
            yield PublicField.BUDGET_EUROS
