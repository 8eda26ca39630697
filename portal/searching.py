"""What the pages of lists share: the names to choose from, the reader's saved views, and their rows as tables for spreadsheets."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import Query, Request
from fastapi.responses import Response

from models.charter import ActionSheet, Charter
from portal.context import language_of, portal_of, seated, wording
from services.finding import Wanted
from services.list_query import LONGEST
from services.search.results import Result
from services.spreadsheets import TYPES, Cell, Table, written
from services.views import views_of
from services.wording import Wording

Text = Annotated[str, Query(max_length=LONGEST)]
Row = Mapping[Any, Any]
Names = Mapping[str, Mapping[str, str]]
ACTIONS = ("number", "title", "state", "axis", "themes", "lead", "starts_on", "ends_on", "budget_euros", "milestones", "created_on")
DECISIONS = ("number", "decided_on", "body", "action", "title", "outcome", "revision", "reference", "reason", "taken_up")
RESULTS = ("kind", "number", "day", "action", "title", "file", "state", "axis", "themes", "body", "outcome", "excerpt")
"""The columns of each table."""


def asked_of_actions(
    words: Text = "",
    state: Text = "",
    axis: Text = "",
    theme: Text = "",
    sort: Text = "-number",
    page_: Annotated[Text, Query(alias="page")] = "1",
) -> Wanted:
    """What an address wants of the list of actions."""
    return Wanted.read({"words": words, "state": state, "axis": axis, "theme": theme, "sort": sort, "page": page_})


def names_of(charter: Charter, language: str) -> Names:
    """What the charter's codes are called, by kind."""
    parts = {"axis": charter.axes, "theme": charter.themes, "body": charter.bodies}
    return {kind: {entry.code: entry.name.of(language) for entry in entries} for kind, entries in parts.items()}


def around(request: Request, page: str, query: Mapping[str, str]) -> dict[str, Any]:
    """What a page of a list says around it: saved views, and the address's query for saving it and for its tables."""
    asked = {name: value for name, value in query.items() if name != "page"}
    return {"views": views_of(portal_of(request).app, seated(request).person_id, page), "listed": page, "query": urlencode(asked)}


def as_file(request: Request, form: str, title: str, columns: Sequence[str], rows: Iterable[Sequence[Cell]]) -> Response:
    """A table as a file to be kept."""
    language = language_of(request)
    words = wording(language)
    named = words.say(f"table.{title}")
    content = written(Table(named, [words.say(f"table.column.{column}") for column in columns], rows), form, language)
    return Response(content, media_type=TYPES[form], headers={"Content-Disposition": f'attachment; filename="{title}.{form}"'})


def action_row(row: Row, names: Names, words: Wording) -> list[Cell]:
    """An action as a line of ``ACTIONS``."""
    sheet = ActionSheet.model_validate(row["sheet"])
    steps = " ; ".join(f"{step.title} ({step.due_on.isoformat()})" for step in sheet.milestones)
    filed = (row["number"], sheet.title, words.label("state", row["state"]), *_filed(sheet.axis, sheet.themes, names))
    return [*filed, row["lead"], sheet.starts_on, sheet.ends_on, sheet.budget_euros, steps, row["created_at"].date()]


def decision_row(row: Row, names: Names, words: Wording) -> list[Cell]:
    """A decision as a line of ``DECISIONS``."""
    body = names["body"].get(row["body"], row["body"])
    taken = (row["number"], row["decided_on"], body, row["action"], row["title"], words.label("outcome", row["outcome"]))
    return [*taken, row["revision"], row["reference"], row["words"], row["taken_up"]]


def result_row(found: Result, names: Names, words: Wording) -> list[Cell]:
    """A result of a search as a line of ``RESULTS``."""
    body = names["body"].get(found.body, found.body) if found.body else None
    outcome = words.label("outcome", found.outcome) if found.outcome else None
    shown = (words.label("found", found.kind), found.number, found.day, found.action, found.title, found.file_name)
    filed = _filed(found.axis, found.themes, names)
    return [*shown, words.label("state", found.state), *filed, body, outcome, "".join(piece.text for piece in found.excerpt)]


def _filed(axis: str | None, themes: Iterable[str], names: Names) -> tuple[str | None, str]:
    """A code that the charter no longer has stands for itself."""
    return names["axis"].get(axis, axis) if axis else None, " ; ".join(names["theme"].get(theme, theme) for theme in themes)
