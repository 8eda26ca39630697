"""Around every answer: headers that let a browser load nothing foreign, a limit to what may be sent, and the access log.

The access log names the route, never the address as it was asked: links are secrets.
"""

import logging
import time
from collections.abc import Callable, Mapping
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_LOG = logging.getLogger("passerelle.portal.access")
_OK_TO_KEEP = "/static/"
HEADERS: Mapping[str, str] = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; img-src 'self'; font-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
    ),
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}


class Guard:
    """Wraps the application."""

    def __init__(self, inner: ASGIApp, *, longest: int, secure: bool, broken: Callable[[Request, Exception], Response]) -> None:
        """``longest``: bytes that one request may send; ``secure``: the portal is reached by https alone.

        ``broken`` answers where a page broke: the server, which would log what it quotes, never hears of it.
        """
        self._inner, self._longest, self._secure, self._broken = inner, longest, secure, broken

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self._inner(scope, receive, send)
            return
        begun, status, taken = time.monotonic(), 0, 0

        async def counted() -> Message:
            nonlocal taken
            message = await receive()
            taken += len(message.get("body", b""))
            if taken > self._longest:  # however long it said it would be, or if it did not say
                raise HTTPException(413)
            return message

        async def guarded(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                self._harden(MutableHeaders(scope=message), scope)
            await send(message)

        if _length(scope) > self._longest:
            await self._say(HTTPException(413), scope, receive, guarded)
        else:
            try:
                await self._inner(scope, counted, guarded)
            except Exception as error:
                if status:
                    raise  # a part of the page has gone out
                await self._say(error, scope, receive, guarded)
        _LOG.info("%s %s %s %.1f", scope["method"], _route(scope), status, 1e3 * (time.monotonic() - begun))

    async def _say(self, error: Exception, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer that something broke, apart from other requests: the page asks the database, which may be what broke."""
        answer = await run_in_threadpool(self._broken, Request(scope), error)
        await answer(scope, receive, send)

    def _harden(self, headers: MutableHeaders, scope: Scope) -> None:
        for name, value in HEADERS.items():
            headers[name] = value
        if not scope["path"].startswith(_OK_TO_KEEP):
            headers.setdefault("Cache-Control", "no-store")  # a calendar is kept by the program that reads it
        if self._secure:
            headers["Strict-Transport-Security"] = "max-age=31536000"


def _length(scope: Scope) -> int:
    given = Headers(scope=scope).get("content-length", "0")
    return int(given) if given.isascii() and given.isdigit() else 0


def _route(scope: Scope) -> str:
    route: Any = scope.get("route")
    return getattr(route, "name", None) or ("static" if scope["path"].startswith(_OK_TO_KEEP) else "-")
