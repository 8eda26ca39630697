"""Which words of a text were looked for, and the part of it that shows them best."""

from collections.abc import Collection, Iterator, Sequence
from typing import NamedTuple

from models.analysis import Token, tokens

_AROUND = 220
"""Letters of an excerpt, about."""
_BEFORE = 60


class Piece(NamedTuple):
    """A part of a text; ``found``: it was looked for."""

    text: str
    found: bool = False


Marked = Sequence[Piece]


def marked(text: str, stems: Collection[str]) -> Marked:
    """The whole text in pieces."""
    return [*_pieces(text, [token for token in tokens(text) if token.stem in stems], 0, len(text))]


def excerpt(texts: Sequence[str], stems: Collection[str]) -> Marked:
    """The part of the first text that has most of the words looked for; where none has any, how the first begins."""
    best: tuple[int, int, str, list[Token]] | None = None
    for text in texts:
        hits = [token for token in tokens(text) if token.stem in stems]
        for place, hit in enumerate(hits):
            there = [other for other in hits[place:] if other.end - hit.start <= _AROUND - _BEFORE]
            worth = len({token.stem for token in there})
            if best is None or worth > best[0]:
                best = worth, hit.start, text, hits
        if best is not None and best[0] == len(stems):
            break
    if best is None:
        return [*_pieces(texts[0], [], *_window(texts[0], 0))] if texts else []
    _, start, text, hits = best
    return [*_pieces(text, hits, *_window(text, start))]


def _window(text: str, around: int) -> tuple[int, int]:
    """From where to where: whole words."""
    start = 0 if around <= _BEFORE else text.find(" ", around - _BEFORE, around) + 1 or around
    end = start + _AROUND
    return start, len(text) if end >= len(text) else max(text.rfind(" ", start, end), around) if " " in text[start:end] else end


def _pieces(text: str, hits: Sequence[Token], start: int, end: int) -> Iterator[Piece]:
    if start > 0:
        yield Piece("… ")
    place = start
    for hit in hits:
        if place <= hit.start and hit.end <= end:
            yield from (Piece(text[place : hit.start]),) if hit.start > place else ()
            yield Piece(text[hit.start : hit.end], found=True)
            place = hit.end
    if place < end:
        yield Piece(text[place:end])
    if end < len(text):
        yield Piece(" …")
