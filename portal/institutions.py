"""The institutions by whose accounts people may sign in, as the pages know them, and what a browser keeps of a visit there."""

import logging
from collections.abc import Callable, Mapping, Sequence
from functools import partial

from anyio import CapacityLimiter
from anyio.to_thread import run_sync
from fastapi import Request
from fastapi.responses import Response

from models.errors import NotFound, Problem, Refused
from portal.context import language_of, portal_of
from portal.sealed_cookies import seal, unseal
from services.sign_on import ATTEMPT_LASTS, Attempt, Proven
from services.sign_on_provider import AT_ONCE, Provider, ProviderAway, ProviderWrong
from services.visitors import LONGEST

_LOG = logging.getLogger("passerelle.portal")
_VISIT, _VISIT_PATH = "passerelle_visit", "/connexion/par"
_LEFT, _LEFT_PATH = "passerelle_institution", "/deconnexion"
_THREADS = AT_ONCE + 8
"""For each institution: more than may wait for it at once, so that the next is told at once that it does not answer."""
_LONGEST_HINT = 2_000
"""Reverse proxies take 4,096 bytes of headers, as they come. Without its hint an institution asks whether somebody really wants to leave."""


def offered(request: Request) -> Sequence[tuple[str, str]]:
    """Path and name of every institution by which one may sign in."""
    institutions, language = portal_of(request).app.settings.institutions, language_of(request)
    return [(f"{_VISIT_PATH}/{one.name}", one.label(language)) for one in institutions]


def provider_of(request: Request, name: str) -> Provider:
    """The provider of an institution. Raises NotFound for one by which nobody signs in here."""
    known: Mapping[str, Provider] = request.app.state.providers
    if name not in known:
        raise NotFound(Problem("sso_unknown"))
    return known[name]


async def apart(request: Request, work: Callable[..., Response], *given: object) -> Response:
    """Carry out what may wait for an institution in threads of its own: those that make pages stay free for everybody else."""
    state = request.app.state
    if not hasattr(state, "waiting"):
        state.waiting = CapacityLimiter(_THREADS * max(len(state.providers), 1))
    return await run_sync(partial(work, *given), limiter=state.waiting)


def comes_back_to(request: Request, name: str) -> str:
    """Where an institution sends people back to: an address for each, so that the answer of one cannot pass for another's."""
    return f"{portal_of(request).app.settings.base_url}{_VISIT_PATH}/{name}/retour"


def note(name: str, refused: Refused) -> None:
    """Tell the operators why an institution signed nobody in."""
    if isinstance(refused, ProviderAway | ProviderWrong):
        _LOG.warning("signing in by %s: %s", name, refused.why)


def keep(request: Request, answer: Response, kept: Attempt | Proven) -> None:
    """Let the browser remember a visit to an institution."""
    portal = portal_of(request)
    lasts = int(ATTEMPT_LASTS.total_seconds())
    sealed = seal(portal.secret, kept)
    answer.set_cookie(_VISIT, sealed, max_age=lasts, path=_VISIT_PATH, httponly=True, samesite="lax", secure=portal.secure)


def attempt_of(request: Request) -> Attempt | None:
    """The attempt that this browser began."""
    return unseal(portal_of(request).secret, Attempt, request.cookies.get(_VISIT))


def proven_of(request: Request) -> Proven | None:
    """What an institution has said to this browser."""
    return unseal(portal_of(request).secret, Proven, request.cookies.get(_VISIT))


def forget_visit(answer: Response) -> None:
    """The visit is over."""
    answer.delete_cookie(_VISIT, path=_VISIT_PATH)


def remember_session(request: Request, answer: Response, name: str, token: str) -> None:
    """Let the browser remember that it has a session at an institution, to be ended there: shown to no page but those of signing out."""
    hint = token if len(token) <= _LONGEST_HINT else ""
    lasts = int(LONGEST.total_seconds())
    answer.set_cookie(
        _LEFT, f"{name}~{hint}", max_age=lasts, path=_LEFT_PATH, httponly=True, samesite="lax", secure=portal_of(request).secure
    )


def session_at(request: Request) -> tuple[Provider, str] | None:
    """At which institution this browser has a session as far as we know, and the hint by which it is told there."""
    name, _, hint = request.cookies.get(_LEFT, "").partition("~")
    known: Mapping[str, Provider] = request.app.state.providers
    return (known[name], hint) if name in known else None


def forget_session(answer: Response) -> None:
    """The session at the institution is over, or is ended there now."""
    answer.delete_cookie(_LEFT, path=_LEFT_PATH)
