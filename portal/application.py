"""The portal as a web application: its routes, who may open them, and how it says no."""

import logging
import time
from pathlib import Path
from urllib.parse import urlsplit

from fastapi import Depends, FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import RedirectResponse, Response
from fastapi.staticfiles import StaticFiles
from sqlalchemy.exc import DBAPIError
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.middleware.trustedhost import TrustedHostMiddleware

from models.errors import Conflict, Gone, NotFound, Problem, Refused
from portal import routes
from portal.api.admission import admit_token, is_api, refused_by_framework
from portal.api.problems import refusal, told
from portal.context import REFUSED, SESSION, Portal, language_of, page, portal_of, reasons, wording
from portal.guard import Guard
from portal.guides import IMAGES
from portal.kept import kept
from portal.limits import Limits, TooMany
from portal.publishing import is_public, public_refusal
from portal.rights import PUBLIC, by_token, may_open
from services.bootstrap import App
from services.faults import is_database_away, told_safely
from services.homes import read_mark
from services.links import secret_of
from services.publication.keeping import Editions
from services.sign_on_provider import Provider
from services.visitors import visitor

_LOG = logging.getLogger("passerelle.portal")
_STATIC = Path(__file__).parent / "static"
_BESIDE_FILE = 200_000
"""Bytes that a form may take besides its file."""
_LOOPBACK = ("127.0.0.1", "::1")


def create_portal(app: App, *, host: str = "127.0.0.1", longest_file: int = 10_000_000) -> FastAPI:
    """The portal of a home, reached by loopback or by its own address and by no other name.

    The mailbox is shown only where the portal listens on loopback, is meant for loopback, and the mails stay in the embedded sink.
    """
    web = FastAPI(title="Passerelle", docs_url=None, redoc_url=None, openapi_url=None, dependencies=[Depends(admit)])
    web.state.portal = Portal(app, Limits(time.monotonic), secret_of(app.db), Editions(app))
    own_sink = app.settings.smtp_url == f"smtp://127.0.0.1:{app.settings.smtp_port}"
    known_as = urlsplit(app.settings.base_url).hostname or ""
    web.state.mailbox_shown = host in _LOOPBACK and known_as in (*_LOOPBACK, "localhost") and own_sink
    web.state.providers = {one.name: Provider(one, app.clock.ticks) for one in app.settings.institutions}
    mark = read_mark(app.db)
    web.state.rehearsal = mark is None or mark.rehearsal
    web.state.longest_file, web.state.longest = longest_file, longest_file + _BESIDE_FILE
    for router in routes.ALL:
        for prefix in routes.prefixes_of(router):
            web.include_router(router, prefix=prefix)
    web.mount("/static/guides", StaticFiles(directory=IMAGES), name="guide_images")
    web.mount("/static", StaticFiles(directory=_STATIC), name="static")
    # A page elsewhere whose name is made to point here must not read what loopback alone may see.
    web.add_middleware(TrustedHostMiddleware, allowed_hosts=[*_LOOPBACK, "localhost", known_as], www_redirect=False)
    web.add_middleware(Guard, longest=web.state.longest, secure=web.state.portal.secure, broken=_broken)
    web.exception_handler(Refused)(_refused)
    web.exception_handler(HTTPException)(_http)
    web.exception_handler(RequestValidationError)(_malformed)
    return web


async def admit(request: Request) -> None:
    """Find out who comes, and let nobody further than the rights say. Programs come by a token alone, people by what their browser keeps."""
    route = request.scope["route"].name
    if by_token(route):
        await run_in_threadpool(admit_token, request)
        return
    if route in PUBLIC:  # the same for everybody, whoever is signed in: so it may be kept by whoever hands it on
        request.state.visitor = None
        _check_texts(request)
        return
    portal = portal_of(request)
    known = await run_in_threadpool(visitor, portal.app, request.cookies.get(SESSION))
    request.state.visitor = known
    if known is not None:
        request.state.language = known.language
    _check_texts(request)
    if not may_open(route, known):
        raise Refused.because("sign_in_needed" if known is None else "route_not_yours")


def _check_texts(request: Request) -> None:
    """Refuse an address with a character that no database keeps: as a place it is none of ours."""
    if any("\0" in str(part) for part in request.path_params.values()):
        raise NotFound(Problem("page_unknown"))
    if any("\0" in text for text in request.query_params.values()):
        raise Refused.because("text_unstorable")


async def _refused(request: Request, error: Exception) -> Response:
    refused = error if isinstance(error, Refused) else Refused()
    if is_api(request):
        return refusal(request, refused)
    if any(problem.code == "sign_in_needed" for problem in refused.problems):
        return await kept(request) or RedirectResponse("/connexion", 303)
    return await run_in_threadpool(_said_no, request, refused)


def _said_no(request: Request, refused: Refused) -> Response:
    if is_public(request):
        return public_refusal(request, _status(refused), refused.problems)
    return page(request, REFUSED, status=_status(refused), reasons=reasons(request, refused))


def _status(refused: Refused) -> int:
    if isinstance(refused, TooMany):
        return 429
    if isinstance(refused, NotFound):
        return 404
    if isinstance(refused, Gone):
        return 410
    if isinstance(refused, Conflict):
        return 409
    return 403 if any(problem.code in ("route_not_yours", "form_not_ours") for problem in refused.problems) else 422


def _http(request: Request, error: Exception) -> Response:
    status = error.status_code if isinstance(error, HTTPException) else 500
    if is_api(request):
        return refused_by_framework(request, status)
    code = "page_unknown" if status in (404, 405) else "request_unreadable"
    return _said(request, status, code)


def _malformed(request: Request, _error: Exception) -> Response:
    return _said(request, 422, "request_unreadable")


def _broken(request: Request, error: Exception) -> Response:
    if isinstance(error, HTTPException):
        return _http(request, error)
    if isinstance(error, DBAPIError) and is_database_away(error):
        _LOG.error("the database does not answer")
        return _said(request, 503, "portal_database_away")
    _LOG.error("a page broke: %s", told_safely(error))
    return _said(request, 500, "portal_broken")


def _said(request: Request, status: int, code: str) -> Response:
    if is_public(request):
        return public_refusal(request, status, [Problem(code)])
    if is_api(request):
        return told(request, status, [Problem("api_broken" if code == "portal_broken" else code)])
    if not hasattr(request.state, "visitor"):
        request.state.visitor = None
    return page(request, REFUSED, status=status, reasons=[wording(language_of(request)).say(code)])
