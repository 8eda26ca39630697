"""Decisions of the partners' own authorities: a committee cannot commit a partner's budget (``Charter.deliberations``)."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum


class DeliberationOutcome(StrEnum):
    """What an authority decided."""

    ADOPTED = "adopted"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Deliberated:
    """What the authority of a partner decided last about an action."""

    outcome: DeliberationOutcome
    decided_on: date
    reference: str
    document: str


def awaited(authorities: Iterable[str], decided: Mapping[str, Deliberated]) -> list[str]:
    """Which of these partners' authorities have not adopted the action: they have not decided yet, or decided against it."""
    adopted = {partner for partner, found in decided.items() if found.outcome is DeliberationOutcome.ADOPTED}
    return [partner for partner in authorities if partner not in adopted]
