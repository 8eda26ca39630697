"""The chat rooms of the bodies that a secretary serves: what lies behind them, and whether a message gets there."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response

from models.errors import NotFound, Problem, Refused
from portal.context import charter_of, language_of, page, portal_of, reasons, seated, wording
from portal.filled import Filled, filled
from services.channels import Tried, look_behind, reason_in_words, served_channels, try_channel
from services.desk import served

router = APIRouter()
Sent = Annotated[Filled, Depends(filled)]


@router.get("/canaux", name="channels")
def channels(request: Request) -> Response:
    """The rooms of the visitor's bodies."""
    return _page(request)


@router.post("/canaux/{body}", name="test_channel")
def test(request: Request, body: str, _sent: Sent) -> Response:
    """Send a message marked as a test to the room of a body, and say what became of it."""
    convention = seated(request).convention
    reference = _channels(request).get(body)
    if reference is None:
        raise NotFound(Problem("page_unknown"))
    try:
        tried = try_channel(portal_of(request).app, convention, reference)
    except Refused as refused:
        return _page(request, problems=reasons(request, refused))
    return _page(request, body, tried)


def _channels(request: Request) -> dict[str, str]:
    visitor, charter = seated(request), charter_of(request)
    return served_channels(portal_of(request).app, visitor.convention, served(charter, visitor))


def _page(request: Request, body: str = "", tried: Tried | None = None, problems: list[str] | None = None) -> Response:
    charter, words, known = charter_of(request), wording(language_of(request)), _channels(request)
    app = portal_of(request).app
    names = {entry.code: entry.name.of(words.language) for entry in charter.bodies}
    rows = [
        (code, names[code], known.get(code), look_behind(app, known[code]) if code in known else None)
        for code in served(charter, seated(request))
    ]
    return page(
        request,
        "channels.html.j2",
        status=422 if problems else 200,
        rows=rows,
        tried=tried,
        tried_body=names.get(body, ""),
        why=lambda found: reason_in_words(words, found),
        problems=problems or [],
    )
