"""An action sheet as people read it: headings and words instead of codes."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from babel.numbers import format_currency

from models.charter import Charter
from notifications.dates import short_date
from services.wording import Wording

_FAMILIES = {"axis": ("axes",), "objective": ("objectives",), "lead_body": ("partners", "bodies")}
_LISTS = {"themes": "themes", "sites": "sites", "partners": "partners"}
_LOCALES = {"fr": "fr_FR", "en": "en_GB"}


def sheet_parts(sheet: Mapping[str, Any], charter: Charter, language: str, people: Mapping[str, str]) -> list[tuple[str, str]]:
    """Heading and text of every filled-in part of a sheet but its title and milestones, in the order of the sheet. ``people``: names by code."""
    labels = Wording(language).labels("field")
    shown = {**sheet, "lead_person": people.get(sheet["lead_person"] or "", sheet["lead_person"])}
    parts = ((labels[name], _said(name, value, charter, language)) for name, value in shown.items() if name not in ("title", "milestones"))
    return [(label[:1].upper() + label[1:], text) for label, text in parts if text]


def _said(name: str, value: Any, charter: Charter, language: str) -> str:
    if value is None or value in ("", ()):
        return ""
    if name in _FAMILIES:
        return name_of(charter, value, language, *_FAMILIES[name])
    if name in _LISTS:
        return ", ".join(name_of(charter, code, language, _LISTS[name]) for code in value)
    if isinstance(value, date):
        return short_date(value, language)
    if name == "report_every_months":
        return Wording(language).say("portal.every_months" if value > 1 else "portal.every_month", months=value)
    return format_currency(value, "EUR", locale=_LOCALES[language]) if name == "budget_euros" else str(value)


def name_of(charter: Charter, code: str, language: str, *families: str) -> str:
    """The name of a code in the first of these families that knows it, or the code itself."""
    for family in families:
        for entry in getattr(charter, family):
            if entry.code == code:
                return str(entry.name.of(language))
    return code
