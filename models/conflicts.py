"""Conflicts of interest: what somebody declares, and who takes no part in a review because of it. Pure functions.

Recusal is not abstention: a seat that takes no part leaves the denominators of quorum and majority. It follows the person, through every
seat they hold and every seat for which they stand in.
"""

from collections.abc import Iterable, Mapping
from enum import StrEnum


class ConflictKind(StrEnum):
    """What ties somebody to an action. ``UNSTATED``: they take no part and do not say why."""

    FINANCIAL = "financial"
    FAMILY = "family"
    EMPLOYER = "employer"
    AUTHOR = "author"
    OTHER = "other"
    UNSTATED = "unstated"


class Cause(StrEnum):
    """Why a person takes no part in a review."""

    DECLARED = "declared"
    PROPOSER = "proposer"
    PROPOSERS_BODY = "proposers_body"


def written(kind: ConflictKind, words: str | None) -> str:
    """A conflict as one text, which is kept apart from the log and can be erased: its kind on the first line, then the words, if any."""
    return f"{kind}\n{words}" if words else str(kind)


def read(text: str) -> tuple[ConflictKind, str | None]:
    """The kind and the words of a text that ``written`` made."""
    kind, _, words = text.partition("\n")
    return ConflictKind(kind), words or None


def out(declared: Iterable[int], proposer: int | None, colleagues: Iterable[int], rule: str) -> Mapping[int, Cause]:
    """Which persons take no part, and the first cause of each: a declared conflict, having proposed, sitting where the proposer sits.

    ``rule``: how far it goes, as the charter says (``ReviewRules.recused``). ``colleagues``: those who sit in the proposer's body; nobody
    where that body is the one that examines, since a body that left as a whole could examine nothing.
    """
    causes = dict.fromkeys(declared, Cause.DECLARED)
    if rule != Cause.DECLARED and proposer is not None:
        causes.setdefault(proposer, Cause.PROPOSER)
    if rule == Cause.PROPOSERS_BODY:
        for person in colleagues:
            causes.setdefault(person, Cause.PROPOSERS_BODY)
    return causes


def recused(electorate: Iterable[str], holders: Mapping[str, int], causes: Mapping[int, Cause]) -> Mapping[str, Cause]:
    """The seats of an electorate that take no part, in its order. ``holders``: the person who holds each seat."""
    return {seat: causes[holders[seat]] for seat in electorate if holders.get(seat) in causes}
