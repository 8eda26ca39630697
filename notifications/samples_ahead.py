"""Sample deadlines that somebody asked to be told ahead, invented, for previews and tests."""

from collections.abc import Mapping
from datetime import date

from notifications.context import DigestFacts

_PAGES = "https://passerelle.example/actions"

AHEAD: Mapping[str, DigestFacts] = {
    "fr": {
        "lines": [
            {
                "number": "A-2026-003",
                "title": "Usage du vélo et des transports en commun",
                "occurred_on": date(2026, 2, 13),
                "headline": "Avis à rendre",
                "lead": [
                    "Dernier jour\N{NO-BREAK SPACE}: vendredi 13 février 2026, dans 3 jours ouvrés.",
                    "Instance\N{NO-BREAK SPACE}: Comité technique",
                    "Au titre de\N{NO-BREAK SPACE}: COTECH-06",
                ],
                "label": "Voir l\u2019action",
                "address": f"{_PAGES}/A-2026-003",
            },
            {
                "number": "A-2026-001",
                "title": "Accueil des étudiants à la Cité scientifique",
                "occurred_on": date(2026, 2, 17),
                "headline": "Point d\u2019avancement",
                "lead": ["Dernier jour\N{NO-BREAK SPACE}: mardi 17 février 2026, dans 5 jours ouvrés."],
                "label": "Voir l\u2019action",
                "address": f"{_PAGES}/A-2026-001",
            },
        ],
        "actions": 2,
    },
    "en": {
        "lines": [
            {
                "number": "A-2026-003",
                "title": "Cycling and public transport",
                "occurred_on": date(2026, 2, 13),
                "headline": "Opinion to give",
                "lead": [
                    "Last day: Friday 13 February 2026, in 3 working days.",
                    "Body: Technical committee",
                    "As: COTECH-06",
                ],
                "label": "View the action",
                "address": f"{_PAGES}/A-2026-003",
            },
            {
                "number": "A-2026-001",
                "title": "Welcoming students at Cité scientifique",
                "occurred_on": date(2026, 2, 17),
                "headline": "Progress report",
                "lead": ["Last day: Tuesday 17 February 2026, in 5 working days."],
                "label": "View the action",
                "address": f"{_PAGES}/A-2026-001",
            },
        ],
        "actions": 2,
    },
}
"""By language."""
