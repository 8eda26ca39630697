"""The words that surround every message, one catalogue per language, and the typography of each language."""

import tomllib
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

from notifications.dates import long_date
from notifications.text import french_spacing

TEMPLATES = Path(__file__).parent / "templates"


def typeset(text: str, language: str) -> str:
    """Return words of ours as they are printed: curved apostrophes and, in French, spaces that do not break."""
    curved = text.replace("'", "\u2019")
    return french_spacing(curved) if language == "fr" else curved


def _typeset_all(value: Any, language: str) -> Any:
    if isinstance(value, dict):
        return {key: _typeset_all(inner, language) for key, inner in value.items()}
    return typeset(value, language)


@dataclass(frozen=True, slots=True)
class Frame:
    """The surroundings of a message in one language; each mapping goes from a code to its words."""

    language: str
    colon: str
    rehearsal: str
    banner: str
    greeting: str
    by: str
    soon: str
    reply: str
    closing: str
    secretariat: str
    because: str
    copy: str
    copy_mark: str
    copied: str
    sent: str
    privacy: str
    choices: str
    chat: str
    headings: dict[str, str]
    links: dict[str, str]
    files: dict[str, str]
    calendar: dict[str, str]
    facts: dict[str, str]
    values: dict[str, str]
    opinions: dict[str, str]
    outcomes: dict[str, str]
    roles: dict[str, str]
    several: dict[str, str]

    def until(self, day: date | None) -> str:
        """Return by when something is asked for: "by Tuesday 3 March 2026 at the latest", or as soon as possible without a day."""
        return self.soon if day is None else self.by.format(date=long_date(day, self.language))


@cache
def frame_of(language: str) -> Frame:
    """Read the frame of a language, once per process.

    Raises:
        LookupError: nobody writes this language here.
    """
    file = TEMPLATES / language / "frame.toml"
    if not file.is_file():
        raise LookupError(f"no frame for language {language!r}")
    words: dict[str, Any] = tomllib.loads(file.read_text(encoding="utf-8"))
    return Frame(language=language, **_typeset_all(words, language))
