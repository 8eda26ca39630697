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


def freeze(electors: Sequence[Elector]) -> dict[str, Any]:
    """What a review stores beside the codes of its seats, by their positions: partners, chairs, and weights other than one."""
    partners: dict[str, list[int]] = {}
    for position, elector in enumerate(electors):
        partners.setdefault(elector.partner, []).append(position)
    chairs = [position for position, elector in enumerate(electors) if elector.chair]
    weights = {str(position): elector.weight for position, elector in enumerate(electors) if elector.weight != 1}
    return {"partners": partners} | ({"chairs": chairs} if chairs else {}) | ({"weights": weights} if weights else {})


def thaw(seats: Sequence[str], frozen: Mapping[str, Any]) -> tuple[Elector, ...]:
    """The electorate that ``freeze`` stored; raises KeyError where ``frozen`` does not know the partner of a seat."""
    partner_of = {position: partner for partner, positions in frozen["partners"].items() for position in positions}
    chairs, weights = set(frozen.get("chairs", ())), frozen.get("weights", {})
    return tuple(
        Elector(seat, partner_of[position], weights.get(str(position), 1), position in chairs) for position, seat in enumerate(seats)
    )


def vacancies(composition: Mapping[str, int], electors: Iterable[Elector]) -> dict[str, int]:
    """How many seats of a body's composition nobody holds, by partner; partners that are complete are left out."""
    held: dict[str, int] = {}
    for elector in electors:
        held[elector.partner] = held.get(elector.partner, 0) + 1
    return {partner: seats - held.get(partner, 0) for partner, seats in composition.items() if seats > held.get(partner, 0)}
