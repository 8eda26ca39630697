"""The pilot's page: what an action waits for, its milestones, indicators and blockers, for whoever carries it out."""

from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import RedirectResponse, Response
from pydantic import ValidationError

from models.commands import Via
from models.errors import NotFound, Problem, Refused
from models.lifecycle import Verb
from models.numbers import whole
from portal.acts import offers
from portal.context import action_at, charter_of, language_of, page, portal_of, request_key, seated, wording
from portal.filled import Filled, filled
from services.clock import local_day, new_id
from services.deadline_kinds import Kind
from services.explanations import word
from services.forms import AmendForm
from services.people import people_names
from services.reckonings import in_words, next_in_words
from services.requests import send
from services.validation import explain_validation
from services.visitors import Visitor

router = APIRouter()
Sent = Annotated[Filled, Depends(filled)]
_ANSWERS: Mapping[str, Verb] = {
    Kind.COMPLETION: Verb.RESUBMIT,
    Kind.FINAL_REPORT: Verb.FILE_FINAL_REPORT,
    Kind.FOLLOW_UP: Verb.START,
    Kind.MILESTONE: Verb.REPORT_PROGRESS,
    Kind.PROGRESS_REPORT: Verb.REPORT_PROGRESS,
}
"""By what a pilot meets a deadline."""
_OURS = (Kind.PROGRESS, Kind.NEGLECT)
"""Days on which the engine asks or notes something: nobody has to meet them."""


@router.get("/mes-actions/{number}", name="own_action")
def show(request: Request, number: str, fait: Annotated[str, Query(max_length=200)] = "") -> Response:
    """An action for whoever leads or proposed it, or a secretary; others are led to its file."""
    action = action_at(request, number, explained=True)
    if not _is_theirs(seated(request), action):
        return RedirectResponse(f"/actions/{action['number']}", 303)
    return _shown(request, action, done=fait == "jalon")


@router.post("/mes-actions/{number}/jalon", name="move_milestone")
def move_milestone(request: Request, number: str, sent: Sent) -> Response:
    """Give a milestone another day; the sheet is amended, and its former version kept."""
    action = action_at(request, number, explained=True)
    place = whole(sent.text("position"))
    plan = [{"title": one["title"], "due_on": one["due_on"]} for one in action["sheet"]["milestones"]]
    if place is None or not 1 <= place <= len(plan):
        raise NotFound(Problem("page_unknown"))
    offer = next(offer for offer in offers(portal_of(request).app, seated(request), number) if offer.verb is Verb.AMEND)
    plan[place - 1]["due_on"] = sent.text("due_on")
    about = {"seat": offer.seat, "action": action["number"], "convention": seated(request).convention}
    given = {"milestones": plan, "reason": sent.text("reason"), "seen_version": sent.text("seen_version")}
    try:
        send(
            portal_of(request).app, AmendForm.model_validate({**about, **given}), key=request_key(request, sent.text("key")), via=Via.PORTAL
        )
    except ValidationError as error:
        return _shown(request, action, refused=Refused(*explain_validation(error)), moved=place)
    except Refused as refused:
        return _shown(request, action_at(request, number, explained=True), refused=refused, moved=place)
    return RedirectResponse(f"/mes-actions/{action['number']}?fait=jalon#milestones", 303)


def _is_theirs(visitor: Visitor, action: Mapping[str, Any]) -> bool:
    proposed = action["proposer_seat"] in {seat.code for seat in visitor.seats}
    return visitor.is_secretary or proposed or action["lead_person"] == visitor.code


def _shown(request: Request, action: dict[str, Any], *, done: bool = False, refused: Refused | None = None, moved: int = 0) -> Response:
    app, visitor, charter, words = portal_of(request).app, seated(request), charter_of(request), wording(language_of(request))
    offered = offers(app, visitor, action["number"])
    possible = {offer.verb for offer in offered if offer.possible}
    dues = [due for due in action["deadlines"] if due["kind"] not in _OURS]
    standing = [report for report in action["reports"] if not report["superseded"]]
    problems = [word(words, Problem(problem.code, problem.params)) for problem in refused.problems] if refused else []
    stale = any(problem.code == "version_stale" for problem in refused.problems) if refused else False
    return page(
        request,
        "pilot.html.j2",
        status=409 if stale else 422 if refused else 200,
        action=action,
        names={body.code: body.name.of(words.language) for body in charter.bodies},
        lead=dict(people_names(app, visitor.convention, codes=[action["lead_person"]])).get(action["lead_person"] or "", ""),
        possible=possible,
        dues=dues,
        answers={due["id"]: _answer(due, possible) for due in dues},
        last=next((report for report in reversed(standing) if report["percent"] is not None), None),
        reports=standing[::-1],
        next_request=next((due["due_on"] for due in action["deadlines"] if due["kind"] == Kind.PROGRESS), None),
        today=_today(request),
        reckoned=lambda how: in_words(how, words),
        next_reminder=lambda ahead: next_in_words(ahead, words),
        key=new_id().hex,
        moved=moved,
        problems=problems,
        done=done,
    )


def _answer(due: Mapping[str, Any], possible: set[Verb]) -> str:
    """Where a deadline is met, if its reader may do so now: the verb, and what its form has filled in."""
    verb = _ANSWERS.get(due["kind"])
    if verb is None or verb not in possible:
        return ""
    return f"{verb}?reached={due['subject']}" if due["kind"] == Kind.MILESTONE else str(verb)


def _today(request: Request) -> Any:
    app = portal_of(request).app
    return local_day(app.clock.now(), charter_of(request).convention.timezone)
