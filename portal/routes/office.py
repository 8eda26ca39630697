"""The secretariat's back office: mails that did not arrive."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Request
from fastapi.responses import RedirectResponse, Response

from models.errors import NotFound, Problem
from notifications.kinds import KIND_OF
from portal.context import page, portal_of, seated
from portal.filled import Filled, filled
from services.desk import stuck_deliveries
from services.resending import LOST_STATES, Chosen, resend, resend_all
from services.stopping import standing_stop

router = APIRouter()
Sent = Annotated[Filled, Depends(filled)]
_DONE = ("renvoi", "tous")


@router.get("/envois", name="deliveries")
def deliveries(request: Request, fait: str = "") -> Response:
    """Mails that did not arrive, or of which nobody knows."""
    with portal_of(request).app.db.read() as connection:
        rows, stop = stuck_deliveries(connection, seated(request).convention), standing_stop(connection)
    return page(request, "deliveries.html.j2", rows=rows, kinds=KIND_OF, stop=stop, done=fait if fait in _DONE else "")


@router.post("/envois", name="resend_all")
def send_all_again(request: Request, sent: Sent) -> Response:
    """Let the mails that were shown go out again."""
    shown = [_id_of(delivery) for delivery in sent.all("delivery")]
    resend_all(portal_of(request).app, Chosen(LOST_STATES, convention=seated(request).convention, ids=shown))
    return RedirectResponse("/envois?fait=tous", 303)


@router.post("/envois/{delivery}", name="resend")
def send_again(request: Request, delivery: str, _sent: Sent) -> Response:
    """Let a mail go out again, because a person decided so."""
    resend(portal_of(request).app, _id_of(delivery), convention=seated(request).convention)
    return RedirectResponse("/envois?fait=renvoi", 303)


def _id_of(delivery: str) -> UUID:
    try:
        return UUID(delivery)
    except ValueError:
        raise NotFound(Problem("delivery_unknown", {"delivery": delivery})) from None
