"""What may be asked of a meeting: frozen commands, checked before anything is written, as those of actions are (``models.commands``)."""

from datetime import date
from typing import Annotated, ClassVar

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from models.commands import Actor, Code, Upper, Words
from models.meetings import MeetingVerb

Clock = Annotated[str, StringConstraints(strip_whitespace=True, pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$")]
"""A time of day where the convention is, such as ``09:30``."""
Title = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=300)]
Represented = Annotated[str, StringConstraints(strip_whitespace=True, to_upper=True, pattern=r"^[^=\s]+=[^=\s]+$")]
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


class Settled(MeetingCommand):
    """Date, time, place and agenda. ``actions`` None: all that await the body; ``items``: titles of further items."""

    held_on: date
    starts_at: Clock
    place: Title | None = None
    link: Title | None = None
    actions: tuple[Upper, ...] | None = Field(default=None, max_length=500)
    items: tuple[Title, ...] = Field(default=(), max_length=100)


class PlanMeeting(Settled):
    """Plan a meeting of ``body``. ``second_of``: it is the second convocation of this meeting, with the very same agenda."""

    verb = MeetingVerb.PLAN
    body: Code
    second_of: Upper | None = None


class ChangeMeeting(Settled):
    """Plan it anew, before anybody was convened."""

    verb = MeetingVerb.CHANGE


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
