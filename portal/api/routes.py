"""The routes of the API, made from its table: each reads its request to the letter, then does its work apart from the others."""

from collections.abc import Callable, Coroutine
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import Response
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.routing import compile_path

from portal.api import reading
from portal.api.call import ROOT, Call, Endpoint, Reply
from portal.api.endpoints import ENDPOINTS
from portal.api.forms import check_names
from portal.api.openapi import description
from portal.api.problems import language_asked
from portal.context import portal_of
from portal.limits import Limits
from services.tokens import Admitted

router = APIRouter()
READS, COMMANDS, SECONDS = 1_200, 300, 60
"""How often a token may read, and act, in so many seconds."""
_FILE = "application/octet-stream"
_FIXED = {one.address: [each.method for each in ENDPOINTS if each.address == one.address] for one in ENDPOINTS if not one.parameters}
"""The methods at each address without a number."""


def _route(endpoint: Endpoint) -> Callable[[Request], Coroutine[Any, Any, Response]]:
    async def answer(request: Request) -> Response:
        if request.method not in _FIXED.get(request.url.path, (request.method,)):
            raise HTTPException(405)  # it reads like the number of an action, and is the place where one is created
        call = await _call(endpoint, request)
        return _response(endpoint, await run_in_threadpool(endpoint.handle, call), request)

    return answer


async def _call(endpoint: Endpoint, request: Request) -> Call:
    """Read a request whole, and to the letter. What it says is looked at before its body, which may be long."""
    token: Admitted = request.state.token
    _spend(portal_of(request).limits, endpoint, token)
    path, query = reading.path_of(request), reading.query_of(request, endpoint.query)
    if endpoint.kind == "read":
        return Call(request, token, path, query)
    key, seen = reading.key_of(request), None if endpoint.creates else reading.seen_of(request)
    if endpoint.body is None:
        reading.check_media_type(request, _FILE)
        content = await reading.bytes_of(request, request.app.state.longest_file)
        return Call(request, token, path, query, content=content, key=key, seen=seen)
    reading.check_media_type(request)
    body = reading.fields_of(await reading.bytes_of(request, reading.LONGEST))
    request.state.fields = endpoint.body.fields
    check_names(endpoint.body, body)
    return Call(request, token, path, query, body=body, key=key, seen=seen)


def _spend(limits: Limits, endpoint: Endpoint, token: Admitted) -> None:
    if endpoint.kind == "read":
        limits.spend("api read", token.id.hex, tries=READS, seconds=SECONDS)
    else:
        limits.spend("api command", token.id.hex, tries=COMMANDS, seconds=SECONDS)


def _response(endpoint: Endpoint, reply: Reply, request: Request) -> Response:
    headers = dict(reply.headers)
    if reply.version is not None:
        headers["ETag"] = f'"{reply.version}"'
    if reply.location:
        headers["Location"] = reply.location
    if reply.replayed:
        headers["Idempotency-Replayed"] = "true"
    if reply.answer is None:
        return Response(reply.content, headers=headers)
    following = getattr(reply.answer, "next", None)
    if following is not None:
        headers["Link"] = f'<{request.url.path}?{_after(request, following)}>; rel="next"'
    headers["Content-Language"] = request.state.language
    status = 201 if endpoint.creates else 200
    return Response(reply.answer.model_dump_json(), status, headers=headers, media_type="application/json")


def _after(request: Request, following: str) -> str:
    return str(request.url.include_query_params(after=following).query)


def methods_at(path: str) -> list[str]:
    """By which methods something may be asked at a path."""
    return sorted(_FIXED.get(path) or {endpoint.method for endpoint in ENDPOINTS if compile_path(endpoint.address)[0].match(path)}) or [
        "GET"
    ]


async def describe(request: Request) -> Response:
    """The description of the API (OpenAPI 3.1), in the reader's language."""
    app = portal_of(request).app
    language = language_asked(request) or app.settings.language
    return Response(description(language, app.settings.base_url), headers={"Content-Language": language}, media_type="application/json")


router.add_api_route(f"{ROOT}/openapi.json", describe, methods=["GET"], name="api_description")
for _endpoint in ENDPOINTS:
    router.add_api_route(_endpoint.address, _route(_endpoint), methods=[_endpoint.method], name=_endpoint.right)
