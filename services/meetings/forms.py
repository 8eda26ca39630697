"""The forms about meetings: the same for Prefect's run forms, for the portal and for the command line."""

from datetime import date
from typing import ClassVar

from pydantic import BaseModel

from models.meetings import MeetingVerb
from services.form_base import NONE, Asked, MaybeDate, MaybeList, MaybeLong, MaybeShort, NumberedFields, Short, form_field


class MeetingForm(Asked):
    """A form about a meeting: it is asked for on the day itself."""

    verb: ClassVar[MeetingVerb]


class AgendaFields(BaseModel):
    """Where a meeting is held, and its agenda."""

    place: MaybeShort = form_field("place", NONE)
    link: MaybeShort = form_field("meeting_link", NONE)
    actions: MaybeList = form_field("agenda_actions", NONE)
    items: MaybeList = form_field("agenda_items", NONE)


class PlanMeetingForm(AgendaFields, MeetingForm):
    """Plan a meeting."""

    verb = MeetingVerb.PLAN
    body: Short = form_field("body", vocabulary="bodies")
    held_on: date = form_field("held_on")
    starts_at: Short = form_field("starts_at")
    second_of: MaybeShort = form_field("second_of", NONE)


class NumberedMeetingForm(NumberedFields, MeetingForm):
    """A form about a meeting that exists."""

    meeting: Short = form_field("meeting_number")


class ChangeMeetingForm(AgendaFields, NumberedMeetingForm):
    """Change a meeting; what is left empty stays as it is. Those who are convened are told."""

    verb = MeetingVerb.CHANGE
    held_on: MaybeDate = form_field("held_on", NONE)
    starts_at: MaybeShort = form_field("starts_at", NONE)
    urgency: MaybeLong = form_field("urgency", NONE)


class ConveneMeetingForm(NumberedMeetingForm):
    """Convene the members of a body."""

    verb = MeetingVerb.CONVENE
    urgency: MaybeLong = form_field("urgency", NONE)


class OpenMeetingForm(NumberedMeetingForm):
    """Open a meeting with its attendance."""

    verb = MeetingVerb.OPEN
    present: MaybeList = form_field("present_at_opening", NONE)
    remote: MaybeList = form_field("remote", NONE)
    represented: MaybeList = form_field("represented_by", NONE)
    excused: MaybeList = form_field("excused", NONE)


class CloseMeetingForm(NumberedMeetingForm):
    """Close a meeting."""

    verb = MeetingVerb.CLOSE
    reason: MaybeLong = form_field("undecided_reason", NONE)


class CancelMeetingForm(NumberedMeetingForm):
    """Cancel a meeting."""

    verb = MeetingVerb.CANCEL
    reason: MaybeLong = form_field("reason", NONE)


MEETING_FORMS: tuple[type[MeetingForm], ...] = (
    PlanMeetingForm,
    ChangeMeetingForm,
    ConveneMeetingForm,
    OpenMeetingForm,
    CloseMeetingForm,
    CancelMeetingForm,
)
"""Every form about a meeting, in the order of its life."""
