"""Whom a visitor of the portal may speak for: themselves, and as a secretary those who sit in the bodies that they serve."""

import sqlalchemy as sa

from models.tables import Person, Seat, table
from services.bootstrap import App
from services.desk import served
from services.lookups import in_office
from services.visitors import Visitor
from services.work import open_work

_PERSON, _SEAT = table(Person), table(Seat)


def seats_served(app: App, visitor: Visitor) -> list[tuple[str, str]]:
    """The seats held today for which they may speak, with the names of their holders: their own first, then by code."""
    own = [seat.code for seat in visitor.seats]
    with app.db.read() as connection:
        work = open_work(app, connection, visitor.convention)
        mine = _SEAT.c.code.in_(own) | _SEAT.c.body.in_(served(work.charter, visitor))
        query = (
            sa.select(_SEAT.c.code, _PERSON.c.name)
            .join(_PERSON, _PERSON.c.id == _SEAT.c.person_id)
            .where(_SEAT.c.convention == visitor.convention, in_office(work.today), mine)
        )
        found = sorted(connection.execute(query), key=lambda row: (row.code not in own, row.code))
    return [(row.code, f"{row.code} · {row.name}") for row in found]
