"""Tokens for programs: made, shown once, and revoked by the person in whose name they act."""

from collections.abc import Mapping, Sequence
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Request
from fastapi.responses import RedirectResponse, Response

from models.commands import Via
from models.errors import NotFound, Problem, Refused
from models.scopes import Scope
from portal.context import charter_of, language_of, page, portal_of, seated, wording
from portal.fields import Field
from portal.filled import Filled, filled
from services.clock import local_day
from services.explanations import word
from services.tokens import Made, list_tokens, make, revoke
from services.wording import Wording

router = APIRouter()
Sent = Annotated[Filled, Depends(filled)]
_USUAL_DAYS = "90"


@router.get("/jetons", name="tokens")
def show(request: Request, revoque: str = "") -> Response:
    """One's own tokens, without their secrets, and a form for another."""
    return _shown(request, {"days": [_USUAL_DAYS]}, revoked=revoque[:60])


@router.post("/jetons", name="make_token")
def add(request: Request, sent: Sent) -> Response:
    """Make a token; the page that answers is the only place where it is ever shown."""
    given = {"name": [sent.text("name")], "scopes": sent.all("scopes"), "days": [sent.text("days")]}
    try:
        made = make(
            portal_of(request).app,
            seated(request).person_id,
            name=given["name"][0],
            scopes=given["scopes"],
            days=given["days"][0],
            via=Via.PORTAL,
        )
    except Refused as refused:
        return _shown(request, given, refused=refused)
    return _shown(request, {"days": [_USUAL_DAYS]}, made=made)


@router.post("/jetons/{token}/revocation", name="revoke_token")
def end(request: Request, token: str, _sent: Sent) -> Response:
    """Revoke one of one's own tokens."""
    try:
        named = UUID(token)
    except ValueError:
        raise NotFound(Problem("page_unknown")) from None
    revoke(portal_of(request).app, named, person_id=seated(request).person_id)
    return RedirectResponse("/jetons?revoque=oui", 303)


def _shown(
    request: Request, given: Mapping[str, Sequence[str]], *, refused: Refused | None = None, made: Made | None = None, revoked: str = ""
) -> Response:
    words, zone = wording(language_of(request)), charter_of(request).convention.timezone
    problems = refused.problems if refused else ()
    told = {problem.where: word(words, Problem(problem.code, problem.params)) for problem in problems}
    held = list_tokens(portal_of(request).app, person_id=seated(request).person_id)
    return page(
        request,
        "tokens.html.j2",
        status=422 if refused else 200,
        tokens=[(one, local_day(one.expires_at, zone), ", ".join(words.label("scope", scope) for scope in one.scopes)) for one in held],
        fields=_fields(words, given, told),
        problems=list(told.values()),
        made=made,
        revoked=revoked == "oui",
        via_cli=Via.CLI,
    )


def _fields(words: Wording, given: Mapping[str, Sequence[str]], told: Mapping[str, str]) -> list[Field]:
    kinds = {"name": "text", "scopes": "many", "days": "days"}
    return [
        Field(
            name=name,
            kind=kind,
            title=words.say(f"portal.tokens.field.{name}.title"),
            help=words.say(f"portal.tokens.field.{name}.help"),
            required=True,
            options=[(scope.value, words.label("scope", scope)) for scope in Scope] if name == "scopes" else (),
            values=given.get(name, ()),
            problem=told.get(name, ""),
        )
        for name, kind in kinds.items()
    ]
