"""The links by which somebody does what a deadline of theirs waits for: those of the mails that asked it of them, while they serve."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from models.tables import Delivery, Event, Person, table
from notifications.catalogue import COPY
from notifications.channels import MAIL
from notifications.kinds import KIND_OF, Kind
from services.deadline_kinds import Kind as DeadlineKind
from services.invitations import LASTS
from services.links import ANSWER, FINAL_REPORT, LEADS_TO, PROGRESS
from services.own_deadlines import Asked

_DELIVERY, _EVENT, _PERSON = table(Delivery), table(Event), table(Person)
_FOR: Mapping[str, str] = {
    DeadlineKind.REVIEW_END: ANSWER,
    DeadlineKind.MILESTONE: PROGRESS,
    DeadlineKind.PROGRESS_REPORT: PROGRESS,
    DeadlineKind.FINAL_REPORT: FINAL_REPORT,
}
"""What the link is for by which something is done about a kind of deadline; about others, nothing is by a link."""
_ASKING = tuple(message for message, use in LEADS_TO.items() if use in _FOR.values() and KIND_OF[message] in (Kind.ASKED, Kind.REMINDERS))
_Place = tuple[int, str | None, str | None]


def purpose_of(one: Asked) -> str | None:
    """What the link of a deadline is for (a key of the frame's links); None for one that has none."""
    return _FOR.get(one.due["kind"])


def links_for(connection: sa.Connection, person_id: int, ahead: Iterable[Asked], wall: datetime) -> list[Any]:
    """For each of these deadlines the newest delivery (``link``: what its link names; ``message``) whose link serves its reader for it; None where there is none."""
    wanted = [_place(one.due["action_id"], one.due["body"], purpose_of(one)) for one in ahead]
    query = (
        sa.select(
            sa.func.coalesce(_DELIVERY.c.link_id, _DELIVERY.c.id).label("link"), _DELIVERY.c.message, _EVENT.c.action_id, _EVENT.c.body
        )
        .join(_EVENT, _EVENT.c.id == _DELIVERY.c.event_id)
        .join(_PERSON, _PERSON.c.id == _DELIVERY.c.person_id)
        .where(_PERSON.c.links_from.is_(None) | (_DELIVERY.c.created_at >= _PERSON.c.links_from))
        .where(_DELIVERY.c.person_id == person_id, _DELIVERY.c.created_at > wall - LASTS, _DELIVERY.c.message.in_(_ASKING))
        .where(_DELIVERY.c.state == "sent", _DELIVERY.c.channel == MAIL, ~_DELIVERY.c.because.startswith(COPY))
        .where(_EVENT.c.action_id.in_({place[0] for place in wanted}))
        .order_by(_EVENT.c.position)
    )
    found = {_place(row.action_id, row.body, LEADS_TO[row.message]): row for row in connection.execute(query)}
    return [found.get(place) for place in wanted]


def _place(action_id: int, body: str | None, purpose: str | None) -> _Place:
    """Which link: an opinion is asked by each body on its own."""
    return action_id, body if purpose == ANSWER else None, purpose
