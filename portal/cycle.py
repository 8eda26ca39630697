"""The life of an action as a drawing: its states stage by stage, and every way from one to another, drawn from the lifecycle table alone."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from textwrap import wrap

from models.events import Stage
from models.lifecycle import STAGE_OF, TRANSITIONS, State, Verb
from services.wording import Wording

BOX_WIDTH, BOX_HEIGHT = 168, 76
_GAP, _ROW, _LEFT, _TOP = 40, 172, 12, 56
_LETTERS = 19
"""As many of a name fit on one line of a box."""
_LINE = 17
_APART = 13
"""Between the ends of ways that begin or end at the same side of a box."""


@dataclass(frozen=True, slots=True)
class Box:
    """A state: where its box lies, and the lines of its name with the height of each."""

    state: State
    x: int
    y: int
    lines: tuple[tuple[int, str], ...]


@dataclass(frozen=True, slots=True)
class Way:
    """From one state to another: the verbs that lead there, and its path."""

    source: State
    target: State
    verbs: tuple[Verb, ...]
    path: str


@dataclass(frozen=True, slots=True)
class Drawing:
    """The whole of it. ``stages``: the name of each, and the height at which it stands."""

    width: int
    height: int
    stages: Sequence[tuple[int, str]]
    boxes: Sequence[Box]
    ways: Sequence[Way]


def drawing(words: Wording) -> Drawing:
    """Draw the lifecycle table in the words of a language."""
    boxes = {box.state: box for box in _boxes(words)}
    stages = [(_TOP + _ROW * row - 18, words.label("stage", stage)) for row, stage in enumerate(Stage)]
    width = max(box.x for box in boxes.values()) + BOX_WIDTH + _LEFT
    return Drawing(width, _TOP + _ROW * len(Stage) - 60, stages, list(boxes.values()), list(_ways(boxes)))


def leads() -> Mapping[State, Mapping[State, tuple[Verb, ...]]]:
    """By state, the states that may follow it, each with the verbs that lead there."""
    found: dict[State, dict[State, tuple[Verb, ...]]] = {state: {} for state in State}
    for move in TRANSITIONS.values():
        if move.state is not None and move.state is not move.target:
            found[move.state][move.target] = (*found[move.state].get(move.target, ()), move.verb)
    return found


def _boxes(words: Wording) -> Iterator[Box]:
    for row, stage in enumerate(Stage):
        for place, state in enumerate(state for state in State if STAGE_OF[state] is stage):
            lines = wrap(words.label("state", state), _LETTERS)
            top = BOX_HEIGHT // 2 - 8 - _LINE * (len(lines) - 1) // 2 - 4
            named = tuple((top + _LINE * n, line) for n, line in enumerate(lines))
            yield Box(state, _LEFT + place * (BOX_WIDTH + _GAP), _TOP + row * _ROW, named)


def _ways(boxes: Mapping[State, Box]) -> Iterator[Way]:
    """Every way; those of one box that begin or end at the same side stand a little apart."""
    pairs = [(source, target, verbs) for source, targets in leads().items() for target, verbs in targets.items()]
    ends: dict[tuple[State, bool], int] = {}
    for source, target, verbs in pairs:
        one, other = boxes[source], boxes[target]
        if one.y == other.y and other.x - one.x == BOX_WIDTH + _GAP:
            path = f"M{one.x + BOX_WIDTH} {one.y + BOX_HEIGHT // 2}H{other.x - 2}"
        else:
            path = _curve(one, other, ends)
        yield Way(source, target, verbs, path)


def _curve(one: Box, other: Box, ends: dict[tuple[State, bool], int]) -> str:
    """A curve between the sides of two boxes that face each other; within a row over it to the right, and back under it."""
    down = other.y > one.y or (other.y == one.y and other.x < one.x)
    start_below, end_below = down, not down if other.y != one.y else down
    x1, y1 = _end(one, ends, below=start_below)
    x2, y2 = _end(other, ends, below=end_below)
    reach = 58 if one.y != other.y else 26 + abs(other.x - one.x) // 22
    c1, c2 = (y1 + reach if start_below else y1 - reach), (y2 + reach if end_below else y2 - reach)
    return f"M{x1} {y1}C{x1} {c1} {x2} {c2} {x2} {y2 + 2 if end_below else y2 - 2}"


def _end(box: Box, ends: dict[tuple[State, bool], int], *, below: bool) -> tuple[int, int]:
    place = ends[box.state, below] = ends.get((box.state, below), 0) + 1
    aside = (place // 2) * _APART * (1 if place % 2 else -1)
    return box.x + BOX_WIDTH // 2 + max(-BOX_WIDTH // 2 + 8, min(BOX_WIDTH // 2 - 8, aside)), box.y + BOX_HEIGHT if below else box.y
