"""In what capacities somebody asks: what their seat gives at once, and what has to be looked up."""

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from models.commands import (
    Command,
    DeclareConflict,
    GiveProxy,
    LiftReservation,
    RecordOpinion,
    RevokeProxy,
    VoteByProxy,
    WithdrawConflict,
)
from models.facts import ConflictFacts, Facts, ReservationFacts
from models.lifecycle import Who
from models.prepared import Prepared
from models.review.rules import Role
from models.tables import Conflict, Person, Seat, table
from services.lookups import VOTING_ROLES, ask, look_up_seat, seat_in_office, serves
from services.standing_in import DEPUTY, standing_in
from services.work import Work

_CONFLICT, _PERSON, _SEAT = table(Conflict), table(Person), table(Seat)
_ID: sa.BindParameter[int] = sa.bindparam("action_")
_CONFLICTS = Prepared(
    sa.select(_CONFLICT.c.seat, _CONFLICT.c.event_id, _PERSON.c.code.label("person"))
    .join(_SEAT, _SEAT.c.code == _CONFLICT.c.seat)
    .join(_PERSON, _PERSON.c.id == _SEAT.c.person_id)
    .where(_CONFLICT.c.action_id == _ID, _CONFLICT.c.withdrawn_on.is_(None))
    .where(_SEAT.c.convention == sa.bindparam("convention_"))
)


class Asker(Facts):
    """The part of the facts that is about who asks. ``_row`` is the action, ``_seat`` the asker's; ``_known`` what was looked up before."""

    _work: Work
    _command: Command
    _row: Any
    _seat: Any
    _known: dict[str | tuple[str, str | None], Any]
    lead: str | None

    def leads(self) -> bool:
        """Whether the asker's person leads the action."""
        if self._row is None or self._seat is None:
            return False
        return bool(self.lead == self._seat.person)

    def stands_in(self) -> bool:
        """Whether a deputy's seat gives the opinion of a seat whose holder is away, on the day of the opinion and today, with this deputy."""
        command, seat = self._command, self._seat
        if not isinstance(command, RecordOpinion) or seat is None or seat.role != DEPUTY or command.actor.on_behalf_of != command.voter:
            return False
        days = sorted((command.occurred_on, self.today))
        found = standing_in(self._work.connection, self._work.convention, *days)
        return any((pair.voter, pair.deputy) == (command.voter, seat.code) for pair in found)

    def reserved(self) -> bool:
        """Whether the reservation is that of the asker's seat."""
        raised = self._raised()
        return raised is not None and self._seat is not None and bool(raised.seat == self._seat.code)

    def serves_body(self) -> bool:
        """Whether the asker is the secretary of the body in which somebody with a conflict sits, or whose reservation it is."""
        raised = self._raised()
        return self.serves_concerned() if raised is None else self._is_clerk_of(raised.body)

    def _raised(self) -> ReservationFacts | None:
        """The reservation that the command is about, if it stands."""
        return self.reservation(self._command.reservation) if isinstance(self._command, LiftReservation) else None

    def _is_clerk_of(self, body: str) -> bool:
        return self._seat is not None and self._seat.role == "secretary" and serves(self._work, self._seat.body, body)

    def is_concerned(self) -> bool:
        """Whether a conflict of interest is the asker's own; an observer, who takes part in nothing, has none to declare."""
        concerned = self._concerned()
        if concerned is None or concerned.role == Role.OBSERVER:
            return False
        return self._seat is not None and bool(concerned.person == self._seat.person)

    def serves_concerned(self) -> bool:
        """Whether the asker is the secretary of the body in which somebody with a conflict of interest sits."""
        concerned = self._concerned()
        return concerned is not None and self._is_clerk_of(concerned.body)

    def conflict_standing(self) -> ConflictFacts | None:
        """The conflict of the person concerned about this action, if one stands."""
        concerned = self._concerned()
        if concerned is None:
            return None
        if "conflicts" not in self._known:
            rows = _CONFLICTS.all(self._work.connection, convention_=self._work.convention, action_=self.action_id)
            self._known["conflicts"] = {row.person: ConflictFacts(row.seat, row.event_id) for row in rows}
        found: Mapping[str, ConflictFacts] = self._known["conflicts"]
        return found.get(concerned.person)

    def _concerned(self) -> Any:
        """The seat of whoever has a conflict of interest; None where the command is about none, or names nobody yet."""
        command = self._command
        if not isinstance(command, DeclareConflict | WithdrawConflict) or not command.concerned:
            return None
        if self._seat is not None and self._seat.code == command.concerned:
            return self._seat
        return seat_in_office(self._work, command.concerned, ask(self._work, look_up_seat(self._work.convention, command.concerned)))

    def _at_hand(self, seat: Any) -> frozenset[Who]:
        """The capacities for which nothing more has to be looked up."""
        command = self._command
        if seat is None:
            return frozenset({Who.SYSTEM})
        held = {
            Who.SECRETARY: seat.role == "secretary",
            Who.MEMBER: seat.role in VOTING_ROLES,
            Who.BODY_SECRETARY: seat.role == "secretary"
            and not isinstance(command, DeclareConflict | WithdrawConflict | LiftReservation)
            and serves(self._work, seat.body, command.body),
            Who.VOTER: isinstance(command, RecordOpinion) and command.voter == seat.code,
            Who.PROPOSER: self.proposer_seat == seat.code,
            Who.GIVER: isinstance(command, GiveProxy | RevokeProxy) and command.giver == seat.code,
            Who.HOLDER: isinstance(command, VoteByProxy) and command.holder == seat.code,
        }
        return frozenset(who for who, yes in held.items() if yes)
