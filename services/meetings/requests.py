"""From a form about a meeting to its command."""

from typing import Any

from pydantic import ValidationError

from models.commands import Actor, Via
from models.errors import Refused
from models.meetings import MeetingVerb
from models.meetings.commands import (
    CancelMeeting,
    ChangeMeeting,
    CloseMeeting,
    ConveneMeeting,
    MeetingCommand,
    OpenMeeting,
    PlanMeeting,
)
from services.bootstrap import App
from services.charter_store import the_convention
from services.meetings.door import Held, execute
from services.meetings.forms import MeetingForm
from services.validation import explain_validation

_COMMANDS: dict[MeetingVerb, type[MeetingCommand]] = {
    command.verb: command for command in (PlanMeeting, ChangeMeeting, ConveneMeeting, OpenMeeting, CloseMeeting, CancelMeeting)
}
_NO_ACTION = (("-",), ("aucune",), ("none",))
"""How somebody says on the command line, or in a run form, that no action is on the agenda."""
_COMMON = frozenset({"seat", "convention", "seen_version"})


def send_meeting(app: App, form: MeetingForm, *, key: str, via: Via, chosen: bool = False) -> Held:
    """Carry out a form; raises Refused with every reason, worded by the caller.

    ``chosen``: the form shows the whole meeting, so that what is empty is meant to be, and no action chosen means none.
    """
    given = {name: getattr(form, name) for name in type(form).model_fields if name not in _COMMON}
    values: dict[str, Any] = {name: value for name, value in given.items() if value not in (None, ())}
    if values.get("actions") in _NO_ACTION or (chosen and "actions" in given):
        values["actions"] = () if values.get("actions") in (None, *_NO_ACTION) else values["actions"]
    if chosen and form.verb is MeetingVerb.CHANGE:
        values["whole"] = True
    values["expected_version"] = getattr(form, "seen_version", None)
    with app.db.read() as connection:
        values["convention"] = the_convention(connection, form.convention)
    try:
        command = _COMMANDS[form.verb](actor=Actor(seat=form.seat, via=via), key=key, **values)
    except ValidationError as error:
        raise Refused(*explain_validation(error)) from None
    return execute(app, command)
