"""By which seat somebody is told something, and when they are away."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import sqlalchemy as sa

from models.charter import BodyKind
from models.review.rules import VOTING_ROLES, Role
from models.tables import Absence, Seat, table
from notifications.catalogue import Audience
from services.work import Work

_ABSENCE, _SEAT = table(Absence), table(Seat)
_ROLES: Mapping[str, frozenset[Role]] = {
    **dict.fromkeys((Audience.BODY_SECRETARY, Audience.TECHNICAL_SECRETARY, Audience.STEERING_SECRETARY), frozenset({Role.SECRETARY})),
    Audience.ALL_SECRETARIES: frozenset({Role.SECRETARY}),
    Audience.BODY_CHAIR: frozenset({Role.CHAIR}),
    **dict.fromkeys((Audience.DEPUTIES, Audience.PENDING_DEPUTIES), frozenset({Role.DEPUTY})),
    **dict.fromkeys((Audience.VOTERS, Audience.PENDING_VOTERS, Audience.PENDING_HOLDERS), frozenset(VOTING_ROLES)),
}
"""The roles in which people are told in a capacity; any, for those that are not here."""
_COMMITTEES = {Audience.TECHNICAL_SECRETARY: BodyKind.TECHNICAL, Audience.STEERING_SECRETARY: BodyKind.STEERING}


class Seats:
    """The seats and absences of a convention, looked up once."""

    def __init__(self, work: Work) -> None:
        """As they stand in a transaction at work."""
        self._work = work
        self._held: dict[int, list[Any]] = defaultdict(list)
        self._away: dict[int, list[tuple[date, date]]] = defaultdict(list)
        for row in work.connection.execute(sa.select(_SEAT).where(_SEAT.c.convention == work.convention).order_by(_SEAT.c.code)):
            self._held[row.person_id].append(row)
        for row in work.connection.execute(sa.select(_ABSENCE).where(_ABSENCE.c.convention == work.convention)):
            self._away[row.person_id].append((row.starts_on, row.ends_on))

    def absences(self, person: int | None) -> Sequence[tuple[date, date]]:
        """The first and last days on which somebody is away."""
        return self._away.get(person, []) if person is not None else []

    def of(self, person: int | None, day: date, capacity: str, body: str | None, proposer: str | None = None) -> Any:
        """The seat by which somebody is told on a day in a capacity, about something that is before this body; None if they hold none."""
        held = [seat for seat in self._held.get(person or 0, ()) if seat.starts_on <= day and (seat.ends_on is None or seat.ends_on >= day)]
        kind, roles = _COMMITTEES.get(Audience(capacity)), _ROLES.get(capacity, frozenset(Role))
        wanted = self._work.charter.body_of_kind(kind).code if kind else body
        own = proposer if capacity == Audience.PROPOSER else None
        return min(held, key=lambda seat: (seat.code != own, seat.body != wanted, seat.role not in roles, seat.code), default=None)
