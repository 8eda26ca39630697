"""Sample facts, invented, for previews and tests."""

from collections.abc import Collection, Mapping
from datetime import date
from typing import Any, cast

from notifications.catalogue import (
    ADDRESS_REFUSED,
    CATALOGUE,
    CONVOCATION,
    CONVOCATION_WITHDRAWN,
    DIGEST,
    MEETING_CANCELLED,
    MEETING_CHANGED,
    OF_MEETINGS,
    SIGN_IN,
    Audience,
)
from notifications.context import Context

_FR: Context = {
    "convention": "Convention Villeneuve d'Ascq - Université de Lille",
    "rehearsal": True,
    "recipient": {"name": "Dominique Exemple", "language": "fr"},
    "because": "voter",
    "action": {
        "number": "A-2026-003",
        "title": "Usage du vélo et des transports en commun",
        "axis": "La compréhension et l'accélération des transitions écologiques",
        "state": "Examen technique",
        "lead_body": "Ville de Villeneuve d'Ascq",
        "lead_name": "Claude Modèle",
    },
    "body": {"code": "cotech", "name": "Comité technique", "secretariat": "Secrétariat du comité technique"},
    "review": {
        "round": 2,
        "due_on": date(2026, 3, 3),
        "expected": 9,
        "answered": 5,
        "verdict": "with_reservations",
        "quorum_reached": True,
    },
    "decision": {"number": "COTECH-2026-004", "outcome": "refer", "decided_on": date(2026, 3, 1)},
    "reasons": ["Le stationnement sécurisé reste à chiffrer.\nUn devis est attendu du service compétent.", "Le calendrier est serré."],
    "missing": ["Budget", "Indicateurs de suivi"],
    "reservations": [
        "Réserve 1, COTECH-06 (membre, Comité technique), à lever au plus tard le 1er avril 2026\N{NO-BREAK SPACE}: Le stationnement reste à chiffrer."
    ],
    "milestone": {"title": "Ouverture de deux abris à vélos", "due_on": date(2026, 9, 15)},
    "meeting": {
        "number": "COTECH-S-2026-002",
        "held_on": date(2026, 3, 24),
        "starts_at": "14:30",
        "place": "Hôtel de ville, salle du conseil",
        "join": "https://visio.example/cotech",
        "agenda": ["1. A-2026-003, Usage du vélo et des transports en commun", "2. Calendrier du second semestre"],
        "first": "COTECH-S-2026-001",
        "free": True,
        "urgency": "Le dossier doit être déposé avant la fin du mois.",
    },
    "due_on": date(2026, 4, 1),
    "occurred_on": date(2026, 2, 10),
    "days": 12,
    "percent": 40,
    "opinion": "favourable",
    "in_place": "COTECH-06 (membre, Comité technique)",
    "represents": "COTECH-06 (membre, Comité technique)",
    "proxy": {
        "giver": "COTECH-06 (membre, Comité technique)",
        "holder": "COTECH-03 (membre, Comité technique)",
        "until": date(2026, 2, 27),
    },
    "concerned": "COTECH-06 (membre, Comité technique)",
    "actor": "COTECH-01 · secrétariat technique",
    "reference": "Délibération 2025-118",
    "deliberation": {"partner": "Ville de Villeneuve d'Ascq", "outcome": "adopted", "decided_on": date(2026, 2, 3)},
    "digest": {
        "lines": [
            {
                "number": "A-2026-003",
                "title": "Usage du vélo et des transports en commun",
                "occurred_on": date(2026, 2, 10),
                "headline": "Point d\u2019avancement reçu\N{NO-BREAK SPACE}: Usage du vélo et des transports en commun",
                "lead": [
                    "Un point d\u2019avancement a été enregistré à la date du 10 février 2026. L\u2019action est réalisée à 40\N{NO-BREAK SPACE}%."
                ],
                "label": "Voir l\u2019action",
                "address": "https://passerelle.example/actions/A-2026-003",
            },
            {
                "number": "A-2026-001",
                "title": "Accueil des étudiants à la Cité scientifique",
                "occurred_on": date(2026, 2, 9),
                "headline": "Action lancée\N{NO-BREAK SPACE}: Accueil des étudiants à la Cité scientifique",
                "lead": ["L\u2019action est lancée depuis le 9 février 2026."],
                "label": "Voir l\u2019action",
                "address": "https://passerelle.example/actions/A-2026-001",
            },
        ],
        "actions": 2,
    },
    "questions": ["L'action sert-elle les habitants autant que les étudiants ?", "Les moyens annoncés suffisent-ils ?"],
    "sheet": [
        {"label": "Contexte", "text": "Les quatre sites universitaires sont mal reliés à vélo."},
        {"label": "Description", "text": "Étudier les itinéraires avec les étudiants.\nOuvrir deux abris à vélos."},
    ],
    "files": {"count": 2, "how": "large", "where": "https://passerelle.example/actions/A-2026-003"},
    "how": "secretariat.technique@ville.example",
    "link": "answer",
    "privacy": "https://passerelle.example/confidentialite",
}

_EN: Context = {
    **_FR,
    "convention": "Villeneuve d'Ascq - University of Lille agreement",
    "recipient": {"name": "Robin Sample", "language": "en"},
    "action": {
        **_FR["action"],
        "title": "Cycling and public transport",
        "axis": "Understanding and speeding up ecological transitions",
        "state": "Technical review",
        "lead_body": "City of Villeneuve d'Ascq",
        "lead_name": "Alex Model",
    },
    "body": {"code": "cotech", "name": "Technical committee", "secretariat": "Secretariat of the technical committee"},
    "reasons": ["The cost of secure parking is still unknown.\nA quotation is expected.", "The schedule is tight."],
    "missing": ["Budget", "Indicators"],
    "reservations": ["Reservation 1, COTECH-06 (member, Technical committee), to be lifted by 1 April 2026: Parking has yet to be costed."],
    "milestone": {"title": "Two cycle shelters opened", "due_on": date(2026, 9, 15)},
    "meeting": {
        "number": "COTECH-S-2026-002",
        "held_on": date(2026, 3, 24),
        "starts_at": "14:30",
        "place": "Town hall, council room",
        "join": "https://visio.example/cotech",
        "agenda": ["1. A-2026-003, Cycling and public transport", "2. Dates of the second half-year"],
        "first": "COTECH-S-2026-001",
        "free": True,
        "urgency": "The file has to be handed in before the end of the month.",
    },
    "in_place": "COTECH-06 (member, Technical committee)",
    "represents": "COTECH-06 (member, Technical committee)",
    "proxy": {
        "giver": "COTECH-06 (member, Technical committee)",
        "holder": "COTECH-03 (member, Technical committee)",
        "until": date(2026, 2, 27),
    },
    "concerned": "COTECH-06 (member, Technical committee)",
    "actor": "COTECH-01 · technical secretariat",
    "reference": "Deliberation 2025-118",
    "deliberation": {"partner": "City of Villeneuve d'Ascq", "outcome": "adopted", "decided_on": date(2026, 2, 3)},
    "sheet": [
        {"label": "Context", "text": "The four university sites are badly linked for cyclists."},
        {"label": "Description", "text": "Study the routes with students.\nOpen two cycle shelters."},
    ],
    "digest": {
        "lines": [
            {
                "number": "A-2026-003",
                "title": "Cycling and public transport",
                "occurred_on": date(2026, 2, 10),
                "headline": "Progress report received: Cycling and public transport",
                "lead": ["A progress report has been recorded as of 10 February 2026. The action is 40% complete."],
                "label": "View the action",
                "address": "https://passerelle.example/actions/A-2026-003",
            },
            {
                "number": "A-2026-001",
                "title": "Welcoming students at Cité scientifique",
                "occurred_on": date(2026, 2, 9),
                "headline": "Action started: Welcoming students at Cité scientifique",
                "lead": ["The action started on 9 February 2026."],
                "label": "View the action",
                "address": "https://passerelle.example/actions/A-2026-001",
            },
        ],
        "actions": 2,
    },
    "questions": ["Does the action serve residents as much as students?", "Are the means announced sufficient?"],
}

_DECIDED = {
    "action-referred": "refer",
    "action-adjourned": "adjourn",
    "action-approved": "approve",
    "action-rejected": "reject",
    "proposal-returned": "return",
}
_REASONED = {
    "proposal-withdrawn",
    "action-adjourned",
    "action-rejected",
    "action-suspended",
    "action-abandoned",
    "fact-rectified",
    MEETING_CANCELLED,
    "action-superseded",
    "review-extended",
    "review-moved",
}
_ASKING = {"opinion-requested", "opinion-reminder", "review-extended", "review-moved"}
_OF_NO_ACTION = {*OF_MEETINGS, DIGEST, SIGN_IN, ADDRESS_REFUSED}
_CONFLICTS = {"conflict-declared", "conflict-withdrawn"}
_RESERVATIONS = {"reservation-lifted", "reservation-delayed"}
_PROXIES = {"proxy-held", "proxy-given", "proxy-revoked"}
_MEETINGS = {*OF_MEETINGS}
_CONVENING = {CONVOCATION, MEETING_CHANGED}
_LEADING = {
    CONVOCATION: "meeting",
    MEETING_CHANGED: "meeting",
    ADDRESS_REFUSED: "person",
    SIGN_IN: "sign_in",
    "opinion-received": "change",
    "progress-requested": "progress",
    "final-report-requested": "final_report",
}
_REVIEWING = {*_ASKING, *_PROXIES, "opinion-received", "review-closed"}

_ABOUT: Mapping[str, Collection[str]] = {
    "meeting": _MEETINGS,
    "body": {*_MEETINGS, "opinion-kept", *_DECIDED, *_REVIEWING, *_CONFLICTS, *_RESERVATIONS},
    "review": _REVIEWING,
    "decision": _DECIDED,
    "reasons": {*_REASONED, "proposal-returned", "reservation-lifted"},
    "missing": {"final-report-incomplete", "action-approved"},
    "reservations": {*_RESERVATIONS, "review-closed", "action-approved", "action-referred", "action-started"},
    "milestone": {"milestone-passed"},
    "due_on": {"progress-requested", "final-report-requested", "final-report-delayed", "final-report-incomplete", "action-started"},
    "days": {"opinion-reminder", "action-neglected", "final-report-delayed", "reservation-delayed"},
    "percent": {"progress-reported"},
    "opinion": {"opinion-received", "opinion-kept"},
    "in_place": _ASKING,
    "represents": {"opinion-reminder", "review-extended"},
    "proxy": _PROXIES,
    "concerned": {*_CONFLICTS, ADDRESS_REFUSED},
    "reference": {"action-superseded", "action-registered", "deliberation-recorded"},
    "deliberation": {"deliberation-recorded"},
    "sheet": _ASKING,
    "digest": {DIGEST},
    "files": {"opinion-requested"},
    "questions": {"opinion-requested", "progress-requested", "final-report-requested"},
    "link": {
        *_ASKING,
        "opinion-received",
        "proxy-held",
        "proxy-given",
        "progress-requested",
        "final-report-requested",
        SIGN_IN,
        *_CONVENING,
        ADDRESS_REFUSED,
    },
}
"""Which messages are about a fact that others leave absent."""

_LISTS = {"reasons", "missing", "reservations", "questions", "sheet"}


def audiences(message: str) -> list[str]:
    """Return in what capacities people get a message."""
    if message == SIGN_IN:
        return [Audience.SIGNING_IN.value]
    if message == DIGEST:
        return [Audience.WAITING.value]
    if message == ADDRESS_REFUSED:
        return [Audience.BODY_SECRETARY.value, Audience.TECHNICAL_SECRETARY.value]
    if message in _MEETINGS:
        return [(Audience.WAS_CONVENED if message == CONVOCATION_WITHDRAWN else Audience.CONVENED).value]
    return [notice.audience.value for notices in CATALOGUE.values() for notice in notices if notice.message == message]


def complete(language: str) -> Context:
    """Return sample facts in a language, every one of them known."""
    return _FR if language == "fr" else _EN


def sample(message: str, language: str, because: str | None = None) -> Context:
    """Return sample facts as this message would be given them: those it is about, and no others."""
    facts: dict[str, Any] = dict(complete(language))
    for key, messages in _ABOUT.items():
        if message not in messages:
            facts[key] = [] if key in _LISTS else None
    if message in _ASKING | _PROXIES | {"opinion-received"}:
        facts["review"] = {**facts["review"], "verdict": None, "quorum_reached": None}
    if message in _DECIDED:
        facts["decision"] = {**facts["decision"], "outcome": _DECIDED[message]}
    _about_no_action(message, facts)
    facts["because"] = because or audiences(message)[0]
    if facts["because"] not in (Audience.DEPUTIES, Audience.PENDING_DEPUTIES):
        facts["in_place"] = None
    if facts["because"] != Audience.PENDING_HOLDERS:
        facts["represents"] = None
    return cast("Context", facts)


def _about_no_action(message: str, facts: dict[str, Any]) -> None:
    if message in _OF_NO_ACTION:
        facts |= {"action": dict.fromkeys(facts["action"], ""), "actor": None}
    if message in _LEADING:
        facts["link"] = _LEADING[message]
    if message in (SIGN_IN, ADDRESS_REFUSED):
        facts["how"] = ""
    if message in _MEETINGS - _CONVENING:
        facts["meeting"] = {**facts["meeting"], "agenda": []}
    if message == CONVOCATION_WITHDRAWN:
        facts["meeting"] |= {"place": None, "join": None}
