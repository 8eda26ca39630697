"""Where an action stands in its life: the stages in their order, with the states of each, drawn from the lifecycle table."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from models.events import Stage
from models.lifecycle import STAGE_OF, State
from services.wording import Wording


@dataclass(frozen=True, slots=True)
class Step:
    """One state in the picture. ``now``: the action stands here; ``seen``: it has been here."""

    name: str
    now: bool
    seen: bool


@dataclass(frozen=True, slots=True)
class Part:
    """One stage in the picture, with its states."""

    name: str
    now: bool
    steps: Sequence[Step]


def picture_of(state: State, passed: Iterable[str], words: Wording) -> list[Part]:
    """The stages of a life, with the states that this action has passed through and the one in which it is."""
    seen = {*passed}
    return [
        Part(
            words.label("stage", stage),
            STAGE_OF[state] is stage,
            [Step(words.label("state", each), each is state, each in seen) for each in State if STAGE_OF[each] is stage],
        )
        for stage in Stage
    ]
