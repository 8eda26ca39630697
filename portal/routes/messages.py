"""Every message as people would receive it, in each language, with invented facts: for secretaries, to read before anybody is written to."""

from fastapi import APIRouter, Request
from fastapi.responses import Response

from models.errors import NotFound, Problem
from notifications.catalogue import MESSAGES
from notifications.dates import LANGUAGES
from notifications.kinds import KIND_OF, Kind
from notifications.preview import previewed
from portal.context import language_of, page

router = APIRouter()


@router.get("/messages", name="messages")
def list_messages(request: Request) -> Response:
    """Every message by its kind."""
    language = language_of(request)
    by_kind = {kind: [(message, previewed(message, language).subject) for message in MESSAGES if KIND_OF[message] is kind] for kind in Kind}
    return page(request, "messages.html.j2", by_kind={kind: found for kind, found in by_kind.items() if found})


@router.get("/messages/{message}", name="message")
def show(request: Request, message: str) -> Response:
    """One message in every language."""
    if message not in MESSAGES:
        raise NotFound(Problem("page_unknown"))
    return page(request, "message.html.j2", kind=KIND_OF[message], letters=[(code, previewed(message, code)) for code in LANGUAGES])
