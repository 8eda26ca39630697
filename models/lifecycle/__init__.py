"""The life of an action: one table of every legal move (``models.lifecycle.rows``).

A row reads: in this state, this verb leads to that state, writes that event, may be asked for by these roles, if these guards agree.
"""

from dataclasses import dataclass

from models.events import Topic
from models.lifecycle.names import STAGE_OF, State, Verb, Who
from models.lifecycle.rows import ROWS

__all__ = ["STAGE_OF", "STATES_OF", "TRANSITIONS", "Move", "State", "Verb", "Who", "diagram", "find_move"]


@dataclass(frozen=True, slots=True)
class Move:
    """One row of the table. ``state`` None: the action does not exist yet."""

    state: State | None
    verb: Verb
    target: State
    topic: Topic
    who: frozenset[Who]
    guards: tuple[str, ...]


def _expand() -> dict[tuple[State | None, Verb], Move]:
    return {
        (state, verb): Move(state, verb, target or State(state or State.DRAFT), topic, who, guards)
        for states, verb, target, topic, who, guards in ROWS
        for state in states
    }


TRANSITIONS: dict[tuple[State | None, Verb], Move] = _expand()
"""Every legal move by (state, verb). What is not here is refused."""

STATES_OF: dict[Verb, tuple[State | None, ...]] = {verb: tuple(state for state, asked in TRANSITIONS if asked is verb) for verb in Verb}
"""From which states a verb may be asked: the first answer of ``explain``."""


def find_move(state: State | None, verb: Verb) -> Move | None:
    """Return the move for this verb in this state, or None where the table has none."""
    return TRANSITIONS.get((state, verb))


def diagram() -> str:
    """Return the lifecycle as a Mermaid state diagram, drawn from the table alone; loops are left out."""
    lines = ["stateDiagram-v2"]
    moves = [move for move in TRANSITIONS.values() if move.state is not move.target]
    lines += [f"    {move.state or '[*]'} --> {move.target}: {move.verb}" for move in moves]
    leaves = [state for state in State if all(move.state is not state for move in moves)]
    lines += [f"    {state} --> [*]" for state in leaves]
    return "\n".join(lines)
