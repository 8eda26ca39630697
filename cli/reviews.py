"""The files of reviews."""

from collections.abc import Callable, Mapping
from dataclasses import asdict
from typing import Annotated, Any

from cli.opened import opened
from cli.options import Convention, Json, Number, option
from cli.pages import RESERVATIONS, recused_in_words
from cli.screen import Column, dump, table, tell, text_of
from cli.words import moments_of, say, say_day, wording
from models.errors import NotFound, Problem
from services.bootstrap import App
from services.charter_store import charter_in_force, the_convention
from services.matrix import Matrix, matrices
from services.reservations import list_reservations
from services.review_file import review_files
from services.review_words import lack_sentences, verdict_sentence

_BODY = Annotated[str | None, option("body", "--body")]


def show(number: Number, /, *, body: _BODY = None, convention: Convention = None, as_json: Json = False) -> None:
    """Show the reviews of an action: who was asked, who answered what, the figures and what is missing."""
    with opened() as app:
        _bodies(app, convention, body)
        files = review_files(app, number, body=body, convention=convention)
    if as_json:
        dump(files)
        return
    if not files:
        tell(say("cli.nothing"))
    for file in files:
        with moments_of(file["timezone"]):
            _show(file)


def awaited(*, body: _BODY = None, convention: Convention = None, as_json: Json = False) -> None:
    """Say who has not answered, body by body: in how many reviews, until when, and when they were last asked."""
    with opened() as app:
        code, bodies = _bodies(app, convention, body)
        found = matrices(app, code, bodies)
    if as_json:
        dump([_plain(matrix) for matrix in found])
        return
    if not found:
        tell(say("cli.nothing"))
    for matrix in found:
        tell(say("review.awaited", body=matrix.body, total=matrix.total, shown=len(matrix.lines)))
        table([asdict(member) for member in matrix.members], *_AWAITED)


def reservations(*, body: _BODY = None, convention: Convention = None, as_json: Json = False) -> None:
    """List the reservations that wait to be lifted, those due first before the others."""
    with opened() as app:
        code, bodies = _bodies(app, convention, body)
        found = list_reservations(app, bodies=bodies, convention=code)
    if as_json:
        dump(found)
    else:
        table(found, Column("action"), *RESERVATIONS)


def _bodies(app: App, convention: str | None, body: str | None) -> tuple[str, list[str]]:
    """The convention that is meant, and its bodies or the one that is named. Raises NotFound for a body that it does not have."""
    with app.db.read() as connection:
        code = the_convention(connection, convention)
        known = [entry.code for entry in charter_in_force(connection, code).bodies]
    if body is not None and body not in known:
        raise NotFound(Problem("body_unknown", {"body": body, "known": ", ".join(known)}))
    return code, known if body is None else [body]


def _plain(matrix: Matrix) -> dict[str, Any]:
    """A matrix as a program reads it: the members who owe an answer, and every review with who is awaited since when."""
    lines = [
        {
            **{name: getattr(line, name) for name in ("number", "title", "round", "due_on", "asked")},
            "awaited": {seat: matrix.asked_on(line, seat) for seat in line.awaited},
        }
        for line in matrix.lines
    ]
    return {"body": matrix.body, "total": matrix.total, "members": [asdict(member) for member in matrix.members], "reviews": lines}


def _show(file: Mapping[str, Any]) -> None:
    tell(say("review.title", action=file["action"], title=file["title"], body=file["body"], round=file["round"]))
    closed = file["closed_on"]
    until = say("review.closed", day=say_day(closed)) if closed else say("review.open", day=say_day(file["due_on"]))
    tell(say("review.dates", opened=say_day(file["opened_on"]), until=until))
    if not file["rules_in_force"]:
        tell(say("review.older_rules"))
    verdict = verdict_sentence(wording(), file)
    if verdict is not None:
        tell(verdict)
    if file["recused"]:
        tell(say("page.recused", seats=recused_in_words(file["recused"])))
    meeting = (file["attendance"] or {}).get("meeting", "")
    said = {"review.in_meeting": meeting, "review.closed_early": file["closed_early"], "review.hidden": file["hidden"]}
    for code in [code for code, so in said.items() if so]:
        tell(say(code, meeting=meeting))
    for lack in lack_sentences(wording(), file):
        tell(f"  - {lack}")
    attended = (Column.of("presence", "presence"), Column("represented_by")) if meeting else ()
    table(file["electorate"], *_ELECTORATE[:_WHO], *attended, *_ELECTORATE[_WHO:], title=say("review.electorate"))
    if file["reservations"]:
        table(file["reservations"], *RESERVATIONS, title=say("page.reservations"))
    if file["proxies"]:
        table(file["proxies"], *_PROXIES, title=say("page.proxies"))
    if file["decisions"]:
        table(file["decisions"], Column("number"), Column.of("outcome", "outcome"), Column("decided_on"), title=say("page.decisions"))
    tell("")


_WHO = 6
"""Columns that say whose a seat is: how it attended follows them."""
_ELECTORATE = (
    Column("seat"),
    Column("holder"),
    Column("partner"),
    Column("weight"),
    Column("chair"),
    Column("recused"),
    Column("answered"),
    Column.of("opinion", "opinion"),
    Column("given_on"),
    Column("recorded_by"),
    Column("by_proxy"),
    Column("asked", lambda moments: ", ".join(map(text_of, moments)) or text_of(None)),
    Column("words"),
)

_PROXIES = (Column("giver"), Column("held_by"), Column("given_on"), Column("until"), Column("revoked_on"), Column("used"))
_AWAITED = (Column("seat"), Column("holder"), Column("awaited"), Column("first_due"), Column("last_asked"))

COMMANDS: dict[str, Callable[..., None]] = {"show": show, "awaited": awaited, "reservations": reservations}
