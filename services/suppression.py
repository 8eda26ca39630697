"""Addresses that mail no longer reaches: nothing is sent there, whoever serves the person's bodies is told, and may lift it."""

from collections.abc import Iterable

import sqlalchemy as sa

from models.charter import BodyKind
from models.errors import Refused
from models.tables import Seat, table
from models.telling.bounces import Weight
from notifications.catalogue import ADDRESS_REFUSED, Audience
from notifications.channels import MAIL
from services.audiences import secretaries
from services.bootstrap import App
from services.lookups import in_office
from services.notices import new_delivery, write_deliveries
from services.operators import tell_operators
from services.people import person_id_of
from services.returns import count_return, forgive
from services.wakes import DELIVERIES
from services.work import Work

_SEAT = table(Seat)


def note_return(work: Work, person_id: int, weight: Weight, status: str | None) -> None:
    """Count a return of this weight against somebody's address; where that makes it dead, tell those who can mend it."""
    if weight is not Weight.NONE and count_return(work, person_id, weight, status):
        _tell(work, person_id)


def unsuppress(app: App, convention: str, person: str) -> None:
    """Send again to the address of a person, by their code. Refuses where nothing stands against it."""
    person_id = person_id_of(app, convention, person)
    with app.db.write() as connection:
        if not forgive(connection, person_id):
            raise Refused.because("address_not_suppressed", person=person)


def _tell(work: Work, person_id: int) -> None:
    """The secretaries of the person's bodies, else the technical committee's; the operators where there is nobody but the person."""
    seats = work.connection.execute(
        sa.select(_SEAT.c.code, _SEAT.c.body).where(_SEAT.c.person_id == person_id, in_office(work.today))
    ).all()
    technical = work.charter.body_of_kind(BodyKind.TECHNICAL).code
    own = _others(work, {row.body for row in seats}, person_id)
    told, because = (own, Audience.BODY_SECRETARY) if own else (_others(work, {technical}, person_id), Audience.TECHNICAL_SECRETARY)
    key = f"{ADDRESS_REFUSED}:{person_id}:{work.wall.isoformat()}"
    about = {"event_id": None, "stage": DELIVERIES, "message": ADDRESS_REFUSED, "because": because.value, "details": {"person": person_id}}
    write_deliveries(work, [new_delivery(work, **about, unique_key=f"{key}:{one}", channel=MAIL, person_id=one) for one in told])
    if not told:
        tell_operators(work, ADDRESS_REFUSED, key=key, details={"seats": ", ".join(sorted(row.code for row in seats)) or "-"})


def _others(work: Work, bodies: Iterable[str], person_id: int) -> list[int]:
    """The secretaries of these bodies, but for somebody."""
    return sorted({one for body in bodies for one in secretaries(work, body)} - {person_id})
