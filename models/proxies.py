"""Proxies: a member mandates another member of the same body to give their opinion in one review. Pure functions.

A proxy does not move a seat: the opinion is the giver's, with the giver's weight, and the holder gives it. It is dated, may be taken back
until it is used, and counts for nothing once the giver answers themself.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Proxy:
    """The seat ``holder`` may give the opinion of the seat ``giver`` from a day on, until another day if one is named."""

    giver: str
    holder: str
    given_on: date
    until: date | None
    event: UUID

    def lasts(self, day: date) -> bool:
        """Whether it is not over on a day."""
        return self.until is None or day <= self.until

    def serves(self, first: date, last: date) -> bool:
        """Whether it may be used on each day from the first to the last."""
        return self.given_on <= first and self.lasts(last)


@dataclass(frozen=True, slots=True)
class Said:
    """What stands as a seat's answer, and the seat that gave it by proxy; None: the seat itself, its deputy, or a secretary for it."""

    value: str
    holder: str | None = None


def of_giver(proxies: Iterable[Proxy], giver: str, today: date) -> Proxy | None:
    """The proxy that a seat has given and that is not over: there is one at most."""
    return next((proxy for proxy in proxies if proxy.giver == giver and proxy.lasts(today)), None)


def held_by(proxies: Iterable[Proxy], holder: str, today: date) -> tuple[Proxy, ...]:
    """The proxies that a seat holds and that are not over."""
    return tuple(proxy for proxy in proxies if proxy.holder == holder and proxy.lasts(today))


def link_in(proxies: Iterable[Proxy], giver: str, holder: str, today: date) -> str | None:
    """The seat that would pass a proxy on: a giver who holds one, or a holder who has given theirs. None: nobody would."""
    known = tuple(proxies)
    if held_by(known, giver, today):
        return giver
    return holder if holder != giver and of_giver(known, holder, today) else None
