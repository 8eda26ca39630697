"""Who is convened, and who is told what becomes of it: one mail to each person, written in the transaction of the command.

What a message says is read when it leaves, so whoever has one on its way needs no other. Which one came last is known by the version of the
meeting for which it was written.
"""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any, NamedTuple

import sqlalchemy as sa

from models.tables import Delivery, Seat, table
from notifications.catalogue import CONVOCATION, CONVOCATION_WITHDRAWN, MEETING_CANCELLED, MEETING_CHANGED, OF_MEETINGS, Audience
from notifications.channels import MAIL
from services.lookups import in_office
from services.notices import new_delivery, write_deliveries
from services.wakes import DELIVERIES, WAITING
from services.work import Work

_LEFT = ("sending", "sent", "uncertain")
_WAITING = ("ready", "retrying", *WAITING)
_CONVENING = (CONVOCATION, MEETING_CHANGED)
_DELIVERY, _SEAT = table(Delivery), table(Seat)
Addressee = tuple[str, int | None]
"""A channel, and the person, or None for a room."""


class _Sent(NamedTuple):
    """A message about a meeting: whether it waits, or has left (or may have); neither for one that is dead or cancelled."""

    message: str
    version: int
    waits: bool
    left: bool


def convene_members(work: Work, meeting: Any) -> int:
    """Convene whoever sits in the body on the day of the meeting, whatever their role, and tell its chat room, if it has one.

    Returns how many persons.
    """
    people = _seated(work, meeting.body, meeting.held_on)
    concerned = work.charter.body(meeting.body)
    room: list[Addressee] = [(concerned.channel, None)] if concerned is not None and concerned.channel else []
    _tell(work, meeting, CONVOCATION, [*people, *room])
    return len(people)


def convocations(work: Work, meeting_id: int) -> sa.ColumnElement[bool]:
    """The condition that a delivery is a convocation to a meeting."""
    return _about(work, meeting_id) & (_DELIVERY.c.message == CONVOCATION)


def tell_changed(work: Work, meeting: Any, held_on: date) -> int:
    """Tell everybody who is convened that a meeting has changed, but for those whose message has not left: it will say so by itself.

    Who sits in the body only on the new day is convened; who no longer does is told so. Returns how many persons are told anything.
    """
    known, people = _known(work, meeting.id), _seated(work, meeting.body, held_on)
    rooms = [addressee for addressee in known if addressee[1] is None]
    staying = [*people, *rooms]
    told = {
        CONVOCATION: [one for one in people if one not in known],
        MEETING_CHANGED: [one for one in staying if one in known and not _waits(known[one], _CONVENING)],
        CONVOCATION_WITHDRAWN: [
            one for one, sent in known.items() if one not in staying and _convened(sent) and not _waits(sent, (CONVOCATION_WITHDRAWN,))
        ],
    }
    for message, whom in told.items():
        _tell(work, meeting, message, whom)
    return sum(person is not None for whom in told.values() for _, person in whom)


def tell_cancelled(work: Work, meeting: Any) -> int:
    """Tell those whose convocation has left, or may have, and the same chat room; returns how many persons."""
    told = [one for one, sent in _known(work, meeting.id).items() if _convened(sent)]
    _tell(work, meeting, MEETING_CANCELLED, told)
    return sum(person is not None for _, person in told)


def _seated(work: Work, body: str, day: date) -> list[Addressee]:
    mine = (_SEAT.c.convention == work.convention) & (_SEAT.c.body == body) & in_office(day)
    people = work.connection.execute(sa.select(_SEAT.c.person_id).where(mine).distinct()).scalars()
    return [(MAIL, person) for person in sorted(people)]


def _about(work: Work, meeting_id: int) -> sa.ColumnElement[bool]:
    """Also what went another way, which is called after what it stands for."""
    meeting = _DELIVERY.c.details["meeting"].as_integer()
    of_no_event = _DELIVERY.c.event_id.is_(None)  # said although it is always so: the index of events finds these, and not all messages
    return sa.and_(of_no_event, _DELIVERY.c.convention == work.convention, _DELIVERY.c.message.in_(OF_MEETINGS), meeting == meeting_id)


def _known(work: Work, meeting_id: int) -> Mapping[Addressee, list[_Sent]]:
    """What each addressee was sent about a meeting, in the order in which it was written; for a person, whichever way it went.

    What waits is held until this transaction ends. A sender that has just taken one up is not waited for: it may say what was true before.
    """
    mine = _about(work, meeting_id)
    held = sa.select(_DELIVERY.c.id).where(mine, _DELIVERY.c.state.in_(_WAITING)).with_for_update(skip_locked=True)
    waiting = set(work.connection.execute(held).scalars())
    found: dict[Addressee, list[_Sent]] = {}
    columns = (_DELIVERY.c[name] for name in ("id", "channel", "person_id", "message", "state", "details"))
    for row in work.connection.execute(sa.select(*columns).where(mine).order_by(_DELIVERY.c.unique_key)):
        waits = row.id in waiting
        left = row.state in (*_LEFT, *_WAITING) and not waits
        addressee = (row.channel if row.person_id is None else MAIL, row.person_id)
        found.setdefault(addressee, []).append(_Sent(row.message, row.details.get("version", 0), waits, left))
    return {addressee: sorted(found[addressee], key=lambda sent: sent.version) for addressee in sorted(found, key=str)}


def _waits(sent: Iterable[_Sent], messages: tuple[str, ...]) -> bool:
    return any(one.waits and one.message in messages for one in sent)


def _convened(sent: Iterable[_Sent]) -> bool:
    """Whether the last message that has left, or may have, is one that convenes."""
    left = [one.message for one in sent if one.left]
    return bool(left) and left[-1] in _CONVENING


def _tell(work: Work, meeting: Any, message: str, whom: Iterable[Addressee]) -> None:
    version = meeting.version + 1
    told = {"event_id": None, "stage": DELIVERIES, "message": message, "details": {"meeting": meeting.id, "version": version}}
    write_deliveries(
        work,
        (
            new_delivery(work, **told, because=_because(message, person), unique_key=key, channel=channel, person_id=person)
            for channel, person in whom
            for key in (f"meeting:{meeting.id}:{message}:{person or channel}:{version}",)
        ),
    )


def _because(message: str, person: int | None) -> str:
    if person is None:
        return Audience.BODY_CHANNEL.value
    return (Audience.WAS_CONVENED if message == CONVOCATION_WITHDRAWN else Audience.CONVENED).value
