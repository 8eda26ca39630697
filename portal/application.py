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

from models.errors import Conflict, NotFound, Refused
from portal import routes
from portal.context import REFUSED, SESSION, Portal, language_of, page, portal_of, reasons, wording
from portal.guard import Guard
from portal.limits import Limits, TooMany
from portal.rights import may_open
from services.bootstrap import App
from services.faults import is_database_away, told_safely
from services.homes import read_mark
from services.links import secret_of
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
    web.state.portal = Portal(app, Limits(time.monotonic), secret_of(app.db))
    own_sink = app.settings.smtp_url == f"smtp://127.0.0.1:{app.settings.smtp_port}"
    known_as = urlsplit(app.settings.base_url).hostname or ""
    web.state.mailbox_shown = host in _LOOPBACK and known_as in (*_LOOPBACK, "localhost") and own_sink
    mark = read_mark(app.db)
    web.state.rehearsal = mark is None or mark.rehearsal
    for router in routes.ALL:
        web.include_router(router)
    web.mount("/static", StaticFiles(directory=_STATIC), name="static")
    # A page elsewhere whose name is made to point here must not read what loopback alone may see.
    web.add_middleware(TrustedHostMiddleware, allowed_hosts=[*_LOOPBACK, "localhost", known_as], www_redirect=False)
    web.add_middleware(Guard, longest=longest_file + _BESIDE_FILE, secure=web.state.portal.secure, broken=_broken)
    web.exception_handler(Refused)(_refused)
    web.exception_handler(HTTPException)(_http)
    web.exception_handler(RequestValidationError)(_malformed)
    return web


async def admit(request: Request) -> None:
    """Find out who comes, and let nobody further than the rights say."""
    portal = portal_of(request)
    known = await run_in_threadpool(visitor, portal.app, request.cookies.get(SESSION))
    request.state.visitor = known
    if known is not None:
        request.state.language = known.language
    route = request.scope["route"].name
    if not may_open(route, known):
        raise Refused.because("sign_in_needed" if known is None else "route_not_yours")


def _refused(request: Request, error: Exception) -> Response:
    refused = error if isinstance(error, Refused) else Refused()
    if any(problem.code == "sign_in_needed" for problem in refused.problems):
        return RedirectResponse("/connexion", 303)
    return page(request, REFUSED, status=_status(refused), reasons=reasons(request, refused))


def _status(refused: Refused) -> int:
    if isinstance(refused, TooMany):
        return 429
    if isinstance(refused, NotFound):
        return 404
    if isinstance(refused, Conflict):
        return 409
    return 403 if any(problem.code in ("route_not_yours", "form_not_ours") for problem in refused.problems) else 422


def _http(request: Request, error: Exception) -> Response:
    status = error.status_code if isinstance(error, HTTPException) else 500
    code = "page_unknown" if status in (404, 405) else "request_unreadable"
    return _said(request, status, code)


def _malformed(request: Request, _error: Exception) -> Response:
    return _said(request, 422, "request_unreadable")


def _broken(request: Request, error: Exception) -> Response:
    if isinstance(error, DBAPIError) and is_database_away(error):
        _LOG.error("the database does not answer")
        return _said(request, 503, "portal_database_away")
    _LOG.error("a page broke: %s", told_safely(error))
    return _said(request, 500, "portal_broken")


def _said(request: Request, status: int, code: str) -> Response:
    if not hasattr(request.state, "visitor"):
        request.state.visitor = None
    return page(request, REFUSED, status=status, reasons=[wording(language_of(request)).say(code)])
