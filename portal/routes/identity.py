"""Whoever is signed in: as whom they go on, and in which language."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.responses import RedirectResponse, Response

from portal.context import back_to, portal_of, seal_with, seated
from portal.filled import Filled, filled
from portal.form_seals import fresh
from services.identities import speak, switch

router = APIRouter()
Sent = Annotated[Filled, Depends(filled)]


@router.post("/identite", name="switch_person")
def go_on_as(request: Request, sent: Sent) -> Response:
    """Go on as another person of the same address, or in another convention. Forms that are still open elsewhere are void."""
    portal = portal_of(request)
    switch(portal.app, seated(request).key, sent.text("who"))
    answer = RedirectResponse("/bureau", 303)
    seal_with(answer, fresh(), secure=portal.secure)
    return answer


@router.post("/ma-langue/{language}", name="own_language")
def change_language(request: Request, language: str, sent: Sent) -> Response:
    """Read and be written to in another language from now on."""
    speak(portal_of(request).app, seated(request).person_id, language)
    return RedirectResponse(back_to(sent.text("here")), 303)
