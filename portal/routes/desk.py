"""The desk: what needs me today."""

from fastapi import APIRouter, Request
from fastapi.responses import Response

from portal.context import charter_of, language_of, page, portal_of, seated, technical_seat, wording
from services.desk import AT_MOST, desk
from services.due_lists import MANY, SOON_DAYS

router = APIRouter()


@router.get("/bureau", name="desk")
def show(request: Request) -> Response:
    """What needs the visitor, the most urgent first."""
    charter, language = charter_of(request), language_of(request)
    words = wording(language)
    found = desk(portal_of(request).app, seated(request))
    names = {body.code: body.name.of(language) for body in charter.bodies}
    programs = technical_seat(request) is not None
    return page(
        request,
        "desk.html.j2",
        desk=found,
        names=names,
        at_most=AT_MOST,
        many=MANY,
        soon=SOON_DAYS,
        what=lambda one: one.what(words),
        webhooks=programs,
    )
