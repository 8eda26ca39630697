"""Meetings as pages offer them: which acts, by whom, and the fields of each form."""

from collections.abc import Mapping, Sequence
from typing import Any

from models.charter import Body, Charter
from models.meetings import MeetingState, MeetingVerb, find_move
from models.meetings.rules import CALLED
from portal import attendance
from portal.filled import Filled
from services.desk import served
from services.form_base import Asked
from services.meetings.forms import MEETING_FORMS, MeetingForm
from services.meetings.reading import Row
from services.visitors import Visitor

FORMS: Mapping[str, type[MeetingForm]] = {str(form.verb): form for form in MEETING_FORMS}
_AHEAD = (MeetingVerb.CONVENE, MeetingVerb.CLOSE, MeetingVerb.OPEN, MeetingVerb.CHANGE, MeetingVerb.CANCEL)
"""The acts on a meeting, what leads on first."""
_SETTLED = ("held_on", "starts_at", "place", "link")


def served_bodies(charter: Charter, visitor: Visitor) -> list[Body]:
    """The bodies whose meetings the visitor prepares, and that examine actions."""
    mine = served(charter, visitor)
    return [body for body in charter.bodies if body.code in mine and body.rules is not None]


def acts_on(meeting: Row, bodies: Sequence[Body]) -> list[str]:
    """What may be asked of a meeting in its state, by the secretary of its body; nothing by others."""
    if meeting["body"] not in {body.code for body in bodies}:
        return []
    return [
        str(verb)
        for verb in _AHEAD
        if find_move(MeetingState(meeting["state"]), verb) is not None and not (verb is MeetingVerb.OPEN and meeting["examined"])
    ]


def acting_seat(visitor: Visitor, charter: Charter, body: str) -> str:
    """The visitor's seat through which they serve a body: its own secretary's first."""
    clerks = [seat for seat in visitor.seats if seat.role == "secretary"]
    own = [seat.code for seat in clerks if seat.body == body]
    others = [seat.code for seat in clerks if body in served(charter, visitor)]
    return next(iter([*own, *others]), visitor.seats[0].code)


def read(form: type[Asked], sent: Filled) -> dict[str, Any]:
    """What a page's form sent, as the form takes it; fields that were left alone are not there."""
    values: dict[str, Any] = {name: sent.text(name) for name in form.model_fields if name not in (*CALLED, "actions", "items")}
    values["actions"] = sent.all("actions")
    values["items"] = [line.strip() for line in sent.text("items").splitlines() if line.strip()]
    values |= attendance.read(sent, with_holders=True)
    return {name: value for name, value in values.items() if name in form.model_fields and value not in ("", [], None)}


def preset(meeting: Row | None, awaiting: Sequence[Any]) -> dict[str, Any]:
    """What a form shows before anything was filled in: the meeting as it is settled, or all that awaits the body and is on no other agenda for want of news."""
    if meeting is None:
        return {"actions": [one.number for one in awaiting if not one.listed]}
    settled = {name: meeting[name] for name in _SETTLED if meeting[name]}
    agenda = meeting["agenda"]
    return {
        **settled,
        "actions": [item["action"] for item in agenda if item["action"]],
        "items": "\n".join(item["title"] or "" for item in agenda if not item["action"]),
    }
