"""The returns of each address, as they are stored: read, counted, forgotten. What follows from them is ``services.suppression``'s business."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from models.tables import Bounce, Person, table
from models.telling.bounces import Tally, Weight, counted, is_dead
from services.work import Work, upsert_into

_BOUNCE, _PERSON = table(Bounce), table(Person)
_STANDING = _BOUNCE.c.suppressed_at.is_not(None)
ADDRESS_IS_DEAD = sa.exists().where(_BOUNCE.c.address == sa.func.lower(_PERSON.c.email), _STANDING).correlate(_PERSON)
"""Of a person: whether nothing is sent any more to the address that they have now, whoever else has it too."""


def count_return(work: Work, person_id: int, weight: Weight, status: str | None) -> bool:
    """Count one more return at the present address of somebody; True if that makes it dead."""
    address = work.connection.execute(sa.select(sa.func.lower(_PERSON.c.email)).where(_PERSON.c.id == person_id)).scalar_one()
    mine = (_BOUNCE.c.person_id == person_id) & (_BOUNCE.c.address == address)
    known = work.connection.execute(sa.select(_BOUNCE).where(mine).with_for_update()).mappings().first()
    before = None if known is None else Tally(*(known[name] for name in ("hard", "soft", "last_on", "status")))
    after = counted(before, weight, status, work.today)
    standing: datetime | None = known["suppressed_at"] if known is not None else None
    dies = standing is None and is_dead(after)
    tally = {"hard": after.hard, "soft": after.soft, "last_on": after.last_on, "status": after.status}
    values = {**tally, "suppressed_at": work.wall if dies else standing}
    row = upsert_into(work.connection, _BOUNCE).values(person_id=person_id, address=address, convention=work.convention, **values)
    work.connection.execute(row.on_conflict_do_update(index_elements=["person_id", "address"], set_=values))
    return dies


def forget_returns(connection: sa.Connection, person_id: int) -> None:
    """Their address changed, or they were erased: nothing is known of any address of theirs."""
    connection.execute(_BOUNCE.delete().where(_BOUNCE.c.person_id == person_id))


def forgive(connection: sa.Connection, person_id: int) -> bool:
    """Send again to the address that somebody has now; False if it was not dead."""
    theirs = sa.select(sa.func.lower(_PERSON.c.email)).where(_PERSON.c.id == person_id).scalar_subquery()
    lifted = connection.execute(_BOUNCE.delete().where(_BOUNCE.c.address == theirs, _STANDING))
    return bool(lifted.rowcount)


def dead_address_of(connection: sa.Connection, person_id: int) -> Mapping[Any, Any] | None:
    """The tally that makes the present address of somebody dead, or None."""
    query = sa.select(_BOUNCE).join(_PERSON, sa.func.lower(_PERSON.c.email) == _BOUNCE.c.address)
    return connection.execute(query.where(_PERSON.c.id == person_id, _STANDING).limit(1)).mappings().first()


def count_dead(connection: sa.Connection, convention: str | None = None) -> int:
    """How many addresses nothing is sent to."""
    query = sa.select(sa.func.count(_BOUNCE.c.address.distinct())).where(_STANDING)
    return connection.execute(query if convention is None else query.where(_BOUNCE.c.convention == convention)).scalar_one()
