"""From a message's name and its facts to a subject, a text and a page. Text and page say the same: both are laid out from the same blocks."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, partial
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template, TemplateNotFound, UndefinedError, select_autoescape
from jinja2.ext import Extension
from jinja2.lexer import Token, TokenStream
from markupsafe import escape

from notifications.context import Context, DigestLine, FileFacts
from notifications.dates import clock_time, long_date, short_date
from notifications.facts import facts
from notifications.frame import TEMPLATES, Frame, frame_of, typeset
from notifications.kinds import CHOOSING, KIND_OF
from notifications.recipients import capacity_of
from notifications.text import blocks, one_line, paragraphs, shorten, wrap

SUBJECT_LIMIT = 180
SAMPLE_LINK = "https://passerelle.example/bilan/SAMPLE"
"""What a preview shows where a reader's own link would stand."""


SAMPLE_CHOICES = "https://passerelle.example/preferences/SAMPLE"
"""The same for the link to what a reader chooses."""

_READER, _LINK, _CHOICES, _EACH = "\0", "\1", "\2", "\3"
_MARKS = re.compile("(\0|\1|\2|\3\\d+\3)")
"""Stand where the reader is greeted, and where their own links go: no text of a message can hold them."""


def own_link(number: int) -> str:
    """Stands where one of the reader's own links goes, in a line of a digest: the one of this number among those that ``Letter.to`` is given."""
    return f"{_EACH}{number}{_EACH}"


@dataclass(frozen=True, slots=True)
class Rendered:
    """A message ready for a mail."""

    subject: str
    text: str
    html: str


class Letter:
    """A message laid out for all who read it in one language and capacity: only the greeting and their own links are missing."""

    def __init__(self, subject: str, text: str, html: str, greeting: str) -> None:
        """The subject, text and page with their marks, and how a reader is greeted."""
        self.subject, self._greeting = subject, greeting
        self._text, self._html = _MARKS.split(text), _MARKS.split(html)

    def to(self, name: str, link: str = "", choices: str = "", each: Sequence[str] = ()) -> Rendered:
        """The message for the reader of this name, with the links that are theirs alone: to what is asked of them, and to what they choose to be told.

        ``each``: the links of the lines of a digest, where ``own_link`` stands for them.
        """
        greeting = self._greeting.format(name=one_line(name))
        links = {_LINK: link, _CHOICES: choices, **{own_link(number): own for number, own in enumerate(each)}}
        text, html = ({_READER: wrap(greeting), **links}, {mark: escape(own) for mark, own in {_READER: greeting, **links}.items()})
        return Rendered(self.subject, _filled(self._text, text), _filled(self._html, html))


def _filled(pieces: Sequence[str], said: Mapping[str, str]) -> str:
    """What was laid out, with what is said in the place of each mark: every second piece is one."""
    return "".join(said[piece] if n % 2 else piece for n, piece in enumerate(pieces))


class _Typography(Extension):
    """Sets the typography of the templates' own words when they are compiled; what people wrote stays as it is."""

    def filter_stream(self, stream: TokenStream) -> Iterator[Token]:
        language = str(self.environment.globals["language"])
        for token in stream:
            yield Token(token.lineno, token.type, typeset(token.value, language)) if token.type == "data" else token


def _known(value: Any) -> Any:
    """Let a template print a fact, on one line; an absent one would read "None"."""
    if value is None:
        raise UndefinedError("a template prints a fact that is absent")
    return one_line(value) if isinstance(value, str) else value


@cache
def _messages(language: str) -> Environment:
    frame = frame_of(language)
    env = Environment(
        loader=FileSystemLoader(TEMPLATES / language),
        undefined=StrictUndefined,
        finalize=_known,
        autoescape=False,  # noqa: S701  # these blocks are plain text: the layout of the page escapes them, once
    )
    env.globals["language"] = language
    env.filters["long"] = partial(long_date, language=language)
    env.filters["short"] = partial(short_date, language=language)
    env.filters["clock"] = partial(clock_time, language=language)
    env.filters["by"] = frame.until
    env.filters["opinion"] = frame.opinions.__getitem__
    env.add_extension(_Typography)
    return env


@cache
def _layout(form: str) -> Template:
    env = Environment(
        loader=FileSystemLoader(TEMPLATES),
        undefined=StrictUndefined,
        autoescape=select_autoescape(("html.j2",)),
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    env.filters["wrap"] = wrap
    return env.get_template(f"layout.{form}.j2")


@cache
def _template(message: str, language: str) -> Template:
    frame_of(language)
    try:
        return _messages(language).get_template(f"{message}.j2")
    except TemplateNotFound as error:
        raise LookupError(f"no message {message!r} in language {language!r}") from error


def block_names(message: str, language: str) -> set[str]:
    """Return the blocks a message has in a language.

    Raises:
        LookupError: no such message or language.
    """
    return set(_template(message, language).blocks)


def _block(message: str, language: str, name: str, context: Context) -> str:
    template = _template(message, language)
    if name not in template.blocks:
        raise LookupError(f"message {message!r} has no {name} text")
    shared = {key: value for key, value in _said_once(context).items() if key != "recipient"}  # who reads is known later
    return "".join(template.blocks[name](template.new_context(shared)))


def _prefixed(headline: str, context: Context, frame: Frame) -> str:
    number = context["meeting"]["number"] if context["meeting"] and not context["action"]["number"] else context["action"]["number"]
    _, copied = capacity_of(context["because"])
    marks = (frame.rehearsal if context["rehearsal"] else "", one_line(number), frame.copy_mark if copied else "")
    line = " ".join([*(f"[{mark}]" for mark in marks if mark), headline])
    return shorten(line.replace("'", "\u2019"), SUBJECT_LIMIT)


def _items(texts: list[str]) -> list[list[str]]:
    return [item for item in map(paragraphs, texts) if item]


def _said_once(context: Context) -> Context:
    """The same facts; of a digest, what is the same word for word about an action is there once, with its latest day."""
    digest = context["digest"]
    if digest is None:
        return context
    said: dict[tuple[str, ...], DigestLine] = {}
    for line in digest["lines"]:
        said.setdefault((line["number"], line["headline"], *line["lead"]), line)
    return {**context, "digest": {**digest, "lines": list(said.values())}}


def _sections(context: Context, frame: Frame) -> list[tuple[str, list[DigestLine]]]:
    """What a digest tells, action by action: the one with the latest news first, and its latest news first. Headlines need not name the action again."""
    digest, grouped = _said_once(context)["digest"], dict[str, list[DigestLine]]()
    for line in digest["lines"] if digest else ():
        action, title = (one_line(part) for part in (line["number"], line["title"]))
        headline = line["headline"].removesuffix(f"{frame.colon} {title}")
        grouped.setdefault(f"{action} · {title}", []).append({**line, "headline": headline})
    return list(grouped.items())


def _files(told: FileFacts | None, frame: Frame) -> str:
    if told is None:
        return ""
    return frame.files[told["how"] if told["count"] > 1 else f"{told['how']}_one"].format(count=told["count"])


def _way_in(context: Context) -> str:
    """The address at which a meeting is joined, if it is one."""
    meeting = context["meeting"]
    join = one_line(meeting["join"] or "") if meeting else ""
    return join if join.startswith(("https://", "http://")) and " " not in join else ""


def _surroundings(message: str, context: Context, frame: Frame) -> Mapping[str, Any]:
    body = context["body"]
    capacity, copied = capacity_of(context["because"])
    how, files = one_line(context["how"]), context["files"]
    agenda = context["meeting"]["agenda"] if context["meeting"] else []
    lists = {"agenda": agenda, "reservations": context["reservations"], "reasons": context["reasons"], "missing": context["missing"]}
    noted = ((key, _items(texts)) for key, texts in lists.items())
    return {
        "frame": frame,
        "rehearsal": context["rehearsal"],
        "greeting": _READER,
        "noted": [(key, items) for key, items in noted if items],
        "questions": _items(context["questions"]),
        "facts": facts(context, frame) if context["action"]["title"] or context["meeting"] else [],
        "way_in": _way_in(context),
        "short": partial(short_date, language=frame.language),
        "sections": _sections(context, frame),
        "sheet": [(one_line(part["label"]), paragraphs(part["text"])) for part in context["sheet"]],
        "link": frame.links[context["link"]] if context["link"] and not copied else "",
        "address": _LINK,
        "choices": _CHOICES if KIND_OF[message] in CHOOSING else "",
        "files": _files(files, frame),
        "where": files["where"] if files else "",
        "privacy": context["privacy"],
        "reply": frame.reply.format(how=how) if how else "",
        "signature": (one_line(body["secretariat"]) if body else "") or frame.secretariat,
        "copied": copied,
        "asked": "todo_of_others" if copied else "todo",
        "because": (frame.copy if copied else frame.because).format(role=_role(context, capacity, frame)),
        "sent": frame.sent.format(convention=one_line(context["convention"])),
    }


def _role(context: Context, capacity: str, frame: Frame) -> str:
    """Why somebody gets a message, about one action or several."""
    several = context["digest"] is not None and context["digest"]["actions"] > 1
    return frame.several.get(capacity, frame.roles[capacity]) if several else frame.roles[capacity]


def gist(message: str, language: str, context: Context) -> tuple[str, list[str]]:
    """The headline of a message and what it tells, paragraph by paragraph: what a digest says of it. Raises as ``compose``."""
    return one_line(_block(message, language, "subject", context)), blocks(_block(message, language, "lead", context))


def compose(message: str, language: str, context: Context) -> Letter:
    """Lay a message out for whoever reads it; the recipient of the context is not looked at.

    Raises:
        LookupError: no such message or language, or a code (role, opinion, outcome) has no words.
        jinja2.UndefinedError: the message speaks of a fact that is absent from the context.
    """
    frame = frame_of(language)
    headline = one_line(_block(message, language, "subject", context))
    values = {
        **_surroundings(message, context, frame),
        "headline": headline,
        "subject": _prefixed(headline, context, frame),
        "lead": blocks(_block(message, language, "lead", context)),
        "todo": blocks(_block(message, language, "todo", context)),
    }
    return Letter(values["subject"], _layout("txt").render(values), _layout("html").render(values), frame.greeting)


def render(message: str, language: str, context: Context) -> Rendered:
    """Render a message for a person. Raises as ``compose``."""
    return compose(message, language, context).to(context["recipient"]["name"], SAMPLE_LINK if context["link"] else "", SAMPLE_CHOICES)


def render_chat(message: str, language: str, context: Context, page: str) -> tuple[str, str]:
    """Render a message for a chat room: a title and one short line, which ends with the address of the page that says more.

    Raises:
        LookupError: no such message or language, or the message is not meant for chat.
        jinja2.UndefinedError: the message speaks of a fact that is absent from the context.
    """
    return _title(message, language, context), f"{one_line(_block(message, language, 'chat', context))} {page}"


def render_line(message: str, language: str, context: Context, link: str) -> tuple[str, str]:
    """Render a message for somebody's own chat channel: a title and one short line that leads to the portal, never the content.

    Raises:
        LookupError: no such message or language.
        jinja2.UndefinedError: the message speaks of a fact that is absent from the context.
    """
    frame, action = frame_of(language), context["action"]
    about = f"{action['number']}{frame.colon} {one_line(action['title'])}." if action["number"] else ""
    return _title(message, language, context), one_line(frame.chat.format(about=about, link=link)).strip()


def _title(message: str, language: str, context: Context) -> str:
    headline = one_line(_block(message, language, "subject", context))
    return _prefixed(headline, context, frame_of(language))
