"""What people are told, and when: their own choices, reached signed in or by the link of any mail. Only the forms change anything."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from fastapi.responses import PlainTextResponse, RedirectResponse, Response

from models.errors import Conflict, Problem, Refused
from models.numbers import whole
from notifications.catalogue import DIGEST
from notifications.preview import previewed as shown_as
from portal.calendars import Shown, done_in_words, shown
from portal.context import charter_of, language_of, page, portal_of, said_moment, seated, wording
from portal.filled import Filled, filled
from portal.foreseen import foreseen_table
from portal.invited import counted
from portal.preference_fields import filled_from, groups
from services.accounts import accounts_of
from services.bearers import Bearer, bearer_of
from services.clock import local_day
from services.explanations import word
from services.feed_addresses import Whose
from services.foreseeing import foresee, what_waits
from services.preferences import SNOOZES, choose, hours_from, may_be_silenced, mute, preferences_of, silence, unmute
from services.queries import action_id_of
from services.wording import Wording

router = APIRouter()
Sent = Annotated[Filled, Depends(filled)]


@router.get("/preferences", name="preferences")
def show(request: Request) -> Response:
    """What somebody who is signed in has chosen."""
    return _shown(request, seated(request).person_id)


@router.post("/preferences", name="choose_preferences")
def change(request: Request, sent: Sent) -> Response:
    """Keep what they choose."""
    return _kept(request, seated(request).person_id, sent, "/preferences")


@router.post("/preferences/apercu", name="foresee_preferences")
def preview(request: Request, sent: Sent) -> Response:
    """Say what these choices would mean, and keep nothing."""
    return _previewed(request, seated(request).person_id, sent)


@router.get("/preferences/attente", name="waiting_messages")
def show_waiting(request: Request) -> Response:
    """What waits to be told to whoever is signed in, and what a digest looks like."""
    app, person_id = portal_of(request).app, seated(request).person_id
    waiting, total = what_waits(app, person_id)
    chosen, words = preferences_of(app, person_id), wording(language_of(request))
    return page(
        request,
        "waiting.html.j2",
        waiting=waiting,
        total=total,
        next_digest=said_moment(chosen.next_digest, words, charter_of(request).convention.timezone),
        sample=shown_as(DIGEST, words.language),
    )


@router.post("/preferences/actions", name="hear_again")
def follow(request: Request, sent: Sent) -> Response:
    """Put an action off for some days, hear no more of it, or hear of it again."""
    app, visitor, number = portal_of(request).app, seated(request), sent.text("number").upper()
    _put_aside(request, visitor.person_id, (action_id_of(app, visitor.convention, number, visitor), number), sent.text("for"))
    back = f"/actions/{number}?suivi=oui" if sent.text("from") == "action" else "/preferences?fait=oui"
    return RedirectResponse(back, 303)


@router.get("/preferences/{token}", name="preferences_by_link")
def show_by_link(request: Request, token: str) -> Response:
    """What the person of a mail has chosen, and what may be done about its action. Nothing changes, however often it is opened."""
    bearer = _bearer(request, token)
    return _shown(request, bearer.person_id, bearer=bearer, token=token)


@router.post("/preferences/{token}/apercu", name="foresee_by_link")
def preview_by_link(request: Request, token: str, sent: Sent) -> Response:
    """Say what these choices would mean, and keep nothing."""
    bearer = _bearer(request, token)
    return _previewed(request, bearer.person_id, sent, bearer=bearer, token=token)


@router.post("/preferences/{token}", name="choose_by_link")
def change_by_link(request: Request, token: str, sent: Sent) -> Response:
    """Keep what they choose."""
    bearer = _bearer(request, token)
    return _kept(request, bearer.person_id, sent, f"/preferences/{token}", bearer=bearer, token=token)


@router.post("/preferences/{token}/action", name="mute_by_link")
def mute_by_link(request: Request, token: str, sent: Sent) -> Response:
    """Put the action of a mail off for some days, hear no more of it, or hear of it again."""
    bearer = _bearer(request, token)
    if bearer.action_id is None or bearer.number is None:
        raise Refused.because("request_unreadable")
    _put_aside(request, bearer.person_id, (bearer.action_id, bearer.number), sent.text("for"))
    return RedirectResponse(f"/preferences/{token}?fait=oui", 303)


@router.get("/desabonnement/{token}", name="unsubscribe")
def ask_to_unsubscribe(request: Request, token: str) -> Response:
    """Ask whether mails of this kind are to stop, or say that they cannot: what opens links by itself unsubscribes nobody."""
    bearer = _bearer(request, token)
    barred = "" if may_be_silenced(bearer.kind) else word(wording(language_of(request)), Problem("kind_mandatory", {}))
    return page(request, "unsubscribe.html.j2", bearer=bearer, token=token, done=False, barred=barred)


async def _by_one_click(request: Request) -> bool:
    """Whether a mail program sends this by itself, without a page of ours before (RFC 8058)."""
    form = await request.form(max_files=0, max_fields=5)
    return form.get("List-Unsubscribe") == "One-Click"


@router.post("/desabonnement/{token}", name="unsubscribe_now")
def unsubscribe(request: Request, token: str, one_click: Annotated[bool, Depends(_by_one_click)]) -> Response:
    """Stop the mails of this kind that are optional."""
    bearer = _bearer(request, token)
    silence(portal_of(request).app, bearer.person_id, bearer.kind)
    if one_click:
        return PlainTextResponse(wording(language_of(request)).say("portal.preferences.unsubscribed"))
    return page(request, "unsubscribe.html.j2", bearer=bearer, token=token, done=True)


def _bearer(request: Request, token: str) -> Bearer:
    """Who holds a link; whoever tries many of them is held up."""
    with counted(request):
        found = bearer_of(portal_of(request).app, token)
    request.state.language, request.state.convention = found.language, found.convention
    return found


def _put_aside(request: Request, person_id: int, action: tuple[int, str], asked: str) -> None:
    """What a button asks for: so many days, ``ever``, or to hear again. Refuses anything else."""
    app = portal_of(request).app
    if asked not in ("", "ever", *map(str, SNOOZES)):
        raise Refused.because("request_unreadable")
    if not asked:
        unmute(app, person_id, action[1])
        return
    today = local_day(app.clock.now(), charter_of(request).convention.timezone)
    mute(app, person_id, action[0], None if asked == "ever" else today + timedelta(days=int(asked)))


def _given(sent: Filled) -> dict[str, str]:
    return {name: texts[0].strip() for name, texts in sent.texts.items()}


def _previewed(request: Request, person_id: int, sent: Filled, **link: Any) -> Response:
    given = _given(sent)
    try:
        hours_from(given)
    except Refused as refused:
        return _shown(request, person_id, given=given, refused=refused, **link)
    return _shown(request, person_id, given=given, previewed=True, **link)


def _kept(request: Request, person_id: int, sent: Filled, back: str, **link: Any) -> Response:
    given = _given(sent)
    seen = whole(given.get("seen", ""))
    try:
        choose(portal_of(request).app, person_id, given, -1 if seen is None else seen)
    except Conflict as refused:
        return _shown(request, person_id, refused=refused, **link)
    except Refused as refused:
        return _shown(request, person_id, given=given, refused=refused, **link)
    return RedirectResponse(f"{back}?fait=oui", 303)


def _calendar(request: Request) -> Shown:
    """The address of one's own calendar: for whoever is signed in, since the link of a mail opens nothing but choices."""
    visitor = seated(request)
    return shown(request, Whose(visitor.convention, visitor.person_id), wording(language_of(request)).say("portal.calendar.address"))


def _shown(
    request: Request,
    person_id: int,
    *,
    given: Mapping[str, str] | None = None,
    previewed: bool = False,
    refused: Refused | None = None,
    bearer: Bearer | None = None,
    token: str = "",
) -> Response:
    app = portal_of(request).app
    chosen = preferences_of(app, person_id)
    words: Wording = wording(language_of(request))
    problems = [(problem.where, word(words, Problem(problem.code, problem.params))) for problem in refused.problems] if refused else []
    return page(
        request,
        "preferences.html.j2",
        status=200 if refused is None else 409 if isinstance(refused, Conflict) else 422,
        groups=groups(words, chosen, given or filled_from(chosen), dict(problems)),
        chosen=chosen,
        foreseen=foreseen_table(request, foresee(app, person_id, chosen), foresee(app, person_id, chosen, given) if previewed else None),
        previewed=previewed,
        problems=[said for _, said in problems],
        bearer=bearer,
        token=token,
        snoozes=SNOOZES,
        base=f"/preferences/{token}" if token else "/preferences",
        calendar=_calendar(request) if bearer is None else None,
        calendar_done=done_in_words(request),
        accounts=accounts_of(portal_of(request).app, person_id) if bearer is None else [],
        unlinked=bearer is None and request.query_params.get("compte") == "delie",
        done=request.query_params.get("fait") == "oui",
    )
