"""Charts for people: inline SVG, drawn without date or chance, with the text as text. Each stands above a table that says the same."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from io import StringIO
from math import ceil
from typing import Any

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure

_STYLE: dict[str, Any] = {
    "svg.fonttype": "none",
    "svg.hashsalt": "passerelle",
    "font.family": "sans-serif",
    "font.size": 10,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": "#d6dbe1",
    "figure.facecolor": "none",
    "axes.facecolor": "none",
}
COLOURS = ("#1f4e79", "#b5541c", "#3b7d3a", "#7a4a8c")
"""Told apart by those who do not see colours too: they differ in lightness, and lines in their dashes."""
_DASHES = ("-", "--", ":", "-.")
_WIDTH, _LINE = 8.6, 0.25
_SVG = re.compile(r"<svg[^>]*>")
_IDS = re.compile(r"""( id="|url\(#|xlink:href="#)""")


@dataclass(frozen=True, slots=True)
class Series:
    """One line, or one colour of bars, and what it is called."""

    name: str
    values: Sequence[float]


def lines(alt: str, ticks: Sequence[str], series: Sequence[Series], unit: str, key: str) -> str:
    """Values over time. ``ticks``: a label for each value, empty where none is to be shown. ``key`` makes the parts of the drawing its own."""

    def draw(axes: Axes) -> None:
        for number, each in enumerate(series):
            style: dict[str, Any] = {"color": COLOURS[number % 4], "linestyle": _DASHES[number % 4], "linewidth": 1.6}
            axes.plot(range(len(each.values)), list(each.values), label=each.name, **style)
        _label(axes, ticks)
        axes.set_ylabel(unit)
        axes.set_ylim(bottom=0)

    return _drawn(alt, draw, 2.7, key)


def bars(alt: str, names: Sequence[str], series: Sequence[Series], unit: str, key: str) -> str:
    """Values side by side, one group of bars a name, lying so that names can be read."""

    def draw(axes: Axes) -> None:
        height = 0.8 / len(series)
        for number, each in enumerate(series):
            places = [row - 0.4 + height * (number + 0.5) for row in range(len(names))]
            axes.barh(places, list(each.values), height * 0.9, color=COLOURS[number % 4], label=each.name)
        axes.set_yticks(range(len(names)), list(names))
        axes.invert_yaxis()
        axes.grid(visible=False, axis="y")
        axes.set_xlabel(unit)

    return _drawn(alt, draw, 1.0 + 0.26 * max(len(names), 3) * max(1, len(series) * 0.62), key)


def _label(axes: Axes, ticks: Sequence[str]) -> None:
    shown = [(place, text) for place, text in enumerate(ticks) if text]
    axes.set_xticks([place for place, _ in shown], [text for _, text in shown])
    axes.margins(x=0.01)


def _drawn(alt: str, draw: Any, height: float, key: str) -> str:
    with mpl.rc_context(_STYLE):  # type: ignore[arg-type]  # its keys are a closed list of literals
        figure = Figure(figsize=(_WIDTH, height), layout="constrained")
        axes = figure.add_subplot()
        draw(axes)
        _name(figure, axes, height)
        text = StringIO()
        figure.savefig(text, format="svg", metadata={"Date": None, "Creator": None, "Format": None, "Type": None})
    return _inline(text.getvalue(), alt, key)


def _name(figure: Figure, axes: Axes, height: float) -> None:
    """Name the series above the drawing, where there are several."""
    handles, names = axes.get_legend_handles_labels()
    if len(names) > 1:
        figure.set_figheight(height + _LINE * ceil(len(names) / 2))
        figure.legend(handles, names, loc="outside upper left", ncols=2, frameon=False)


def _inline(svg: str, alt: str, key: str) -> str:
    """A drawing that can stand in a page beside others: no prologue, no style for the whole page, parts of its own."""
    begun = _SVG.search(svg)
    if begun is None:
        raise ValueError("matplotlib drew no SVG")
    box = re.search(r'viewBox="[^"]*"', begun[0])
    body = re.sub(r"<(metadata|style[^>]*)>.*?</(metadata|style)>", "", svg[begun.end() :], flags=re.DOTALL)
    body = _IDS.sub(lambda found: f"{found[1]}{key}-", body)
    head = f'<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" role="img" aria-label="{escape(alt)}"'
    return f"{head} {box[0] if box else ''}><title>{escape(alt)}</title>{body}".strip()
