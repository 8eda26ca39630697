"""Who may read which actions: a draft is its author's, its pilot's and the secretaries' alone, and nobody else is told that it exists."""

from dataclasses import dataclass
from typing import Any, Protocol

import sqlalchemy as sa

from models.lifecycle import State
from models.tables import Action, table

_ACTION = table(Action)


class Reader(Protocol):
    """Whoever looks: what they may see follows from who they are."""

    @property
    def code(self) -> str:
        """Their code."""

    @property
    def is_secretary(self) -> bool:
        """Whether they see everything."""

    @property
    def seat_codes(self) -> frozenset[str]:
        """Where they sit."""


@dataclass(frozen=True, slots=True)
class Somebody:
    """Somebody who is known by their code and their seats; by default nobody at all."""

    code: str = ""
    is_secretary: bool = False
    seat_codes: frozenset[str] = frozenset()


OPERATOR = Somebody(is_secretary=True)
"""Whoever works on the machine: sees what a secretary sees."""


def visible_to(reader: Reader) -> sa.ColumnElement[bool]:
    """Which actions somebody may find."""
    if reader.is_secretary:
        return sa.true()
    own: sa.ColumnElement[bool] = _ACTION.c.proposer_seat.in_(sorted(reader.seat_codes)) | (
        _ACTION.c.sheet["lead_person"].as_string() == reader.code
    )
    return sa.or_(_ACTION.c.state != State.DRAFT, own)  # in this order: of most actions the sheet is not even read


def may_read(action: Any, reader: Reader) -> bool:
    """Whether somebody may read an action, by its row: the same for one."""
    own = action.proposer_seat in reader.seat_codes or action.sheet.get("lead_person") == reader.code
    return reader.is_secretary or action.state != State.DRAFT or own
