"""A forecast as a picture: a timeline for a page of A4 on its side. The same forecast gives the same picture, byte for byte.

Kinds are told apart by their shapes as by their colours (those of Okabe and Ito, that colour-blind people see apart); all text is text.
"""

import io
from collections.abc import Mapping, Sequence
from datetime import date
from threading import Lock
from typing import Any, NamedTuple
from xml.sax.saxutils import escape

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from models.forecasts import Forecast
from notifications.dates import short_date
from notifications.kinds import Kind
from notifications.text import shorten
from services.forecast.rows import DRAWN, Mark, Row, rows_of
from services.forecast.timeline import Lane, Timeline, lanes_of
from services.forecast.words import counts, heading, supposed
from services.wording import Wording

WIDTH, HEIGHT = 11.69, 8.27
"""A4 on its side, in inches. Places on the page are shares of it."""
_EDGE, _LEFT, _RIGHT, _TOP, _BOTTOM = 0.025, 0.285, 0.975, 0.84, 0.165
_LOWEST, _HIGHEST = 0.0255, 0.075
"""How high a row is: enough for its name, and no more than is pleasant, however few rows there are."""
_LINE, _MOST_LINES = 0.02, 5
"""How high a line of what is assumed is, and how many of them are shown."""
_NAME_LETTER, _MONTH_LETTER, _TEXT_LETTER = 0.0046, 0.0062, 0.0049
"""About how wide a letter is."""
_NEAR = 0.013
"""Marks nearer than this would lie on each other."""
_MOST_MONTHS, _LONGEST_IN_WEEKS = 14, 250
_CROWDED = 20
_SETTINGS: Any = {
    "svg.fonttype": "none",
    "svg.hashsalt": "passerelle",
    "font.family": ["DejaVu Sans"],
    "font.size": 8,
    "axes.linewidth": 0.6,
}
_SETTING_UP = Lock()
"""The library keeps its settings for the whole process."""
_RUNG: Any = {
    "xytext": (0, -1.2),
    "textcoords": "offset points",
    "ha": "center",
    "va": "center",
    "fontsize": 5.5,
    "fontweight": "bold",
    "color": "white",
    "zorder": 4,
}
"""How the rung of a reminder is written into its mark."""
_INK, _PALE, _SHADE, _UNTOLD = "#222222", "#5f5f5f", "#ececec", "#bdbdbd"


class _Look(NamedTuple):
    shape: str
    colour: str
    size: float


_LOOKS: Mapping[Kind, _Look] = {
    Kind.ASKED: _Look("o", "#0072B2", 8),
    Kind.REMINDERS: _Look("^", "#D55E00", 10.5),
    Kind.DECISIONS: _Look("s", "#009E73", 7),
    Kind.MEETINGS: _Look("*", "#CC79A7", 11),
    Kind.FOLLOWING: _Look("D", "#56B4E9", 6),
    Kind.RECEIPTS: _Look("X", "#8c8c8c", 6.5),
}
_OTHER = _Look("P", "#8c8c8c", 6.5)


def as_picture(found: Forecast, words: Wording, *, by: str, kind: str) -> bytes:
    """Draw a forecast as ``svg`` or ``png``, with a row for each action or person (``by``)."""
    drawn = io.BytesIO()
    with _SETTING_UP, mpl.rc_context(_SETTINGS):
        figure = _Page(found, words, by).draw()
        if kind == "png":
            figure.savefig(drawn, format="png", dpi=150, metadata={"Software": None})
            return drawn.getvalue()
        figure.savefig(drawn, format="svg", metadata={"Date": None, "Creator": None, "Title": words.say("forecast.title")})
    return _described(drawn.getvalue().decode(), found, words).encode()


def _described(svg: str, found: Forecast, words: Wording) -> str:
    """The picture with a name and a description for those who hear it."""
    end = svg.index(">", svg.index("<svg"))
    told = " ".join((*heading(found, words), *(supposed(each, words) for each in found.assumed), counts(found, words)))
    named = f"\n <title>{escape(words.say('forecast.title'))}</title>\n <desc>{escape(told)}</desc>"
    return f'{svg[:end]} role="img" lang="{words.language}">{named}{svg[end + 1 :]}'


class _Page:
    """One page: title, rows along a line of time, legend."""

    def __init__(self, found: Forecast, words: Wording, by: str) -> None:
        self._found, self._words = found, words
        self._time = Timeline(found.first, found.until, _RIGHT - _LEFT)
        self._assumed = self._lines_of([supposed(each, words) for each in found.assumed])
        self._top = _TOP - len(self._assumed) * _LINE
        self._rows = rows_of(found, by, words, int((self._top - _BOTTOM) / _LOWEST))

    def draw(self) -> Figure:
        figure = Figure(figsize=(WIDTH, HEIGHT), facecolor="white")
        height = min(self._top - _BOTTOM, max(len(self._rows), 2) * _HIGHEST)
        axes = figure.add_axes((_LEFT, self._top - height, _RIGHT - _LEFT, height))
        self._heading(figure)
        self._days(axes)
        self._lines(axes)
        for place, row in enumerate(self._rows):
            self._row(axes, place, row)
        if not self._rows:
            axes.text(0.5, 0.5, self._say("nothing"), transform=axes.transAxes, ha="center", fontsize=12, color=_PALE)
        self._legend(figure)
        return figure

    def _say(self, code: str, **params: Any) -> str:
        return self._words.say(f"forecast.picture.{code}", **params)

    def _day(self, day: date) -> str:
        return short_date(day, self._words.language)

    def _lines_of(self, assumed: Sequence[str]) -> list[str]:
        """What is assumed, a line each; beyond what there is room for, how many more there are."""
        shown = list(assumed) if len(assumed) <= _MOST_LINES else list(assumed[: _MOST_LINES - 1])
        more = [self._say("more", count=len(assumed) - len(shown))] if len(shown) < len(assumed) else []
        return [f"\u2013 {line}" for line in (*shown, *more)]

    def _heading(self, figure: Figure) -> None:
        found, days = self._found, {"first": self._day(self._found.first), "until": self._day(self._found.until)}
        wanted = heading(found, self._words)[1:-1]
        figure.text(_EDGE, 0.955, self._words.say("forecast.title"), fontsize=15, fontweight="bold", color=_INK)
        figure.text(_EDGE, 0.925, " ".join((f"{found.name}.", *wanted)), fontsize=9.5, color=_INK)
        for number, line in enumerate((self._say("span_assumed" if found.assumed else "span", **days), *self._assumed)):
            figure.text(_EDGE, 0.9 - number * _LINE, line, fontsize=8.5, color=_PALE)

    def _days(self, axes: Axes) -> None:
        """Months in words, weeks as fine lines, days not worked shaded."""
        time = self._time
        axes.set_xlim(0, time.days)
        named = time.named(self._words.language, _MOST_MONTHS, _MONTH_LETTER)
        axes.set_xticks([start for start, _ in named], [name for _, name in named], ha="left", fontsize=8.5)
        axes.xaxis.tick_top()
        axes.tick_params(axis="x", length=9, width=0.6, color=_PALE, pad=-4)
        for first, last in time.spans(self._found.closed):
            axes.axvspan(first, last, color=_SHADE, linewidth=0, zorder=0)
        for monday in time.mondays() if time.days <= _LONGEST_IN_WEEKS else ():
            axes.axvline(monday, color="#e4e4e4", linewidth=0.4, zorder=0.5)
        for day in time.months():
            axes.axvline(time.start(day), color="#b8b8b8", linewidth=0.6, zorder=0.6)

    def _lines(self, axes: Axes) -> None:
        """The line of each row."""
        axes.set_ylim(max(len(self._rows), 2) - 0.5, -0.5)
        axes.set_yticks([])
        for side in ("left", "right", "bottom"):
            axes.spines[side].set_visible(False)
        axes.spines["top"].set_color(_PALE)
        for place in range(len(self._rows)):
            axes.axhline(place, color="#d9d9d9", linewidth=0.5, zorder=0.7)

    def _row(self, axes: Axes, place: int, row: Row) -> None:
        self._name(axes, place, row)
        if row.silent_from is not None:
            start = self._time.start(row.silent_from) + 1
            look: Any = {"color": "none", "edgecolor": _UNTOLD, "hatch": "////", "linewidth": 0, "zorder": 0.8}
            axes.barh(place, self._time.days - start, left=start, height=0.5, **look)
        lanes = lanes_of(row.marks, _NEAR / self._time.on_page(1))
        for mark, lane in zip(row.marks, lanes, strict=True):
            self._mark(axes, place, mark, lane)
        self._texts(axes, place, row.marks, [lane.of == 1 for lane in lanes])

    def _name(self, axes: Axes, place: int, row: Row) -> None:
        """As much of the name as there is room for, and below it the code."""
        left = _EDGE * WIDTH * 72
        points: Any = {"xycoords": ("figure points", "data"), "textcoords": "offset points", "va": "center", "annotation_clip": False}
        name = shorten(row.name or row.code, int((_LEFT - _EDGE - 0.01) / _NAME_LETTER))
        axes.annotate(name, (left, place), xytext=(0, 3.2 if row.code else 0), fontsize=7.2, color=_INK, **points)
        axes.annotate(row.code, (left, place), xytext=(0, -4.2), fontsize=5.8, fontweight="bold", color=_PALE, **points)

    def _mark(self, axes: Axes, place: int, mark: Mark, lane: Lane) -> None:
        look, spot = _LOOKS.get(mark.kind, _OTHER), (self._time.middle(mark.day), place + lane.offset)
        size = look.size * (0.88 if lane.of > 1 else 1.0) * (0.85 if len(self._rows) > _CROWDED else 1.0)
        drawn: Any = {"marker": look.shape, "markersize": size, "linestyle": "none", "zorder": 3, "clip_on": False}
        axes.plot([spot[0]], [spot[1]], **drawn, **_edges(mark, look.colour))
        if mark.rung is not None and not mark.standing.gone:
            axes.annotate(str(mark.rung), spot, **_RUNG)
        if mark.count > 1:
            beside: Any = {"xytext": (size / 2 + 0.5, 0), "va": "center"}
            above: Any = {"xytext": (0, size / 2 + 0.5), "ha": "center"}
            words: Any = {"textcoords": "offset points", "fontsize": 5.5, "color": _INK, "zorder": 4}
            axes.annotate(self._say("count", count=mark.count), spot, **words, **(beside if lane.of > 1 else above))

    def _texts(self, axes: Axes, place: int, marks: Sequence[Mark], alone: Sequence[bool]) -> None:
        """What a mark says, in words, wherever there is room after it, or else before it."""
        places, taken = [self._time.on_page(self._time.middle(mark.day)) for mark in marks], 0.0
        for mark, here, then, apart in zip(marks, places, [*places[1:], _RIGHT - _LEFT + 0.015], alone, strict=True):
            wide = len(mark.text or "") * _TEXT_LETTER + 0.02
            side = "left" if here + wide <= then else "right" if here - wide >= taken else None
            if mark.text and apart and side and not mark.standing.gone:
                self._text(axes, mark.text, (self._time.middle(mark.day), place), side)
            taken = here + (wide if apart and side == "left" else _NEAR)

    def _text(self, axes: Axes, text: str, spot: tuple[float, float], side: str) -> None:
        beside: Any = {"xytext": (7 if side == "left" else -7, 0), "textcoords": "offset points", "ha": side, "va": "center"}
        paper = {"facecolor": "white", "edgecolor": "none", "pad": 0.6, "alpha": 0.85}
        axes.annotate(text, spot, fontsize=6.5, color=_PALE, zorder=2.5, bbox=paper, annotation_clip=False, **beside)

    def _legend(self, figure: Figure) -> None:
        """What every sign means, in words; only of those that are drawn."""
        handles = list(self._samples())
        if handles:
            look: Any = {"frameon": False, "fontsize": 8, "handletextpad": 0.6, "columnspacing": 1.6}
            figure.legend(handles=handles, loc="lower left", bbox_to_anchor=(0.02, 0.07), ncols=4, **look)
        made = self._say("made", day=self._day(self._found.first), counts=counts(self._found, self._words))
        figure.text(_EDGE, 0.05, self._say("kinds"), fontsize=7.5, color=_PALE)
        figure.text(_EDGE, 0.025, made, fontsize=7.5, color=_PALE)

    def _samples(self) -> Sequence[Any]:
        marks = [mark for row in self._rows for mark in row.marks]
        kinds = [kind for kind in DRAWN if any(mark.kind is kind for mark in marks)]
        others = (
            (any(mark.standing.gone for mark in marks), _sample(_Look("o", "none", 8), self._say("gone"), edge=_PALE)),
            (any(mark.standing.new for mark in marks), _sample(_Look("o", "#dddddd", 8), self._say("new"), edge="#000000")),
            (bool(self._found.closed), Patch(facecolor=_SHADE, label=self._say("closed"))),
            (
                any(row.silent_from for row in self._rows),
                Patch(facecolor="white", edgecolor=_UNTOLD, hatch="////", linewidth=0, label=self._say("silent")),
            ),
        )
        own = [_sample(_LOOKS[kind], self._words.label("forecast_kind", kind)) for kind in kinds]
        return [*own, *(sample for is_drawn, sample in others if is_drawn)]


def _edges(mark: Mark, colour: str) -> Any:
    """Hollow: it would have left on that day; with a black edge: it leaves on it only by what is assumed."""
    if mark.standing.gone:
        return {"color": "none", "markeredgecolor": colour, "markeredgewidth": 1.0}
    edge, width = ("#000000", 1.5) if mark.standing.new else ("#ffffff", 0.6)
    return {"color": colour, "markeredgecolor": edge, "markeredgewidth": width}


def _sample(look: _Look, label: str, edge: str = "white") -> Line2D:
    return Line2D([], [], marker=look.shape, markersize=look.size, color=look.colour, markeredgecolor=edge, linestyle="none", label=label)
