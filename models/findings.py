"""What an audit may find: codes and places, never what a person wrote. The sentences are ``audit.finding.<code>`` in the catalogues."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple


class Place(NamedTuple):
    """Which action is examined."""

    convention: str
    number: str


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that does not agree: where in which log, as far as that is known, and what. ``event`` is an id in hexadecimal."""

    code: str
    convention: str
    action: str = ""
    seq: int | None = None
    event: str | None = None
    params: Mapping[str, str | int] = field(default_factory=dict)
