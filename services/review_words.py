"""A review in sentences: the verdict with the arithmetic behind it, and what is missing."""

from collections.abc import Mapping
from typing import Any

from models.errors import Problem
from services.explanations import word
from services.wording import Wording


def verdict_sentence(words: Wording, file: Mapping[str, Any]) -> str | None:
    """The verdict of a review's file and the figures that it rests on, or what they would give now; None while they are hidden."""
    figures = file["figures"]
    if figures is None:
        return None
    numbers = {name: value for name, value in figures.items() if type(value) in (int, str)}
    named = {
        "result": words.label("result", figures["result"]),
        "majority": words.label("majority", figures["majority"]),
        "of": words.label("majority_of", figures["of"]),
    }
    result = words.say("review.verdict" if file["closed_on"] else "review.so_far", **numbers | named)
    silence = _SILENCE.get(file["rules"]["silence"]) if figures["answered"] < figures["seats"] else None
    return " ".join([result, *([words.say(silence)] if silence else []), words.say(_quorum(figures), **numbers)])


_SILENCE = {"favourable": "review.silence_favourable", "unfavourable": "review.silence_unfavourable"}


def _quorum(figures: Mapping[str, Any]) -> str:
    if figures["quorum_needed"] == 0:
        return "review.no_quorum"
    return "review.quorum_reached" if figures["quorum_reached"] else "review.quorum_missed"


def lack_sentences(words: Wording, file: Mapping[str, Any]) -> list[str]:
    """Each thing that is missing, with the seats or the number that would mend it."""
    return [word(words, Problem(lack["code"], {name: value for name, value in lack.items() if name != "code"})) for lack in file["lacks"]]
