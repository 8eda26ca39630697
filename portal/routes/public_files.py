"""What programs read of what is public: open data, feeds, the map of the site, and what search engines may visit."""

import re
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, time
from email.utils import format_datetime
from typing import Annotated, Any, NamedTuple

from fastapi import APIRouter, Query, Request
from fastapi.responses import PlainTextResponse, Response

from models.numbers import whole
from portal.context import portal_of, wording
from portal.public_words import decided, verdict_of
from portal.publishing import edition_of, not_there, public_feed, public_link, public_page, reading_language, served
from services.opendata.folder import data_of
from services.publication.edition import Edition

router, root = APIRouter(), APIRouter()
_READ = ["GET", "HEAD"]
_MOST_ENTRIES = 50
_MOST_PAGES = 20_000
"""Addresses in one part of the map; search engines take 50,000."""
_KINDS = {"atom": ("public_atom.xml.j2", "application/atom+xml"), "rss": ("public_rss.xml.j2", "application/rss+xml")}
_NOT_XML = re.compile(r"[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


class Entry(NamedTuple):
    """An entry of a feed, whose ``tag`` never changes."""

    tag: str
    title: str
    path: str
    summary: str
    changed_at: datetime
    shown_at: datetime | None = None

    @property
    def updated(self) -> str:
        """When it changed last, as Atom has it."""
        return _atom(self.changed_at)

    @property
    def published(self) -> str:
        """When it first was public, as Atom has it, where that is known."""
        return _atom(self.shown_at) if self.shown_at else ""

    @property
    def sent(self) -> str:
        """When it changed last, as RSS has it."""
        return format_datetime(self.changed_at.astimezone(UTC), usegmt=True)


@router.api_route("/donnees", methods=_READ, name="public_data")
def show_data(request: Request) -> Response:
    """The files of the open data, and what describes them."""
    edition = edition_of(request)
    files = data_of(edition, portal_of(request).app.settings.base_url)
    tables = [{"name": file.table, "rows": file.rows} for name, file in files.items() if name.endswith(".csv")]
    return public_page(request, edition, "public_data.html.j2", tables=tables)


@router.api_route("/donnees/{file}", methods=_READ, name="public_file")
def read_file(request: Request, file: str) -> Response:
    """One file of the open data. Programs in pages of other sites may read it too."""
    edition = edition_of(request)
    found = data_of(edition, portal_of(request).app.settings.base_url).get(file)
    if found is None:
        raise not_there()
    told = {"Content-Disposition": f'inline; filename="{file}"', "Access-Control-Allow-Origin": "*"}
    return served(request, edition, found.content, found.media_type, **told)


@router.api_route("/sitemap.xml", methods=_READ, name="public_sitemap")
def show_map(request: Request, partie: Annotated[str, Query(max_length=9)] = "") -> Response:
    """Every public address with the day of its last change; in parts, and a list of these, where they are too many for one."""
    edition = edition_of(request)
    pages: Sequence[tuple[str, date | None]] = edition.keep("map", lambda: [*_pages(edition)])
    parts = range(1, -(-len(pages) // _MOST_PAGES) + 1)
    if partie:
        asked = whole(partie)
        if asked is None or asked not in parts:
            raise not_there()
        first = (asked - 1) * _MOST_PAGES
        return _map(request, edition, pages=pages[first : first + _MOST_PAGES])
    return _map(request, edition, pages=pages) if len(parts) == 1 else _map(request, edition, parts=parts)


def _map(request: Request, edition: Edition, *, pages: Any = (), parts: Any = ()) -> Response:
    return public_feed(request, edition, "public_sitemap.xml.j2", "application/xml", pages=pages, parts=parts)


def _pages(edition: Edition) -> Iterator[tuple[str, date | None]]:
    rules = edition.rules
    lists = (("", True), ("/axes", True), ("/actions", rules.actions), ("/decisions", rules.decisions), ("/seances", rules.meetings))
    yield from ((path, None) for path, there in (*lists, ("/donnees", True)) if there)
    yield from ((f"/actions/{action.number}", action.changed_on) for action in edition.content.actions)
    yield from ((f"/decisions/{decision.number}", decision.decided_on) for decision in edition.content.decisions)


@router.api_route("/{about}.{kind}", methods=_READ, name="public_feed")
def read_feed(request: Request, about: str, kind: str) -> Response:
    """The latest actions or decisions, for programs that follow them (Atom, RFC 4287; RSS 2.0)."""
    edition = edition_of(request)
    told = {"actions": edition.rules.actions, "decisions": edition.rules.decisions}.get(about)
    if told is None or kind not in _KINDS:
        raise not_there()
    template, media_type = _KINDS[kind]
    every = list(_actions(request, edition) if about == "actions" else _decisions(request, edition))
    entries = sorted(every, key=lambda entry: entry.changed_at, reverse=True)[:_MOST_ENTRIES]
    convention, words = edition.charter.convention, wording(reading_language(request))
    begun = datetime.combine(convention.signed_on, time(), UTC)
    updated = max((entry.changed_at for entry in entries), default=begun)
    return public_feed(
        request,
        edition,
        template,
        media_type,
        about=about,
        tag=_tag(edition, about),
        title=words.say(f"public.feed.{about}_of", convention=convention.short),
        entries=entries,
        most=_MOST_ENTRIES,
        updated=_atom(updated),
        built=format_datetime(updated.astimezone(UTC), usegmt=True),
    )


def _actions(request: Request, edition: Edition) -> Iterator[Entry]:
    words = wording(reading_language(request))
    for action in edition.content.actions:
        if action.changed_at is None:
            continue
        said = words.label("state", action.state)
        yield Entry(
            _tag(edition, f"action/{action.number}"),
            _clean(f"{action.number} · {action.title}"),
            public_link(request, edition, f"/actions/{action.number}"),
            said[:1].upper() + said[1:],
            action.changed_at,
            action.shown_at,
        )


def _decisions(request: Request, edition: Edition) -> Iterator[Entry]:
    language = reading_language(request)
    for decision in edition.content.decisions:
        yield Entry(
            _tag(edition, f"decision/{decision.number}"),
            _clean(f"{decision.number} · {decision.title}"),
            public_link(request, edition, f"/decisions/{decision.number}"),
            _clean(" ".join(filter(None, (decided(edition, decision, language), verdict_of(decision, language))))),
            decision.recorded_at,
        )


@root.api_route("/robots.txt", methods=_READ, name="robots")
def show_robots(request: Request) -> Response:
    """What search engines may visit: what is public, and of a rehearsal, whose facts are made up, nothing."""
    portal = portal_of(request)
    editions = [] if request.app.state.rehearsal else [portal.editions.of(code) for code in portal.editions.public()]
    maps = [f"Sitemap: {portal.app.settings.base_url}{edition.path}/sitemap.xml" for edition in editions]
    allowed = ["Allow: /public", "Allow: /static/"] if editions else []
    text = "\n".join(["User-agent: *", *allowed, "Disallow: /", *maps, ""])
    return PlainTextResponse(text, headers={"Cache-Control": "public, max-age=300"})


def _tag(edition: Edition, about: str) -> str:
    """A name for good (RFC 4151): of the domain that the convention's first charter gave, on the day of its signature."""
    convention = edition.charter.convention
    return f"tag:{edition.content.domain},{convention.signed_on}:{convention.code}/{about}"


def _atom(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _clean(text: str) -> str:
    """A text without the signs that XML cannot hold."""
    return _NOT_XML.sub("", text)
