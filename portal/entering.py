"""Coming in, by whichever way: who one is where several persons may be meant, and what the browser keeps."""

from collections.abc import Sequence

from fastapi import Request
from fastapi.responses import RedirectResponse, Response

from portal.context import SESSION, language_of, portal_of, seal_with, wording
from portal.fields import Field
from portal.form_seals import fresh
from services.identities import Identity
from services.visitors import who_was


def enter(request: Request, shown: str) -> Response:
    """To the desk. Forms left open by whoever was here before are void, unless it was the same person, whose sign-in has ended by itself."""
    portal = portal_of(request)
    answer = RedirectResponse("/bureau", 303)
    before = who_was(portal.app, request.cookies.get(SESSION))
    answer.set_cookie(SESSION, shown, httponly=True, samesite="lax", secure=portal.secure)
    if before is None or before != who_was(portal.app, shown):
        seal_with(answer, fresh(), secure=portal.secure)
    return answer


def who_field(request: Request, known: Sequence[Identity], told: str) -> Field:
    """The question who one is."""
    words = wording(language_of(request))
    return Field(
        name="who",
        kind="radio",
        title=words.say("portal.sign_in.who"),
        help=words.say("portal.sign_in.who_help"),
        required=True,
        options=[(one.key, f"{one.name} · {one.named}") for one in known],
        problem=told,
    )
