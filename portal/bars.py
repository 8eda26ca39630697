"""Small drawings beside figures that say the same: how long things take as a bar, and from quarter to quarter as a line."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from models.spells import Quarter
from services.bottleneck_words import Line

WIDTH, HEIGHT = 240, 24
_ROOM = 8
"""Kept free at both ends, so that a mark on the last day is whole."""
_FEWEST_QUARTERS = 2


@dataclass(frozen=True, slots=True)
class Bar:
    """Widths in the drawing's own units; ``mark``: where the oldest wait stands, None where nothing waits."""

    median: float
    p80: float
    p90: float
    mark: float | None


def longest_of(lines: Iterable[Line]) -> int:
    """The days that the longest bar or the farthest mark stands for; at least one."""
    return max((max(line.times.p90 or 0, line.oldest.days if line.oldest else 0) for line in lines), default=1) or 1


def bar_of(line: Line, longest: int) -> Bar:
    """A line's figures, drawn on the scale of the longest."""
    unit = (WIDTH - 2 * _ROOM) / longest
    median, p80, p90 = (round((days or 0) * unit, 1) for days in (line.times.median, line.times.p80, line.times.p90))
    return Bar(median, p80, p90, round(_ROOM + line.oldest.days * unit, 1) if line.oldest else None)


def line_of(quarters: Sequence[Quarter]) -> str | None:
    """The medians from quarter to quarter as the points of a polyline; None with fewer than two to join."""
    told = [(place, quarter.median) for place, quarter in enumerate(quarters) if quarter.median is not None]
    if len(told) < _FEWEST_QUARTERS:
        return None
    across, up = (WIDTH - 2 * _ROOM) / (len(quarters) - 1), (HEIGHT - 4) / (max(median for _, median in told) or 1)
    return " ".join(f"{_ROOM + place * across:.1f},{HEIGHT - 2 - median * up:.1f}" for place, median in told)
