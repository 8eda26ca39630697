"""Whether somebody still has the capacity in which they are told, on the day on which a message leaves."""

from collections.abc import Mapping
from datetime import date
from typing import Any, NamedTuple, Protocol

import sqlalchemy as sa

from models.charter import BodyKind, Charter
from models.prepared import Prepared
from models.review.rules import Role
from models.tables import Absence, Action, Person, Seat, table
from notifications.catalogue import Audience
from services.deadline_kinds import group_of
from services.lookups import in_office

_ABSENCE, _ACTION, _PERSON, _SEAT = table(Absence), table(Action), table(Person), table(Seat)
Row = Mapping[Any, Any]


class Happened(Protocol):
    """An event about which people are told, on a day, under the charter in force."""

    @property
    def charter(self) -> Charter:
        """The charter in force."""

    @property
    def event(self) -> Row:
        """The row of the event."""

    @property
    def today(self) -> date:
        """The day of the convention."""


class Seated(NamedTuple):
    """What somebody is in a body."""

    role: str
    body: str


_DAY: sa.BindParameter[date] = sa.bindparam("day_", type_=_SEAT.c.starts_on.type)
_SEATS = Prepared(
    sa.select(_SEAT.c.code, _SEAT.c.role, _SEAT.c.body).where(
        _SEAT.c.convention == sa.bindparam("convention_"), _SEAT.c.person_id == sa.bindparam("person_"), in_office(_DAY)
    )
)
_ANYBODY = Prepared(
    sa.select(_SEAT.c.id).where(
        _SEAT.c.convention == sa.bindparam("convention_"),
        _SEAT.c.body == sa.bindparam("body_"),
        _SEAT.c.role == sa.bindparam("role_"),
        in_office(_DAY),
    )
)
_LED_BY = _ACTION.c.sheet["lead_person"].as_string() == _PERSON.c.code
_THIS = _ACTION.c.id == sa.bindparam("action_")
_LEADS = Prepared(sa.select(_PERSON.c.id).join(_ACTION, _LED_BY).where(_THIS, _PERSON.c.id == sa.bindparam("person_")))
_DEPUTIZES = Prepared(
    sa.select(_SEAT.c.id)
    .join(_ABSENCE, _ABSENCE.c.deputy_id == _SEAT.c.id)
    .join(_PERSON, _PERSON.c.id == _ABSENCE.c.person_id)
    .join(_ACTION, _LED_BY & (_ACTION.c.convention == _PERSON.c.convention))
    .where(_THIS, _SEAT.c.person_id == sa.bindparam("person_"), _ABSENCE.c.starts_on <= _DAY, _ABSENCE.c.ends_on >= _DAY, in_office(_DAY))
)
_LED_IN = Prepared(sa.select(_ACTION.c.sheet["lead_body"].as_string().label("lead_body")).where(_THIS))
_ROLES: Mapping[str, Role] = {
    Audience.CHAIR: Role.CHAIR,
    **dict.fromkeys((Audience.BODY_SECRETARY, Audience.GROUP_SECRETARY, Audience.TECHNICAL_SECRETARY), Role.SECRETARY),
    **dict.fromkeys((Audience.STEERING_SECRETARY, Audience.ALL_SECRETARIES), Role.SECRETARY),
}
"""What somebody has to be in a body to be told in these capacities."""
_FOLLOWING = frozenset({Audience.CHAIR, Audience.GROUP_SECRETARY})
"""The capacities of those whose body follows the action."""
_STOOD_FOR = _FOLLOWING | {Audience.BODY_SECRETARY}
"""The capacities in which the technical committee is told where a body has nobody."""


def seats_of(connection: sa.Connection, convention: str, person_id: int, today: date) -> dict[str, Seated]:
    """The seats that somebody holds today, each with its role and body."""
    return {
        seat.code: Seated(seat.role, seat.body) for seat in _SEATS.all(connection, convention_=convention, person_=person_id, day_=today)
    }


def is_seated(connection: sa.Connection, told: Happened, capacity: str, seats: Mapping[str, Seated]) -> bool:
    """Whether these seats of today carry a capacity: that of a chair or secretary those of the body that it is about, any other any seat.

    Whoever leads an action need hold none.
    """
    role = _ROLES.get(capacity)
    if role is None:
        return capacity == Audience.LEAD or bool(seats)
    bodies = {seat.body for seat in seats.values() if seat.role == role}
    return bool(bodies) and _is_of_body(connection, told, capacity, bodies)


def leads(connection: sa.Connection, told: Happened, capacity: str, person_id: int | None) -> bool:
    """Whether somebody who is told as the lead of an action leads it today, or as the deputy of its lead stands in today for who leads it; true for other capacities."""
    asked = {"action_": told.event["action_id"], "person_": person_id}
    if capacity == Audience.LEAD:
        return _LEADS.first(connection, **asked) is not None
    return capacity != Audience.LEAD_DEPUTY or _DEPUTIZES.first(connection, **asked, day_=told.today) is not None


def _is_of_body(connection: sa.Connection, told: Happened, capacity: str, bodies: set[str]) -> bool:
    body = _concerned(connection, told, capacity)
    if body is None or body in bodies:
        return True
    if capacity not in _STOOD_FOR or _code(told, BodyKind.TECHNICAL) not in bodies:
        return False
    held = {"convention_": told.event["convention"], "body_": body, "role_": _ROLES[capacity], "day_": told.today}
    return _ANYBODY.first(connection, **held) is None


def _concerned(connection: sa.Connection, told: Happened, capacity: str) -> str | None:
    """The body whose seat carries a capacity; None where that of any body does."""
    body: str | None = told.event["body"]
    if capacity in _FOLLOWING:
        return group_of(told.charter, body, _LED_IN.first(connection, action_=told.event["action_id"])._asdict())
    of_kind = {Audience.TECHNICAL_SECRETARY: BodyKind.TECHNICAL, Audience.STEERING_SECRETARY: BodyKind.STEERING}
    if capacity in of_kind:
        return _code(told, of_kind[Audience(capacity)])
    return body if capacity == Audience.BODY_SECRETARY else None


def _code(told: Happened, kind: BodyKind) -> str:
    return told.charter.body_of_kind(kind).code
