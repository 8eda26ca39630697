"""What everybody's pages are made from: the edition at hand, the language that the address or the browser asks for, and no cookie at all."""

import hashlib
from collections.abc import Iterable, Mapping
from decimal import Decimal
from http import HTTPStatus
from typing import Any
from urllib.parse import urlencode

from babel.numbers import format_percent
from fastapi import Request
from fastapi.responses import HTMLResponse, Response

from models.errors import NotFound, Problem
from portal.conditional import answered
from portal.context import in_language, other_than, portal_of, spoken, templates, wording
from portal.figures import figures
from portal.limits import caller
from services.explanations import word
from services.opendata.rows import names_of
from services.publication.edition import Edition
from services.settings import LANGUAGES

_ROOT = "/public"
_SWITCH = "langue"
"""What an address names its language by, where its reader chose one."""
_KEPT = "public, max-age=300"
_READS, _SECONDS = 240, 60
"""How often one address may read what is public."""
_LOCALES = {"fr": "fr_FR", "en": "en_GB"}


def is_public(request: Request) -> bool:
    """Whether a request is for everybody's pages, found or not."""
    return f"{request.url.path}/".startswith(f"{_ROOT}/")


def edition_of(request: Request) -> Edition:
    """The present edition of the convention that the address names. Raises NotFound where nothing is public, and TooMany to whoever reads too often."""
    portal_of(request).limits.spend("public", caller(request), tries=_READS, seconds=_SECONDS)
    return portal_of(request).editions.of(request.path_params.get("convention"))


def not_there() -> NotFound:
    """What is hidden and what never was are told alike."""
    return NotFound(Problem("page_unknown"))


def reading_language(request: Request) -> str:
    """The language that the address names, else the first of the browser's that we speak."""
    return spoken(request, request.query_params.get(_SWITCH))


def public_page(request: Request, edition: Edition, template: str, *, of: Mapping[str, str] | None = None, **context: Any) -> Response:
    """A page of an edition, or 304 where it is known. ``of``: what of the address's query the page stands for, but its language."""
    around = _around(request, edition.path) | _of_edition(request, edition, of or {})
    return served(request, edition, _rendered(template, around | context), "text/html; charset=utf-8")


def public_feed(request: Request, edition: Edition, template: str, media_type: str, **context: Any) -> Response:
    """The same for programs: a feed, or a map of the site."""
    around = _around(request, edition.path) | _of_edition(request, edition, {})
    return served(request, edition, _rendered(template, around | context), f"{media_type}; charset=utf-8")


def public_link(request: Request, edition: Edition, where: str) -> str:
    """An address of an edition's pages, in the language that the reader chose if they chose one."""
    return _address(f"{edition.path}{where}", _chosen(request))


def public_refusal(request: Request, status: int, problems: Iterable[Problem]) -> Response:
    """The page that says no, which is kept nowhere."""
    around = _around(request, _ROOT)
    reasons = [word(wording(around["language"]), problem) for problem in problems]
    start = status == HTTPStatus.NOT_FOUND and portal_of(request).editions.open()
    shown = _rendered("public_refused.html.j2", around | {"reasons": reasons, "edition": None, "start": start})
    return HTMLResponse(shown, status, headers={"Vary": "Accept-Language"})


def served(request: Request, edition: Edition, content: bytes, media_type: str, **headers: str) -> Response:
    """What an edition holds, kept for five minutes by whoever hands it on, and then asked for again by its tag."""
    told = {"Cache-Control": _KEPT, "Vary": "Accept-Language", **headers}
    tag = hashlib.sha256(content).hexdigest()[:32]
    return answered(request, content, media_type, tag=tag, changed_at=edition.since, headers=told)


def _rendered(template: str, context: Mapping[str, Any]) -> bytes:
    return templates().get_template(template).render(context).encode()


def _around(request: Request, path: str) -> dict[str, Any]:
    language, chosen = reading_language(request), _chosen(request)

    def to(where: str = "", **query: str | int) -> str:
        """An address of these pages, in the language that the reader chose if they chose one."""
        return _address(f"{path}{where}", {**query, **chosen})

    return in_language(language) | {
        "percent": lambda share: _percent(share, language),
        "to": to,
        "base": portal_of(request).app.settings.base_url,
        "here": request.url.path,
        "switched": _address(request.url.path, {**request.query_params, _SWITCH: other_than(language)}),
        "conformity": figures().state,
        "rehearsal": request.app.state.rehearsal,
    }


def _chosen(request: Request) -> Mapping[str, str]:
    """The language that the address names, as a part of its query; nothing if it names none that we speak."""
    asked = request.query_params.get(_SWITCH)
    return {_SWITCH: asked} if asked in LANGUAGES else {}


def _of_edition(request: Request, edition: Edition, of: Mapping[str, str]) -> dict[str, Any]:
    language, base = reading_language(request), portal_of(request).app.settings.base_url
    path = _path(request, edition)
    return {
        "edition": edition,
        "convention": edition.charter.convention,
        "names": names_of(edition, language),
        "foreign": f' lang="{edition.own_language}"' if edition.own_language != language else "",
        "canonical": base + _address(path, {**of, **_chosen(request)}),
        "alternates": {code: base + _address(path, {**of, _SWITCH: code}) for code in LANGUAGES},
    }


def _path(request: Request, edition: Edition) -> str:
    """Where a page lies by its proper address, whichever of its addresses was asked for."""
    asked, by_code = request.url.path, f"{_ROOT}/convention/{edition.code}"
    return edition.path + asked.removeprefix(by_code if f"{asked}/".startswith(f"{by_code}/") else _ROOT)


def _address(path: str, query: Mapping[str, str | int]) -> str:
    return f"{path}?{urlencode(query)}" if query else path


def _percent(share: Decimal | int, language: str) -> str:
    return str(format_percent(share / Decimal(100), "#,##0.#\u00a0%" if language == "fr" else "#,##0.#%", locale=_LOCALES[language]))
