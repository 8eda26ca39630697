"""Days as people type them."""

import re
from datetime import date

from models.errors import Refused

_FRENCH = re.compile(r"(\d{1,2})/(\d{1,2})/(\d{4})")


def in_order(text: str) -> str:
    """A day that may be typed as 31/01/2026, with its year first; anything else as it is."""
    found = _FRENCH.fullmatch(text.strip())
    return f"{found[3]}-{int(found[2]):02}-{int(found[1]):02}" if found else text


def read_day(text: str | None, where: str) -> date | None:
    """The day that was typed, in either order; None where nothing was. Refuses what is no day, naming ``where`` it stands."""
    if text is None or not text.strip():
        return None
    try:
        return date.fromisoformat(in_order(text).strip())
    except ValueError:
        raise Refused.because("bottlenecks.day_unreadable", where, given=text) from None
