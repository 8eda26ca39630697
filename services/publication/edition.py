"""An edition: all that is public of a convention at a moment, and nothing else. Pages, feeds and files are made from it alone."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from models.charter import Charter
from models.progress import AxisProgress, Counted, roll_up
from models.publication import Publication

_ADOPTED = frozenset({"approved", "in_progress", "suspended", "completed", "final_report_due", "closed", "abandoned"})
_DROPPED = "abandoned"


@dataclass(frozen=True, slots=True)
class PublicMilestone:
    """A dated step of a public action."""

    position: int
    title: str
    due_on: date
    reached_on: date | None


@dataclass(frozen=True, slots=True)
class PublicAction:
    """An action as everybody may see it; what its charter does not show is empty. ``percent``: all once the work is done, else what was reported last.

    ``shown_at`` and ``changed_at``: when it reached the first state that is shown, and when its state or progress last changed.
    """

    number: str
    title: str
    state: str
    axis: str | None = None
    objective: str | None = None
    themes: tuple[str, ...] = ()
    sites: tuple[str, ...] = ()
    context: str | None = None
    description: str | None = None
    lead_body: str | None = None
    partners: tuple[str, ...] = ()
    starts_on: date | None = None
    ends_on: date | None = None
    budget_euros: Decimal | None = None
    indicators: str | None = None
    milestones: tuple[PublicMilestone, ...] = ()
    percent: int | None = None
    percent_on: date | None = None
    shown_at: datetime | None = None
    changed_at: datetime | None = None
    changed_on: date | None = None

    @property
    def counted(self) -> Counted:
        """As it counts in the progress of its objective."""
        return Counted(self.axis, self.objective, self.percent, self.budget_euros, dropped=self.state == _DROPPED)

    @property
    def adopted(self) -> bool:
        """Whether it was decided to carry it out: only then does it count in the progress of its objective."""
        return self.state in _ADOPTED


@dataclass(frozen=True, slots=True)
class PublicDecision:
    """A decision as everybody may see it. ``result`` and ``file`` (figures and rules, as ``verdict_sentence`` takes them) as far as the charter says."""

    number: str
    revision: int
    body: str
    action: str
    title: str
    outcome: str
    decided_on: date
    recorded_at: datetime
    result: str | None = None
    file: Mapping[str, Any] | None = None

    @property
    def year(self) -> str:
        """The year in whose series it is numbered."""
        return self.number[len(self.body) + 1 :][:4]


@dataclass(frozen=True, slots=True)
class PublicMeeting:
    """A meeting as everybody may see it: its day and hour."""

    number: str
    body: str
    state: str
    held_on: date
    starts_at: str


@dataclass(frozen=True, slots=True)
class Content:
    """What an edition says, compared with the one before to find out whether anything changed. ``masked``: where a person was hidden in a text."""

    charter: Charter
    domain: str
    actions: Sequence[PublicAction] = ()
    decisions: Sequence[PublicDecision] = ()
    meetings: Sequence[PublicMeeting] = ()
    masked: Sequence[tuple[str, str]] = ()


@dataclass(frozen=True, slots=True)
class Edition:
    """What is public of a convention since a moment. ``first``: whether it is the one that short addresses lead to; ``others``: the other public ones."""

    content: Content
    since: datetime
    first: bool = True
    kept: dict[str, Any] = field(default_factory=dict, compare=False, repr=False)

    @property
    def charter(self) -> Charter:
        """The charter in force."""
        return self.content.charter

    @property
    def rules(self) -> Publication:
        """What its charter makes public."""
        return public_part(self.charter)

    @property
    def code(self) -> str:
        """The convention's code."""
        return self.charter.convention.code

    @property
    def path(self) -> str:
        """Where its pages lie."""
        return "/public" if self.first else f"/public/convention/{self.code}"

    @property
    def own_language(self) -> str:
        """The language in which its texts are written and its data described."""
        return self.charter.convention.languages[0].value

    def action(self, number: str) -> PublicAction | None:
        """The public action of this number; None for any other, hidden or not."""
        by_number: dict[str, PublicAction] = self.keep("actions", lambda: {action.number: action for action in self.content.actions})
        return by_number.get(number)

    def decision(self, number: str) -> PublicDecision | None:
        """The public decision of this number; None for any other, hidden or not."""
        by_number: dict[str, PublicDecision] = self.keep("decisions", lambda: {found.number: found for found in self.content.decisions})
        return by_number.get(number)

    def progress(self) -> Mapping[str, AxisProgress] | None:
        """The progress of each axis, from its adopted actions; None where the charter shows none."""
        weights = self.rules.progress
        if weights is None:
            return None
        objectives = {axis.code: [each.code for each in self.charter.objectives if each.axis == axis.code] for axis in self.charter.axes}
        adopted = (action.counted for action in self.content.actions if action.adopted)
        found: Mapping[str, AxisProgress] = self.keep("progress", lambda: roll_up(adopted, objectives, weights))
        return found

    def keep(self, name: str, make: Any) -> Any:
        """What is made once from an edition and then kept with it."""
        if name not in self.kept:
            self.kept[name] = make()
        return self.kept[name]


def public_part(charter: Charter) -> Publication:
    """What a charter makes public. Raises LookupError for one that makes nothing public."""
    if charter.publication is None:
        message = "nothing of this convention is public"
        raise LookupError(message)
    return charter.publication
