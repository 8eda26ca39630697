"""Who may vote in a review: frozen on the day it opens. Later changes of seats, weights or roles do not move the denominator."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Elector:
    """A voting seat as it was when the review opened."""

    seat: str
    partner: str = ""
    weight: int = 1
    chair: bool = False


def freeze(electors: Sequence[Elector], partners: Sequence[str]) -> dict[str, Any]:
    """What a review stores beside the codes of its seats: whose each is, the positions of chairs, and weights other than one by position.

    A partner is known by its place in the charter that the review keeps; raises ValueError for one that the charter does not have.
    """
    chairs = [position for position, elector in enumerate(electors) if elector.chair]
    weights = {str(position): elector.weight for position, elector in enumerate(electors) if elector.weight != 1}
    frozen: dict[str, Any] = {"of": [partners.index(elector.partner) for elector in electors]}
    return frozen | ({"chairs": chairs} if chairs else {}) | ({"weights": weights} if weights else {})


def thaw(seats: Sequence[str], frozen: Mapping[str, Any], partners: Sequence[str]) -> tuple[Elector, ...]:
    """The electorate that ``freeze`` stored, with the partners of the same charter."""
    chairs, weights = set(frozen.get("chairs", ())), frozen.get("weights", {})
    return tuple(
        Elector(seat, partners[of], weights.get(str(position), 1), position in chairs)
        for position, (seat, of) in enumerate(zip(seats, frozen["of"], strict=True))
    )


def vacancies(composition: Mapping[str, int], electors: Iterable[Elector]) -> dict[str, int]:
    """How many seats of a body's composition nobody holds, by partner; partners that are complete are left out."""
    held: dict[str, int] = {}
    for elector in electors:
        held[elector.partner] = held.get(elector.partner, 0) + 1
    return {partner: seats - held.get(partner, 0) for partner, seats in composition.items() if seats > held.get(partner, 0)}
