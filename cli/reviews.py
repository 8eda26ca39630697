"""The files of reviews."""

from collections.abc import Callable, Mapping
from typing import Annotated, Any

from cli.opened import opened
from cli.options import Convention, Json, Number, option
from cli.screen import Column, dump, table, tell, text_of
from cli.words import label, say, say_day, say_problem
from models.errors import Problem
from services.review_file import review_files

_BODY = Annotated[str | None, option("body", "--body")]


def show(number: Number, /, *, body: _BODY = None, convention: Convention = None, as_json: Json = False) -> None:
    """Show the reviews of an action: who was asked, who answered what, the figures and what is missing."""
    with opened() as app:
        files = review_files(app, number, body=body, convention=convention)
    if as_json:
        dump(files)
        return
    if not files:
        tell(say("cli.nothing"))
    for file in files:
        _show(file)


def _show(file: Mapping[str, Any]) -> None:
    tell(say("review.title", action=file["action"], title=file["title"], body=file["body"], round=file["round"]))
    closed = file["closed_on"]
    until = say("review.closed", day=say_day(closed)) if closed else say("review.open", day=say_day(file["due_on"]))
    tell(say("review.dates", opened=say_day(file["opened_on"]), until=until))
    if not file["rules_in_force"]:
        tell(say("review.older_rules"))
    if file["figures"] is not None:
        tell(sentence(file["figures"], closed=closed is not None))
    if file["closed_early"]:
        tell(say("review.closed_early"))
    if file["hidden"]:
        tell(say("review.hidden"))
    for lack in file["lacks"]:
        tell(f"  - {say_problem(Problem(lack['code'], {name: value for name, value in lack.items() if name != 'code'}))}")
    table(file["electorate"], *_ELECTORATE, title=say("review.electorate"))
    if file["decisions"]:
        table(file["decisions"], Column("number"), Column.of("outcome", "outcome"), Column("decided_on"), title=say("section.decisions"))
    tell("")


def sentence(figures: Mapping[str, Any], *, closed: bool) -> str:
    """The verdict and the arithmetic behind it."""
    numbers = {name: value for name, value in figures.items() if type(value) in (int, str)}
    named = {
        "result": label("result", figures["result"]),
        "majority": label("majority", figures["majority"]),
        "of": label("majority_of", figures["of"]),
    }
    quorum = say("review.quorum_reached" if figures["quorum_reached"] else "review.quorum_missed")
    return say("review.verdict" if closed else "review.so_far", **numbers | named, quorum=quorum)


_ELECTORATE = (
    Column("seat"),
    Column("partner"),
    Column("weight"),
    Column("chair"),
    Column("answered"),
    Column.of("opinion", "opinion"),
    Column("given_on"),
    Column("recorded_by"),
    Column("asked", lambda moments: ", ".join(map(text_of, moments)) or text_of(None)),
    Column("words"),
)

COMMANDS: dict[str, Callable[..., None]] = {"show": show}
