"""What the API lets programs find across actions, as the pages do: full-text search, and for secretaries who has not answered."""

from dataclasses import asdict
from typing import Any, Literal

from pydantic import Field

from models.lifecycle import State
from portal.api.answers_across import AwaitedBody, AwaitedList, FoundLine, FoundPage
from portal.api.call import Asked, Call, Reply
from portal.api.reads import charter_of
from services.chasing import clerks_seat
from services.desk import served
from services.matrix import Matrix, matrices
from services.search.find import COUNTED, PAGE, Wanted, search
from services.search.results import Result


class SearchAsked(Asked):
    """What is looked for, and which page of it."""

    words: str = Field(default="", max_length=200)
    kind: Literal["action", "decision", "file", ""] = ""
    state: State | Literal[""] = ""
    axis: str = Field(default="", max_length=60)
    theme: str = Field(default="", max_length=60)
    body: str = Field(default="", max_length=60)
    year: str = Field(default="", pattern=r"^(\d{4})?$")
    page: int = Field(default=1, ge=1, le=-(-COUNTED // PAGE))


def found(call: Call) -> Reply:
    """A page of what is found. Refuses words that cannot be looked for, with the reason."""
    asked: SearchAsked = call.query
    told = search(call.app, call.visitor, call.visitor.convention, Wanted(**asked.model_dump()), call.words.language)
    items = [_line(row) for row in told.rows]
    counts = {"total": told.total, "more": told.more, "page": told.page, "pages": told.pages, "waiting": told.behind}
    return Reply(FoundPage.model_validate({"items": items, **counts}))


def _line(row: Result) -> FoundLine:
    return FoundLine.model_validate({**asdict(row), "excerpt": "".join(piece.text for piece in row.excerpt)})


def awaited(call: Call) -> Reply:
    """Who has not answered in the bodies that the asker serves, or in one of them. Raises NotFound for one that they do not serve."""
    body, charter, visitor = call.query.body, charter_of(call), call.visitor
    if body:
        clerks_seat(charter, visitor, body)
    found_in = matrices(call.app, visitor.convention, [body] if body else served(charter, visitor))
    return Reply(AwaitedList(items=[_body(matrix) for matrix in found_in]))


def _body(matrix: Matrix) -> AwaitedBody:
    told: dict[str, Any] = {"body": matrix.body, "total": matrix.total, "reviews": matrix.lines, "members": matrix.members}
    return AwaitedBody.model_validate(told)
