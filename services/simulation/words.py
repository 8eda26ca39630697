"""Figures as a reader of each language writes them, and names of what the figures are about."""

from datetime import date

from babel.numbers import format_decimal, format_percent

from notifications.dates import short_date
from services.wording import Wording

_LOCALE = {"fr": "fr_FR", "en": "en_GB"}


class Words:
    """The sentences of the report in one language."""

    def __init__(self, language: str) -> None:
        """Of a language that is offered."""
        self._wording, self.language = Wording(language), language

    def say(self, code: str, /, **params: str | int) -> str:
        """A sentence of the report."""
        return self._wording.say(f"simulation.{code}", **params)

    def label(self, kind: str, code: str) -> str:
        """The name of a code; an unknown one is shown as it is."""
        return self._wording.labels(kind).get(code, code)

    def number(self, value: float) -> str:
        """A number, with at most one decimal."""
        return str(format_decimal(round(value, 1), locale=_LOCALE[self.language]))

    def share(self, part: float, whole: float = 1.0) -> str:
        """A share in whole per cent; a dash where there is nothing to share."""
        return (
            str(format_percent(part / whole, format="#,##0\u00a0%" if self.language == "fr" else "#,##0%"))
            if whole
            else self._wording.say("cli.none")
        )

    def day(self, day: date) -> str:
        """A day."""
        return short_date(day, self.language)
