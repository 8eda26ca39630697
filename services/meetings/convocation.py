"""Who is convened, and who is told that a meeting is off: one mail to each person, written in the transaction of the command."""

from collections.abc import Iterable

import sqlalchemy as sa

from models.tables import Delivery, Seat, table
from notifications.catalogue import CONVOCATION, MEETING_CANCELLED, Audience
from services.lookups import in_office
from services.notices import MAIL, new_delivery, write_deliveries
from services.wakes import DELIVERIES
from services.work import Work

_DELIVERY, _SEAT = table(Delivery), table(Seat)


def convene_members(work: Work, meeting_id: int, body: str) -> int:
    """Convene everybody who sits in a body today, whatever their role; returns how many."""
    mine = (_SEAT.c.convention == work.convention) & (_SEAT.c.body == body) & in_office(work.today)
    return _tell(work, meeting_id, CONVOCATION, work.connection.execute(sa.select(_SEAT.c.person_id).where(mine).distinct()).scalars())


def tell_cancelled(work: Work, meeting_id: int) -> int:
    """Tell whoever was convened, but those whose convocation has not left and will not any more; returns how many."""
    convened = _DELIVERY.c.unique_key.startswith(_key(meeting_id, CONVOCATION, ""), autoescape=True)
    mine = (_DELIVERY.c.convention == work.convention) & (_DELIVERY.c.message == CONVOCATION) & convened
    return _tell(work, meeting_id, MEETING_CANCELLED, work.connection.execute(sa.select(_DELIVERY.c.person_id).where(mine)).scalars())


def _tell(work: Work, meeting_id: int, message: str, people: Iterable[int]) -> int:
    told = {"event_id": None, "stage": DELIVERIES, "message": message, "because": Audience.CONVENED.value, "channel": MAIL}
    return write_deliveries(
        work,
        (
            new_delivery(work, **told, unique_key=_key(meeting_id, message, str(person)), person_id=person, details={"meeting": meeting_id})
            for person in sorted(people)
        ),
    )


def _key(meeting_id: int, message: str, person: str) -> str:
    return f"meeting:{meeting_id}:{message}:{person}"
