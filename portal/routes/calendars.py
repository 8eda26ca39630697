"""Calendars that people subscribe to: read at a secret address by their own programs, and the forms that make, replace and revoke that address."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.responses import RedirectResponse, Response

from models.errors import NotFound, Problem
from portal.calendars import MADE, OWN
from portal.conditional import answered
from portal.context import charter_of, portal_of, seated
from portal.filled import Filled, filled
from portal.invited import counted
from portal.meetings import served_bodies
from services.feed_addresses import Whose, address_of, held_by, renew, revoke
from services.feeds import read_calendar
from services.links import FEEDS
from services.meetings.telling import MEETINGS

router = APIRouter()
Sent = Annotated[Filled, Depends(filled)]
_READS, _SECONDS = 30, 60
"""How often the same calendar may be read."""


@router.api_route(f"/{FEEDS}/{{token}}.ics", methods=["GET", "HEAD"], name="calendar_feed")
def read(request: Request, token: str) -> Response:
    """The calendar of an address, for the program that subscribes to it; 304 where it has what is there."""
    portal = portal_of(request)
    with counted(request):
        held = held_by(portal.app, token)
    portal.limits.spend("calendar", held.id.hex, tries=_READS, seconds=_SECONDS)
    served = read_calendar(portal.app, held)
    told = {"Cache-Control": "private, no-cache", "Content-Disposition": 'inline; filename="passerelle.ics"'}
    kind = "text/calendar; charset=utf-8"
    return answered(request, served.content, kind, tag=served.tag, changed_at=served.changed_at, headers=told)


@router.post("/preferences/calendrier", name="own_calendar")
def change_own(request: Request, sent: Sent) -> Response:
    """Make, replace or revoke the address of one's own calendar."""
    visitor = seated(request)
    return _changed(request, sent, Whose(visitor.convention, visitor.person_id), "/preferences", OWN)


@router.post("/calendriers/{body}", name="body_calendar")
def change_of_body(request: Request, body: str, sent: Sent) -> Response:
    """Make, replace or revoke the address of the calendar of a body that the visitor serves."""
    visitor = seated(request)
    if body not in {known.code for known in served_bodies(charter_of(request), visitor)}:
        raise NotFound(Problem("page_unknown"))
    return _changed(request, sent, Whose(visitor.convention, body=body), f"/{MEETINGS}", body)


def _changed(request: Request, sent: Filled, whose: Whose, back: str, at: str) -> Response:
    app, done = portal_of(request).app, sent.text("do")
    if done not in MADE:
        raise NotFound(Problem("page_unknown"))
    if done == "revoke":
        revoke(app, whose)
    elif done == "renew" or address_of(app, whose) is None:  # made twice, by two clicks, it stays as it is
        renew(app, whose)
    return RedirectResponse(f"{back}?agenda={done}&de={at}#agenda-{at}", 303)
