"""The accounts of institutions by which people sign in: unlinked by themselves, or by a secretary."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.responses import RedirectResponse, Response

from models.numbers import whole
from portal.context import portal_of, seated
from portal.filled import Filled, filled
from services.accounts import unlink
from services.people import person_id_of

router = APIRouter()
Sent = Annotated[Filled, Depends(filled)]


@router.post("/mes-comptes", name="unlink_own_account")
def unlink_own(request: Request, sent: Sent) -> Response:
    """Unlink an account of one's own. Whoever is signed in stays so."""
    unlink(portal_of(request).app, seated(request).person_id, _account(sent), sign_out=False)
    return RedirectResponse("/preferences?compte=delie#comptes", 303)


@router.post("/personnes/{code}/comptes", name="unlink_account")
def unlink_for(request: Request, code: str, sent: Sent) -> Response:
    """Unlink somebody's account, and end what was begun by it."""
    app = portal_of(request).app
    unlink(app, person_id_of(app, seated(request).convention, code), _account(sent), sign_out=True)
    return RedirectResponse(f"/personnes/{code}?fait=compte", 303)


def _account(sent: Filled) -> int:
    """Which account a form is about; none of anybody's for what is no number."""
    return whole(sent.text("account")) or 0
