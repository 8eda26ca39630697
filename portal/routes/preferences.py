"""What people are told, and when: their own choices, reached signed in or by the link of any mail. Only the forms change anything."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from fastapi.responses import PlainTextResponse, RedirectResponse, Response

from models.errors import Conflict, Problem, Refused
from portal.context import charter_of, language_of, page, portal_of, said_moment, seated, wording
from portal.filled import Filled, filled
from portal.invited import counted
from portal.preference_fields import filled_from, groups
from services.bearers import Bearer, bearer_of
from services.clock import local_day
from services.explanations import word
from services.preferences import choose, may_be_silenced, mute, preferences_of, silence, unmute
from services.wording import Wording

router = APIRouter()
Sent = Annotated[Filled, Depends(filled)]
_SNOOZES = (7, 30)
"""Days for which an action may be put off."""


@router.get("/preferences", name="preferences")
def show(request: Request) -> Response:
    """What somebody who is signed in has chosen."""
    return _shown(request, seated(request).person_id)


@router.post("/preferences", name="choose_preferences")
def change(request: Request, sent: Sent) -> Response:
    """Keep what they choose."""
    return _kept(request, seated(request).person_id, sent, "/preferences")


@router.post("/preferences/actions", name="hear_again")
def hear_again(request: Request, sent: Sent) -> Response:
    """Hear of an action again."""
    unmute(portal_of(request).app, seated(request).person_id, sent.text("number"))
    return RedirectResponse("/preferences?fait=oui", 303)


@router.get("/preferences/{token}", name="preferences_by_link")
def show_by_link(request: Request, token: str) -> Response:
    """What the person of a mail has chosen, and what may be done about its action. Nothing changes, however often it is opened."""
    bearer = _bearer(request, token)
    return _shown(request, bearer.person_id, bearer=bearer, token=token)


@router.post("/preferences/{token}", name="choose_by_link")
def change_by_link(request: Request, token: str, sent: Sent) -> Response:
    """Keep what they choose."""
    bearer = _bearer(request, token)
    return _kept(request, bearer.person_id, sent, f"/preferences/{token}", bearer=bearer, token=token)


@router.post("/preferences/{token}/action", name="mute_by_link")
def mute_by_link(request: Request, token: str, sent: Sent) -> Response:
    """Put the action of a mail off for some days, hear no more of it, or hear of it again."""
    bearer = _bearer(request, token)
    app, asked = portal_of(request).app, sent.text("for")
    if bearer.action_id is None or bearer.number is None or asked not in ("", "ever", *map(str, _SNOOZES)):
        raise Refused.because("request_unreadable")
    if asked:
        today = local_day(app.clock.now(), charter_of(request).convention.timezone)
        mute(app, bearer.person_id, bearer.action_id, None if asked == "ever" else today + timedelta(days=int(asked)))
    else:
        unmute(app, bearer.person_id, bearer.number)
    return RedirectResponse(f"/preferences/{token}?fait=oui", 303)


@router.get("/desabonnement/{token}", name="unsubscribe")
def ask_to_unsubscribe(request: Request, token: str) -> Response:
    """Ask whether mails of this kind are to stop, or say that they cannot: what opens links by itself unsubscribes nobody."""
    bearer = _bearer(request, token)
    barred = "" if may_be_silenced(bearer.kind) else word(wording(language_of(request)), Problem("kind_mandatory", {}))
    return page(request, "unsubscribe.html.j2", bearer=bearer, token=token, done=False, barred=barred)


@router.post("/desabonnement/{token}", name="unsubscribe_now")
async def unsubscribe(request: Request, token: str) -> Response:
    """Stop the mails of this kind that are optional. A mail program sends this by itself, without a page of ours before (RFC 8058)."""
    bearer = _bearer(request, token)
    form = await request.form(max_files=0, max_fields=5)
    silence(portal_of(request).app, bearer.person_id, bearer.kind)
    if form.get("List-Unsubscribe") == "One-Click":
        return PlainTextResponse(wording(language_of(request)).say("portal.preferences.unsubscribed"))
    return page(request, "unsubscribe.html.j2", bearer=bearer, token=token, done=True)


def _bearer(request: Request, token: str) -> Bearer:
    """Who holds a link; whoever tries many of them is held up."""
    with counted(request):
        found = bearer_of(portal_of(request).app, token)
    request.state.language, request.state.convention = found.language, found.convention
    return found


def _kept(request: Request, person_id: int, sent: Filled, back: str, **link: Any) -> Response:
    given = {name: texts[0].strip() for name, texts in sent.texts.items()}
    seen = given.get("seen", "")
    try:
        choose(portal_of(request).app, person_id, given, int(seen) if seen.isascii() and seen.isdigit() else -1)
    except Conflict as refused:
        return _shown(request, person_id, refused=refused, **link)
    except Refused as refused:
        return _shown(request, person_id, given=given, refused=refused, **link)
    return RedirectResponse(f"{back}?fait=oui", 303)


def _shown(
    request: Request,
    person_id: int,
    *,
    given: Mapping[str, str] | None = None,
    refused: Refused | None = None,
    bearer: Bearer | None = None,
    token: str = "",
) -> Response:
    chosen = preferences_of(portal_of(request).app, person_id)
    words: Wording = wording(language_of(request))
    problems = [(problem.where, word(words, Problem(problem.code, problem.params))) for problem in refused.problems] if refused else []
    return page(
        request,
        "preferences.html.j2",
        status=200 if refused is None else 409 if isinstance(refused, Conflict) else 422,
        groups=groups(words, chosen, given or filled_from(chosen), dict(problems)),
        chosen=chosen,
        next_digest=said_moment(chosen.next_digest, words, charter_of(request).convention.timezone),
        problems=[said for _, said in problems],
        bearer=bearer,
        token=token,
        snoozes=_SNOOZES,
        done=request.query_params.get("fait") == "oui",
    )
