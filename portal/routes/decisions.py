"""The register of decisions."""

from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from portal.context import charter_of, language_of, page, portal_of, seated
from services.decisions import register
from services.list_query import page_number

router = APIRouter()
Text = Annotated[str, Query(max_length=200)]


@router.get("/decisions", name="decisions")
def show(request: Request, body: Text = "", year: Text = "", page_: Annotated[Text, Query(alias="page")] = "1") -> Response:
    """What the bodies decided, by body and year, a page at a time; bodies that the charter no longer has go by their codes."""
    found = register(portal_of(request).app, seated(request).convention, body=body, year=year, page=page_number(page_))
    charter, language = charter_of(request), language_of(request)
    return page(
        request,
        "decisions.html.j2",
        found=found.found,
        bodies=found.bodies,
        years=found.years,
        body=body,
        year=year,
        names={entry.code: entry.name.of(language) for entry in charter.bodies},
    )
