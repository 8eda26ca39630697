"""How somebody was last asked, in words: said once for all who were asked alike, since a page may hold thousands of them."""

from collections.abc import Callable, Mapping
from functools import cache

from notifications.dates import short_date
from services.matrix import Ask
from services.wording import Wording


def asked_in_words(words: Wording, holders: Mapping[str, str]) -> Callable[[Ask | None], str]:
    """Puts into words how a seat was last asked; ``holders``: who holds the seats of secretaries."""

    @cache
    def said(ask: Ask | None) -> str:
        if ask is None:
            return words.say("portal.awaited.never")
        kind = {"review.chased": "chased", "review.reminded": "reminded"}.get(ask.topic, "asked")
        told = words.say(f"portal.chase.{kind}", day=short_date(ask.day, words.language), seat=holders.get(ask.by, ask.by))
        return words.say("portal.chase.waiting", told=told) if ask.waits else told

    return said
