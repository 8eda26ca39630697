"""Who answers for whom: a deputy's seat, named for the days on which a member of its body is away, and nobody else."""

from datetime import date
from typing import Any, NamedTuple

import sqlalchemy as sa

from models.charter import Role
from models.prepared import Prepared, among
from models.tables import Absence, Seat, table
from services.lookups import VOTING_ROLES

DEPUTY = Role.DEPUTY.value
_ABSENCE, _MEMBER, _DEPUTY = table(Absence), table(Seat).alias("member"), table(Seat).alias("deputy")


class Standing(NamedTuple):
    """The seat ``deputy``, held by ``person_id``, answers for the seat ``voter``, whose holder is away."""

    voter: str
    deputy: str
    person_id: int


def _day(name: str) -> sa.BindParameter[date]:
    return sa.bindparam(name, type_=_ABSENCE.c.starts_on.type)


def _held(seat: Any) -> sa.ColumnElement[bool]:
    return sa.and_(seat.c.starts_on <= _day("first_"), sa.or_(seat.c.ends_on.is_(None), seat.c.ends_on >= _day("last_")))


_STANDING = Prepared(
    sa.select(_MEMBER.c.code.label("voter"), _DEPUTY.c.code.label("deputy"), _DEPUTY.c.person_id)
    .select_from(_ABSENCE)
    .join(_DEPUTY, _DEPUTY.c.id == _ABSENCE.c.deputy_id)
    .join(_MEMBER, (_MEMBER.c.person_id == _ABSENCE.c.person_id) & (_MEMBER.c.body == _DEPUTY.c.body))
    .where(_ABSENCE.c.convention == sa.bindparam("convention_"))
    .where(_ABSENCE.c.starts_on <= _day("first_"), _ABSENCE.c.ends_on >= _day("last_"))
    .where(_DEPUTY.c.role == sa.literal_column(f"'{DEPUTY}'"), among(_MEMBER.c.role, VOTING_ROLES), _held(_DEPUTY), _held(_MEMBER))
    .order_by(_MEMBER.c.code, _DEPUTY.c.code)
)


class StandIn(NamedTuple):
    """``person_id`` was named for the absence of ``away``, by a deputy's seat of ``body``."""

    away: int
    person_id: int
    body: str


class Away(NamedTuple):
    """Somebody who is away, with whoever was named to stand in for them, by a deputy's seat of ``body``; None: nobody."""

    away: int
    person_id: int | None
    body: str | None


_AWAY = Prepared(
    sa.select(_ABSENCE.c.person_id.label("away"), _DEPUTY.c.person_id, _DEPUTY.c.body)
    .outerjoin(_DEPUTY, sa.and_(_DEPUTY.c.id == _ABSENCE.c.deputy_id, _held(_DEPUTY)))
    .where(_ABSENCE.c.convention == sa.bindparam("convention_"))
    .where(_ABSENCE.c.starts_on <= _day("first_"), _ABSENCE.c.ends_on >= _day("last_"))
    .order_by(_DEPUTY.c.code, _ABSENCE.c.id)
)


def away_on(connection: sa.Connection, convention: str, day: date) -> list[Away]:
    """Everybody who is away on a day: one question."""
    return [Away(*row) for row in _AWAY.all(connection, convention_=convention, first_=day, last_=day)]


def stand_ins(connection: sa.Connection, convention: str, day: date) -> list[StandIn]:
    """Whoever stands in for somebody on a day, whatever seats that person holds: one question."""
    found = away_on(connection, convention, day)
    return [StandIn(one.away, one.person_id, one.body) for one in found if one.person_id is not None and one.body is not None]


def standing_in(connection: sa.Connection, convention: str, first: date, last: date | None = None) -> list[Standing]:
    """Every seat that another answers for on a day, or on each day from the first to the last: one question."""
    rows = _STANDING.all(connection, convention_=convention, first_=first, last_=last or first)
    return [Standing(*row) for row in rows]
