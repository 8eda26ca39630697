"""Where things wait, for secretaries: the bottleneck report as a page."""

from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from portal.bars import bar_of, line_of, longest_of
from portal.context import charter_of, language_of, page, portal_of, seated, wording
from services.bottleneck_words import Line, body_lines, notes, state_lines
from services.bottlenecks import bottlenecks
from services.days import read_day

router = APIRouter()
Text = Annotated[str, Query(max_length=200)]


@router.get("/delais", name="bottlenecks")
def show(request: Request, since: Text = "", until: Text = "") -> Response:
    """How long reviews take by body and actions stay in each state, over a span of days or over everything."""
    words = wording(language_of(request))
    first, last = (read_day(text, words.say(f"portal.bottlenecks.{name}")) for name, text in (("since", since), ("until", until)))
    report = bottlenecks(portal_of(request).app, convention=seated(request).convention, since=first, until=last)
    bodies, states = body_lines(report, charter_of(request), words), state_lines(report, words)
    quarters = {found.body: found.trend.quarters for found in report.bodies}
    return page(
        request,
        "bottlenecks.html.j2",
        parts=[part for part in (("bodies", bodies, *_drawn(bodies)), ("states", states, *_drawn(states))) if part[1]],
        firsts=sorted({quarter.first for found in quarters.values() for quarter in found}),
        medians={body: {quarter.first: quarter for quarter in found} for body, found in quarters.items()},
        strokes={body: line_of(found) for body, found in quarters.items()},
        notes=notes(report, words),
        since=first,
        until=last,
    )


def _drawn(lines: list[Line]) -> tuple[int, dict[str, object]]:
    """The scale that the lines share, and the bar of each."""
    longest = longest_of(lines)
    return longest, {line.code: bar_of(line, longest) for line in lines}
