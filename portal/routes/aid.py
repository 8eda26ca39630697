"""Help: the guides, the keys, what is accessible and what is not yet."""

from fastapi import APIRouter, Request
from fastapi.responses import Response

from models.errors import NotFound, Problem
from portal.accessibility import declarations, flaws
from portal.context import language_of, page, technical_seat, visitor_of
from portal.figures import ASSESSED_ON, figures
from portal.guides import FILES, Guide, for_reader, guide
from portal.plan import OF_TECHNICAL, PLAN
from portal.rights import may_open

router = APIRouter()


@router.get("/aide", name="help")
def show_help(request: Request) -> Response:
    """The guides, those of the reader first, and the other pages of help."""
    visitor = visitor_of(request)
    found = for_reader(language_of(request), secretary=visitor is not None and visitor.is_secretary)
    return page(request, "help.html.j2", guides=found)


@router.get("/aide/clavier", name="keyboard")
def show_keys(request: Request) -> Response:
    """How to go through the portal by keyboard."""
    return page(request, "keyboard.html.j2")


@router.get("/aide/plan", name="plan")
def show_plan(request: Request) -> Response:
    """Every page that somebody may open."""
    plan = [(group, [(path, code) for route, path, code in entries if _opens(request, route)]) for group, entries in PLAN]
    return page(request, "plan.html.j2", plan=plan)


def _opens(request: Request, route: str) -> bool:
    return may_open(route, visitor_of(request)) and (route not in OF_TECHNICAL or technical_seat(request) is not None)


@router.get("/aide/{name}", name="guide")
def show_guide(request: Request, name: str) -> Response:
    """What a guide holds."""
    return page(request, "guide.html.j2", guide=_known(name))


@router.get("/aide/{name}/{slug}", name="chapter")
def show_chapter(request: Request, name: str, slug: str) -> Response:
    """A chapter of a guide."""
    found = _known(name)
    around = found.chapter(slug)
    if around is None:
        raise NotFound(Problem("page_unknown"))
    before, chapter, after = around
    return page(request, "chapter.html.j2", guide=found, before=before, chapter=chapter, after=after)


@router.get("/accessibilite", name="accessibility")
def show_accessibility(request: Request) -> Response:
    """What is accessible here, what is not yet, and whom to tell."""
    return page(
        request,
        "accessibility.html.j2",
        figures=figures(),
        assessed_on=ASSESSED_ON,
        declarations=declarations(request),
        flaws=flaws(language_of(request)),
    )


@router.get("/rester", name="stay")
def stay(request: Request) -> Response:
    """Opened in another tab it prolongs the sign-in, and says until when; the form in the first tab is left as it is."""
    return page(request, "stay.html.j2")


def _known(name: str) -> Guide:
    if name not in FILES:
        raise NotFound(Problem("page_unknown"))
    return guide(name)
