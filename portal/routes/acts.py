"""Asking for something: every form of the life of an action, refused in words before the click where it cannot be."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Annotated, Any, NamedTuple

from fastapi import APIRouter, Depends, Request
from fastapi.responses import RedirectResponse, Response
from pydantic import ValidationError

from models.commands import Via
from models.errors import NotFound, Problem, Refused
from models.lifecycle import Verb
from models.meetings.rules import CALLED
from portal import attendance, proxies
from portal.acts import NEW, Offer, field_of, form_of, holds_sheet, offers, options_for, read
from portal.context import action_at, charter_of, language_of, page, portal_of, request_key, seated, wording
from portal.fields import ASIDE, Layout, milestone_lines
from portal.filled import Filled, filled
from services.attachments import Request as FileRequest
from services.attachments import attach_content
from services.clock import new_id
from services.explanations import word
from services.forms import AttendanceForm, ChaseForm, Form
from services.in_place import answered_for
from services.people import people_names
from services.queries import action_id_of
from services.requests import send
from services.served import seats_served
from services.standing_in import DEPUTY
from services.validation import explain_validation

router = APIRouter()
Sent = Annotated[Filled, Depends(filled)]
_OF_OPEN_REVIEWS = (Verb.CHASE, Verb.CLOSE_REVIEW, Verb.EXTEND_REVIEW, Verb.MOVE_REVIEW, Verb.RECORD_OPINION, *proxies.VERBS)
_CHOICES = 200
"""Persons that a list offers; where there are more, their code is typed."""


@router.get("/nouvelle/{kind}", name="new")
def new(request: Request, kind: str) -> Response:
    """A form for an action that does not exist yet."""
    return _show(request, _new_form(kind), None, {}, _Trail(seated(request).seats[0].code))


@router.post("/nouvelle/{kind}", name="create")
def create(request: Request, kind: str, sent: Sent) -> Response:
    """Propose an action, or keep a draft: which, the button says."""
    return _ask(request, _new_form(sent.text("as") or kind), None, sent)


@router.get("/actions/{number}/fichiers", name="attach")
def show_attach(request: Request, number: str) -> Response:
    """A form to attach a file."""
    return _show_attach(request, number)


@router.post("/actions/{number}/fichiers", name="do_attach")
def attach(request: Request, number: str, sent: Sent) -> Response:
    """Attach a file to an action."""
    visitor = seated(request)
    action_id_of(portal_of(request).app, visitor.convention, number, visitor)
    asked = FileRequest(action=number, seat=sent.text("seat"), key=request_key(request, sent.text("key")), convention=visitor.convention)
    try:
        _own_seat(request, sent.text("seat"))
        attach_content(portal_of(request).app, sent.file_name, sent.content, asked, via=Via.PORTAL)
    except Refused as refused:
        return _show_attach(request, number, refused=refused)
    return RedirectResponse(f"/actions/{number}?fait={Verb.ATTACH}", 303)


@router.get("/actions/{number}/{verb}", name="act")
def show(request: Request, number: str, verb: str, body: str = "", reached: str = "", blocker: str = "") -> Response:
    """The form of a verb; or, where it cannot be asked now, why. ``reached``, ``blocker``: a milestone or a blocker that is chosen in it already."""
    action = action_at(request, number)
    form, offer = _form(verb, action["state"]), _offered(request, number, verb, body)
    if not offer.possible:
        words = wording(language_of(request))
        return page(request, "not_now.html.j2", action=action, verb=verb, reasons=[word(words, problem) for problem in offer.unmet])
    present = action["sheet"] if holds_sheet(form) else {}
    chosen = {"body": body, "reached": [reached] if reached else [], "blocker": blocker}
    preset: dict[str, Any] = {**present, "outcome": verb} | {name: value for name, value in chosen.items() if value}
    return _show(request, form, action, preset, _Trail(offer.seat, verb, body, to_give=offer.to_give))


@router.post("/actions/{number}/{verb}", name="do_act")
def act(request: Request, number: str, verb: str, sent: Sent) -> Response:
    """Carry a form out."""
    action = action_at(request, number)
    return _ask(request, _form(verb, action["state"]), action, sent, verb=verb)


def _new_form(kind: str) -> type[Form]:
    if kind not in NEW:
        raise NotFound(Problem("page_unknown"))
    return NEW[kind]


def _form(verb: str, state: str) -> type[Form]:
    form = form_of(verb, state)
    if form is None:
        raise NotFound(Problem("page_unknown"))
    return form


def _offered(request: Request, number: str, verb: str, body: str) -> Offer:
    known = offers(portal_of(request).app, seated(request), number, body or None)
    return next(offer for offer in known if offer.verb == verb)


def _own_seat(request: Request, seat: str) -> str:
    """Nobody acts through another's seat."""
    if seat not in {held.code for held in seated(request).seats}:
        raise Refused.because("seat_not_yours", "seat", seat=seat or "-")
    return seat


def _ask(request: Request, form: type[Form], action: Mapping[str, Any] | None, sent: Filled, *, verb: str | None = None) -> Response:
    values = read(form, sent)
    about = {"action": action["number"], "seen_version": sent.text("seen_version") or None} if action else {}
    try:
        seat = _own_seat(request, sent.text("seat"))
        if form is AttendanceForm and not any(values.get(name) for name in CALLED):
            raise Refused.because("attendance_nobody")
        asked = form.model_validate({**values, **about, "seat": seat, "convention": seated(request).convention})
        outcome = send(portal_of(request).app, asked, key=request_key(request, sent.text("key")), via=Via.PORTAL)
    except ValidationError as error:
        problems = explain_validation(error)
    except Refused as refused:
        problems = list(refused.problems)
    else:
        return RedirectResponse(f"/actions/{outcome.number}?fait={verb or asked.verb}", 303)
    return _show(request, form, action, values, _Trail(sent.text("seat"), verb, sent.text("body"), sent.text("key")), problems)


class _Trail(NamedTuple):
    """What a form carries along: the seat, the verb and the body it is about, the key of the request, the fields that must be filled in."""

    seat: str
    verb: str | None = None
    body: str = ""
    key: str = ""
    to_give: frozenset[str] = frozenset()


def _show(
    request: Request,
    form: type[Form],
    action: Mapping[str, Any] | None,
    values: Mapping[str, Any],
    trail: _Trail,
    problems: Iterable[Problem] = (),
) -> Response:
    seat, verb, body, key, to_give = trail
    charter, words, visitor = charter_of(request), wording(language_of(request)), seated(request)
    options = options_for(charter, words, action, people_names(portal_of(request).app, visitor.convention, at_most=_CHOICES))
    options["seat"] = [(held.code, f"{held.code} · {words.label('role', held.role)}") for held in visitor.seats]
    opened = options.pop("opened", None)
    if opened and form.verb in _OF_OPEN_REVIEWS:
        options["body"] = opened
        body = body or (opened[0][0] if len(opened) == 1 else "")
    options["concerned"] = _concerned(request, verb, action)
    represented = proxies.choices(portal_of(request).app, visitor, verb, action) if action else {}
    options |= represented
    if form.verb is Verb.KEEP_OPINION:
        options["voter"] = seats_served(portal_of(request).app, visitor)
    absent = _absent(request, form, seat, options)
    called: list[attendance.Line] = []
    if form is AttendanceForm and action:
        body, called = attendance.in_review(portal_of(request).app, action, visitor.convention, body, values if key else None)
        options["body"] = [chosen for chosen in opened or () if chosen[0] == body]
    told = {field_of(problem): word(words, Problem(problem.code, problem.params)) for problem in problems}
    given = {"voter": absent[0]} if len(absent) == 1 else {}
    given |= {"concerned": options["concerned"][0][0]} if options["concerned"] else {}
    given |= {name: offered[0][0] for name, offered in represented.items() if offered and name != "holder"}
    filled_in = {"seat": seat, **({"body": body} if body else {}), **given, **values}
    hidden = () if len(visitor.seats) > 1 else ("seat", *(name for name in given if name == "voter"))
    hidden = (*hidden, "meeting", *CALLED) if called else hidden
    if form is ChaseForm:
        hidden = (*hidden, *ASIDE, *(() if opened else ("body", "seats")))
    examining = next((known for known in charter.bodies if known.code == body), None)
    proxied = examining is not None and examining.rules is not None and examining.rules.proxies_per_holder > 0
    laid_out = Layout(charter, words, options).fields(form, filled_in, told, hidden)
    whole = charter.sheet.required if holds_sheet(form) else ()
    fields = [replace(field, required=field.required or field.name in to_give, wanted=field.name in whole) for field in laid_out]
    return page(
        request,
        "act.html.j2",
        status=_status(problems),
        form_name=words.labels("form")[form.__name__],
        verb=verb or form.verb,
        new=action is None,
        action=action,
        fields=[field for field in fields if field.name not in ASIDE],
        aside=[field for field in fields if field.name in ASIDE],
        milestones=milestone_lines(filled_in.get("milestones") or ()),
        seat=seat,
        absent=absent,
        lines=called,
        presences=attendance.offered(words, proxies=proxied),
        voter=given.get("voter", "") if "voter" in hidden else "",
        key=key or new_id().hex,
        seen_version=action["version"] if action else "",
        problems=[word(words, Problem(problem.code, problem.params)) for problem in problems],
        required=whole,
    )


def _concerned(request: Request, verb: str | None, action: Mapping[str, Any] | None) -> list[tuple[str, str]]:
    """For whom a conflict of interest may be declared or withdrawn here: oneself, and those who sit in the bodies that one serves."""
    if action is None or verb not in (Verb.DECLARE_CONFLICT, Verb.WITHDRAW_CONFLICT):
        return []
    offered = seats_served(portal_of(request).app, seated(request))
    standing = {row["seat"] for row in action["conflicts"] if row["withdrawn_on"] is None}
    return [(code, name) for code, name in offered if verb == Verb.DECLARE_CONFLICT or code in standing]


def _absent(request: Request, form: type[Form], seat: str, options: dict[str, Any]) -> list[str]:
    """The seats for which a deputy's seat may give an opinion here: no other is offered then."""
    visitor = seated(request)
    if form.verb is not Verb.RECORD_OPINION or not any(held.code == seat and held.role == DEPUTY for held in visitor.seats):
        return []
    asked = {code for code, _ in options.get("voter", ())}
    absent = [code for code in answered_for(portal_of(request).app, visitor.convention, seat) if code in asked]
    if absent:
        options["voter"] = [(code, code) for code in absent]
    return absent


def _status(problems: Iterable[Problem]) -> int:
    """409 where somebody changed the action meanwhile, 422 for any other refusal."""
    codes = {problem.code for problem in problems}
    return 409 if "version_stale" in codes else 422 if codes else 200


def _show_attach(request: Request, number: str, *, refused: Refused | None = None) -> Response:
    charter, visitor, words = charter_of(request), seated(request), wording(language_of(request))
    return page(
        request,
        "attach.html.j2",
        status=422 if refused else 200,
        action=action_at(request, number),
        seat=visitor.seats[0].code,
        key=new_id().hex,
        limits=charter.attachments,
        problems=[word(words, problem) for problem in refused.problems] if refused else [],
    )
