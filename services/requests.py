"""From a filled-in form to a command: one way for Prefect's run forms and the command line."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from pydantic import ValidationError

from models.charter import ActionSheet, BodyKind, Charter
from models.commands import COMMANDS, Actor, Command, Edit, Via
from models.errors import Problem, Refused
from models.lifecycle import State, Verb
from models.meetings import MeetingState
from models.meetings.rules import CALLED
from services.bootstrap import App
from services.charter_store import the_convention
from services.deliberations import document_named
from services.dispatch import Outcome, execute
from services.explanations import word
from services.forms import (
    ActionForm,
    AttendanceForm,
    DecisionForm,
    DeliberationForm,
    Form,
    GiverForm,
    NoteConflictForm,
    NumberedForm,
    OpenReviewForm,
    OpinionForm,
    ProxyOpinionForm,
    SheetFields,
    WithdrawConflictForm,
)
from services.lookups import find_action
from services.meetings.facts import meeting_meant
from services.meetings.forms import MeetingForm
from services.meetings.requests import send_meeting
from services.validation import explain_validation
from services.wording import Wording
from services.work import Work, open_work

_SHEET = frozenset(ActionSheet.model_fields)
_OF_CONFLICTS = (NoteConflictForm, WithdrawConflictForm)
_COMMON = frozenset({"seat", "occurred_on", "convention", "seen_version", "groups", "outcome", "reached", "seats", *CALLED})


@dataclass(frozen=True, slots=True)
class FormResult:
    """What became of a form. A refusal is a result.

    ``refusals`` hold rule codes and the seat code, ``reasons`` the same in the installation's language; neither a name nor anybody's text.
    """

    action: str
    verb: str
    state: State | MeetingState | None
    refusals: tuple[str, ...] = ()
    reasons: tuple[str, ...] = ()
    event: UUID | None = None
    bodies: tuple[str, ...] = ()


def submit_form(app: App, form: Form | MeetingForm, *, key: str, via: str) -> FormResult:
    """Carry out a form; returns its result, also when the rules say no. A fault of ours raises."""
    body = getattr(form, "body", None)
    bodies = (body,) if body else ()
    if isinstance(form, MeetingForm):
        return _submit_of_meeting(app, form, key, Via(via), bodies)
    verb = verb_of(form)
    try:
        command = command_of(app, form, key=key, via=Via(via))
        verb = command.verb
        outcome = execute(app, command)
    except Refused as refused:
        refusals = tuple(coded(problem, form.seat) for problem in refused.problems)
        return FormResult(getattr(form, "action", "-").upper(), verb, None, refusals, _reasons(app, refused.problems), bodies=bodies)
    return FormResult(outcome.number, verb, outcome.state, event=outcome.event, bodies=bodies)


def _submit_of_meeting(app: App, form: MeetingForm, key: str, via: Via, bodies: tuple[str, ...]) -> FormResult:
    verb, number = f"{form.verb}-meeting", str(getattr(form, "meeting", "-"))
    try:
        held = send_meeting(app, form, key=key, via=via)
    except Refused as refused:
        told = tuple(coded(problem, form.seat) for problem in refused.problems)
        return FormResult(number.upper(), verb, None, told, _reasons(app, refused.problems), bodies=bodies)
    return FormResult(held.number, verb, held.state, event=held.event, bodies=bodies)


_TELLABLE = frozenset(
    {"asked", "body", "day", "due_on", "expected", "fields", "groups", "number", "near", "offered", "positions", "present", "seat"}
    | {
        "actions",
        "answered",
        "awaiting",
        "days",
        "least",
        "meeting_state",
        "meeting_states",
        "meeting_verb",
        "meetings",
        "needed",
        "second",
        "until",
        "reservation",
        "blocker",
        "reservations",
        "seats",
        "standing",
        "partner",
        "partners",
        "seen",
        "state",
        "states",
        "today",
        "waiting",
        "who",
    }
)
_WORDABLE = _TELLABLE | {"count", "kind", "kinds", "limit", "opinion", "size", "verb", "cause"}
_ABOUT_PERSONS = frozenset({"lead_unknown"})


def coded(problem: Problem, seat: str) -> str:
    """A refusal as Prefect may show it: the rule, what it hangs on in codes and figures, the seat; no name, no text, no person's code."""
    told = {name: value for name, value in problem.params.items() if name in _TELLABLE and problem.code not in _ABOUT_PERSONS}
    details = ", ".join(f"{name} {value}" for name, value in told.items())
    return f"{problem.code}{f': {details}' if details else ''} ({seat.upper()})"


def _reasons(app: App, problems: Iterable[Problem]) -> tuple[str, ...]:
    """The refusals in words, as far as their params may be told."""
    wording = Wording(app.settings.language)
    tellable = (problem for problem in problems if problem.params.keys() <= _WORDABLE and problem.code not in _ABOUT_PERSONS)
    return tuple(word(wording, problem) for problem in tellable)


def send(app: App, form: Form, *, key: str, via: Via) -> Outcome:
    """Carry out a form; raises Refused with every reason, worded by the caller."""
    return execute(app, command_of(app, form, key=key, via=via))


def command_of(app: App, form: Form, *, key: str, via: Via) -> Command:
    """The command that a form asks for. Refuses an unknown convention or action, and fields that the command cannot take."""
    with app.db.read() as connection:
        work = open_work(app, connection, the_convention(connection, form.convention))
        values = _values(work, form)
    verb = verb_of(form, work.charter)
    try:
        actor = Actor(seat=form.seat, on_behalf_of=_behalf(form), via=via)
        return COMMANDS.get(verb, Command)(
            verb=verb, convention=work.convention, actor=actor, occurred_on=form.occurred_on or work.today, key=key, **values
        )
    except ValidationError as error:
        raise Refused(*explain_validation(error)) from None


def _behalf(form: Form) -> str | None:
    """For which other seat a form speaks."""
    if isinstance(form, OpinionForm):
        other: str | None = form.voter
    elif isinstance(form, _OF_CONFLICTS):
        other = form.concerned
    else:
        other = form.giver if isinstance(form, GiverForm) else None
    return other if other is not None and other.upper() != form.seat.upper() else None


def verb_of(form: Form, charter: Charter | None = None) -> Verb:
    """The verb that a form stands for; a decision names its own, an opening follows its committee."""
    if isinstance(form, DecisionForm):
        return Verb(form.outcome)
    if isinstance(form, OpenReviewForm) and charter and charter.body_of_kind(BodyKind.STEERING).code == form.body:
        return Verb.OPEN_STEERING_REVIEW
    return form.verb


def _values(work: Work, form: Form) -> dict[str, Any]:
    given = {name: getattr(form, name) for name in type(form).model_fields if name not in _COMMON}
    values = given
    if isinstance(form, SheetFields):
        values = {name: value for name, value in given.items() if name not in _SHEET}
        values["sheet"] = _sheet(work, form, given)
    if isinstance(form, NumberedForm):
        values["expected_version"] = form.seen_version
    if isinstance(form, _OF_CONFLICTS):
        values["concerned"] = form.concerned or form.seat
    if isinstance(form, DeliberationForm):
        values["document"] = document_named(work.connection, work.convention, form.action, form.document)
    if isinstance(form, GiverForm):
        values["giver"] = form.giver or form.seat
    if isinstance(form, ProxyOpinionForm):
        values["holder"] = form.holder or form.seat
    if isinstance(form, AttendanceForm):
        values["meeting"] = form.meeting or meeting_meant(work, form.action, form.body)
    for name in ("groups", "reached", "seats", *CALLED):
        if getattr(form, name, None) is not None:
            values[name] = getattr(form, name)
    return values


def _sheet(work: Work, form: SheetFields, given: Mapping[str, Any]) -> ActionSheet | None:
    """The sheet of a form; on an action that exists, what the form leaves empty stays. None: nothing was filled in."""
    filled = {name: value for name, value in given.items() if name in _SHEET and value is not None}
    if not isinstance(form, ActionForm):
        return _checked(filled)
    if not filled and issubclass(COMMANDS[form.verb], Edit):
        return None
    present = ActionSheet.model_validate(find_action(work, form.action).sheet)
    return _checked(present.model_dump() | filled)


def _checked(values: Mapping[str, Any]) -> ActionSheet:
    try:
        return ActionSheet.model_validate({name: _plain(value) for name, value in values.items()})
    except ValidationError as error:
        raise Refused(*explain_validation(error)) from None


def _plain(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value
