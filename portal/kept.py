"""What somebody typed into a form while their sign-in ended: it comes back to them, and is sent again once they have signed in.

Nothing of it is stored here: the page that says so carries it. The seal of a form outlives the sign-in only for the person it was made for (``entering.enter``).
"""

from fastapi import Request
from fastapi.responses import Response
from starlette.concurrency import run_in_threadpool

from models.errors import Refused
from portal.context import SESSION, address_of, page, portal_of
from portal.filled import Filled, filled
from services.visitors import IDLE, who_was

_HOLD_NOTHING = frozenset({"sign_out", "switch_person", "own_language"})
"""Routes whose forms nobody types into, or wants done later."""


async def kept(request: Request) -> Response | None:
    """The page that gives back what a form sent after its sign-in had ended; None where nothing was typed, or by nobody who was signed in here."""
    if request.method != "POST" or request.scope["route"].name in _HOLD_NOTHING:
        return None
    was = await run_in_threadpool(who_was, portal_of(request).app, request.cookies.get(SESSION))
    try:
        sent = await filled(request) if was is not None else None
    except Refused:
        return None
    return await run_in_threadpool(_given_back, request, sent) if sent is not None else None


def _given_back(request: Request, sent: Filled) -> Response:
    pairs = [(name, text) for name, texts in sent.texts.items() for text in texts]
    written = [text for _, text in pairs if " " in text.strip()]
    hours = int(IDLE.total_seconds() // 3600)
    return page(request, "kept.html.j2", status=403, to=address_of(request), pairs=pairs, written=written, files=sent.files, hours=hours)
