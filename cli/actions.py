"""Looking at actions, and attaching files to them."""

from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

from cli.opened import opened
from cli.options import Convention, Json, Number, option, place
from cli.pages import show_action
from cli.screen import Column, dump, listing, table, tell, text_of
from cli.words import label, moments_of, say, say_problem, wording
from models.commands import Via
from models.errors import Refused
from models.lifecycle import State, Verb
from services import queries
from services.attachments import Request, attach
from services.explanations import Answer, ask_for, explain

_STATE = Annotated[str | None, option("state", "--state")]
_SEAT = Annotated[str, option("seat", "--seat")]
_SOME_SEAT = Annotated[str | None, option("some_seat", "--seat")]
_BODY = Annotated[str | None, option("body", "--body")]
_FILE = Annotated[Path, place("file")]
_KEY = Annotated[str | None, option("key", "--key")]
_SEEN = Annotated[int | None, option("seen_version", "--seen-version")]
_LIST = (
    Column("number"),
    Column("title"),
    Column.of("state", "state"),
    Column("version"),
    Column("lead_person"),
    Column("silent_days", lambda days: "" if days is None else text_of(days)),
)


def list_actions(*, state: _STATE = None, convention: Convention = None, as_json: Json = False) -> None:
    """List actions."""
    if state is not None and state not in tuple(State):
        raise Refused.because("validation.choice", "--state", given=state, known=", ".join(State))
    with opened() as app:
        rows = queries.list_actions(app, state=state, convention=convention)
    listing(rows, *_LIST, as_json=as_json)


def show(number: Number, /, *, convention: Convention = None, as_json: Json = False) -> None:
    """Show one action in full."""
    with opened() as app:
        found = queries.show_action(app, number, convention=convention, explained=True)
    if as_json:
        dump(found)
    else:
        with moments_of(found["timezone"]):
            show_action(found)


def explain_action(
    number: Number, /, *, seat: _SOME_SEAT = None, body: _BODY = None, convention: Convention = None, as_json: Json = False
) -> None:
    """Say what may be asked of an action now, and what stands in the way of the rest."""
    with opened() as app:
        answers = explain(app, action=number.strip().upper(), seat=seat.strip().upper() if seat else None, body=body, convention=convention)
    rows = [_row(answer) for answer in sorted(answers, key=lambda answer: not answer.possible)]
    if as_json:
        dump(rows)
    else:
        table(rows, Column.of("verb", "verb"), Column("possible"), Column("needs", _lines), Column("unmet", _lines))


def attach_file(  # its options, all but three with a default
    number: Number,
    file: _FILE,
    /,
    *,
    seat: _SEAT,
    seen_version: _SEEN = None,
    key: _KEY = None,
    convention: Convention = None,
    as_json: Json = False,
) -> None:
    """Attach a file to an action."""
    with opened() as app:
        request = Request(number, seat, key or str(app.ids()), seen_version=seen_version, convention=convention)
        outcome = attach(app, file, request, via=Via.CLI)
    if as_json:
        dump(outcome)
        return
    tell(say("cli.done", verb=label("verb", Verb.ATTACH), number=outcome.number, seat=seat.upper()))
    tell(say("cli.now", state=label("state", outcome.state), version=outcome.version))


def _row(answer: Answer) -> dict[str, Any]:
    return {
        "verb": answer.verb,
        "possible": answer.possible,
        "needs": [ask_for(wording(), problem) for problem in answer.needs],
        "unmet": [say_problem(problem) for problem in answer.unmet],
    }


def _lines(sentences: list[str]) -> str:
    return "\n".join(sentences) or say("cli.none")


COMMANDS: dict[str, Callable[..., None]] = {"list": list_actions, "show": show, "explain": explain_action, "attach": attach_file}
