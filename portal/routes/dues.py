"""For secretaries: all that is overdue, due soon or without news, and what was set aside after five tries."""

from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import RedirectResponse, Response

from models.errors import NotFound, Problem
from portal.context import charter_of, language_of, page, portal_of, seated, wording
from portal.filled import Filled, filled
from services.desk import silent_actions
from services.due_lists import MANY, SOON_DAYS, When, due_page
from services.list_query import page_number
from services.parked import list_parked, retry_parked
from services.reach import OWED_KINDS

router = APIRouter()
Text = Annotated[str, Query(max_length=200)]
Page = Annotated[str, Query(max_length=200, alias="page")]
Sent = Annotated[Filled, Depends(filled)]
_LISTS: Mapping[str, When] = {"retard": When.LATE, "bientot": When.SOON}
SILENT = "sans-nouvelles"


@router.get("/echeances", name="dues")
def dues(request: Request, quand: Text = "retard", page_: Page = "1") -> Response:
    """One of the lists, by its name in the address."""
    app, visitor, words = portal_of(request).app, seated(request), wording(language_of(request))
    shown = quand if quand in (*_LISTS, SILENT) else "retard"
    found = due_page(app, visitor.convention, _LISTS[shown], page_number(page_)) if shown in _LISTS else None
    today, silent = silent_actions(app, visitor.convention) if found is None else (None, ())
    return page(
        request,
        "dues.html.j2",
        shown=shown,
        lists=(*_LISTS, SILENT),
        found=found,
        silent=silent,
        today=today,
        many=MANY,
        soon=SOON_DAYS,
        what=lambda one: one.what(words),
        owed=OWED_KINDS,
        names={body.code: body.name.of(words.language) for body in charter_of(request).bodies},
    )


@router.get("/mis-de-cote", name="parked")
def parked(request: Request, fait: Text = "") -> Response:
    """What failed five times, with its reason."""
    rows = list_parked(portal_of(request).app, seated(request).convention)
    words = wording(language_of(request))
    named = {**words.labels("topic"), **words.labels("deadline")}
    return page(request, "parked.html.j2", rows=[_named(row, named) for row in rows], done=fait == "repris")


@router.post("/mis-de-cote/{item}", name="retry_parked")
def retry(request: Request, item: str, _sent: Sent) -> Response:
    """Let an item be tried again, because a person decided so."""
    app = portal_of(request).app
    if item not in {row["item"] for row in list_parked(app, seated(request).convention)}:
        raise NotFound(Problem("item_unknown", {"item": item}))
    retry_parked(app, item)
    return RedirectResponse("/mis-de-cote?fait=repris", 303)


def _named(row: Mapping[str, Any], named: Mapping[str, str]) -> dict[str, Any]:
    return {**row, "named": named.get(row["what"], row["what"])}
