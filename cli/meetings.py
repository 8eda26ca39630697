"""Meetings: looking at them, and the verbs of their life."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Annotated, Any

from pydantic import ValidationError

from cli.fields import option_of, place_of, typed
from cli.opened import opened
from cli.options import Convention, Json, option, place
from cli.screen import Column, dump, listing, table, tell
from cli.verbs import command_for
from cli.words import label, moments_of, say, say_day, say_time, wording
from models.commands import Via
from models.errors import Problem, Refused
from models.meetings import MeetingState
from services.meetings.forms import MEETING_FORMS, MeetingForm
from services.meetings.reading import list_meetings, show_meeting
from services.meetings.requests import send_meeting
from services.reckonings import in_words, next_in_words
from services.validation import mistakes_in

_BODY = Annotated[str | None, option("body", "--body")]
_STATE = Annotated[str | None, option("meeting_state", "--state")]
_NUMBER = Annotated[str, place("number")]
_LIST = (
    Column("number"),
    Column("body"),
    Column("held_on"),
    Column("starts_at", say_time),
    Column.of("state", "meeting"),
    Column("items"),
    Column("second_of"),
)


def list_all(*, body: _BODY = None, state: _STATE = None, convention: Convention = None, as_json: Json = False) -> None:
    """List meetings, the latest day first."""
    if state is not None and state not in tuple(MeetingState):
        raise Refused.because("validation.choice", "--state", given=state, known=", ".join(MeetingState))
    with opened() as app:
        listing(list_meetings(app, convention=convention, bodies=[body] if body else None, state=state), *_LIST, as_json=as_json)


def show(number: _NUMBER, /, *, convention: Convention = None, as_json: Json = False) -> None:
    """Show a meeting: day, place, agenda, attendance, quorum, log."""
    with opened() as app:
        found = show_meeting(app, number, convention=convention)
    if as_json:
        dump(found)
        return
    with moments_of(found["timezone"]):
        _show(found)


def _show(meeting: Mapping[str, Any]) -> None:
    held = {"day": say_day(meeting["held_on"]), "time": say_time(meeting["starts_at"])}
    tell(say("meeting.title", number=meeting["number"], body=meeting["body"], **held))
    tell(say("meeting.state", state=label("meeting", meeting["state"]), version=meeting["version"]))
    for name in ("place", "link", "second_of", "second", "urgency", "reason"):
        if meeting[name]:
            tell(say(f"meeting.{name}", value=meeting[name]))
    if meeting["convened_on"]:
        figures = {"day": say_day(meeting["convened_on"]), "days": meeting["notice"]["days"], **meeting["convened"]}
        tell(say("meeting.convened", **figures))
    if term := meeting["convene_by"]:
        tell(say("meeting.convene_by", day=say_day(term["due_on"]), how=in_words(term["how"], wording())))
        if ahead := next_in_words(term["ahead"], wording()):
            tell(f"  {ahead}")
    for check in meeting["quorum"] or ():
        tell(say("meeting.quorum", of=check["partner"] or meeting["body"], **{name: check[name] for name in ("there", "seats", "needed")}))
    tell("")
    table(meeting["agenda"], *_AGENDA, title=say("meeting.agenda"))
    if meeting["attendance"]:
        tell("")
        table(meeting["attendance"], *_ATTENDANCE, title=say("meeting.attendance"))
    tell("")
    table(meeting["log"], *_LOG, title=say("page.timeline"))


_AGENDA = (
    Column("position"),
    Column("action"),
    Column("title"),
    Column.of("state", "state"),
    Column.of("awaits", "awaits"),
    Column("due_on"),
    Column("follows"),
    Column("silent_since"),
    Column("decision"),
    Column.of("outcome", "outcome"),
)
_ATTENDANCE = (Column("seat"), Column("holder"), Column.of("presence", "presence"), Column("represented_by"))
_LOG = (
    Column("seq"),
    Column("occurred_on"),
    Column.of("topic", "meeting_topic"),
    Column("actor"),
    Column.of("via", "via"),
    Column.of("after", "meeting"),
)


def _ask(form: type[MeetingForm], given: dict[str, Any], *, key: str | None, as_json: bool) -> None:
    """Ask for a form as it was typed; every mistake is told at once, by its option."""
    try:
        filled = form.model_validate(typed(form, given))
    except ValidationError as error:
        raise Refused(*(Problem(code, params, _where(form, path)) for path, code, params in mistakes_in(error))) from None
    with opened() as app:
        try:
            held = send_meeting(app, filled, key=key or str(app.ids()), via=Via.CLI)
        except Refused as refused:
            told = (Problem(each.code, each.params, _where(form, (each.where.partition(".")[0],))) for each in refused.problems)
            raise type(refused)(*told) from None
    if as_json:
        dump(
            {
                "meeting": held.number,
                "verb": form.verb,
                "state": held.state,
                "version": held.version,
                "event": held.event,
                "repeated": held.repeated,
            }
        )
        return
    tell(
        say(
            "meeting.done_again" if held.repeated else "meeting.done",
            verb=label("form", form.__name__),
            number=held.number,
            seat=filled.seat.upper(),
        )
    )
    tell(say("meeting.now", state=label("meeting", held.state), version=held.version))
    tell(say("cli.next", command=say(f"meeting.next.{held.state}", number=held.number)))


def _where(form: type[MeetingForm], path: tuple[str | int, ...]) -> str:
    name = str(path[0]) if path else ""
    return option_of(name, by_place=name == place_of(form)) if name in form.model_fields else name


def _verbs() -> dict[str, Callable[..., None]]:
    return {str(form.verb): command_for(form, partial(_ask, form), {}) for form in MEETING_FORMS}


COMMANDS: dict[str, Callable[..., None]] = {"list": list_all, "show": show, **_verbs()}
