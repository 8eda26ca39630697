"""What every request of the portal works with, and what the pages are made from."""

from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from fastapi import Request
from fastapi.responses import HTMLResponse, Response
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from models.charter import BodyKind, Charter
from models.errors import Refused
from notifications.dates import clock_time, long_date, short_date
from portal.ahead import Ahead
from portal.figures import figures
from portal.form_seals import COOKIE, FIELD, fresh, seal
from portal.guides import explaining
from portal.limits import Limits
from portal.rights import may_open
from services.bootstrap import App
from services.charter_store import charter_in_force, conventions, the_convention
from services.clock import new_id
from services.explanations import word
from services.publication.keeping import Editions
from services.queries import show_action
from services.settings import LANGUAGES
from services.visitors import Visitor
from services.wording import Wording

_HERE = Path(__file__).parent
SESSION = "passerelle_session"
LANGUAGE = "passerelle_language"
REFUSED = "refused.html.j2"
"""The page that says no."""
_MONTHS = 180 * 86_400


@dataclass(frozen=True, slots=True)
class Portal:
    """The application at work. ``secret`` seals forms and links; ``editions`` are what everybody may read."""

    app: App
    limits: Limits
    secret: bytes
    editions: Editions
    ahead: Ahead = field(default_factory=Ahead)

    @property
    def secure(self) -> bool:
        """Whether cookies may only travel by https."""
        return self.app.settings.base_url.startswith("https://")


def portal_of(request: Request) -> Portal:
    """The portal that a request has reached."""
    found: Portal = request.app.state.portal
    return found


def visitor_of(request: Request) -> Visitor | None:
    """Who is signed in, if anybody."""
    found: Visitor | None = request.state.visitor
    return found


def seated(request: Request) -> Visitor:
    """Who is signed in; the rights let nobody else come here."""
    found = visitor_of(request)
    if found is None:
        raise Refused.because("sign_in_needed")
    return found


def technical_seat(request: Request) -> str | None:
    """The seat by which whoever is signed in is secretary of the technical committee; None if they are not."""
    technical = charter_of(request).body_of_kind(BodyKind.TECHNICAL).code
    return next((seat.code for seat in seated(request).seats if seat.role == "secretary" and seat.body == technical), None)


def own_seats(request: Request) -> frozenset[str]:
    """The seats of whoever is signed in."""
    return frozenset(seat.code for seat in seated(request).seats)


def acting_seat(request: Request) -> str:
    """The seat in whose name whoever is signed in changes what is known of persons: a secretary's, if they hold one."""
    visitor = seated(request)
    return next((seat.code for seat in visitor.seats if seat.role == "secretary"), visitor.seats[0].code)


def action_at(request: Request, number: str, *, explained: bool = False) -> dict[str, Any]:
    """An action as whoever is signed in may read it. Raises NotFound for one that they may not."""
    visitor = seated(request)
    app, seats = portal_of(request).app, own_seats(request)
    return show_action(app, number, convention=visitor.convention, seats=seats, reader=visitor, explained=explained)


def request_key(request: Request, sent: str) -> str:
    """The engine's key of what a form asks for: its sender's alone, so that nobody can spend another's. A form without one asks afresh."""
    return f"page:{seated(request).person_id}:{sent or new_id().hex}"


def language_of(request: Request) -> str:
    """The language of whoever reads: their own, else the one they chose, else the first of their browser's that we speak."""
    own = getattr(request.state, "language", None)
    if own:
        return str(own)
    return spoken(request, request.cookies.get(LANGUAGE))


def spoken(request: Request, chosen: str | None) -> str:
    """The language that was chosen, else the first of the browser's, that we speak."""
    asked = [part.partition(";")[0].strip()[:2].lower() for part in request.headers.get("accept-language", "").split(",")]
    return next((code for code in (chosen, *asked) if code in LANGUAGES), portal_of(request).app.settings.language)


@cache
def wording(language: str) -> Wording:
    """The sentences of a language."""
    return Wording(language)


def charter_of(request: Request) -> Charter:
    """The charter of the convention that a link is about, else of the visitor's, else of the first one. Refuses a home without any."""
    visitor = visitor_of(request)
    asked = getattr(request.state, "convention", None) or (visitor.convention if visitor else None)
    found: tuple[str | None, Charter] | None = getattr(request.state, "charter", None)
    if found is None or found[0] != asked:  # one request reads one charter, however often it is looked at
        with portal_of(request).app.db.read() as connection:
            known = asked or next(iter(conventions(connection)), None)
            found = request.state.charter = (asked, charter_in_force(connection, known or the_convention(connection)))
    return found[1]


@cache
def templates() -> Environment:
    """The templates of the pages."""
    return Environment(
        loader=FileSystemLoader(_HERE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        cache_size=-1,
        auto_reload=False,
    )


def page(request: Request, template: str, *, status: int = 200, **context: Any) -> Response:
    """A page in the reader's language, with a seal for its forms."""
    language, portal = language_of(request), portal_of(request)
    words, visitor = wording(language), visitor_of(request)
    cookie = request.cookies.get(COOKIE) or fresh()
    readable = request.method in ("GET", "HEAD")
    timezone = cache(lambda: charter_of(request).convention.timezone)
    around = in_language(language) | {
        "clock": lambda time: clock_time(time, language),
        "moment": lambda at: said_moment(at, words, timezone()),
        "visitor": visitor,
        "may_switch": getattr(request.state, "language", None) is None,
        "own_language": visitor
        and (readable or template == REFUSED)
        and language == visitor.language
        and other_than(language) in visitor.languages,
        "may": lambda route: may_open(route, visitor),
        "sealed": lambda: Markup('<input type="hidden" name="{}" value="{}">').format(FIELD, seal(portal.secret, cookie)),
        "here": request.url.path,
        "again": request.url.path if readable else "/",
        "address": address_of(request) if readable else "/",
        "until": visitor and visitor.until and clock_time(f"{visitor.until:%H:%M}", language),
        "printed": "" if "token" in request.path_params else portal.app.settings.base_url + request.url.path,
        "aid": _explained(request, language, visitor),
        "conformity": figures().state,
        "mailbox_shown": request.app.state.mailbox_shown,
        "rehearsal": request.app.state.rehearsal,
        "public": portal.editions.open,
    }
    answer = HTMLResponse(templates().get_template(template).render(around | context), status)
    if COOKIE not in request.cookies:
        seal_with(answer, cookie, secure=portal.secure)
    return answer


def in_language(language: str) -> dict[str, Any]:
    """What every page says things with."""
    words = wording(language)
    return {
        "language": language,
        "other": other_than(language),
        "say": words.say,
        "label": words.label,
        "long": lambda day: long_date(day, language),
        "short": lambda day: short_date(day, language),
    }


def other_than(language: str) -> str:
    """The language that a reader may change to."""
    return next(code for code in LANGUAGES if code != language)


def _explained(request: Request, language: str, visitor: Visitor | None) -> str:
    """Where the guides explain the page at hand, or an empty text."""
    name = getattr(request.scope.get("route"), "name", "")
    return explaining(name, language, secretary=visitor is not None and visitor.is_secretary)


def address_of(request: Request) -> str:
    """The address that was asked for, within the portal."""
    return f"{request.url.path}?{request.url.query}" if request.url.query else request.url.path


def seal_with(answer: Response, cookie: str, *, secure: bool) -> None:
    """From now on only forms sealed over this are taken: a page that somebody else left open sends nothing."""
    answer.set_cookie(COOKIE, cookie, httponly=True, samesite="lax", secure=secure)


def said_moment(at: datetime, words: Wording, timezone: str) -> str:
    """A moment as people of the convention say it."""
    local = at.astimezone(ZoneInfo(timezone))
    return words.say("portal.moment", day=short_date(local.date(), words.language), time=clock_time(f"{local:%H:%M}", words.language))


def reasons(request: Request, refused: Refused) -> list[str]:
    """Why something was refused, in the reader's words."""
    words = wording(language_of(request))
    return [word(words, problem) for problem in refused.problems]


def back_to(sent: str) -> str:
    """An address of this portal that a form sent, or its start: never another site's."""
    return sent if sent.startswith("/") and not sent.startswith(("//", "/\\")) else "/"


def keep_language(answer: Response, language: str, *, secure: bool) -> None:
    """Remember the language that somebody chose."""
    answer.set_cookie(LANGUAGE, language, max_age=_MONTHS, httponly=True, samesite="lax", secure=secure)
