"""The wording: every sentence for people, by code, from the catalogues ``<language>/<area>.toml`` beside this file.

A key of a catalogue is a code; tables and dotted keys join with dots (``[charter] empty = ...`` is ``charter.empty``). A code stands in
one catalogue only, in both languages, with the same ``{placeholders}``. Labels of closed vocabularies are codes ``label.<kind>.<code>``.
"""

import re
import tomllib
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

from models.charter import Language
from models.errors import Fault, Problem, Refused

_HERE = Path(__file__).parent
_NOTHING = ("-", "—", "")
"""What stands for no near match."""
_PLACE = re.compile(r"(?P<file>.*?):(?P<line>\d+)(?::(?P<key>.*))?", re.DOTALL)


class Wording:
    """The sentences in one language."""

    def __init__(self, language: str) -> None:
        """Load the catalogues of ``language`` (``fr`` or ``en``); raise ``ValueError`` for another one."""
        self.language = Language(language)
        self._sentences = catalogue(self.language)

    def say(self, code: str, /, **params: str | int) -> str:
        """Return the sentence of ``code`` filled with ``params``; raise ``Fault`` if the sentence or a parameter is missing."""
        sentence = self._sentences.get(code)
        if sentence is None:
            raise Fault(f"no sentence {code!r} in {self.language.value!r}")
        try:
            return sentence.format_map(params)
        except KeyError as error:
            raise Fault(f"sentence {code!r} needs {error}") from error

    def template(self, code: str) -> str:
        """Return the sentence of ``code`` as the catalogue has it, with its ``{placeholders}``."""
        return self._sentences[code]

    def say_problem(self, problem: Problem) -> str:
        """Return what stands in the way, with near matches if there are any, led by where it stands: file, line and key when ``where`` was made by ``place``."""
        params = dict(problem.params)
        if "near" in params:
            params["near"] = "" if params["near"] in _NOTHING else " " + self.say("wording.near", near=params["near"])
        sentence = self.say(problem.code, **params)
        where = self._where(problem.where)
        return self.say("wording.led_by_place", place=where, sentence=sentence) if where else sentence

    def label(self, kind: str, code: str) -> str:
        """Return the name of one value of a closed vocabulary, such as ``label("state", "draft")``."""
        return self.say(f"label.{kind}.{code}")

    def labels(self, kind: str) -> Mapping[str, str]:
        """Return the names of all values of a closed vocabulary by code, in the order of the catalogue."""
        return _labels(self.language, kind)

    def _where(self, where: str) -> str:
        found = _PLACE.fullmatch(where)
        if found is None:
            return where
        line = self.say("wording.line", line=found["line"])
        return ", ".join(part for part in (found["file"], line, found["key"]) if part)


def place(file: str, line: int, key: str = "") -> str:
    """Return a ``where`` that ``say_problem`` puts into words; ``file`` may be empty (text that came without a name)."""
    return f"{file}:{line}:{key}" if key else f"{file}:{line}"


def pick_language(environment: Mapping[str, str]) -> str:
    """Return the language that ``PASSERELLE_LANGUAGE`` asks for, French by default; refuse one that is not offered."""
    asked = environment.get("PASSERELLE_LANGUAGE") or Language.FRENCH.value
    if asked not in tuple(Language):
        raise Refused.because("language_unknown", "PASSERELLE_LANGUAGE", value=asked, known=", ".join(Language))
    return asked


@cache
def catalogue(language: Language) -> Mapping[str, str]:
    """Return every sentence of a language by code; raise ``Fault`` if two catalogues hold the same code."""
    sentences: dict[str, str] = {}
    for file in sorted((_HERE / language.value).glob("*.toml")):
        for code, sentence in _flatten(tomllib.loads(file.read_text(encoding="utf-8"))):
            if code in sentences:
                raise Fault(f"sentence {code!r} stands twice in {language.value!r}, the second time in {file.name}")
            sentences[code] = sentence
    return sentences


@cache
def _labels(language: Language, kind: str) -> Mapping[str, str]:
    prefix = f"label.{kind}."
    return MappingProxyType({code.removeprefix(prefix): text for code, text in catalogue(language).items() if code.startswith(prefix)})


def _flatten(table: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, str]]:
    for key, value in table.items():
        if isinstance(value, Mapping):
            yield from _flatten(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", str(value)
