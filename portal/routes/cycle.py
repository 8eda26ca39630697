"""The life of actions as a picture, with how many stand where now."""

from fastapi import APIRouter, Request
from fastapi.responses import Response

from models.events import Stage
from models.lifecycle import STAGE_OF
from portal.context import language_of, page, portal_of, seated, wording
from portal.cycle import drawing, leads
from services.standing import standing_now

router = APIRouter()


@router.get("/cycle", name="cycle")
def show(request: Request) -> Response:
    """How many actions are in each state, which has waited longest there, and what leads where."""
    portal, words = portal_of(request), wording(language_of(request))
    today, states = standing_now(portal.app, seated(request).convention, seated(request))
    return page(
        request,
        "cycle.html.j2",
        drawing=drawing(words),
        states={found.state: found for found in states},
        stages=[(stage, [found for found in states if STAGE_OF[found.state] is stage]) for stage in Stage],
        leads=leads(),
        today=today,
        now=portal.app.clock.now(),
    )
