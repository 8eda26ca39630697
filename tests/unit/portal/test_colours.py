"""The colours of the portal, from its style sheet: every pair that stands together is told apart well enough, in light, in dark and on paper."""

import re

import pytest
from builders import ROOT

from services.visitors import IDLE

CSS = (ROOT / "portal/static/portal.css").read_text(encoding="utf-8")
TEXT, DRAWN = 4.5, 3.0
"""WCAG 1.4.3 and 1.4.11: the least contrast of a text, and of what has to be seen to be used."""
_BLOCK = re.compile(r":root\s*\{(.*?)\}", re.DOTALL)
_NAMED = re.compile(r"(--[\w-]+):\s*(#[0-9a-fA-F]{3,6})")
_USED = re.compile(
    r"(?<![\w-])(color|background|background-color|border(?:-[a-z-]+)?|outline|fill|stroke|accent-color):[^;}]*?var\((--[\w-]+)\)"
)
SURFACES = ("--paper", "--ground", "--tint", "--faint", "--green-tint", "--amber-tint", "--red-tint")
TEXTS = {
    "--ink": SURFACES,
    "--soft": SURFACES,
    "--blue": SURFACES,
    "--deep": ("--paper", "--ground", "--tint", "--faint", "--green-tint", "--amber-tint"),
    "--red": ("--paper", "--ground", "--faint", "--red-tint", "--amber-tint"),
    "--amber": ("--amber-tint",),
    "--green": ("--green-tint",),
    "--paper": ("--blue", "--deep"),
}
"""The colours of texts and links, and the surfaces that each may lie on."""
DRAWINGS = {
    "--ink": ("--paper", "--ground", "--tint"),  # the words of pictures
    "--soft": ("--paper", "--ground"),  # the edge of a field; the outer edge of a bar
    "--blue": SURFACES,  # the frame of what has the focus; buttons; the choice that is made
    "--deep": ("--paper", "--ground"),
    "--red": ("--paper", "--red-tint"),
    "--green": ("--paper", "--green-tint"),
    "--amber": ("--paper", "--amber-tint"),
}
"""The colours of edges, frames and pictures that have to be seen."""
DECORATION = {"--line"}
"""Lines that part what is already apart: to be seen is of no use."""


def themes():
    """By theme, the colour of each name: dark and paper change what light says."""
    light, dark, paper = (dict(_NAMED.findall(block)) for block in _BLOCK.findall(CSS))
    return {"light": light, "dark": light | dark, "paper": light | paper}


def contrast(one, other):
    """As WCAG 2 computes it."""

    def luminance(colour):
        digits = colour.lstrip("#")
        digits = "".join(2 * digit for digit in digits) if len(digits) == 3 else digits
        shares = [int(digits[place : place + 2], 16) / 255 for place in (0, 2, 4)]
        red, green, blue = (share / 12.92 if share <= 0.04045 else ((share + 0.055) / 1.055) ** 2.4 for share in shares)
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


@pytest.mark.parametrize(("one", "other", "expected"), [("#000", "#ffffff", 21.0), ("#777777", "#fff", 4.48), ("#fff", "#fff", 1.0)])
def test_the_contrast_is_the_one_that_wcag_computes(one, other, expected):
    assert contrast(one, other) == pytest.approx(expected, abs=0.01)


@pytest.mark.parametrize("theme", ["light", "dark", "paper"])
@pytest.mark.parametrize(("pairs", "least"), [(TEXTS, TEXT), (DRAWINGS, DRAWN)], ids=["texts", "drawings"])
def test_every_pair_is_told_apart(theme, pairs, least):
    colours = themes()[theme]
    faint = {
        (front, back): round(contrast(colours[front], colours[back]), 2)
        for front, backs in pairs.items()
        for back in backs
        if contrast(colours[front], colours[back]) < least
    }
    assert faint == {}


def test_each_theme_gives_every_colour():
    light, dark, paper = (set(dict(_NAMED.findall(block))) for block in _BLOCK.findall(CSS))
    assert (light - dark, light - paper) == (set(), set())


def test_every_colour_that_is_used_has_its_pairs():
    used = {(kind, name) for kind, name in _USED.findall(CSS)}
    texts = {name for kind, name in used if kind == "color"}
    surfaces = {name for kind, name in used if kind.startswith("background")}
    drawn = {name for kind, name in used if kind not in ("color", "background", "background-color")}
    assert texts - set(TEXTS) == set()
    assert surfaces - set(SURFACES) - {"--blue", "--deep", "--line"} == set()
    assert drawn - set(DRAWINGS) - DECORATION - {"--tint", "--paper", "--ground"} == set()


def test_no_colour_is_written_outside_the_themes_but_on_paper():
    screen = _BLOCK.sub("", CSS.partition("@media print")[0])
    assert re.findall(r"#[0-9a-fA-F]{3,8}\b(?=\s*[;}])|rgba?\(|hsla?\(", screen) == []


def test_a_sign_in_is_warned_of_before_it_ends():
    [seconds] = re.findall(r"\.ending \{[^}]*animation: ending \S+ (\d+)s", CSS)
    assert IDLE.total_seconds() - int(seconds) == 300
