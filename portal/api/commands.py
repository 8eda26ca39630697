"""What the API lets programs do: the same forms through the same doors as the pages, under a key that makes them safe to repeat."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from pydantic import Field

from models.charter import BodyKind
from models.errors import Conflict, Problem
from models.lifecycle import Verb
from models.meetings import MeetingVerb
from portal.api.answers import Done
from portal.api.call import ROOT, Asked, Call, Reply
from portal.api.forms import Body, filled
from portal.api.reads import charter_of
from services.attachments import Request as FileRequest
from services.attachments import attach_content
from services.dispatch import Outcome
from services.form_base import Asked as AnyForm
from services.forms import Form, ReturnForm
from services.meetings.door import Held
from services.meetings.forms import MeetingForm
from services.meetings.requests import send_meeting
from services.queries import action_id_of
from services.requests import send

Handle = Callable[[Call], Reply]
_COMMITTEES = {Verb.OPEN_TECHNICAL_REVIEW: BodyKind.TECHNICAL, Verb.OPEN_STEERING_REVIEW: BodyKind.STEERING}


class FileAsked(Asked):
    """Under which name a file is attached, through which seat."""

    file_name: str = Field(min_length=1, max_length=200, pattern=r"^[^/\\]+$")
    seat: str | None = Field(default=None, max_length=60)


@contextmanager
def _keyed(call: Call) -> Iterator[str]:
    """The key of the engine: that of the asker alone, who is told their own if it has served already."""
    key = f"api:{call.visitor.person_id}:{call.key}"
    try:
        yield key
    except Conflict as conflict:
        own = ({name: call.key if value == key else value for name, value in one.params.items()} for one in conflict.problems)
        raise Conflict(*(Problem(one.code, params, one.where) for one, params in zip(conflict.problems, own, strict=True))) from None


def _ask(call: Call, form: type[AnyForm], **known: Any) -> AnyForm:
    """The form of a command, filled in."""
    given = {name: value for name, value in call.body.items() if name != "seat"}
    named = call.body.get("seat")
    seat = call.seat(named) if named is None or isinstance(named, str) else named
    return filled(form, given, {**known, "seat": seat, "convention": call.visitor.convention})


def create(body: Body) -> Handle:
    """What creates an action by a form."""

    def handle(call: Call) -> Reply:
        return _sent(call, _ask(call, body.form), created=True)

    return handle


def act(body: Body, verb: Verb) -> Handle:
    """What asks a verb of an action by its form; what the verb says already is not asked for."""

    def handle(call: Call) -> Reply:
        known: dict[str, Any] = {"action": _readable(call), "seen_version": call.seen}
        form = ReturnForm if verb is Verb.RETURN and "body" not in call.body else body.form
        if "outcome" in form.model_fields:
            known["outcome"] = verb
        if verb in _COMMITTEES:
            known["body"] = charter_of(call).body_of_kind(_COMMITTEES[verb]).code
        return _sent(call, _ask(call, form, **known))

    return handle


def _readable(call: Call) -> str:
    """The number of the action of an address. Raises NotFound for one that the asker may not read: no refusal tells of somebody's draft."""
    number = call.path["number"]
    action_id_of(call.app, call.visitor.convention, number, call.visitor)
    return number


def _sent(call: Call, form: AnyForm, *, created: bool = False) -> Reply:
    assert isinstance(form, Form)  # noqa: S101  # every body of an action's command has one
    with _keyed(call) as key:
        return _done(send(call.app, form, key=key, via=call.token.via), "actions", created=created)


def attach(call: Call) -> Reply:
    """Attach the file that is the body."""
    asked: FileAsked = call.query
    with _keyed(call) as key:
        request = FileRequest(
            action=_readable(call),
            seat=call.seat(asked.seat),
            key=key,
            seen_version=call.seen,
            convention=call.visitor.convention,
        )
        return _done(attach_content(call.app, asked.file_name, call.content, request, via=call.token.via), "actions")


def act_on_meeting(body: Body) -> Handle:
    """What asks a verb of a meeting by its form. An agenda without any action says so by an empty list."""

    def handle(call: Call) -> Reply:
        plans = body.form.verb is MeetingVerb.PLAN  # type: ignore[attr-defined]  # a form of meetings
        about = {} if plans else {"meeting": call.path["number"], "seen_version": call.seen}
        form = _ask(call, body.form, **about)
        assert isinstance(form, MeetingForm)  # noqa: S101  # as above
        if call.body.get("actions") == []:
            form = form.model_copy(update={"actions": ("none",)})
        with _keyed(call) as key:
            return _done(send_meeting(call.app, form, key=key, via=call.token.via), "meetings", created=plans)

    return handle


def _done(outcome: Outcome | Held, kind: str, *, created: bool = False) -> Reply:
    answer = Done(number=outcome.number, state=outcome.state, version=outcome.version, event=outcome.event)
    location = f"{ROOT}/{kind}/{outcome.number}" if created else ""
    return Reply(answer, version=outcome.version, location=location, replayed=outcome.repeated)
