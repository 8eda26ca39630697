"""Signing in by mail, choosing a language, the privacy notice."""

from collections.abc import Sequence
from typing import Annotated

from fastapi import APIRouter, BackgroundTasks, Depends, Request
from fastapi.responses import RedirectResponse, Response

from models.errors import Refused
from portal.context import SESSION, back_to, keep_language, language_of, page, portal_of, reasons, seated, visitor_of, wording
from portal.entering import enter, who_field
from portal.filled import Filled, filled
from portal.institutions import offered, session_at
from portal.limits import caller
from portal.notice import notice_of
from portal.posting import send_soon
from services.charter_store import charter_in_force, conventions
from services.identities import Identity
from services.settings import LANGUAGES
from services.visitors import ask_to_sign_in, may_sign_in_with, sign_in_with, sign_out

router = APIRouter()
Sent = Annotated[Filled, Depends(filled)]


@router.get("/", name="home")
def home(request: Request) -> Response:
    """To the desk, or to the sign-in page."""
    return RedirectResponse("/bureau" if visitor_of(request) else "/connexion", 303)


@router.get("/connexion", name="sign_in")
def show_sign_in(request: Request) -> Response:
    """Ask for the address to which a link is sent."""
    return page(
        request,
        "sign_in.html.j2",
        asked=False,
        ended=visitor_of(request) is None and SESSION in request.cookies,
        institutions=offered(request),
    )


@router.post("/connexion", name="ask_link")
def ask_link(request: Request, sent: Sent, later: BackgroundTasks) -> Response:
    """Send a link, and say the same whether the address is known or not."""
    portal, email = portal_of(request), sent.text("email")[:254]
    portal.limits.spend("sign-in from", caller(request), tries=10, seconds=600)
    portal.limits.spend("sign-in to", email.lower(), tries=3, seconds=900)
    if email:
        later.add_task(_send_link, request, email)
    return page(request, "sign_in.html.j2", asked=True, ended=False, institutions=offered(request))


def _send_link(request: Request, email: str) -> None:
    """After the answer has gone out, so that nobody can tell by its time whether an address is known."""
    app = portal_of(request).app
    delivery = ask_to_sign_in(app, email)
    if delivery is not None:
        send_soon(app, delivery)


@router.get("/connexion/{token}", name="sign_in_link")
def show_link(request: Request, token: str) -> Response:
    """Show a button: opening a mail's link must change nothing, since scanners open them too."""
    portal_of(request).limits.spend("link", caller(request), tries=60, seconds=60)
    try:
        known = may_sign_in_with(portal_of(request).app, token)
    except Refused as refused:
        if visitor_of(request) is not None and any(problem.code == "sign_in_used" for problem in refused.problems):
            return RedirectResponse("/bureau", 303)  # the same mail opened once more by whoever is signed in
        return _no_entry(request, refused)
    return _entry(request, known)


@router.post("/connexion/{token}", name="sign_in_now")
def use_link(request: Request, token: str, sent: Sent) -> Response:
    """Sign in."""
    portal = portal_of(request)
    portal.limits.spend("link", caller(request), tries=60, seconds=60)
    try:
        known = may_sign_in_with(portal.app, token)
        shown = sign_in_with(portal.app, token, sent.text("who"))
    except Refused as refused:
        unclear = any(problem.code == "sign_in_not_chosen" for problem in refused.problems)
        return _entry(request, known, refused) if unclear else _no_entry(request, refused)
    return enter(request, shown)


def _entry(request: Request, known: Sequence[Identity], refused: Refused | None = None) -> Response:
    """A button; and before it, where several persons have the address, who one is."""
    told = "".join(reasons(request, refused)) if refused else ""
    choice = [who_field(request, known, told)] if len(known) > 1 else []
    return page(request, "sign_in_link.html.j2", status=422 if refused else 200, reasons=[], choice=choice, problems=[told] if told else [])


def _no_entry(request: Request, refused: Refused) -> Response:
    return page(request, "sign_in_link.html.j2", status=410, reasons=reasons(request, refused), choice=[])


@router.post("/deconnexion", name="sign_out")
def leave(request: Request, _sent: Sent) -> Response:
    """Sign out everywhere this sign-in is open."""
    sign_out(portal_of(request).app, seated(request).key)
    answer = RedirectResponse("/connexion" if session_at(request) is None else "/deconnexion", 303)
    answer.delete_cookie(SESSION)
    return answer


@router.post("/langue/{language}", name="language")
def choose_language(request: Request, language: str, sent: Sent) -> Response:
    """Read on in another language."""
    answer = RedirectResponse(back_to(sent.text("here")), 303)
    if language in LANGUAGES:
        keep_language(answer, language, secure=portal_of(request).secure)
    return answer


@router.get("/confidentialite", name="privacy")
def privacy(request: Request) -> Response:
    """What each convention here tells people about their personal data."""
    with portal_of(request).app.db.read() as connection:
        charters = [charter_in_force(connection, code) for code in conventions(connection)]
    words = wording(language_of(request))
    return page(request, "privacy.html.j2", notices=[notice_of(charter, words) for charter in charters])
