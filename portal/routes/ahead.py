"""Who will be asked for what, and when: the forecast as a page, a table and a calendar."""

from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from models.assumptions import read_day
from models.errors import Problem, Refused
from models.forecasts import Forecast, ForecastLine
from portal.ahead import Busy, Computed
from portal.context import charter_of, language_of, page, portal_of, seated, wording
from portal.strips import strips_of
from services.clock import local_day
from services.explanations import word
from services.forecast.files import as_calendar, as_csv
from services.forecast.reading import Asked
from services.forecast.words import counts, heading, silences, what, who, why
from services.people import people_names
from services.wording import Wording

router = APIRouter()
Text = Annotated[str, Query(max_length=200)]
LINES = 150
"""Lines of the page, one for all who get the same message; the table to download holds every message."""
_CHOICES = 200
_FILTERS = ("action", "person", "body", "until")


@router.get("/previsions", name="ahead")
def show(request: Request, voir: Text = "", action: Text = "", person: Text = "", body: Text = "", until: Text = "") -> Response:
    """Who will be asked for what, if nobody acts: computed when it is asked for."""
    words, charter, visitor = wording(language_of(request)), charter_of(request), seated(request)
    given = dict(zip(_FILTERS, (action.strip(), person.strip(), body.strip(), until.strip()), strict=True))
    found, status, problems = None, 200, list[str]()
    if voir:
        try:
            found = _computed(request, given)
        except Busy as busy:
            status, problems = 503, [word(words, problem) for problem in busy.problems]
        except Refused as refused:
            status, problems = 422, [word(words, Problem(problem.code, problem.params)) for problem in refused.problems]
    answer = page(
        request,
        "ahead.html.j2",
        status=status,
        given=given,
        query={"voir": "1", **{name: value for name, value in given.items() if value}},
        bodies=[(entry.code, entry.name.of(words.language)) for entry in charter.bodies],
        people=people_names(portal_of(request).app, visitor.convention, at_most=_CHOICES),
        problems=problems,
        at=found.at if found else None,
        found=found.found if found else None,
        told=_told(found, request) if found else {},
    )
    if status == 503:  # noqa: PLR2004  # busy
        answer.headers["Retry-After"] = "5"
    return answer


@router.get("/previsions/tableau.csv", name="ahead_table")
def table(request: Request, action: Text = "", person: Text = "", body: Text = "", until: Text = "") -> Response:
    """The same as a table for spreadsheets."""
    found = _computed(request, dict(zip(_FILTERS, (action, person, body, until), strict=True))).found
    return _file(as_csv(found, wording(language_of(request))).encode(), "text/csv; charset=utf-8", "previsions.csv")


@router.get("/previsions/agenda.ics", name="ahead_calendar")
def calendar(request: Request, action: Text = "", person: Text = "", body: Text = "", until: Text = "") -> Response:
    """The same as a calendar."""
    computed = _computed(request, dict(zip(_FILTERS, (action, person, body, until), strict=True)))
    content = as_calendar(computed.found, wording(language_of(request)), computed.at)
    return _file(content, "text/calendar; charset=utf-8", "previsions.ics")


def _computed(request: Request, given: dict[str, str]) -> Computed:
    portal, convention = portal_of(request), seated(request).convention
    day = read_day(given["until"]) if given["until"] else None
    if given["until"] and day is None:
        raise Refused.because("forecast.not_a_day", given=given["until"])
    asked = Asked(given["action"] or None, given["person"] or None, given["body"] or None, day, convention=convention)
    today = local_day(portal.app.clock.now(), charter_of(request).convention.timezone)
    return portal.ahead.forecast(portal.app, asked, today)


def _told(computed: Computed, request: Request) -> dict[str, object]:
    """What the page says of a forecast."""
    words, found = wording(language_of(request)), computed.found
    lines = _together(found, words)
    return {
        "heading": heading(found, words),
        "silences": silences(found, words),
        "counts": counts(found, words),
        "strips": strips_of(found, words),
        "lines": lines[:LINES],
        "total": len(lines),
    }


def _together(found: Forecast, words: Wording) -> list[tuple[ForecastLine, list[str], str, str]]:
    """What leaves on a day about the same thing, once, with all who get it."""
    lines: dict[tuple[object, ...], tuple[ForecastLine, list[str], str, str]] = {}
    for line in found.lines:
        said, reason = what(line, words), why(line, words)
        lines.setdefault((line.day, line.about, said, reason), (line, [], said, reason))[1].append(who(line, words))
    return list(lines.values())


def _file(content: bytes, media_type: str, name: str) -> Response:
    return Response(content, media_type=media_type, headers={"Content-Disposition": f'attachment; filename="{name}"'})
