"""Who holds whose proxy in a review."""

from collections.abc import Collection, Mapping
from datetime import date
from typing import Any, NamedTuple

import sqlalchemy as sa

from models.prepared import Prepared
from models.proxies import Proxy as Given
from models.tables import Opinion, Proxy, Review, Seat, table

_PROXY, _OPINION, _REVIEW, _SEAT = table(Proxy), table(Opinion), table(Review), table(Seat)
_GIVEN = Prepared(
    sa.select(*(_PROXY.c[name] for name in ("giver", "holder", "given_on", "until", "event_id")))
    .where(_PROXY.c.review_id == sa.bindparam("review_"), _PROXY.c.revoked_on.is_(None))
    .order_by(_PROXY.c.id)
)
_DAY: sa.BindParameter[date] = sa.bindparam("day_", type_=_PROXY.c.given_on.type)
_OF_GIVER = (_OPINION.c.review_id == _PROXY.c.review_id) & (_OPINION.c.seat == _PROXY.c.giver) & ~_OPINION.c.superseded
_ANSWERED = sa.exists().where(_OF_GIVER)
_ANSWERED_OTHERWISE = sa.exists().where(_OF_GIVER, _OPINION.c.holder.is_distinct_from(_PROXY.c.holder))
_USABLE = (
    _PROXY.c.revoked_on.is_(None)
    & (_PROXY.c.given_on <= _DAY)
    & (_PROXY.c.until.is_(None) | (_PROXY.c.until >= _DAY))
    & (_SEAT.c.starts_on <= _DAY)
    & (_SEAT.c.ends_on.is_(None) | (_SEAT.c.ends_on >= _DAY))
    & ~_ANSWERED_OTHERWISE
)
_HOLDING = Prepared(
    sa.select(_PROXY.c.giver, _PROXY.c.holder, _SEAT.c.person_id)
    .join(_REVIEW, _REVIEW.c.id == _PROXY.c.review_id)
    .join(_SEAT, (_SEAT.c.code == _PROXY.c.holder) & (_SEAT.c.convention == _REVIEW.c.convention))
    .where(_PROXY.c.review_id == sa.bindparam("review_"), _USABLE)
    .order_by(_PROXY.c.id)
)
_OPEN = sa.exists().where(_REVIEW.c.id == _PROXY.c.review_id, _REVIEW.c.convention == _SEAT.c.convention, _REVIEW.c.closed_on.is_(None))
_STILL_REPRESENTED = (
    sa.select(_PROXY.c.review_id, _PROXY.c.giver, _SEAT.c.person_id)
    .join(_SEAT, _SEAT.c.code == _PROXY.c.holder)
    .where(_OPEN, _USABLE, ~_ANSWERED)
)
"""Asked of proxies, which are few, and of their reviews one by one: a join would let SQLite look through all open reviews instead."""
_REPRESENTED = Prepared(_STILL_REPRESENTED.where(_SEAT.c.person_id == sa.bindparam("person_")))
_EVERY = Prepared(
    sa.select(
        *(_PROXY.c[name] for name in ("giver", "given_on", "until", "revoked_on")),
        _PROXY.c.holder.label("held_by"),
        sa.exists().where(_OF_GIVER, _OPINION.c.holder == _PROXY.c.holder).label("used"),
    )
    .where(_PROXY.c.review_id == sa.bindparam("review_"))
    .order_by(_PROXY.c.id)
)


class Holding(NamedTuple):
    """The seat ``holder``, held by ``person_id``, may give the opinion of the seat ``giver`` today."""

    giver: str
    holder: str
    person_id: int


def proxies_of(connection: sa.Connection, review_id: int) -> tuple[Given, ...]:
    """The proxies given in a review and not taken back; also those that are over."""
    return tuple(Given(*row) for row in _GIVEN.all(connection, review_=review_id))


def holding(connection: sa.Connection, review_id: int, day: date) -> list[Holding]:
    """The proxies of a review that may be used on a day: neither over nor taken back, and their givers have not answered otherwise."""
    return [Holding(*row) for row in _HOLDING.all(connection, review_=review_id, day_=day)]


def represented_in(connection: sa.Connection, person_id: int, day: date) -> Mapping[int, set[str]]:
    """By open review, the seats that have not answered and whose proxies somebody may use on a day: one question."""
    found: dict[int, set[str]] = {}
    for row in _REPRESENTED.all(connection, person_=person_id, day_=day):
        found.setdefault(row.review_id, set()).add(row.giver)
    return found


def represented_today(connection: sa.Connection, reviews: Collection[int], day: date) -> Mapping[int, set[str]]:
    """By review, of several open ones, the seats that have not answered and whose proxies somebody may use on a day: one question."""
    found: dict[int, set[str]] = {}
    for row in connection.execute(_STILL_REPRESENTED.where(_PROXY.c.review_id.in_(reviews)), {"day_": day}):
        found.setdefault(row.review_id, set()).add(row.giver)
    return found


def represented_by_each(connection: sa.Connection, persons: Collection[int], day: date) -> Mapping[int, Mapping[int, set[str]]]:
    """The same of several persons, by who they are: one question."""
    found: dict[int, dict[int, set[str]]] = {}
    for row in connection.execute(_STILL_REPRESENTED.where(_SEAT.c.person_id.in_(persons)), {"day_": day}):
        found.setdefault(row.person_id, {}).setdefault(row.review_id, set()).add(row.giver)
    return found


def proxies_in_file(connection: sa.Connection, review_id: int) -> list[dict[str, Any]]:
    """Every proxy of a review as its file shows it, also those taken back; ``used``: an opinion given by it stands."""
    return [row._asdict() for row in _EVERY.all(connection, review_=review_id)]
