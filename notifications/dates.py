"""Dates as a reader of each language writes them."""

from datetime import date
from functools import lru_cache

from babel.dates import format_date

LANGUAGES = ("fr", "en")
"""The languages people are written to."""

_LONG = "EEEE d MMMM y"
_SHORT = "d MMMM y"
_LOCALE = {"fr": "fr_FR", "en": "en_GB"}


@lru_cache(maxsize=4096)
def _written(day: date, pattern: str, language: str) -> str:
    # French says "1er mars", and no locale data does.
    if language == "fr" and day.day == 1:
        pattern = pattern.replace("d ", "d'er' ")
    return format_date(day, pattern, locale=_LOCALE[language])


def long_date(day: date, language: str) -> str:
    """Return "mardi 3 mars 2026" or "Tuesday 3 March 2026".

    Raises:
        KeyError: nobody writes this language here.
    """
    return _written(day, _LONG, language)


def short_date(day: date, language: str) -> str:
    """Return "3 mars 2026" or "3 March 2026".

    Raises:
        KeyError: nobody writes this language here.
    """
    return _written(day, _SHORT, language)
