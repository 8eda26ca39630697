"""The desk: what needs me today."""

from fastapi import APIRouter, Request
from fastapi.responses import Response

from portal.context import charter_of, language_of, page, portal_of, seated
from services.desk import AT_MOST, desk

router = APIRouter()


@router.get("/bureau", name="desk")
def show(request: Request) -> Response:
    """What needs the visitor, the most urgent first."""
    charter, language = charter_of(request), language_of(request)
    found = desk(portal_of(request).app, seated(request))
    names = {body.code: body.name.of(language) for body in charter.bodies}
    return page(request, "desk.html.j2", desk=found, names=names, at_most=AT_MOST)
