"""What the doctor says of one thing that it examined."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

Level = Literal["right", "look", "mend"]


@dataclass(frozen=True, slots=True)
class Check:
    """One thing examined: its sentence is ``doctor.<name>.<level>``, filled with ``params``."""

    name: str
    level: Level
    params: Mapping[str, str | int] = field(default_factory=dict)


def counted(name: str, count: int) -> Check:
    """Something of which there should be none."""
    return Check(name, "look" if count else "right", {"count": count})
