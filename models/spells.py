"""How long things take: spells of whole days, of which some have not ended yet; their percentiles, and whether they grow longer."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from math import ceil, sqrt
from typing import NamedTuple

FEWEST = 8
"""Each of the two halves that are compared needs so many spells: with fewer the test below cannot tell much from chance."""
_TOLD_FROM_CHANCE = 1.96
"""Two-sided at five per cent, of a normal variable."""


class Spell(NamedTuple):
    """From a day to a day; ``ended`` None: not yet. ``due``: the last day it should have ended on, if there was one."""

    begun: date
    ended: date | None = None
    due: date | None = None


class Window(NamedTuple):
    """What is looked at: the spells that had not ended before ``since`` (None: all), as they stood at the end of ``until``."""

    since: date | None
    until: date


class Seen(NamedTuple):
    """A spell as it stood at the end of a window: one that went on counts with the age it had by then. ``late``: None without a last day."""

    days: int
    at: date
    open: bool
    late: bool | None


def seen(spells: Iterable[Spell], window: Window) -> list[Seen]:
    """The spells of a window, in the order given. A spell that ends on an earlier day than it begins, by days written in afterwards, lasts 0."""
    return [_seen(spell, window.until) for spell in spells if _concerns(spell, window)]


def _concerns(spell: Spell, window: Window) -> bool:
    before = window.since is not None and spell.ended is not None and spell.ended < window.since
    return spell.begun <= window.until and not before


def goes_on(spell: Spell, until: date) -> bool:
    """Whether a spell has begun and not ended at the end of a day."""
    return spell.begun <= until and (spell.ended is None or spell.ended > until)


def _seen(spell: Spell, until: date) -> Seen:
    at = until if spell.ended is None or spell.ended > until else spell.ended
    return Seen(max((at - spell.begun).days, 0), at, goes_on(spell, until), None if spell.due is None else at > spell.due)


@dataclass(frozen=True, slots=True)
class Times:
    """How long spells lasted, in days: half of them at most ``median``, eight in ten at most ``p80``, nine in ten at most ``p90``.

    None without any. ``open`` of the ``count`` still went on: they count with the age they had, so the true figures are no smaller.
    ``late`` of the ``due`` that had a last day ended after it, or go on beyond it.
    """

    count: int
    open: int
    median: int | None
    p80: int | None
    p90: int | None
    due: int
    late: int


def times(found: Sequence[Seen]) -> Times:
    """The figures of some spells."""
    days = sorted(spell.days for spell in found)
    dated = [spell.late for spell in found if spell.late is not None]
    middle, most, nearly_all = (percentile(days, share) for share in (50, 80, 90))
    return Times(len(days), sum(spell.open for spell in found), middle, most, nearly_all, len(dated), sum(dated))


def percentile(days: Sequence[int], share: int) -> int | None:
    """The least of the sorted ``days`` that at least ``share`` per cent of them do not exceed (nearest rank); None without any."""
    return days[ceil(len(days) * share / 100) - 1] if days else None


class Direction(StrEnum):
    """Whether spells grow longer. ``STEADY``: no difference that chance could not have made."""

    LONGER = "longer"
    SHORTER = "shorter"
    STEADY = "steady"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Quarter:
    """The spells that ended in the quarter that begins on ``first``."""

    first: date
    count: int
    median: int | None


@dataclass(frozen=True, slots=True)
class Trend:
    """The medians of the earlier and the later half of what ended, and whether they differ; the quarters, from the first with any to the last.

    ``UNKNOWN`` where a half has fewer than ``FEWEST`` spells.
    """

    direction: Direction
    earlier: int | None
    later: int | None
    quarters: tuple[Quarter, ...]


def trend(found: Sequence[Seen]) -> Trend:
    """How the spells that ended have changed. Those that go on are left out: they all lie at the end, and are young for that reason alone."""
    ended = sorted((spell for spell in found if not spell.open), key=lambda spell: spell.at)
    cut = ended[len(ended) // 2].at if ended else None
    halves = [sorted(spell.days for spell in ended if (spell.at < cut) is before) for before in (True, False)] if cut else [[], []]
    earlier, later = halves
    enough = min(len(earlier), len(later)) >= FEWEST
    direction = _direction(earlier, later) if enough else Direction.UNKNOWN
    return Trend(direction, percentile(earlier, 50), percentile(later, 50), tuple(_quarters(ended)))


def _direction(earlier: Sequence[int], later: Sequence[int]) -> Direction:
    score = rank_score(earlier, later)
    if abs(score) < _TOLD_FROM_CHANCE:
        return Direction.STEADY
    return Direction.LONGER if score > 0 else Direction.SHORTER


def rank_score(earlier: Sequence[int], later: Sequence[int]) -> float:
    """How far ``later`` lies above ``earlier``, in standard deviations (Mann and Whitney, 1947; corrected for ties and for continuity)."""
    both = Counter(earlier) + Counter(later)
    ranks, below = {}, 0
    for days, number in sorted(both.items()):
        ranks[days] = below + (number + 1) / 2
        below += number
    all_, pairs = below, len(earlier) * len(later)
    ties = sum(number**3 - number for number in both.values())
    spread = sqrt(pairs / 12 * (all_ + 1 - ties / (all_ * (all_ - 1))))
    above = sum(ranks[days] for days in later) - len(later) * (len(later) + 1) / 2 - pairs / 2
    short = max(abs(above) - 0.5, 0.0)
    return 0.0 if spread == 0 else (short if above > 0 else -short) / spread


def _quarters(ended: Sequence[Seen]) -> Iterable[Quarter]:
    by_quarter: dict[date, list[int]] = {}
    for spell in ended:
        by_quarter.setdefault(_first_day(spell.at), []).append(spell.days)
    first = min(by_quarter, default=None)
    while first is not None and first <= max(by_quarter):
        days = sorted(by_quarter.get(first, []))
        yield Quarter(first, len(days), percentile(days, 50))
        first = first.replace(year=first.year + 1, month=1) if first.month == 10 else first.replace(month=first.month + 3)  # noqa: PLR2004  # October's


def _first_day(day: date) -> date:
    return date(day.year, day.month - (day.month - 1) % 3, 1)
