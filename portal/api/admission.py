"""Who comes to the API: whoever shows a token, and nobody by what a browser keeps; and what is answered before anything of ours has read a request."""

from fastapi import Request
from fastapi.responses import Response

from models.errors import Problem, Refused
from portal.api.call import ROOT
from portal.api.problems import PAGES, language_asked, told
from portal.api.routes import methods_at
from portal.context import portal_of
from portal.limits import caller
from portal.rights import may_open, scope_of
from services.tokens import TokenRefused, admitted

_TRIES, _SECONDS = 30, 60
_NOT_ALLOWED, _TOO_LONG = 405, 413
_TOLD = {404: "resource_unknown", 405: "method_unknown", 413: "body_too_long"}


def admit_token(request: Request) -> None:
    """Let whoever shows a token in, as far as its scopes and the seats of its person go. Who tries many that are none is held up."""
    route, scheme, shown = request.scope["route"].name, *_shown(request)
    if scheme != "bearer" or not shown:
        raise TokenRefused(Problem("token_needed"))
    try:
        request.state.token = token = admitted(portal_of(request).app, shown)
    except TokenRefused:
        portal_of(request).limits.spend("unknown token", caller(request), tries=_TRIES, seconds=_SECONDS)
        raise
    request.state.visitor = token.visitor
    request.state.language = language_asked(request) or token.visitor.language
    scope = scope_of(route)
    if scope is not None and scope not in token.scopes:
        raise Refused.because("token_scope_missing", scope=scope)
    if not may_open(route, token.visitor):
        raise Refused.because("secretaries_only")


def _shown(request: Request) -> tuple[str, str]:
    """The scheme by which somebody says who they are, and what they show."""
    scheme, _, shown = request.headers.get("authorization", "").partition(" ")
    return scheme.lower(), shown.strip()


def is_api(request: Request) -> bool:
    """Whether a program is answered, and not a reader of the pages about it."""
    path = request.url.path
    return path.startswith(f"{ROOT}/") and not path.startswith(PAGES)


def refused_by_framework(request: Request, status: int) -> Response:
    """What the framework refuses by itself."""
    params: dict[str, str | int] = {"limit": request.app.state.longest_file} if status == _TOO_LONG else {}
    headers = {"Allow": ", ".join(methods_at(request.url.path))} if status == _NOT_ALLOWED else {}
    return told(request, status, [Problem(_TOLD.get(status, "request_unreadable"), params)], headers)
