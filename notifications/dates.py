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


def clock_time(time: str, language: str) -> str:
    """Return "14 h 30", "14 h" or "9 h 05" in French, whose spaces do not break; "14:30" in English.

    Raises:
        KeyError: nobody writes this language here.
    """
    hours, _, minutes = time.partition(":")
    written = {"fr": f"{int(hours)}\u00a0h\u00a0{minutes}".removesuffix("\u00a000"), "en": time}
    return written[language]
