"""What people type into a search: words that must all be there, "phrases", -words that must not, the beginning of a word."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from models.analysis import Token, tokens
from models.errors import Problem, Refused

LONGEST = 200
_MOST = 16
_SHORTEST_BEGINNING = 3
_QUOTES = str.maketrans(dict.fromkeys("«»“”„", '"'))
_PART = re.compile(r'(?P<without>-?)(?:"(?P<phrase>[^"]*)"|(?P<word>[^\s"]+))')


@dataclass(frozen=True, slots=True)
class Term:
    """A word, or several that follow one another, by their stems. ``begins``: the word is also found by this beginning; ``marked``: by a star."""

    stems: tuple[str, ...]
    begins: str = ""
    marked: bool = False

    @property
    def is_phrase(self) -> bool:
        """Whether it is more than one word."""
        return len(self.stems) > 1


@dataclass(frozen=True, slots=True)
class Query:
    """What must be there, each of it, and what must not."""

    wanted: tuple[Term, ...] = ()
    unwanted: tuple[Term, ...] = ()


def read_query(text: str) -> Query:
    """Read what somebody typed; an empty text asks for nothing in particular.

    The last word, if it has at least three letters, may be the beginning of one, and so may a word before ``*``. Words that every text
    contains are left out. Refuses a text that is too long or has too many words, a quotation mark without its other half, words of which
    none is left, and words that must not be there alone.
    """
    text = text.translate(_QUOTES)
    if len(text) > LONGEST:
        raise Refused.because("search_too_long", longest=LONGEST)
    if text.count('"') % 2:
        raise Refused.because("search_quote_open")
    parts = list(_PART.finditer(text))
    open_end = bool(parts) and parts[-1]["word"] is not None and parts[-1].end() == len(text)
    wanted: list[Term] = []
    unwanted: list[Term] = []
    for place, part in enumerate(parts, 1):
        term = _term(part, last=open_end and place == len(parts))
        if term is not None:
            (unwanted if part["without"] else wanted).append(term)
    Refused.unless_empty(_problems(text, wanted, unwanted))
    return Query(tuple(dict.fromkeys(wanted)), tuple(dict.fromkeys(unwanted)))


def met(query: Query, texts: Sequence[Sequence[Token]]) -> bool:
    """Whether these texts hold all that is wanted, and nothing that must not be there."""
    return all(_held(term, texts) for term in query.wanted) and not any(_held(term, texts) for term in query.unwanted)


def _held(term: Term, texts: Sequence[Sequence[Token]]) -> bool:
    return any(_follow(term.stems, text) or (term.begins and any(token.word.startswith(term.begins) for token in text)) for text in texts)


def _follow(stems: tuple[str, ...], text: Sequence[Token]) -> bool:
    known = tuple(token.stem for token in text)
    return any(known[place : place + len(stems)] == stems for place in range(len(known)))


def _term(part: re.Match[str], *, last: bool) -> Term | None:
    """A word that a hyphen or a stop cuts is a phrase."""
    found = tokens(part["phrase"] if part["word"] is None else part["word"])
    if not found:
        return None
    stems = tuple(token.stem for token in found)
    if len(found) > 1 or part["word"] is None or len(found[0].word) < _SHORTEST_BEGINNING:
        return Term(stems)
    marked, ends = part["word"].endswith("*"), part["word"][-1].isalnum()
    return Term(stems, found[0].word if marked or (last and ends) else "", marked)


def _problems(text: str, wanted: list[Term], unwanted: list[Term]) -> Iterator[Problem]:
    if len(wanted) + len(unwanted) > _MOST:
        yield Problem("search_too_many_words", {"most": _MOST})
    if not wanted and unwanted:
        yield Problem("search_only_without")
    elif not wanted and text.strip():
        yield Problem("search_no_word")
