"""Sample facts, invented, for previews and tests."""

from collections.abc import Collection, Mapping
from datetime import date
from typing import Any, cast

from notifications.catalogue import (
    ADDRESS_REFUSED,
    BODY_REMINDER,
    CATALOGUE,
    CONVOCATION,
    CONVOCATION_WITHDRAWN,
    DIGEST,
    DIGESTS,
    DUE_TOGETHER,
    MEETING_CANCELLED,
    MEETING_CHANGED,
    OF_MEETINGS,
    OWN_DEADLINES,
    SIGN_IN,
    WEBHOOK_OFF,
    Audience,
)
from notifications.context import Context
from notifications.samples_ahead import AHEAD

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
    "chase": {"kind": "final_report", "what": "bilan final", "late": True, "told": ["10 janvier 2026", "24 janvier 2026"], "untold": False},
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
    "chase": {
        "kind": "final_report",
        "what": "final report",
        "late": True,
        "told": ["10 January 2026", "24 January 2026"],
        "untold": False,
    },
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
_ASKING = {"opinion-requested", "opinion-reminder", "opinion-chased", "review-extended", "review-moved"}
_CHASED = {"overdue-chased", "progress-chased", "final-report-chased"}
_OF_NO_ACTION = {*OF_MEETINGS, *DIGESTS, OWN_DEADLINES, SIGN_IN, ADDRESS_REFUSED, BODY_REMINDER, WEBHOOK_OFF}
_CONFLICTS = {"conflict-declared", "conflict-withdrawn"}
_RESERVATIONS = {"reservation-lifted", "reservation-delayed"}
_REMINDERS = {"deadline-reminder", "deadline-escalated", "completion-delayed", "progress-delayed", "start-delayed", "final-report-delayed"}
_BLOCKERS = {"blocker-raised", "blocker-lifted"}
_PROXIES = {"proxy-held", "proxy-given", "proxy-revoked"}
_MEETINGS = {*OF_MEETINGS}
_CONVENING = {CONVOCATION, MEETING_CHANGED}
_LEADING = {
    CONVOCATION: "meeting",
    MEETING_CHANGED: "meeting",
    BODY_REMINDER: "meeting",
    ADDRESS_REFUSED: "person",
    WEBHOOK_OFF: "webhook",
    SIGN_IN: "sign_in",
    "opinion-received": "change",
    "progress-requested": "progress",
    "progress-delayed": "progress",
    "progress-chased": "progress",
    "final-report-chased": "final_report",
    "final-report-requested": "final_report",
}
_REVIEWING = {*_ASKING, *_PROXIES, "opinion-received", "review-closed"}

_ABOUT: Mapping[str, Collection[str]] = {
    "meeting": {*_MEETINGS, BODY_REMINDER},
    "body": {*_MEETINGS, BODY_REMINDER, "opinion-kept", *_DECIDED, *_REVIEWING, *_CONFLICTS, *_RESERVATIONS, *_BLOCKERS},
    "review": _REVIEWING,
    "decision": _DECIDED,
    "reasons": {*_REASONED, *_BLOCKERS, "proposal-returned", "reservation-lifted"},
    "missing": {"final-report-incomplete", "action-approved"},
    "reservations": {*_RESERVATIONS, "review-closed", "action-approved", "action-referred", "action-started"},
    "milestone": {"milestone-passed"},
    "due_on": {"progress-requested", "final-report-requested", *_REMINDERS, "final-report-incomplete", "action-started", BODY_REMINDER},
    "days": {"blocker-raised", "opinion-reminder", "opinion-chased", "action-neglected", *_REMINDERS, "reservation-delayed", BODY_REMINDER},
    "chase": {*_REMINDERS, *_CHASED, "opinion-reminder", "milestone-passed", "reservation-delayed", "chase-ended", BODY_REMINDER},
    "percent": {"progress-reported"},
    "opinion": {"opinion-received", "opinion-kept"},
    "in_place": {*_ASKING, BODY_REMINDER},
    "represents": {"opinion-reminder", "opinion-chased", "review-extended"},
    "proxy": _PROXIES,
    "concerned": {*_CONFLICTS, ADDRESS_REFUSED, WEBHOOK_OFF},
    "reference": {"action-superseded", "action-registered", "deliberation-recorded"},
    "deliberation": {"deliberation-recorded"},
    "sheet": _ASKING,
    "digest": {*DIGESTS, OWN_DEADLINES},
    "files": {"opinion-requested"},
    "questions": {"opinion-requested", "progress-requested", DUE_TOGETHER, "final-report-requested"},
    "link": {
        *_ASKING,
        "opinion-received",
        "proxy-held",
        "proxy-given",
        "progress-requested",
        "progress-delayed",
        "progress-chased",
        "final-report-chased",
        "final-report-requested",
        SIGN_IN,
        *_CONVENING,
        ADDRESS_REFUSED,
        BODY_REMINDER,
        WEBHOOK_OFF,
    },
}
"""Which messages are about a fact that others leave absent."""

_LISTS = {"reasons", "missing", "reservations", "questions", "sheet"}


_APART: Mapping[str, tuple[Audience, ...]] = {
    SIGN_IN: (Audience.SIGNING_IN,),
    DIGEST: (Audience.WAITING,),
    DUE_TOGETHER: (Audience.LEAD, Audience.TECHNICAL_SECRETARY, Audience.WAITING),
    OWN_DEADLINES: (Audience.AHEAD,),
    ADDRESS_REFUSED: (Audience.BODY_SECRETARY, Audience.TECHNICAL_SECRETARY),
    WEBHOOK_OFF: (Audience.TECHNICAL_SECRETARY,),
    BODY_REMINDER: (
        *(Audience.BODY_SECRETARY, Audience.BODY_CHAIR, Audience.TECHNICAL_SECRETARY, Audience.STEERING_SECRETARY),
        Audience.BODY_STAND_IN,
    ),
    **dict.fromkeys(OF_MEETINGS, (Audience.CONVENED,)),
    CONVOCATION_WITHDRAWN: (Audience.WAS_CONVENED,),
}
"""In what capacities people get what is about no event."""


def audiences(message: str) -> list[str]:
    """Return in what capacities people get a message."""
    if message in _APART:
        return [audience.value for audience in _APART[message]]
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
    if facts["because"] == Audience.BODY_STAND_IN:
        facts["in_place"] = complete(language)["action"]["lead_name"]
    elif facts["because"] not in (Audience.DEPUTIES, Audience.PENDING_DEPUTIES):
        facts["in_place"] = None
    if facts["because"] != Audience.PENDING_HOLDERS:
        facts["represents"] = None
    return cast("Context", facts)


def _about_no_action(message: str, facts: dict[str, Any]) -> None:
    if message in _OF_NO_ACTION:
        facts |= {"action": dict.fromkeys(facts["action"], ""), "actor": None}
    if message == OWN_DEADLINES:
        facts["digest"] = AHEAD[facts["recipient"]["language"]]
    if message in _LEADING:
        facts["link"] = _LEADING[message]
    if message in (SIGN_IN, ADDRESS_REFUSED, WEBHOOK_OFF):
        facts["how"] = ""
    if message == WEBHOOK_OFF:
        facts["concerned"] = "tableau-de-bord.ville.example"
    if message == BODY_REMINDER:
        facts["chase"] = {**facts["chase"], "late": False}
    if message in {*_MEETINGS, BODY_REMINDER} - _CONVENING:
        facts["meeting"] = {**facts["meeting"], "agenda": []}
    if message in (CONVOCATION_WITHDRAWN, BODY_REMINDER):
        facts["meeting"] |= {"place": None, "join": None}
