"""Texts written by people, made safe to show: what they say stays, what could disturb a reader's screen goes."""

import re
import textwrap
from functools import lru_cache

_BREAK = re.compile(r"\r\n|[\n\r\v\f\x1c-\x1e\x85\u2028\u2029]")
_UNSEEN = re.compile(r"[\x00-\x08\x0e-\x1b\x1f\x7f-\x84\x86-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]")
_BLANKS = re.compile(r"[ \t\n]+")
_BEFORE = re.compile(r" (?=[:;?!»%€])")
_AFTER = re.compile(r"(?<=«) ")

WIDTH = 76


def legible(text: str) -> str:
    """Return the text with plain line ends, without control characters nor marks that turn the writing direction."""
    return _UNSEEN.sub("", _BREAK.sub("\n", text))


def one_line(text: str) -> str:
    """Return the text on a single line; non-breaking spaces are kept."""
    return _BLANKS.sub(" ", legible(text)).strip(" ")


def paragraphs(text: str) -> list[str]:
    """Return every line of a person's text that says something, each as a paragraph."""
    return [line for line in (one_line(line) for line in legible(text).split("\n")) if line]


def blocks(text: str) -> list[str]:
    """Return the paragraphs of a text of ours: an empty line parts them, other line ends mean nothing."""
    return [line for line in (one_line(part) for part in re.split(r"\n[ \t]*\n", text)) if line]


def shorten(text: str, limit: int) -> str:
    """Return the text, cut at a word and ended by an ellipsis where it is longer than the limit."""
    if len(text) <= limit:
        return text
    return text[: limit - 1].rsplit(" ", 1)[0].rstrip(" ,;:\u00a0") + "…"


@lru_cache(maxsize=4096)
def wrap(text: str, first: str = "", rest: str | None = None) -> str:
    """Return a paragraph in lines of at most 76 characters; a longer word, such as an address, is never cut."""
    indent = " " * len(first) if rest is None else rest
    return textwrap.fill(text, WIDTH, initial_indent=first, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False)


def french_spacing(text: str) -> str:
    """Return the text with the spaces that French typography does not allow to break."""
    return _AFTER.sub("\u00a0", _BEFORE.sub("\u00a0", text))
