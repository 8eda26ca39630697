"""What messages share whatever they are about: who signs, the facts that are always there, the sheet of an action in words."""

from datetime import date
from functools import cache
from typing import cast

import sqlalchemy as sa
from babel.numbers import format_decimal

from models.charter import ActionSheet, BodyKind, Charter
from models.prepared import Prepared
from models.tables import Person, Seat, table
from notifications.context import Context, SheetPart
from notifications.dates import short_date
from services.in_place import name_of
from services.lookups import in_office
from services.wording import Wording

_PERSON, _SEAT = table(Person), table(Seat)
_given = sa.bindparam
_SECRETARY = Prepared(
    sa.select(_PERSON.c.email)
    .join(_SEAT, _SEAT.c.person_id == _PERSON.c.id)
    .where(_SEAT.c.convention == _given("convention_"), _SEAT.c.body == _given("body_"), _SEAT.c.role == sa.literal_column("'secretary'"))
    .where(in_office(cast("date", _given("today_"))))
    .order_by(_SEAT.c.code)
    .limit(sa.literal_column("1"))
)

wording = cache(Wording)


def bare_context(convention: str, language: str, *, rehearsal: bool, today: date, privacy: str, link: str | None) -> Context:
    """The facts of a message that is about no action."""
    return {
        "convention": convention,
        "rehearsal": rehearsal,
        "recipient": {"name": "", "language": language},
        "because": "",
        "action": {"number": "", "title": "", "axis": "", "state": "", "lead_body": "", "lead_name": ""},
        "body": None,
        "review": None,
        "decision": None,
        "deliberation": None,
        "reasons": [],
        "missing": [],
        "reservations": [],
        "milestone": None,
        "meeting": None,
        "due_on": None,
        "occurred_on": today,
        "days": None,
        "chase": None,
        "percent": None,
        "opinion": None,
        "in_place": None,
        "represents": None,
        "proxy": None,
        "concerned": None,
        "actor": None,
        "reference": None,
        "questions": [],
        "files": None,
        "sheet": [],
        "digest": None,
        "how": "",
        "link": link,
        "privacy": privacy,
    }


def secretariat_for(connection: sa.Connection, charter: Charter, body: str | None, language: str, today: date) -> tuple[str, str]:
    """Who signs and where answers go: the secretary of a body, else of the technical committee; name of the office, address."""
    technical = charter.body_of_kind(BodyKind.TECHNICAL).code
    for code in (body, technical) if body else (technical,):
        address = _SECRETARY.scalar(connection, convention_=charter.convention.code, body_=code, today_=today)
        if address:
            return office(charter, code, language), address
    return office(charter, technical, language), charter.sender.address


def office(charter: Charter, body: str, language: str) -> str:
    """How the secretariat of a body signs."""
    return wording(language).say("mail.secretariat_of", body=name_of(charter, "bodies", body, language))


def sheet_parts(charter: Charter, words: Wording, sheet: ActionSheet) -> list[SheetPart]:
    """What members read of an action before they give an opinion: each heading of its sheet that says something."""
    language = words.language

    def names(family: str, codes: tuple[str, ...]) -> str:
        return ", ".join(name_of(charter, family, code, language) for code in codes)

    named = {
        "objective": name_of(charter, "objectives", sheet.objective, language),
        "themes": names("themes", sheet.themes),
        "sites": names("sites", sheet.sites),
        "partners": names("partners", sheet.partners),
        "context": sheet.context,
        "description": sheet.description,
        "budget_euros": format_decimal(sheet.budget_euros, locale=language) if sheet.budget_euros is not None else None,
        "milestones": "\n".join(f"{short_date(step.due_on, language)} · {step.title}" for step in sheet.milestones),
        "indicators": sheet.indicators,
        "report_every_months": str(sheet.report_every_months) if sheet.report_every_months else None,
    }
    return [{"label": _sentence(words.label("field", name)), "text": text} for name, text in named.items() if text]


def _sentence(label: str) -> str:
    return label[:1].upper() + label[1:]
