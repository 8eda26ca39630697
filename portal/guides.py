"""The guides that the portal serves: Markdown files, in chapters with anchors, each of which says which pages it is about.

Below a heading, ``<!-- pages: meetings, meeting -->`` names the routes that its section explains; those pages then lead to it.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from urllib.parse import unquote

from markdown_it import MarkdownIt
from markdown_it.token import Token
from markupsafe import Markup

_HERE = Path(__file__).parent / "docs"
IMAGES = _HERE / "images"
FILES: Mapping[str, tuple[str, str]] = {
    "membre": ("guide-du-membre.md", "fr"),
    "members": ("members-guide.md", "en"),
    "secretariat": ("guide-du-secretariat.md", "fr"),
    "audit": ("accessibilite-audit.md", "fr"),
}
"""By its name in addresses: the file of each guide, and the language it is written in."""
_PAGES = re.compile(r"<!--\s*pages:(.*?)-->", re.DOTALL)
_TABLE = re.compile(r"<table (aria-labelledby=\"[^\"]*\")>")
_RAW = ("html_block", "html_inline")
_UNSAID = re.compile(r"[^\w\- ]")


@dataclass(frozen=True, slots=True)
class Section:
    """A heading below a chapter's own, and where it stands."""

    title: str
    anchor: str


@dataclass(frozen=True, slots=True)
class Chapter:
    """What stands under one heading of the second level. ``about``: by route, the anchor of the section that explains its page."""

    title: str
    slug: str
    body: Markup = field(repr=False)
    sections: Sequence[Section] = ()
    about: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Guide:
    """A guide as it is served."""

    name: str
    language: str
    title: str
    lead: Markup = field(repr=False)
    chapters: Sequence[Chapter] = ()

    def chapter(self, slug: str) -> tuple[Chapter | None, Chapter, Chapter | None] | None:
        """A chapter with the one before and the one after; None where there is none of this name."""
        found = next((position for position, chapter in enumerate(self.chapters) if chapter.slug == slug), None)
        if found is None:
            return None
        around = [None, *self.chapters, None]
        return around[found], self.chapters[found], around[found + 2]

    def explaining(self, route: str) -> str:
        """The address of the section that is about a page, or an empty text."""
        found = next((chapter for chapter in self.chapters if route in chapter.about), None)
        return f"/aide/{self.name}/{found.slug}#{found.about[route]}" if found else ""


@cache
def guide(name: str) -> Guide:
    """A guide by its name. Raises ``KeyError`` for another name."""
    return read(name, FILES[name][1], text_of(name))


def text_of(name: str) -> str:
    """A guide as it was written."""
    return (_HERE / FILES[name][0]).read_text(encoding="utf-8")


def for_reader(language: str, *, secretary: bool) -> list[Guide]:
    """The guides in the order in which they serve somebody: their own first, in their language; the audit is none."""
    mine = "membre" if language == "fr" else "members"
    other = "members" if mine == "membre" else "membre"
    return [guide(name) for name in (("secretariat", mine, other) if secretary else (mine, "secretariat", other))]


@cache
def explaining(route: str, language: str, *, secretary: bool) -> str:
    """The address of what explains a page to somebody, or an empty text; a guide in another language only if none in theirs does."""
    known = [(one.language != language, one.explaining(route)) for one in for_reader(language, secretary=secretary)]
    return next((place for _, place in sorted((one for one in known if one[1]), key=lambda one: one[0])), "")


def anchor_of(title: str) -> str:
    """The anchor that a heading gets, here and on the forges that show the same file."""
    return _UNSAID.sub("", title.lower()).replace(" ", "-")


def read(name: str, language: str, text: str) -> Guide:
    """A guide from its Markdown: a heading of the first level, a lead, chapters. No markup but comments is let through."""
    reader = MarkdownIt("commonmark", {"html": True}).enable("table")
    first, *parts = _parts(reader.parse(text))
    places = {anchor_of(title): anchor_of(_title(part)) for part in parts for title in _titles(part)}
    chapters = [
        Chapter(
            title=_title(part),
            slug=anchor_of(_title(part)),
            body=_shown(reader, part, name, places),
            sections=[Section(title, anchor_of(title)) for title in list(_titles(part))[1:]],
            about=dict(_about(part)),
        )
        for part in parts
    ]
    return Guide(name, language, _title(first), _shown(reader, first, name, places), chapters)


def _parts(tokens: Sequence[Token]) -> Iterator[list[Token]]:
    """What stands before the first chapter, then each chapter."""
    part: list[Token] = []
    for token in tokens:
        if token.type == "heading_open" and token.tag == "h2":
            yield part
            part = []
        part.append(token)
    yield part


def _headed(part: Sequence[Token]) -> Iterator[tuple[Token, str]]:
    """Each token of a part, with the title of the heading that it stands under or opens."""
    title = ""
    for token, after in zip(part, [*part[1:], None], strict=True):
        if token.type == "heading_open" and after is not None:
            title = "".join(piece.content for piece in after.children or ())
        yield token, title


def _title(part: Sequence[Token]) -> str:
    return next(_titles(part))


def _titles(part: Sequence[Token]) -> Iterator[str]:
    return (title for token, title in _headed(part) if token.type == "heading_open")


def _about(part: Sequence[Token]) -> Iterator[tuple[str, str]]:
    for token, title in _headed(part):
        for named in _PAGES.findall(token.content) if token.type == "html_block" else ():
            yield from ((route.strip(), anchor_of(title)) for route in named.split(","))


def _shown(reader: MarkdownIt, part: Sequence[Token], name: str, places: Mapping[str, str]) -> Markup:
    """A part without its own heading: the headings below it one level up, with anchors; tables that can be scrolled by keyboard."""
    kept = [(token, title) for token, title in _headed(part) if token.type not in _RAW][3:]
    for token, title in kept:
        if token.type in ("heading_open", "heading_close"):
            token.tag = f"h{int(token.tag[1]) - 1}"
        for opened, attribute, value in _MARKED:
            if token.type == opened:
                token.attrSet(attribute, value or anchor_of(title))
        token.children = [piece for piece in token.children if piece.type not in _RAW] if token.children else token.children
        for piece in token.children or ():
            _lead_on(piece, name, places)
    html = reader.renderer.render([token for token, _ in kept], reader.options, {})
    scrolled = _TABLE.sub(r'<div class="scroll" role="region" tabindex="0" \1><table \1>', html)
    return Markup(scrolled.replace("</table>", "</table></div>"))  # noqa: S704  # our own files, without raw markup


_MARKED = (("heading_open", "id", ""), ("table_open", "aria-labelledby", ""), ("th_open", "scope", "col"))
"""What is added to which tags; where no value is given, the anchor of the heading above."""


def _lead_on(piece: Token, name: str, places: Mapping[str, str]) -> None:
    """Make a link or a picture of the file one of the portal's."""
    if piece.type == "image":
        piece.attrSet("src", "/static/guides/" + str(piece.attrGet("src")).removeprefix("images/"))
        piece.attrSet("loading", "lazy")
    elif piece.type == "link_open":
        piece.attrSet("href", _address(str(piece.attrGet("href")), name, places))


def _address(link: str, name: str, places: Mapping[str, str]) -> str:
    file, _, anchor = unquote(link).partition("#")
    if not file:
        return f"/aide/{name}/{places[anchor]}#{anchor}"
    return next((f"/aide/{other}" for other, (known, _) in FILES.items() if known == file), link)
