"""Words as people look for them in French: without accents, capitals, elisions, plurals or inflections; the same whatever the database.

What is stored and what is asked pass through the same two steps. ``split`` cuts a text into plain words (small ASCII letters and digits) and
leaves them as they are when it meets them again; ``stem`` then brings the forms of one word together.
"""

import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

from Stemmer import Stemmer

LONGEST = 40
"""Letters of a word; what comes after them tells no two words apart."""
_CODE = r"[^\W\d_]+(?:-[^\W\d_]+)*-\d{4}-\d+"
_APOSTROPHES = "'`\u2019\u02bc\uff07\u2018\u00b4"
_WORD = "(?:[^\\W_][\u0300-\u036f]*)+"
"""Letters, also with their accents apart, and digits."""
_PIECE = re.compile(rf"{_CODE}|{_WORD}(?:[{_APOSTROPHES}]{_WORD})*")
_APOSTROPHE = re.compile(f"[{_APOSTROPHES}]")
_ELIDED = frozenset(["c", "d", "j", "l", "m", "n", "s", "t", "qu", "jusqu", "lorsqu", "puisqu", "quoiqu", "presqu", "quelqu"])
_LIGATURES = str.maketrans({"œ": "oe", "æ": "ae", "ø": "o", "đ": "d", "ł": "l"})
_EMPTY = frozenset(
    """
    a ai aie ait as au aucun aucune aussi autre autres aux avec avoir avait avaient avant c ca car ce cela celle celles celui ces cet cette ceux chaque ci
    comme d dans de des deux donc dont du elle elles en encore entre es est et etaient etait etant etre eu eux fait il ils j je l la
    le les leur leurs lui m ma mais me meme memes mes moi mon n ne ni nos notre nous on ont ou par pas peu peut plus pour qu que quel quelle
    quelles quels qui s sa sans se sera seront ses si soit son sont sous sur t ta te tes toi ton tous tout toute toutes tres tu un une vos
    votre vous y the of and to in for on with is are be by at from
    """.split()  # noqa: SIM905  # a list to be read
)
"""Summer is looked for, so ``ete`` is not among them; the east hardly ever, and as a verb ``est`` is in every text."""
_ODD_FORMS = {
    **{f"{word}aux": f"{word}ail" for word in ("b", "cor", "em", "soupir", "trav", "vant", "vitr")},
    **{
        f"{word}x": word
        for word in ("aloyau", "boyau", "esquimau", "etau", "fabliau", "gruau", "hoyau", "joyau", "materiau", "noyau", "tuyau")
    },
    "yeux": "oeil",
    "aieux": "aieul",
    **dict.fromkeys(("nouvel", "nouvelle", "nouvelles"), "nouveau"),
    **dict.fromkeys(("bel", "belle", "belles"), "beau"),
    **dict.fromkeys(("vieil", "vieille", "vieilles"), "vieux"),
}
_ENDINGS = tuple(
    (re.compile(ending), put)
    for ending, put in (
        (r"(?<=eau|ieu|jeu|feu|veu|oeu|hou|jou|nou)x$", ""),
        (r"(?<=...)aux$", "al"),
        (r"(?<=..[^s])s$", ""),
        (r"(?<=..)ive$", "if"),
        (r"(?<=..)trice$", "teur"),
        (r"(?<=[^aeiouy])ite$", "ité"),
        (r"(?<=..)ee$", "ée"),
        (r"(?<=..)erent$", "èrent"),
        (r"(?<=..)iere$", "ière"),
    )
)
"""Plurals and feminines that the stemmer leaves as they are, and endings whose accent tells it what they are, in words that have lost it."""


class Token(NamedTuple):
    """A word of a text: its stem, the word itself in plain letters, and where it stands."""

    stem: str
    word: str
    start: int
    end: int


def tokens(text: str) -> list[Token]:
    """The words of a text, in order, without those that everything contains; a number such as ``A-2026-001`` is one word."""
    return [Token(stem(word), word, start, end) for word, start, end in _words(text) if word not in _EMPTY]


def split(text: str) -> list[str]:
    """The plain words of a text."""
    return [token.word for token in tokens(text)]


def stems(text: str) -> list[str]:
    """The stems of a text's words."""
    return [token.stem for token in tokens(text)]


@lru_cache(maxsize=65_536)
def stem(word: str) -> str:
    """What the forms of a plain word have in common: the word itself if it holds a digit."""
    if not word.isalpha():
        return word
    form = _ODD_FORMS.get(word, word)
    for ending, put in _ENDINGS:
        form = ending.sub(put, form)
    return _plain(_STEMMER.stemWord(form)) or word


_STEMMER = Stemmer("french")


def _words(text: str) -> Iterator[tuple[str, int, int]]:
    for found in _PIECE.finditer(text):
        piece = found[0]
        start, end = found.span()
        if not piece.isalnum():
            piece, start, end = _without_elision(piece, start, end)
        if word := _plain(piece)[:LONGEST]:
            yield word, start, end


def _without_elision(piece: str, start: int, end: int) -> tuple[str, int, int]:
    """What is left of a word once what was elided before it is taken off, and the ``'s`` of English."""
    parts = _APOSTROPHE.split(piece)
    while len(parts) > 1 and _plain(parts[0]) in _ELIDED:
        start += len(parts.pop(0)) + 1
    if len(parts) > 1 and parts[-1] in ("s", "S"):
        end -= 2
        parts.pop()
    return "".join(parts), start, end


@lru_cache(maxsize=65_536)
def _plain(piece: str) -> str:
    """Small ASCII letters and digits alone; a letter of another alphabet is spelt by its number."""
    if not piece.isascii():
        shown = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", piece).casefold()).translate(_LIGATURES)
        signs = (sign for sign in shown if sign.isalnum())
        piece = "".join(sign if sign.isascii() else f"x{ord(sign):x}" for sign in signs)
    return "".join(sign for sign in piece.lower() if sign.isalnum())
