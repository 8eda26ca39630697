"""The life of a meeting: one table of every legal move, as an action has its own (``models.lifecycle``)."""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import NamedTuple


class MeetingState(StrEnum):
    """Where a meeting stands. ``inquorate``: it was opened, the quorum was missed, and nothing was examined."""

    PLANNED = "planned"
    CONVENED = "convened"
    OPEN = "open"
    INQUORATE = "inquorate"
    CLOSED = "closed"
    CANCELLED = "cancelled"


class MeetingVerb(StrEnum):
    """What may be asked of a meeting: by its secretary, but for ``update``, by which the system itself keeps an agenda true until people are convened."""

    PLAN = "plan"
    CHANGE = "change"
    UPDATE = "update"
    CONVENE = "convene"
    OPEN = "open"
    CLOSE = "close"
    CANCEL = "cancel"


class MeetingTopic(StrEnum):
    """Every kind of event the log of a meeting may hold."""

    PLANNED = "meeting.planned"
    CHANGED = "meeting.changed"
    CONVENED = "meeting.convened"
    OPENED = "meeting.opened"
    CLOSED = "meeting.closed"
    CANCELLED = "meeting.cancelled"


class MeetingMove(NamedTuple):
    """Which event a verb writes from a state, and where it may lead: of several targets the effect finds out which."""

    topic: MeetingTopic
    targets: tuple[MeetingState, ...]


_S, _V, _T = MeetingState, MeetingVerb, MeetingTopic
MOVES: Mapping[tuple[MeetingState | None, MeetingVerb], MeetingMove] = MappingProxyType(
    {
        (None, _V.PLAN): MeetingMove(_T.PLANNED, (_S.PLANNED,)),
        (_S.PLANNED, _V.CHANGE): MeetingMove(_T.CHANGED, (_S.PLANNED,)),
        (_S.PLANNED, _V.UPDATE): MeetingMove(_T.CHANGED, (_S.PLANNED,)),
        (_S.PLANNED, _V.CONVENE): MeetingMove(_T.CONVENED, (_S.CONVENED,)),
        (_S.CONVENED, _V.CHANGE): MeetingMove(_T.CHANGED, (_S.CONVENED,)),
        (_S.CONVENED, _V.OPEN): MeetingMove(_T.OPENED, (_S.OPEN, _S.INQUORATE)),
        (_S.OPEN, _V.OPEN): MeetingMove(_T.OPENED, (_S.OPEN, _S.INQUORATE)),
        (_S.INQUORATE, _V.OPEN): MeetingMove(_T.OPENED, (_S.OPEN, _S.INQUORATE)),
        (_S.OPEN, _V.CLOSE): MeetingMove(_T.CLOSED, (_S.CLOSED,)),
        (_S.PLANNED, _V.CANCEL): MeetingMove(_T.CANCELLED, (_S.CANCELLED,)),
        (_S.CONVENED, _V.CANCEL): MeetingMove(_T.CANCELLED, (_S.CANCELLED,)),
    }
)
"""Every legal move by (state, verb); None: the meeting does not exist yet. What is not here is refused.

A meeting that is convened changes its day, hour, place or link, never its agenda. To open a meeting again puts right who attended, until an item was examined or a second convocation planned.
"""

LEGAL: frozenset[tuple[str | None, str, str]] = frozenset(
    (state, move.topic, target) for (state, _), move in MOVES.items() for target in move.targets
)
"""Every (state before, topic, state after) that the table can have written."""

STATES_OF: Mapping[MeetingVerb, tuple[MeetingState | None, ...]] = MappingProxyType(
    {verb: tuple(state for state, asked in MOVES if asked is verb) for verb in MeetingVerb}
)
"""From which states a verb may be asked."""


def find_move(state: MeetingState | None, verb: MeetingVerb) -> MeetingMove | None:
    """The move for this verb in this state, or None where the table has none."""
    return MOVES.get((state, verb))
