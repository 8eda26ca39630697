"""The views that people save of lists: their own, for nobody else."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import RedirectResponse, Response

from models.errors import NotFound, Refused
from portal.context import page, portal_of, reasons, seated
from portal.filled import Filled, RowId, filled
from services.views import LONGEST, delete, rename, save, views_of

router = APIRouter()
Sent = Annotated[Filled, Depends(filled)]
Text = Annotated[str, Query(max_length=20)]
_DONE = ("renamed", "deleted")


@router.get("/vues", name="views")
def show(request: Request, fait: Text = "") -> Response:
    """All of them."""
    return _shown(request, done=fait if fait in _DONE else "")


@router.post("/vues", name="save_view")
def keep(request: Request, sent: Sent) -> Response:
    """Save a view, and show it."""
    asked = sent.text("listed"), sent.text("name"), sent.text("query")
    try:
        view = save(portal_of(request).app, seated(request).person_id, *asked)
    except Refused as refused:
        return _shown(request, refused=refused)
    return RedirectResponse(view.address, 303)


@router.post("/vues/{view}", name="rename_view")
def name_anew(request: Request, view: RowId, sent: Sent) -> Response:
    """Give a view another name."""
    try:
        rename(portal_of(request).app, seated(request).person_id, view, sent.text("name"))
    except NotFound:
        raise
    except Refused as refused:
        return _shown(request, refused=refused)
    return RedirectResponse("/vues?fait=renamed", 303)


@router.post("/vues/{view}/suppression", name="delete_view")
def remove(request: Request, view: RowId, sent: Sent) -> Response:  # noqa: ARG001  # the seal of the form is checked
    """Delete a view."""
    delete(portal_of(request).app, seated(request).person_id, view)
    return RedirectResponse("/vues?fait=deleted", 303)


def _shown(request: Request, *, done: str = "", refused: Refused | None = None) -> Response:
    problems = reasons(request, refused) if refused is not None else []
    views = views_of(portal_of(request).app, seated(request).person_id)
    return page(request, "views.html.j2", status=422 if problems else 200, views=views, done=done, problems=problems, longest=LONGEST)
