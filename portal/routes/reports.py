"""The pilot's page: news in two minutes from the mail, and the final report."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response
from pydantic import ValidationError

from models.commands import Via
from models.errors import Conflict, Problem, Refused
from portal.acts import field_of, options_for, read
from portal.context import charter_of, language_of, page, portal_of, wording
from portal.fields import Layout
from portal.filled import Filled, filled
from portal.invited import invited
from services.explanations import word
from services.forms import FinalReportForm, Form, ProgressForm
from services.invitations import Invitation
from services.links import FINAL_REPORT, PATHS, PROGRESS
from services.queries import show_action
from services.requests import send
from services.validation import explain_validation

router = APIRouter()
Sent = Annotated[Filled, Depends(filled)]
_FORMS: dict[str, type[Form]] = {PROGRESS: ProgressForm, FINAL_REPORT: FinalReportForm}
_LEFT_OUT = ("seat", "occurred_on", "late_reason", "reason")


@router.get(f"/{PATHS[PROGRESS]}/{{token}}", name="progress")
def show_progress(request: Request, token: str) -> Response:
    """Show the form for news."""
    return _show(request, token, invited(request, token, PROGRESS))


@router.post(f"/{PATHS[PROGRESS]}/{{token}}", name="give_progress")
def give_progress(request: Request, token: str, sent: Sent) -> Response:
    """Record news."""
    return _give(request, token, PROGRESS, sent)


@router.get(f"/{PATHS[FINAL_REPORT]}/{{token}}", name="final_report")
def show_final_report(request: Request, token: str) -> Response:
    """Show the form for the final report."""
    return _show(request, token, invited(request, token, FINAL_REPORT))


@router.post(f"/{PATHS[FINAL_REPORT]}/{{token}}", name="give_final_report")
def give_final_report(request: Request, token: str, sent: Sent) -> Response:
    """File the final report."""
    return _give(request, token, FINAL_REPORT, sent)


def _give(request: Request, token: str, kind: str, sent: Filled) -> Response:
    found = invited(request, token, kind)
    if found.hindrance not in (None, "link_used"):
        return _show(request, token, found)
    form, seat = _FORMS[kind], found.seats[0]
    values = read(form, sent)
    try:
        asked = form.model_validate({**values, "action": found.number, "seat": seat, "convention": found.convention})
        send(portal_of(request).app, asked, key=found.key(seat), via=Via.LINK)
    except ValidationError as error:
        return _show(request, token, found, values, explain_validation(error))
    except Conflict:
        return _show(request, token, invited(request, token, kind))
    except Refused as refused:
        return _show(request, token, found, values, list(refused.problems))
    return page(request, "reported.html.j2", found=found)


def _show(
    request: Request, token: str, found: Invitation, values: dict[str, Any] | None = None, problems: list[Problem] | None = None
) -> Response:
    charter, words = charter_of(request), wording(language_of(request))
    action = show_action(portal_of(request).app, found.number, convention=found.convention)
    told = {field_of(problem): word(words, Problem(problem.code, problem.params)) for problem in problems or () if field_of(problem)}
    layout = Layout(charter, words, options_for(charter, words, action, ()))
    questions = [text.of(words.language) for text in charter.cadence.guiding_questions] if found.kind == PROGRESS else []
    return page(
        request,
        "report.html.j2",
        status=422 if problems else 410 if found.hindrance else 200,
        token=token,
        path=PATHS[found.kind],
        found=found,
        action=action,
        fields=layout.fields(_FORMS[found.kind], values or {}, told, _LEFT_OUT),
        questions=questions,
        problems=[word(words, Problem(problem.code, problem.params)) for problem in problems or ()],
    )
