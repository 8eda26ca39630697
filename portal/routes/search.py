"""Searching everything: actions, decisions and attached files, with excerpts, a page at a time; and the tables of lists."""

from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import Response
from pydantic import BaseModel, StringConstraints

from models.errors import Refused
from models.lifecycle import State
from portal.context import charter_of, language_of, page, portal_of, reasons, seated, wording
from portal.searching import (
    ACTIONS,
    DECISIONS,
    RESULTS,
    Text,
    action_row,
    around,
    as_file,
    asked_of_actions,
    decision_row,
    names_of,
    result_row,
)
from services.clock import local_day
from services.decisions import list_decisions
from services.finding import Wanted as WantedActions
from services.finding import find_all
from services.list_query import LONGEST
from services.search.find import COUNTED, KINDS, Page, Wanted, search, search_all

router = APIRouter()
Short = Annotated[str, StringConstraints(max_length=LONGEST)]
Form = Literal["csv", "xlsx"]


class Sent(BaseModel):
    """What an address looks for."""

    words: Short = ""
    kind: Short = ""
    state: Short = ""
    axis: Short = ""
    theme: Short = ""
    body: Short = ""
    year: Short = ""
    page: Short = "1"


def asked(sent: Annotated[Sent, Query()]) -> Wanted:
    """What an address looks for; a kind or a state that there is not narrows nothing."""
    return Wanted.read(sent.model_dump())


Asked = Annotated[Wanted, Depends(asked)]


@router.get("/recherche", name="search")
def show(request: Request, wanted: Asked) -> Response:
    """What is found, with the words marked; before anything is asked for, how to ask."""
    app, visitor, charter, language = portal_of(request).app, seated(request), charter_of(request), language_of(request)
    found, problems = Page((), 0, more=False, page=1, behind=0), []
    if not wanted.empty:
        try:
            found = search(app, visitor, visitor.convention, wanted, language)
        except Refused as refused:
            problems = reasons(request, refused)
    return page(
        request,
        "search.html.j2",
        status=422 if problems else 200,
        wanted=wanted,
        found=found,
        problems=problems,
        counted=COUNTED,
        names=names_of(charter, language),
        kinds=KINDS,
        states=list(State),
        years=_years(request),
        **around(request, "recherche", wanted.as_query()),
    )


def _years(request: Request) -> list[str]:
    """Those of the convention so far, the newest first."""
    convention = charter_of(request).convention
    today = local_day(portal_of(request).app.clock.now(), convention.timezone)
    return [str(year) for year in range(today.year, min(convention.starts_on, convention.signed_on).year - 1, -1)]


@router.get("/recherche.{form}", name="search_table")
def results_table(request: Request, form: Form, wanted: Asked) -> Response:
    """Everything that is found, as a table."""
    visitor, language = seated(request), language_of(request)
    names, words = names_of(charter_of(request), language), wording(language)
    found = search_all(portal_of(request).app, visitor, visitor.convention, wanted, language)
    return as_file(request, form, "search", RESULTS, (result_row(each, names, words) for each in found))


@router.get("/actions.{form}", name="actions_table")
def actions_table(request: Request, form: Form, wanted: Annotated[WantedActions, Depends(asked_of_actions)]) -> Response:
    """The actions of all pages of the list, as a table."""
    visitor, language = seated(request), language_of(request)
    names, words = names_of(charter_of(request), language), wording(language)
    found = find_all(portal_of(request).app, visitor, visitor.convention, wanted, language)
    return as_file(request, form, "actions", ACTIONS, (action_row(row, names, words) for row in found))


@router.get("/decisions.{form}", name="decisions_table")
def decisions_table(request: Request, form: Form, body: Text = "", year: Text = "") -> Response:
    """The decisions of all pages of the register, as a table."""
    visitor, language = seated(request), language_of(request)
    names, words = names_of(charter_of(request), language), wording(language)
    found = list_decisions(portal_of(request).app, convention=visitor.convention, body=body, year=year)
    return as_file(request, form, "decisions", DECISIONS, (decision_row(row, names, words) for row in found))
