"""The secretariat's back office: mails that did not arrive."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Request
from fastapi.responses import RedirectResponse, Response

from models.errors import NotFound, Problem
from portal.context import page, portal_of, seated
from portal.filled import Filled, filled
from services.deliveries import resend
from services.desk import stuck_deliveries

router = APIRouter()
Sent = Annotated[Filled, Depends(filled)]


@router.get("/envois", name="deliveries")
def deliveries(request: Request, fait: str = "") -> Response:
    """Mails that did not arrive, or of which nobody knows."""
    with portal_of(request).app.db.read() as connection:
        rows = stuck_deliveries(connection, seated(request).convention)
    return page(request, "deliveries.html.j2", rows=rows, done=fait == "renvoi")


@router.post("/envois/{delivery}", name="resend")
def send_again(request: Request, delivery: str, _sent: Sent) -> Response:
    """Let a mail go out again, because a person decided so."""
    try:
        known = UUID(delivery)
    except ValueError:
        raise NotFound(Problem("delivery_unknown", {"delivery": delivery})) from None
    resend(portal_of(request).app, known)
    return RedirectResponse("/envois?fait=renvoi", 303)
