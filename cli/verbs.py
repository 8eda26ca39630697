"""The verbs of an action: one command per form, carried out through the one door."""

import inspect
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Annotated, Any

from pydantic import ValidationError

from cli.fields import option_of, parameters_of, place_of, typed
from cli.opened import opened
from cli.options import Json, option
from cli.screen import dump, tell
from cli.sheets import SheetFile, read_sheet
from cli.words import label, say
from models.commands import Via
from models.errors import Problem, Refused
from models.lifecycle import Verb
from services.charter_store import charter_in_force, the_convention
from services.dispatch import Outcome
from services.form_base import Asked
from services.forms import FORMS, AttendanceForm, DecisionForm, Form, OpenReviewForm, RegisterForm, SheetFields
from services.queries import last_quorum
from services.requests import send, verb_of
from services.validation import mistakes_in

_FIGURES = ("there", "seats", "needed")
_NAMES: dict[type[Form], str] = {OpenReviewForm: "open-review", DecisionForm: "decide", RegisterForm: "register"}
_KEY = Annotated[str | None, option("key", "--key")]
_FROM = Annotated[Path | None, option("from", "--from")]


def commands() -> dict[str, Callable[..., None]]:
    """The command of every form, by the name people type."""
    return {name_of(form): _command(form) for form in FORMS}


def name_of(form: type[Form]) -> str:
    """How the command of a form is called."""
    return _NAMES.get(form, form.verb.replace("_", "-"))


def _command(form: type[Form]) -> Callable[..., None]:
    return command_for(form, partial(_ask, form), {"sheet_file": _FROM} if SheetFields in form.__mro__ else {})


def command_for(form: type[Asked], ask: Callable[..., None], more: Mapping[str, Any]) -> Callable[..., None]:
    """The command that asks for a form: one option a field, a key, JSON, and what else ``more`` says; ``ask`` carries it out."""
    extra = {"key": _KEY, "as_json": Json, **more}
    added = [inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=None, annotation=kind) for name, kind in extra.items()]
    parameters = [*parameters_of(form), *(p.replace(default=False) if p.name == "as_json" else p for p in added)]

    def command(*number: str | None, **given: Any) -> None:
        aside = {name: given.pop(name, None) for name in extra}
        ask({**given, **dict(zip((place_of(form),), number, strict=False))}, **aside)

    command.__name__ = form.__name__
    command.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]  # a function takes any attribute
    command.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
    return command


def _ask(form: type[Form], given: dict[str, Any], *, key: str | None, as_json: bool, sheet_file: Path | None = None) -> None:
    sheet = read_sheet(sheet_file) if sheet_file else None
    filled = _filled(form, given, sheet)
    with opened() as app:
        try:
            outcome = send(app, filled, key=key or str(app.ids()), via=Via.CLI)
        except Refused as refused:
            raise type(refused)(*(_placed(form, problem, sheet) for problem in refused.problems)) from None
        with app.db.read() as connection:
            verb = verb_of(filled, charter_in_force(connection, the_convention(connection, filled.convention)))
        quorum = last_quorum(app, outcome.event) if form is AttendanceForm and not as_json else ()
    _report(verb, outcome, filled, as_json=as_json)
    for check in quorum:
        tell(say("review.quorum_now", of=check["partner"] or getattr(filled, "body", ""), **{name: check[name] for name in _FIGURES}))


def _filled(form: type[Form], given: dict[str, Any], sheet: SheetFile | None) -> Form:
    """The form as typed, over the file's values. Refuses every mistake at once, by option or by line of the file."""
    values = typed(form, given)
    try:
        return form.model_validate((sheet.values if sheet else {}) | values)
    except ValidationError as error:
        raise Refused(*(Problem(code, params, _where(path, values, sheet)) for path, code, params in mistakes_in(error))) from None


def _where(path: tuple[str | int, ...], typed_values: dict[str, Any], sheet: SheetFile | None) -> str:
    name = str(path[0]) if path else ""
    if sheet is not None and name in sheet.values and name not in typed_values:
        return sheet.place(path)
    return option_of(name) if name else ""


def _placed(form: type[Form], problem: Problem, sheet: SheetFile | None) -> Problem:
    """A problem with a field of the form, told by its option or its line."""
    path = tuple(int(part) if part.isdigit() else part for part in problem.where.split("."))
    if not (path and path[0] in form.model_fields):
        return problem
    return Problem(problem.code, problem.params, _where(path, {}, sheet))


def _report(verb: Verb, outcome: Outcome, form: Form, *, as_json: bool) -> None:
    """What was done, the values, the new state and version, and what may come next."""
    if as_json:
        dump(
            {name: getattr(outcome, name) for name in ("state", "version", "event", "repeated")} | {"action": outcome.number, "verb": verb}
        )
        return
    tell(say("cli.done_again" if outcome.repeated else "cli.done", verb=label("verb", verb), number=outcome.number, seat=form.seat.upper()))
    tell(say("cli.now", state=label("state", outcome.state), version=outcome.version))
    tell(say("cli.next", command=say(f"next.{outcome.state}", number=outcome.number)))
