"""What the portal declares of its own accessibility, in the words of each convention."""

from collections.abc import Sequence
from dataclasses import dataclass

from fastapi import Request

from portal.context import language_of, portal_of, wording
from portal.figures import verdicts
from services.charter_store import charter_in_force, conventions


@dataclass(frozen=True, slots=True)
class Declaration:
    """Who answers for the portal of a convention, and where to report what does not work."""

    convention: str
    partners: str
    contact: str


def flaws(language: str) -> Sequence[tuple[str, str]]:
    """What is not accessible yet: by criterion, in words."""
    said = wording(language).labels("criterion")
    return [(criterion, said[criterion.replace(".", "-")]) for criterion, verdict in verdicts().items() if verdict == "NC"]


def declarations(request: Request) -> list[Declaration]:
    """What each convention here declares, from its charter."""
    language = language_of(request)
    with portal_of(request).app.db.read() as connection:
        charters = [charter_in_force(connection, code) for code in conventions(connection)]
    return [
        Declaration(
            charter.convention.name.of(language),
            ", ".join(partner.name.of(language) for partner in charter.partners),
            charter.sender.address,
        )
        for charter in charters
    ]
