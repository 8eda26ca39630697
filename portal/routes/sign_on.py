"""Signing in by an institution's account, and out of it again. Whatever fails there, the link by mail stays."""

from collections.abc import Sequence
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.responses import PlainTextResponse, RedirectResponse, Response

from models.errors import Refused
from portal.context import language_of, page, portal_of, reasons, visitor_of
from portal.entering import enter, who_field
from portal.filled import Filled, filled
from portal.institutions import (
    apart,
    attempt_of,
    comes_back_to,
    forget_session,
    forget_visit,
    keep,
    note,
    proven_of,
    provider_of,
    remember_session,
    session_at,
)
from portal.limits import caller
from services.accounts import signed_out_at
from services.identities import Identity
from services.institutions import Institution
from services.sign_on import begin, finish, may_sign_in_as, sign_in_as, way_out
from services.sign_on_provider import Provider, ProviderAway, ProviderWrong
from services.sign_on_tokens import who_signed_out

router = APIRouter()
Sent = Annotated[Filled, Depends(filled)]


@router.get("/connexion/par/{name}", name="sign_on")
async def start(request: Request, name: str) -> Response:
    """Send somebody to their institution."""
    return await apart(request, _start, request, name)


def _start(request: Request, name: str) -> Response:
    portal, provider = portal_of(request), provider_of(request, name)
    portal.limits.spend("sign-on", caller(request), tries=30, seconds=300)
    try:
        attempt, place = begin(portal.app, provider, comes_back_to(request, name), language_of(request))
    except Refused as refused:
        return _no_entry(request, provider.institution, refused)
    answer = RedirectResponse(place, 303)
    keep(request, answer, attempt)
    return answer


@router.get("/connexion/par/{name}/retour", name="sign_on_return")
async def come_back(request: Request, name: str) -> Response:
    """Take an institution's answer, once, from the browser that asked for it."""
    return await apart(request, _come_back, request, name)


def _come_back(request: Request, name: str) -> Response:
    portal, provider = portal_of(request), provider_of(request, name)
    portal.limits.spend("sign-on return", caller(request), tries=60, seconds=60)
    institution = provider.institution
    try:
        proven, token = finish(portal.app, provider, attempt_of(request), request.query_params, comes_back_to(request, name))
    except Refused as refused:
        return _no_entry(request, institution, refused)
    try:
        known = may_sign_in_as(portal.app, institution, proven)
        if len(known) == 1:
            answer = enter(request, sign_in_as(portal.app, institution, proven))
            forget_visit(answer)
        else:
            answer = _choice(request, institution, known)
            keep(request, answer, proven)
    except Refused as refused:
        answer = _no_entry(request, institution, refused, there=True)
    remember_session(request, answer, name, token)
    return answer


@router.post("/connexion/par/{name}", name="sign_on_as")
def choose(request: Request, name: str, sent: Sent) -> Response:
    """Go on as one of those who have the address."""
    portal, institution, proven = portal_of(request), provider_of(request, name).institution, proven_of(request)
    try:
        if proven is None or proven.institution != name:
            raise Refused.because("sso_not_begun_here")
        known = may_sign_in_as(portal.app, institution, proven)
        answer = enter(request, sign_in_as(portal.app, institution, proven, sent.text("who")))
    except Refused as refused:
        if any(problem.code == "sign_in_not_chosen" for problem in refused.problems):
            return _choice(request, institution, known, refused)
        return _no_entry(request, institution, refused)
    forget_visit(answer)
    return answer


@router.post("/connexion/par/{name}/sortie", name="sign_on_ended")
async def ended(request: Request, name: str) -> Response:
    """An institution says that somebody's session there is over (back-channel logout): so is ours."""
    provider = provider_of(request, name)
    portal_of(request).limits.spend("sign-on ended", caller(request), tries=600, seconds=60)
    form = await request.form(max_files=0, max_fields=5)
    token = form.get("logout_token")
    return await apart(request, _end, request, provider, token if isinstance(token, str) else "")


@router.get("/deconnexion", name="signed_out")
def signed_out(request: Request) -> Response:
    """Say that one is signed out here, and not yet at one's institution."""
    found = session_at(request)
    if visitor_of(request) is not None or found is None:
        return RedirectResponse("/", 303)
    return page(request, "signed_out.html.j2", institution=found[0].institution.label(language_of(request)))


@router.get("/deconnexion/institution", name="sign_out_there")
async def leave_institution(request: Request) -> Response:
    """Send whoever is signed out here to their institution, to end their session there as well."""
    return await apart(request, _leave_institution, request)


def _leave_institution(request: Request) -> Response:
    found = session_at(request)
    if visitor_of(request) is not None or found is None:
        return RedirectResponse("/", 303)
    provider, hint = found
    try:
        place = way_out(provider, hint, f"{portal_of(request).app.settings.base_url}/connexion", language_of(request))
    except (ProviderAway, ProviderWrong) as refused:
        note(provider.institution.name, refused)
        place = None
    if place is None:
        return _no_entry(request, provider.institution, Refused.because("sso_no_way_out"))
    answer = RedirectResponse(place, 303)
    forget_session(answer)
    return answer


def _end(request: Request, provider: Provider, token: str) -> Response:
    app = portal_of(request).app
    try:
        subject, session = who_signed_out(provider, token, app.clock.wall())
    except Refused as refused:
        note(provider.institution.name, refused)
        return PlainTextResponse("invalid_request", 400)
    signed_out_at(app, provider.institution.issuer, subject, session)
    return PlainTextResponse("", 200)


def _choice(request: Request, institution: Institution, known: Sequence[Identity], refused: Refused | None = None) -> Response:
    told = "".join(reasons(request, refused)) if refused else ""
    return page(
        request,
        "sign_on.html.j2",
        status=422 if refused else 200,
        institution=institution,
        reasons=[],
        choice=[who_field(request, known, told)],
        problems=[told] if told else [],
        there=False,
    )


def _no_entry(request: Request, institution: Institution, refused: Refused, *, there: bool = False) -> Response:
    """Say why nobody was signed in, and what else one can do; ``there``: with a session at the institution, which may be that of another account."""
    note(institution.name, refused)
    status = 503 if isinstance(refused, ProviderAway) else 502 if isinstance(refused, ProviderWrong) else 403
    said = reasons(request, refused)
    answer = page(request, "sign_on.html.j2", status=status, institution=institution, reasons=said, choice=[], problems=[], there=there)
    forget_visit(answer)
    return answer
