"""What is told of an address that mail no longer reaches: whose it is, by seat and never by name or address, as it stands when the mail is written."""

from datetime import date
from typing import NamedTuple

import sqlalchemy as sa

from models.charter import Charter
from models.tables import Person, Seat, table
from services.context_frame import wording
from services.in_place import seat_in_words
from services.lookups import in_office
from services.returns import dead_address_of

_PERSON, _SEAT = table(Person), table(Seat)


class ToldOfAddress(NamedTuple):
    """The person's code, and their seats in words; their code again where they hold none."""

    code: str
    concerned: str


def told_of_address(connection: sa.Connection, charter: Charter, person_id: int, reading: tuple[str, date]) -> ToldOfAddress | None:
    """What is told of somebody's address, for ``reading``: language and day. None once it was changed or is used again."""
    if dead_address_of(connection, person_id) is None:
        return None
    language, today = reading
    code: str = connection.execute(sa.select(_PERSON.c.code).where(_PERSON.c.id == person_id)).scalar_one()
    held = sa.select(_SEAT.c.code).where(_SEAT.c.person_id == person_id, in_office(today)).order_by(_SEAT.c.code)
    seats = [seat_in_words(connection, charter, wording(language), seat) for seat in connection.execute(held).scalars()]
    return ToldOfAddress(code, " · ".join(seats) or code)
