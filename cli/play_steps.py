"""What the stories of ``passerelle play`` are made of. Data only: how a step is carried out is written in ``play_doors``."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from models.charter import OpinionValue
from models.lifecycle import State
from services.deadline_kinds import Kind
from services.forms import Form
from services.meetings.forms import MeetingForm


class Role(StrEnum):
    """The actions on stage, by what becomes of them. The first seven are the provisions, in the order of the charter."""

    CLOSED = "closed"
    RETURNED = "returned"
    ADJOURNED = "adjourned"
    SUSPENDED = "suspended"
    REJECTED = "rejected"
    ABANDONED = "abandoned"
    APPROVED = "approved"
    WITHDRAWN = "withdrawn"
    UNDER_WAY = "under_way"


EXTRAS = (Role.WITHDRAWN, Role.UNDER_WAY)
"""Actions that the play brings with it; the others are the charter's provisions."""
PROVISIONS = tuple(role for role in Role if role not in EXTRAS)


class Who(StrEnum):
    """Who acts: a secretariat, a member, or the person an action depends on."""

    TECHNICAL_SECRETARY = "technical_secretary"
    STEERING_SECRETARY = "steering_secretary"
    BODY_SECRETARY = "body_secretary"
    MEMBER = "member"
    LEAD = "lead"


class Place(StrEnum):
    """Which body is meant, whatever the charter calls it."""

    TECHNICAL = "technical"
    STEERING = "steering"
    FIRST_GROUP = "first_group"
    SECOND_GROUP = "second_group"


GROUPS = (Place.FIRST_GROUP, Place.SECOND_GROUP)


@dataclass(frozen=True, slots=True)
class Said:
    """A text of the catalogue that somebody types, ``play.text.<code>``."""

    code: str


@dataclass(frozen=True, slots=True)
class Voter:
    """The seat at this position of the electorate of the body meant."""

    position: int


@dataclass(frozen=True, slots=True)
class OpinionOf:
    """The event that recorded the opinion of the seat at this position."""

    position: int


@dataclass(frozen=True, slots=True)
class Reserved:
    """The number of the first reservation of the body meant that has not been lifted."""


@dataclass(frozen=True, slots=True)
class DaysMore:
    """So many days after the last day of the review of the body meant."""

    days: int


@dataclass(frozen=True, slots=True)
class Today:
    """The rehearsal's day."""


@dataclass(frozen=True, slots=True)
class OnAgenda:
    """The action alone, as the agenda of a meeting."""


@dataclass(frozen=True, slots=True)
class MeetingAtHand:
    """The number of the last meeting on whose agenda the action is."""


@dataclass(frozen=True, slots=True)
class Everybody:
    """Every voting seat that is asked in the review of the body meant."""


@dataclass(frozen=True, slots=True)
class SheetOf:
    """The sheet of an action that the play brings: a first idea, or a complete one already under way."""

    role: Role


@dataclass(frozen=True, slots=True)
class Ask:
    """One form, filled in by somebody, in Prefect or on the command line. ``then``: where the action has to stand once all is quiet."""

    form: type[Form] | type[MeetingForm]
    who: Who
    values: Mapping[str, Any] = field(default_factory=dict)
    place: Place | None = None
    in_prefect: bool = False
    refused: bool = False
    then: State | None = None


@dataclass(frozen=True, slots=True)
class Opinions:
    """The opinions of those who have not answered yet, recorded by the secretariats; ``first``: only of so many in each body.

    ``others`` gives another opinion, with its reason, to the seats at these positions among those awaited.
    """

    places: tuple[Place, ...]
    others: Mapping[int, tuple[OpinionValue, Said]] = field(default_factory=dict)
    first: int | None = None
    then: State | None = None


Step = Ask | Opinions
Turn = tuple[Step, ...]
"""Steps that are taken one after the other without waiting for the flows in between."""


@dataclass(frozen=True, slots=True)
class Pass:
    """Time passes until what is due for an action was not done in time, or until somebody is reminded of it (``reminded``)."""

    role: Role
    kind: Kind
    place: Place | None = None
    reminded: bool = False


@dataclass(frozen=True, slots=True)
class Lull:
    """Time passes until the next working day on which nobody is reminded of anything that these actions owe."""

    roles: tuple[Role, ...]


Wait = Pass | Lull


@dataclass(frozen=True, slots=True)
class Chapter:
    """Time passes first, then every story goes one turn after the other, all actions side by side."""

    name: str
    stories: Mapping[Role, tuple[Turn, ...]]
    waits: tuple[Wait, ...] = ()
