"""What everybody may read of a convention: its axes, actions, decisions and days of meeting, as far as its charter says."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from models.analysis import Token, tokens
from models.errors import Refused
from models.progress import AxisProgress, Progress, rounded
from models.publication import PublicField
from models.queries import Query as Words
from models.queries import met, read_query
from notifications.dates import clock_time
from portal.context import portal_of, wording
from portal.public_words import decided, name_in, parts_of, verdict_of
from portal.publishing import edition_of, not_there, public_page, reading_language
from services.explanations import word
from services.finding import PAGE, Found
from services.list_query import page_number
from services.publication.edition import Edition, PublicAction
from services.search.documents import numbered

router = APIRouter()
Text = Annotated[str, Query(max_length=200)]
Page = Annotated[str, Query(max_length=200, alias="page")]
_READ = ["GET", "HEAD"]
_LATEST = 5
_FILTERS: Mapping[str, tuple[str, str]] = {"axe": ("axes", "axis"), "thematique": ("themes", "themes"), "site": ("sites", "sites")}
"""What actions may be chosen by: where its names stand in the charter, and what it is called in an action."""


@router.api_route("", methods=_READ, name="public_home")
def home(request: Request) -> Response:
    """What the convention is, how far its axes have come, and what was decided last."""
    edition, language = edition_of(request), reading_language(request)
    others = portal_of(request).editions.besides(edition)
    return public_page(
        request,
        edition,
        "public_home.html.j2",
        progress=edition.progress(),
        rounded=rounded,
        decisions=edition.content.decisions[:_LATEST],
        others=[(other.path, other.charter.convention.name.of(language)) for other in others],
    )


@router.api_route("/axes", methods=_READ, name="public_axes")
def show_axes(request: Request) -> Response:
    """Every axis with its objectives and their actions, how far each has come, and how that is reckoned."""
    edition, language = edition_of(request), reading_language(request)
    progress = edition.progress() or {}
    shown = [_axis(edition, axis, progress.get(axis), language) for axis in edition.charter.codes()["axes"]]
    return public_page(request, edition, "public_axes.html.j2", axes=shown)


def _axis(edition: Edition, code: str, progress: AxisProgress | None, language: str) -> Mapping[str, Any]:
    mine = [action for action in edition.content.actions if action.axis == code]
    objectives = [entry.code for entry in edition.charter.objectives if entry.axis == code]
    parts = [_part(name_in(edition, "objectives", each, language), each, mine, progress) for each in objectives]
    apart = [action for action in mine if action.objective not in objectives]
    if apart:
        parts.append(_part(wording(language).say("public.no_objective"), None, apart, progress))
    return {"code": code, "name": name_in(edition, "axes", code, language), "parts": parts, **_said(progress.whole if progress else None)}


def _part(name: str, code: str | None, actions: Sequence[PublicAction], progress: AxisProgress | None) -> Mapping[str, Any]:
    mine = [action for action in actions if code is None or action.objective == code]
    return {"name": name, "actions": mine, **_said(progress.objectives.get(code) if progress else None)}


def _said(progress: Progress | None) -> Mapping[str, Any]:
    return {"progress": progress, "percent": rounded(progress.percent) if progress else None}


@router.api_route("/actions", methods=_READ, name="public_actions")
def find_actions(
    request: Request, mots: Text = "", etat: Text = "", axe: Text = "", thematique: Text = "", site: Text = "", page_: Page = "1"
) -> Response:
    """The public actions that match, a page at a time; words that cannot be read are answered with how to write them."""
    edition, language = edition_of(request), reading_language(request)
    if edition.rules.actions is None:
        raise not_there()
    wanted = {"mots": mots.strip(), "etat": etat, "axe": axe, "thematique": thematique, "site": site}
    words = wording(language)
    matching, problems = list[PublicAction](), list[str]()
    try:
        matching = _matching(edition, read_query(wanted["mots"]), wanted)
    except Refused as refused:
        problems = [word(words, problem) for problem in refused.problems]
    found = _page(matching, page_)
    states = edition.rules.actions.states()
    return public_page(
        request,
        edition,
        "public_actions.html.j2",
        of={"page": str(found.page)} if found.page > 1 and not any(wanted.values()) else {},
        wanted=wanted,
        wanted_given=_given(wanted),
        found=found,
        problems=problems,
        with_progress=edition.rules.shows(PublicField.PROGRESS),
        states=[(state, text) for state, text in words.labels("state").items() if state in states],
        filters=[
            (
                name,
                words.say(f"public.filter.{name}"),
                [(entry.code, entry.name.of(language)) for entry in getattr(edition.charter, family)],
            )
            for name, (family, field) in _FILTERS.items()
            if edition.rules.shows(PublicField(field))
        ],
    )


def _matching(edition: Edition, words: Words, wanted: Mapping[str, str]) -> list[PublicAction]:
    """The actions looked for. Words are looked for in the number and the title as they are shown: a name hidden there is found by nobody."""
    texts: Mapping[str, list[list[Token]]] = edition.keep("words", lambda: {each.number: _texts(each) for each in edition.content.actions})
    return [action for action in edition.content.actions if _matches(action, wanted) and met(words, texts[action.number])]


def _texts(action: PublicAction) -> list[list[Token]]:
    return [tokens(text) for text in (*numbered(action.number), action.title)]


def _matches(action: PublicAction, wanted: Mapping[str, str]) -> bool:
    if wanted["etat"] not in ("", action.state):
        return False
    return all(not wanted[name] or _has(getattr(action, field), wanted[name]) for name, (_, field) in _FILTERS.items())


def _has(value: str | Iterable[str] | None, code: str) -> bool:
    return value == code if isinstance(value, str | None) else code in value


@router.api_route("/actions/{number}", methods=_READ, name="public_action")
def show_action(request: Request, number: str) -> Response:
    """One action, as far as it is public."""
    edition = edition_of(request)
    action = edition.action(number)
    if action is None:
        raise not_there()
    return public_page(
        request,
        edition,
        "public_action.html.j2",
        action=action,
        parts=parts_of(edition, action, reading_language(request)),
        with_progress=edition.rules.shows(PublicField.PROGRESS),
        decisions=[decision for decision in edition.content.decisions if decision.action == number],
    )


@router.api_route("/decisions", methods=_READ, name="public_decisions")
def find_decisions(request: Request, instance: Text = "", annee: Text = "", page_: Page = "1") -> Response:
    """The register of public decisions, of a body and a year or of all, a page at a time."""
    edition, language = edition_of(request), reading_language(request)
    if edition.rules.decisions is None:
        raise not_there()
    every, wanted = edition.content.decisions, {"instance": instance, "annee": annee}
    matching = [one for one in every if instance in ("", one.body) and annee in ("", one.year)]
    found = _page(matching, page_)
    return public_page(
        request,
        edition,
        "public_decisions.html.j2",
        of={"page": str(found.page)} if found.page > 1 and not any(wanted.values()) else {},
        wanted=wanted,
        wanted_given=_given(wanted),
        found=found,
        bodies=[(code, name_in(edition, "bodies", code, language)) for code in edition.rules.decisions.bodies],
        years=[(year, year) for year in sorted({one.year for one in every}, reverse=True)],
    )


@router.api_route("/decisions/{number}", methods=_READ, name="public_decision")
def show_decision(request: Request, number: str) -> Response:
    """One decision, and the verdict behind it as far as the charter tells it."""
    edition, language = edition_of(request), reading_language(request)
    decision = edition.decision(number)
    if decision is None:
        raise not_there()
    sentence, verdict = decided(edition, decision, language), verdict_of(decision, language)
    return public_page(request, edition, "public_decision.html.j2", decision=decision, sentence=sentence, verdict=verdict)


@router.api_route("/seances", methods=_READ, name="public_meetings")
def show_meetings(request: Request, page_: Page = "1") -> Response:
    """The days of meeting of the bodies that the charter names, once people are convened."""
    edition, language = edition_of(request), reading_language(request)
    if not edition.rules.meetings:
        raise not_there()
    found = _page(edition.content.meetings, page_)
    of = {"page": str(found.page)} if found.page > 1 else {}
    return public_page(request, edition, "public_meetings.html.j2", of=of, found=found, clock=lambda time: clock_time(time, language))


def _page(rows: Sequence[Any], asked: str) -> Found:
    """A page of rows; the last one for a number beyond it."""
    pages = max(-(-len(rows) // PAGE), 1)
    shown = min(max(page_number(asked), 1), pages)
    return Found(rows[(shown - 1) * PAGE : shown * PAGE], len(rows), shown)


def _given(wanted: Mapping[str, str]) -> Mapping[str, str]:
    return {name: value for name, value in wanted.items() if value}
