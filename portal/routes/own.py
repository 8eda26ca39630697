"""A member's own page: what concerns them, their absences and who stands in, and the proxies that they give."""

from collections.abc import Mapping
from datetime import date
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import RedirectResponse, Response

from models.errors import Problem, Refused
from portal.context import acting_seat, charter_of, language_of, page, portal_of, request_key, seated, wording
from portal.fields import Field
from portal.filled import Filled, RowId, filled
from portal.person_forms import ABSENCE
from portal.sent_forms import AbsencePage, Given, absence_form, carry_out, given_in
from services.absences import change_absence, note_absence, take_back_absence
from services.clock import new_id
from services.directory import show_person
from services.explanations import word
from services.mandates import Offered, Wish, give_mandate, offered_to, take_mandate_back
from services.own_page import AT_MOST, own_page

router = APIRouter()
Sent = Annotated[Filled, Depends(filled)]
OWN = "/moi"
_DONE = ("absence", "retrait", "pouvoir", "pouvoir-retire")


@router.get(OWN, name="own_page")
def show(request: Request, fait: Annotated[str, Query(max_length=200)] = "") -> Response:
    """What concerns whoever is signed in."""
    charter, words = charter_of(request), wording(language_of(request))
    names = {entry.code: entry.name.of(words.language) for entry in (*charter.bodies, *charter.partners)}
    return page(
        request,
        "own.html.j2",
        own=own_page(portal_of(request).app, seated(request)),
        names=names,
        what=lambda asked: asked.what(words),
        at_most=AT_MOST,
        done=fait if fait in _DONE else "",
        key=new_id().hex,
    )


@router.get(f"{OWN}/absence", name="new_own_absence")
def new_absence(request: Request) -> Response:
    """A form to say when one is away, and who answers meanwhile."""
    return _absence_form(request, None, None)


@router.post(f"{OWN}/absence", name="create_own_absence")
def add_absence(request: Request, sent: Sent) -> Response:
    """Note one's own absence."""
    app, visitor, seat = portal_of(request).app, seated(request), acting_seat(request)
    return carry_out(
        given_in(sent, ABSENCE),
        lambda given: note_absence(app, visitor.convention, visitor.code, given, by=seat),
        lambda given, refused: _absence_form(request, None, given, refused),
        lambda _: f"{OWN}?fait=absence#absences",
    )


@router.get(f"{OWN}/absence/{{absence}}", name="edit_own_absence")
def edit_absence(request: Request, absence: RowId) -> Response:
    """A form to correct one's own absence, or to change its last day once it has begun."""
    return _absence_form(request, absence, None)


@router.post(f"{OWN}/absence/{{absence}}", name="save_own_absence")
def save_absence(request: Request, absence: RowId, sent: Sent) -> Response:
    """Correct one's own absence."""
    app, visitor, seat = portal_of(request).app, seated(request), acting_seat(request)
    return carry_out(
        given_in(sent, ABSENCE),
        lambda given: change_absence(app, visitor.convention, visitor.code, absence, given, given["seen"], by=seat),
        lambda given, refused: _absence_form(request, absence, given, refused),
        lambda _: f"{OWN}?fait=absence#absences",
    )


@router.post(f"{OWN}/absence/{{absence}}/retrait", name="take_back_own_absence")
def take_back(request: Request, absence: RowId, _sent: Sent) -> Response:
    """Take back one's own absence that has not begun."""
    visitor = seated(request)
    take_back_absence(portal_of(request).app, visitor.convention, visitor.code, absence, by=acting_seat(request))
    return RedirectResponse(f"{OWN}?fait=retrait#absences", 303)


@router.get(f"{OWN}/pouvoir", name="mandate")
def choose_mandate(request: Request) -> Response:
    """A form to give a proxy, for one review or for a meeting."""
    return _mandate_form(request, {"key": new_id().hex})


@router.post(f"{OWN}/pouvoir", name="give_mandate")
def mandate(request: Request, sent: Sent) -> Response:
    """Give a proxy."""
    given = {name: sent.text(name) for name in ("what", "holder", "until", "key")}
    try:
        give_mandate(portal_of(request).app, seated(request), _wish(request, given))
    except Refused as refused:
        return _mandate_form(request, given, refused)
    return RedirectResponse(f"{OWN}?fait=pouvoir#proxies", 303)


@router.post(f"{OWN}/pouvoir/retrait", name="revoke_mandate")
def revoke(request: Request, sent: Sent) -> Response:
    """Take a proxy back that was not used."""
    take_mandate_back(portal_of(request).app, seated(request), sent.text("number"), sent.text("body"), sent.text("giver"))
    return RedirectResponse(f"{OWN}?fait=pouvoir-retire#proxies", 303)


def _wish(request: Request, given: Mapping[str, str]) -> Wish:
    try:
        until = date.fromisoformat(given["until"]) if given["until"] else None
    except ValueError:
        raise Refused.because("people.date_malformed", "until", given=given["until"]) from None
    return Wish(given["what"], given["holder"], until, request_key(request, given["key"]))


def _absence_form(request: Request, absence: int | None, given: Given | None, refused: Refused | None = None) -> Response:
    visitor = seated(request)
    shown = show_person(portal_of(request).app, visitor.convention, visitor.code)
    about = wording(language_of(request)).say("portal.nav.own_page")
    return absence_form(request, AbsencePage(shown, OWN, about, "own_absence"), absence, given, refused)


def _mandate_form(request: Request, given: Mapping[str, str], refused: Refused | None = None) -> Response:
    words, problems = wording(language_of(request)), refused.problems if refused else ()
    said = [(problem.where, word(words, Problem(problem.code, problem.params))) for problem in problems]
    offered = offered_to(portal_of(request).app, seated(request))
    return page(
        request,
        "mandate.html.j2",
        status=422 if refused else 200,
        fields=_mandate_fields(request, offered, given, dict(reversed(said))),
        key=given["key"],
        problems=[text for _, text in said],
        any_left=any(not one.represented for one in offered.reviews),
        back=OWN,
    )


def _mandate_fields(request: Request, offered: Offered, given: Mapping[str, str], told: Mapping[str, str]) -> list[Field]:
    words = wording(language_of(request))
    bodies = {body.code: body.name.of(words.language) for body in charter_of(request).bodies}
    meetings = [
        (one.number, words.say("portal.mandate.meeting", number=one.number, body=bodies[one.body], count=len(one.left)))
        for one in offered.meetings
        if one.left
    ]
    reviews = [
        (one.code, words.say("portal.mandate.review", number=one.number, title=one.title, body=bodies[one.body]))
        for one in offered.reviews
        if not one.represented
    ]
    options = {
        "what": [*meetings, *reviews],
        "holder": [(seat, f"{seat} · {name}") for seat, name in sorted(offered.names.items())],
    }

    def field(name: str, kind: str, *, required: bool) -> Field:
        code = f"portal.mandate.field.{name}"
        shown = (words.say(f"{code}.title"), words.say(f"{code}.help"))
        return Field(name, kind, *shown, required, options.get(name, ()), [given.get(name, "")], told.get(name, ""))

    return [field("what", "one", required=True), field("holder", "one", required=True), field("until", "date", required=False)]
