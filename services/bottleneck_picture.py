"""The bottleneck report as a picture: how long reviews take body by body, and how that has changed from quarter to quarter.

The same report gives the same bytes. Colours are told apart by colour-blind readers and in grey, and shapes say the same.
"""

from pathlib import Path
from textwrap import fill
from typing import Any

from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from models.charter import Charter
from models.spells import Quarter
from services.bottleneck_words import Line, body_lines, notes
from services.bottlenecks import Bottlenecks, OfBody
from services.wording import Wording

_P90, _P80, _MEDIAN, _MARK, _INK = "#c6dcee", "#6ca6cf", "#0b4a7f", "#b34700", "#1b2330"
_LINES = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#56b4e9", "#e69f00", "#000000")
"""Okabe and Ito's colours, the darkest first; yellow is left out, as it does not show on white."""
_MARKERS = ("o", "s", "^", "D", "v", "P", "X")
_WIDTH, _LINE_HEIGHT, _BESIDES = 11.0, 0.6, 5.2
_STYLE: Any = {
    "svg.hashsalt": "passerelle",
    "svg.fonttype": "path",
    "font.family": "DejaVu Sans",
    "font.size": 10,
    "text.color": _INK,
    "axes.edgecolor": _INK,
    "axes.labelcolor": _INK,
    "axes.spines.top": False,
    "axes.spines.right": False,
}
_BROADEST_NAME = 30


def draw(report: Bottlenecks, charter: Charter, words: Wording, file: Path) -> None:
    """Draw the report into a file that ends in ``.svg`` or ``.png``. Raises OSError where it cannot be written."""
    lines = body_lines(report, charter, words)
    kind = file.suffix.lower().removeprefix(".")
    with rc_context(_STYLE):
        figure = Figure(figsize=(_WIDTH, _BESIDES + _LINE_HEIGHT * max(len(lines), 1)), layout="constrained")
        above, below = figure.subplots(2, 1, height_ratios=[max(len(lines), 1) * _LINE_HEIGHT + 0.8, 2.6])
        _bars(above, lines, words)
        _quarters(below, report, {line.code: line.name for line in lines}, words)
        figure.suptitle(f"{words.say('bottlenecks.title')}\n{notes(report, words)[0]}", x=0.01, ha="left", fontsize=12)
        metadata = {"Date": None, "Creator": "Passerelle"} if kind == "svg" else {"Software": "Passerelle"}
        figure.savefig(file, format=kind, metadata=metadata, dpi=120)


def _bars(axes: Axes, lines: list[Line], words: Wording) -> None:
    axes.set_title(words.say("bottlenecks.bodies"), loc="left", fontsize=11)
    if not lines:
        axes.text(0.0, 0.5, words.say("bottlenecks.none"), transform=axes.transAxes)
        axes.set_axis_off()
        return
    places = range(len(lines))
    for height, colour, name in ((0.66, _P90, "p90"), (0.44, _P80, "p80"), (0.24, _MEDIAN, "median")):
        figures = [getattr(line.times, name) or 0 for line in lines]
        axes.barh(places, figures, height, color=colour, edgecolor=_INK, linewidth=0.4, label=words.say(f"bottlenecks.picture.{name}"))
    waiting = [(line.oldest.days, place) for place, line in enumerate(lines) if line.oldest]
    if waiting:
        days, rows = zip(*waiting, strict=True)
        axes.scatter(days, rows, marker="D", s=44, color=_MARK, edgecolors="white", zorder=3, label=words.say("bottlenecks.picture.oldest"))
    axes.set_yticks(places, [words.say("bottlenecks.picture.count", name=_wrapped(line.name), count=line.times.count) for line in lines])
    axes.invert_yaxis()
    axes.set_xlim(left=0)
    axes.set_xlabel(words.say("bottlenecks.picture.days"))
    axes.grid(axis="x", color="#dde3ea", linewidth=0.8)
    axes.set_axisbelow(True)
    axes.legend(loc="upper left", bbox_to_anchor=(1.01, 1.0), frameon=False)


def _quarters(axes: Axes, report: Bottlenecks, names: dict[str, str], words: Wording) -> None:
    axes.set_title(words.say("bottlenecks.picture.quarters"), loc="left", fontsize=11)
    told = [found for found in report.bodies if sum(quarter.count > 0 for quarter in found.trend.quarters) > 1]
    if not told:
        axes.text(0.0, 0.5, words.say("bottlenecks.picture.no_quarters"), transform=axes.transAxes)
        axes.set_axis_off()
        return
    firsts = sorted({quarter.first for found in told for quarter in found.trend.quarters})
    for order, found in enumerate(told):
        _line(axes, found, names[found.body], order, {first: place for place, first in enumerate(firsts)})
    axes.set_xticks(range(len(firsts)), [_named(first, words) for first in firsts], rotation=45 if len(firsts) > 6 else 0)  # noqa: PLR2004  # they would touch
    axes.set_ylim(bottom=0)
    axes.set_ylabel(words.say("bottlenecks.picture.days"))
    axes.grid(axis="y", color="#dde3ea", linewidth=0.8)
    axes.legend(loc="upper left", bbox_to_anchor=(1.01, 1.0), frameon=False)


def _line(axes: Axes, found: OfBody, name: str, order: int, places: dict[Any, int]) -> None:
    """A quarter without any closed review breaks no line, and has no mark."""
    told: list[Quarter] = [quarter for quarter in found.trend.quarters if quarter.count]
    colour, marker = _LINES[order % len(_LINES)], _MARKERS[order % len(_MARKERS)]
    days = [quarter.median or 0 for quarter in told]
    axes.plot([places[quarter.first] for quarter in told], days, color=colour, marker=marker, linewidth=1.8, label=_wrapped(name))


def _named(first: Any, words: Wording) -> str:
    return words.say("bottlenecks.picture.quarter", quarter=(first.month + 2) // 3, year=first.year)


def _wrapped(name: str) -> str:
    return fill(name, _BROADEST_NAME)
