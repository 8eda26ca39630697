"""What every request of the portal works with, and what the pages are made from."""

from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from fastapi import Request
from fastapi.responses import HTMLResponse, Response
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from models.charter import Charter
from models.errors import Refused
from notifications.dates import clock_time, long_date, short_date
from portal.limits import Limits
from portal.rights import may_open
from portal.seals import COOKIE, FIELD, fresh, seal
from services.bootstrap import App
from services.charter_store import charter_in_force, conventions, the_convention
from services.explanations import word
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
    """The application at work. ``secret`` seals forms and links."""

    app: App
    limits: Limits
    secret: bytes

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


def own_seats(request: Request) -> frozenset[str]:
    """The seats of whoever is signed in."""
    return frozenset(seat.code for seat in seated(request).seats)


def language_of(request: Request) -> str:
    """The language of whoever reads: their own, else the one they chose, else the first of their browser's that we speak."""
    own = getattr(request.state, "language", None)
    if own:
        return str(own)
    chosen = request.cookies.get(LANGUAGE)
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
    with portal_of(request).app.db.read() as connection:
        known = asked or next(iter(conventions(connection)), None)
        return charter_in_force(connection, known or the_convention(connection))


@cache
def _templates() -> Environment:
    return Environment(
        loader=FileSystemLoader(_HERE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def page(request: Request, template: str, *, status: int = 200, **context: Any) -> Response:
    """A page in the reader's language, with a seal for its forms."""
    language, portal = language_of(request), portal_of(request)
    words, visitor = wording(language), visitor_of(request)
    cookie = request.cookies.get(COOKIE) or fresh()
    other = next(code for code in LANGUAGES if code != language)
    readable = request.method in ("GET", "HEAD")
    timezone = cache(lambda: charter_of(request).convention.timezone)
    around = {
        "language": language,
        "other": other,
        "say": words.say,
        "label": words.label,
        "long": lambda day: long_date(day, language),
        "short": lambda day: short_date(day, language),
        "clock": lambda time: clock_time(time, language),
        "moment": lambda at: said_moment(at, words, timezone()),
        "visitor": visitor,
        "may_switch": getattr(request.state, "language", None) is None,
        "own_language": visitor and (readable or template == REFUSED) and language == visitor.language and other in visitor.languages,
        "may": lambda route: may_open(route, visitor),
        "sealed": lambda: Markup('<input type="hidden" name="{}" value="{}">').format(FIELD, seal(portal.secret, cookie)),
        "here": request.url.path,
        "again": request.url.path if readable else "/",
        "address": _address(request) if readable else "/",
        "mailbox_shown": request.app.state.mailbox_shown,
        "rehearsal": request.app.state.rehearsal,
    }
    answer = HTMLResponse(_templates().get_template(template).render(around | context), status)
    if COOKIE not in request.cookies:
        seal_with(answer, cookie, secure=portal.secure)
    return answer


def _address(request: Request) -> str:
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
