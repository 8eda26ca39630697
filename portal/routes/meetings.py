"""Meetings: their list, one in full, and every form of their life."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from functools import partial
from typing import Annotated, Any, NamedTuple

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import RedirectResponse, Response
from pydantic import ValidationError

from models.commands import Via
from models.errors import NotFound, Problem, Refused
from models.meetings import MeetingState, MeetingVerb
from models.meetings.rules import CALLED
from notifications.dates import short_date
from portal import attendance
from portal.calendars import done_in_words, shown
from portal.context import charter_of, language_of, page, portal_of, request_key, seated, wording
from portal.fields import Layout
from portal.filled import Filled, filled
from portal.meetings import FORMS, acting_seat, acts_on, preset, read, served_bodies
from services.clock import new_id
from services.explanations import word
from services.feed_addresses import Whose
from services.meetings.reading import Row, list_meetings, show_meeting, voters_of, what_awaits
from services.meetings.requests import send_meeting
from services.meetings.telling import MEETINGS
from services.people import holders_of
from services.reckonings import in_words, next_in_words
from services.validation import explain_validation

router = APIRouter()
Sent = Annotated[Filled, Depends(filled)]
Text = Annotated[str, Query(max_length=200)]
_ASIDE = ("seat", "convention", "seen_version", "meeting", "body", "second_of")
"""Fields that the page gives by itself."""


@router.get(f"/{MEETINGS}", name="meetings")
def show_all(request: Request, de: Text = "") -> Response:
    """Every meeting, the latest day first; secretaries may plan one for each body that they serve."""
    visitor, charter, language = seated(request), charter_of(request), language_of(request)
    names = {body.code: body.name.of(language) for body in charter.bodies}
    bodies = [body.code for body in served_bodies(charter, visitor)]
    field, calendars = partial(wording(language).say, "portal.calendar.address_of"), partial(Whose, visitor.convention)
    return page(
        request,
        "meetings.html.j2",
        rows=list_meetings(portal_of(request).app, convention=visitor.convention),
        names=names,
        bodies=[(body, names[body]) for body in bodies],
        calendars=[shown(request, calendars(body=body), field(body=names[body])) for body in bodies],
        calendar_done=done_in_words(request),
        calendar_at=de,
    )


@router.get(f"/{MEETINGS}/nouvelle", name="new_meeting")
def new(request: Request, body: Text = "", second_of: Text = "") -> Response:
    """A form for a meeting that does not exist yet; of ``second_of``, the second convocation."""
    first = _meeting(request, second_of) if second_of else None
    return _show(request, _Form(MeetingVerb.PLAN, None, first["body"] if first else body, first["number"] if first else ""), None)


@router.post(f"/{MEETINGS}/nouvelle", name="plan_meeting")
def plan(request: Request, sent: Sent) -> Response:
    """Plan a meeting."""
    return _ask(request, _Form(MeetingVerb.PLAN, None, sent.text("body"), sent.text("second_of")), sent)


@router.get(f"/{MEETINGS}/{{number}}", name="meeting")
def show(request: Request, number: str, fait: Text = "") -> Response:
    """One meeting: when and where, its agenda, who attended, the quorum, and all that happened."""
    visitor, charter, language = seated(request), charter_of(request), language_of(request)
    meeting = _meeting(request, number)
    bodies = served_bodies(charter, visitor)
    rules = next((body.rules for body in bodies if body.code == meeting["body"]), None)
    return page(
        request,
        "meeting.html.j2",
        meeting=meeting,
        names={body.code: body.name.of(language) for body in charter.bodies},
        partners={partner.code: partner.name.of(language) for partner in charter.partners},
        reckoned=lambda how: in_words(how, wording(language)),
        next_reminder=lambda ahead: next_in_words(ahead, wording(language)),
        reminded=lambda days: ", ".join(short_date(day, language) for day in days),
        acts=acts_on(meeting, bodies),
        holders=holders_of(portal_of(request).app, visitor.convention, {line["actor"] for line in meeting["log"]}),
        may_second=rules is not None and rules.second_convocation == "without_quorum" and not meeting["second"],
        done=fait if fait in FORMS else "",
    )


@router.get(f"/{MEETINGS}/{{number}}/{{verb}}", name="meeting_act")
def show_act(request: Request, number: str, verb: str) -> Response:
    """The form of an act on a meeting; the page of the meeting where its state does not allow it."""
    meeting = _meeting(request, number)
    if verb not in acts_on(meeting, served_bodies(charter_of(request), seated(request))):
        return RedirectResponse(f"/{MEETINGS}/{meeting['number']}", 303)
    return _show(request, _Form(_verb(verb), meeting, meeting["body"]), None)


@router.post(f"/{MEETINGS}/{{number}}/{{verb}}", name="do_meeting_act")
def act(request: Request, number: str, verb: str, sent: Sent) -> Response:
    """Carry an act out."""
    meeting = _meeting(request, number)
    return _ask(request, _Form(_verb(verb), meeting, meeting["body"]), sent)


class _Form(NamedTuple):
    """A form at hand: its verb, the meeting it is about (None: a new one), the body, and of which meeting it is the second convocation."""

    verb: MeetingVerb
    meeting: Row | None
    body: str
    second_of: str = ""

    @property
    def convened(self) -> bool:
        """Whether people are convened to the meeting."""
        return self.meeting is not None and self.meeting["state"] == MeetingState.CONVENED

    @property
    def left_out(self) -> Iterable[str]:
        """The fields that this form does without: an agenda that stays, an urgency of which nobody is told."""
        if self.convened or self.second_of or (self.meeting and self.meeting["second_of"]):
            yield from ("actions", "items")
        if self.verb is MeetingVerb.CHANGE and not self.convened:
            yield "urgency"


def _meeting(request: Request, number: str) -> Row:
    return show_meeting(portal_of(request).app, number, convention=seated(request).convention)


def _verb(verb: str) -> MeetingVerb:
    if verb not in FORMS or verb == MeetingVerb.PLAN:
        raise NotFound(Problem("page_unknown"))
    return MeetingVerb(verb)


def _ask(request: Request, at: _Form, sent: Filled) -> Response:
    form, visitor = FORMS[at.verb], seated(request)
    values = read(form, sent)
    about = {"meeting": at.meeting["number"], "seen_version": sent.text("seen_version") or None} if at.meeting else {}
    seat = acting_seat(visitor, charter_of(request), at.body)
    try:
        if idle := attendance.idle_holders(sent):
            raise Refused.because("holder_without_need", seats=", ".join(idle))
        asked = form.model_validate({**values, **about, "seat": seat, "convention": visitor.convention})
        held = send_meeting(portal_of(request).app, asked, key=request_key(request, sent.text("key")), via=Via.PORTAL, chosen=True)
    except ValidationError as error:
        problems = explain_validation(error)
    except Refused as refused:
        problems = list(refused.problems)
    else:
        return RedirectResponse(f"/{MEETINGS}/{held.number}?fait={at.verb}", 303)
    return _show(request, at, sent, values, problems)


def _show(
    request: Request, at: _Form, sent: Filled | None, values: Mapping[str, Any] | None = None, problems: Iterable[Problem] = ()
) -> Response:
    charter, words, visitor = charter_of(request), wording(language_of(request)), seated(request)
    bodies = served_bodies(charter, visitor)
    body = next((known for known in bodies if known.code == at.body or not at.body), None)
    if body is None or body.rules is None:
        raise Refused.because("meeting_not_yours", seat=visitor.seats[0].code, body=at.body or "-")
    awaiting = what_awaits(portal_of(request).app, body.code, convention=visitor.convention)
    shown = dict(values) if values is not None else preset(at.meeting, awaiting)
    if isinstance(shown.get("items"), list):
        shown["items"] = "\n".join(shown["items"])
    told = {problem.where.partition(".")[0]: word(words, Problem(problem.code, problem.params)) for problem in problems if problem.where}
    options = {"actions": [(one.number, f"{one.number} · {one.title}") for one in awaiting]}
    laid_out = Layout(charter, words, options).fields(FORMS[at.verb], shown, told, (*_ASIDE, *CALLED, *at.left_out))
    opening = at.verb is MeetingVerb.OPEN and at.meeting is not None
    return page(
        request,
        "meeting_form.html.j2",
        status=_status(problems),
        form_name=words.labels("form")[FORMS[at.verb].__name__],
        meeting=at.meeting,
        body=body,
        body_name=body.name.of(words.language),
        second_of=at.second_of,
        convened=at.verb is MeetingVerb.CHANGE and at.convened,
        fields=[replace(field, required=True) if field.name in _must(at) else field for field in laid_out],
        lines=_lines(request, at.meeting, shown) if opening and at.meeting else [],
        presences=attendance.offered(words, proxies=body.rules.proxies_per_holder > 0),
        with_holders=body.rules.proxies_per_holder > 0,
        key=sent.text("key") if sent else new_id().hex,
        problems=[word(words, Problem(problem.code, problem.params)) for problem in problems],
    )


def _must(at: _Form) -> tuple[str, ...]:
    """The fields that must be filled in this time: who was convened is told why a meeting is off."""
    return (
        ("reason",) if at.verb is MeetingVerb.CANCEL and at.convened else ("held_on", "starts_at") if at.verb is MeetingVerb.CHANGE else ()
    )


def _lines(request: Request, meeting: Row, shown: Mapping[str, Any]) -> list[attendance.Line]:
    app, convention = portal_of(request).app, seated(request).convention
    seats = voters_of(app, meeting["body"], meeting["held_on"], convention=convention)
    return attendance.lines(seats, holders_of(app, convention, seats), shown)


def _status(problems: Iterable[Problem]) -> int:
    """409 where somebody changed the meeting meanwhile, 422 for any other refusal."""
    codes = {problem.code for problem in problems}
    return 409 if "meeting_stale" in codes else 422 if codes else 200
