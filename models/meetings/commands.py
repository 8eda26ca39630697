"""What may be asked of a meeting: frozen commands, checked before anything is written, as those of actions are (``models.commands``)."""

import re
from datetime import date
from typing import Annotated, ClassVar

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints
from pydantic_core import PydanticCustomError

from models.commands import Actor, Code, Upper, Words
from models.meetings import MeetingVerb

_HOURS, _MINUTES = 24, 60


def _clock(value: str) -> str:
    """``9:30``, ``09:30``, ``9h30`` or ``9h`` as ``09:30``; anything else is no time of day."""
    found = re.fullmatch(r"(\d{1,2})\s*[:hH]\s*(\d{2})?", value.strip())
    hour, minute = (int(found[1]), int(found[2] or 0)) if found else (_HOURS, 0)
    if hour >= _HOURS or minute >= _MINUTES:
        raise PydanticCustomError("clock", "malformed")
    return f"{hour:02d}:{minute:02d}"


def _pair(value: str) -> str:
    """A seat and the seat that holds its proxy."""
    if not re.fullmatch(r"[^=\s]+=[^=\s]*", value.strip()):
        raise PydanticCustomError("pair", "malformed")
    return value.strip().upper()


Clock = Annotated[str, AfterValidator(_clock)]
"""A time of day where the convention is, such as ``09:30``."""
Title = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=300)]
Represented = Annotated[str, AfterValidator(_pair)]
"""A seat and the seat that holds its proxy, such as ``COPIL-03=COPIL-01``."""


class MeetingCommand(BaseModel):
    """What all requests about a meeting share; see ``models.commands.Command``. ``meeting`` None: there is none yet."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)
    verb: ClassVar[MeetingVerb]
    convention: Code
    meeting: Upper | None = None
    actor: Actor
    expected_version: int | None = Field(default=None, ge=0)
    key: Annotated[str, StringConstraints(min_length=8, max_length=200)]


class Agenda(MeetingCommand):
    """Where a meeting is held, and its agenda: actions by number, and titles of further items."""

    place: Title | None = None
    link: Title | None = None
    actions: tuple[Upper, ...] | None = Field(default=None, max_length=500)
    items: tuple[Title, ...] | None = Field(default=None, max_length=100)


class PlanMeeting(Agenda):
    """Plan a meeting of ``body``; ``actions`` None: all that await it. ``second_of``: of this meeting it is the second convocation, with the very same agenda."""

    verb = MeetingVerb.PLAN
    body: Code
    held_on: date
    starts_at: Clock
    second_of: Upper | None = None


class ChangeMeeting(Agenda):
    """Plan it anew: what is not said stays, unless the change is ``whole``, as from a page that shows all of it.

    Once people are convened, their agenda stays. ``urgency``: why there is less notice than usual of the new day.
    """

    verb = MeetingVerb.CHANGE
    held_on: date | None = None
    starts_at: Clock | None = None
    urgency: Words | None = None
    whole: bool = False


MOST_AT_ONCE = 500
"""As many items an agenda gains or loses at once; the rest comes with the next update."""


class UpdateAgenda(MeetingCommand):
    """Put these actions on the agenda of a meeting that is planned, and take those off that await the body no longer: what the system does by itself."""

    verb = MeetingVerb.UPDATE
    added: tuple[Upper, ...] = Field(default=(), max_length=MOST_AT_ONCE)
    removed: tuple[Upper, ...] = Field(default=(), max_length=MOST_AT_ONCE)


class ConveneMeeting(MeetingCommand):
    """Convene the members. ``urgency``: why there is less notice than usual."""

    verb = MeetingVerb.CONVENE
    urgency: Words | None = None


class OpenMeeting(MeetingCommand):
    """Open the meeting with who attends; voting seats that are named nowhere are absent."""

    verb = MeetingVerb.OPEN
    present: tuple[Upper, ...] = ()
    remote: tuple[Upper, ...] = ()
    represented: tuple[Represented, ...] = ()
    excused: tuple[Upper, ...] = ()


class CloseMeeting(MeetingCommand):
    """Close the meeting. ``reason``: why items were left undecided."""

    verb = MeetingVerb.CLOSE
    reason: Words | None = None


class CancelMeeting(MeetingCommand):
    """Cancel the meeting; those who were convened are told why."""

    verb = MeetingVerb.CANCEL
    reason: Words | None = None
