"""Keeps persons out of texts that are made public: whatever looks like a mail address or a telephone number, and the names, codes and seats of a home.

A net for what slips in, not a licence to write about people: who publishes answers for the texts.
"""

import hashlib
import hmac
import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import NamedTuple, Self

MASK = "[…]"
_MAIL = re.compile(r"[\w.!#$%&'*+/=?^`{|}~-]+@[\w-]+(?:\.[\w-]+)+")
_SPELT_MAIL = re.compile(
    r"(?<![\w.+-])[\w.+-]+\s?(?:[\[({<]\s?(?:at|arobase|@)\s?[\])}>]|\sarobase\s|\s@|@\s)\s?[\w-]+(?:(?:\.|\s?[\[({]\s?(?:dot|point|\.)\s?[\])}]\s?)[\w-]+)+",
    re.IGNORECASE,
)
"""An address that is written so that programs do not see it; always with a dot, so that no word is taken for one."""
_GAP = "[ .\u00a0\u202f-]"
_PHONE = re.compile(
    rf"(?<![\w+])(?!\d\d[.-]\d\d[.-](?:19|20)\d\d\b)"
    rf"(?:(?:\+|00)\d{{2}}\)?(?:{_GAP}|/)?(?:\(0\){_GAP}?)?|0)[1-9](?:(?:{_GAP}?\d{{2}}){{4}}|(?: ?/ ?\d{{2}}){{4}})(?!\w)"
)
"""With strokes between all its parts or none: a day and its hour are no number."""
_WORD = re.compile(r"[^\W_]+(?:-[^\W_]+)*")
_ADDRESSING = frozenset({"m", "mm", "mme", "mmes", "mlle", "monsieur", "madame", "mr", "mrs", "ms", "dr", "pr"})
_PARTICLES = frozenset({"d", "de", "du", "des", "l", "la", "le", "van", "von", "der"})
_APART = 3
"""Signs that may stand between two words of one name."""
_FURTHER = 3
"""Further first names, initials and particles before the last word of a name."""
_JOINED = re.compile(r"\s{1,3}|['\u2019]\s?")
_AFTER_INITIALS = re.compile(r"\.[\s-]{0,2}")


class Trace(NamedTuple):
    """What is kept of a name: the hash of so many words of it."""

    words: int
    hashed: bytes


def traces_of(name: str, key: bytes) -> set[Trace]:
    """What is kept of a name that nobody bears any more, so that it is hidden where it stands: whoever has no ``key`` cannot even guess at it."""
    words = _words_of(name)
    return {Trace(len(known), _hashed(known, key)) for known in (*_orders(words), words[-1:]) if known}


@dataclass(frozen=True, slots=True)
class Former:
    """Names that nobody bears any more, by their traces under a key."""

    key: bytes = b""
    traces: Mapping[int, frozenset[bytes]] = field(default_factory=dict)

    @classmethod
    def of(cls, key: bytes, traces: Iterable[Trace]) -> Self:
        """Those that left these traces."""
        groups = groupby(sorted(traces), key=lambda trace: trace.words)
        return cls(key, {words: frozenset(trace.hashed for trace in group) for words, group in groups})

    def holds(self, words: Sequence[str]) -> bool:
        """Whether these are the words of such a name, in either order, or its last word alone."""
        known = self.traces.get(len(words))
        return known is not None and _hashed(words, self.key) in known


class Mask:
    """Hides the persons of a home in texts."""

    def __init__(self, names: Iterable[str], codes: Iterable[str], former: Former | None = None) -> None:
        """``names`` as people write them; ``codes`` of persons and of seats, of which those that are plain words are left alone."""
        self._former = former or Former()
        self._codes = frozenset(code for code in codes if "-" in code or any(map(str.isdigit, code)))
        self._last: set[str] = set()
        self._names: dict[str, set[tuple[str, ...]]] = {}
        self._firsts: dict[str, set[str]] = {}
        for name in names:
            words = _words_of(name)
            self._last.update(words[-1:])
            self._firsts.setdefault("".join(words[-1:]), set()).update(_firsts(words))
            for order in _orders(words):
                self._names.setdefault(order[0], set()).add(order)

    def hide(self, text: str) -> str:
        """The text with everything that names a person replaced by a mark.

        A name counts in either order, with or without accents, however these are encoded, and in any case, if it begins with a capital; also
        with other first names behind the first one, or with initials; a last word alone, behind a form of address. A text that names nobody is
        left as it is.
        """
        composed = _composed(text)
        hidden = self._hidden(composed)
        return text if hidden == composed else hidden

    def _hidden(self, text: str) -> str:
        text = _PHONE.sub(MASK, _SPELT_MAIL.sub(MASK, _MAIL.sub(MASK, text) if "@" in text else text))
        words = [*_WORD.finditer(_plain(text))]
        shown, end, place = list[str](), 0, 0
        while place < len(words):
            taken = self._taken(words, place)
            if taken:
                shown += [text[end : words[place].start()], MASK]
                end = words[place + taken - 1].end()
            place += taken or 1
        return "".join([*shown, text[end:]])

    def _taken(self, words: Sequence[re.Match[str]], place: int) -> int:
        """How many words from here on name a person."""
        word = words[place][0]
        if word in self._codes:
            return 1
        if not word[0].isupper():
            return 0
        named = [len(name) for name in self._names.get(word.casefold(), ()) if _follow(words, place, name)]
        named += [count for count in self._former.traces if count > 1 and self._former.holds(_following(words, place, count))]
        return max(named) if named else self._varied(words, place) or self._addressed(words, place)

    def _varied(self, words: Sequence[re.Match[str]], place: int) -> int:
        """The same, for the first name or its initial before the last word of a name, with other first names between them."""
        first = _first_of(words[place][0])
        for at in range(place + 1, min(place + _FURTHER + 2, len(words))):
            following, capital = words[at][0].casefold(), words[at][0][0].isupper()
            if not _goes_on(words, at - 1, place):
                return 0
            if capital and self._bears(first, following):
                return at - place + 1
            if not capital and following not in _PARTICLES:
                return 0
        return 0

    def _bears(self, first: str, last: str) -> bool:
        """Whether somebody has this first name or initial before this last word; of names that nobody bears any more no initial is known."""
        return first in self._firsts.get(last, ()) or self._former.holds((last,) if len(first) == 1 else (first, last))

    def _addressed(self, words: Sequence[re.Match[str]], place: int) -> int:
        """The same, for a form of address before the last word of a name, with the particles of nobility between them."""
        if words[place][0].casefold() not in _ADDRESSING:
            return 0
        for at in range(place + 1, min(place + 4, len(words))):
            following = words[at][0]
            if not _beside(words, at - 1):
                return 0
            if following[0].isupper() and self._ends_a_name(following.casefold()):
                return at - place + 1
            if following.casefold() not in _PARTICLES:
                return 0
        return 0

    def _ends_a_name(self, word: str) -> bool:
        return word in self._last or self._former.holds((word,))


def _words_of(name: str) -> tuple[str, ...]:
    return tuple(word.casefold() for word in _WORD.findall(_plain(_composed(name))))


def _orders(words: tuple[str, ...]) -> set[tuple[str, ...]]:
    """How a name of several words is written: the last word also comes first."""
    return {words, words[-1:] + words[:-1]} if len(words) > 1 else set()


def _firsts(words: tuple[str, ...]) -> set[str]:
    """By what may stand for it a name is known before its last word: its initial, and its first name if it is no more than a person's."""
    own = [word for word in words if word not in _PARTICLES]
    short = len(own) == 2 or len(own) == len(words) == 3  # noqa: PLR2004  # one or two first names
    return {words[0][0], *([_first_of(words[0])] if short else [])} if len(words) > 1 else set()


def _first_of(word: str) -> str:
    return word.casefold().partition("-")[0]


def _goes_on(words: Sequence[re.Match[str]], at: int, first: int) -> bool:
    """Whether a name goes on behind this word: behind a stop if it is an initial, else behind a space; nothing is elided before its first word."""
    parts = words[at][0].split("-")
    initials = all(len(part) == 1 for part in parts) and (at == first or words[at][0].isupper())
    gap = words[at].string[words[at].end() : words[at + 1].start()]
    return (_AFTER_INITIALS if initials else _JOINED).fullmatch(gap) is not None


def _hashed(words: Sequence[str], key: bytes) -> bytes:
    return hmac.digest(key, b"name:" + "\0".join(words).encode(), hashlib.sha256)


def _follow(words: Sequence[re.Match[str]], place: int, name: tuple[str, ...]) -> bool:
    """Whether the words of a name stand here one after the other."""
    return _following(words, place, len(name)) == name


def _following(words: Sequence[re.Match[str]], place: int, count: int) -> tuple[str, ...]:
    """So many words from here on; none if they do not stand one after the other."""
    here = words[place : place + count]
    together = len(here) == count and all(_beside(words, at) for at in range(place, place + count - 1))
    return tuple(word[0].casefold() for word in here) if together else ()


def _beside(words: Sequence[re.Match[str]], place: int) -> bool:
    return words[place + 1].start() - words[place].end() <= _APART


class _Plain(dict[int, str]):
    """Each sign without its accent, found out once."""

    def __missing__(self, sign: int) -> str:
        self[sign] = unicodedata.normalize("NFD", chr(sign))[0]
        return self[sign]


_PLAIN = _Plain()


def _composed(text: str) -> str:
    """The text with each accent and its letter as one sign, as far as there is one."""
    return unicodedata.normalize("NFC", text)


def _plain(text: str) -> str:
    """The text without accents, letter by letter, so that places in one are places in the other."""
    return text if text.isascii() else text.translate(_PLAIN)
