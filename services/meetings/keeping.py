"""Agendas that keep themselves true until people are convened: an action without news gets on the next one, and off again once there is some."""

import logging
from collections.abc import Iterator, Mapping
from typing import Any

import sqlalchemy as sa
from orjson import loads

from models.chain import FIELDS
from models.charter import BodyKind
from models.commands import Actor, Via
from models.errors import Conflict
from models.events import Topic
from models.meetings import MeetingState
from models.meetings.commands import MOST_AT_ONCE, UpdateAgenda
from models.tables import Meeting, MeetingEvent, table
from services.bootstrap import App
from services.charter_store import conventions
from services.meetings.agenda import Awaiting, Item, awaiting, items_of
from services.meetings.door import execute
from services.work import SYSTEM, Work, open_work

_LOG = logging.getLogger("passerelle.agendas")
_MEETING, _EVENT = table(Meeting), table(MeetingEvent)
CHANGES = frozenset(
    {
        Topic.ACTION_NEGLECTED,
        Topic.PROGRESS_REPORTED,
        Topic.ACTION_SUSPENDED,
        Topic.ACTION_RESUMED,
        Topic.ACTION_COMPLETED,
        Topic.ACTION_ABANDONED,
        Topic.ACTION_SUPERSEDED,
    }
)
"""The events after which an action may be without news, or no longer."""


def keep_agendas(app: App) -> int:
    """Put actions without news on the next agenda of the technical committee that nobody is convened to yet, and take off those that gave some.

    One transaction for each meeting; twice, late or after a crash the result is the same. Returns how many agendas changed.
    What a secretary took off the agenda of a meeting does not get on it again. An agenda is never left empty: there, what is over is marked only.
    """
    with app.db.read() as connection:
        works = [open_work(app, connection, code) for code in conventions(connection)]
        updates = [command for work in works for command in _updates(work)]
    return sum(_carry_out(app, command) for command in updates)


def _carry_out(app: App, command: UpdateAgenda) -> bool:
    try:
        execute(app, command)
    except Conflict:  # somebody changed the meeting in the same moment; it is looked at again by the next run, and by night
        _LOG.info("the agenda of %s was changed meanwhile", command.meeting)
        return False
    return True


def _updates(work: Work) -> Iterator[UpdateAgenda]:
    body = work.charter.body_of_kind(BodyKind.TECHNICAL).code
    meetings = _planned(work, body)
    silent = {number: one for number, one in awaiting(work, body).items() if one.why == "silent"} if meetings else {}
    for place, meeting in enumerate(meetings):
        items = items_of(work.connection, meeting.id)
        added = _to_add(work, meeting, silent) if place == 0 else ()
        over = tuple(item.number for item in items if item.number and _is_over(item, silent))
        removed = over if added or len(over) < len(items) else ()
        if added or removed:
            yield UpdateAgenda(
                convention=work.convention,
                meeting=meeting.number,
                actor=Actor(via=Via.FLOW),
                expected_version=meeting.version,
                key=f"agenda:{work.convention}:{meeting.number}:{meeting.version}",
                added=added[:MOST_AT_ONCE],
                removed=removed[:MOST_AT_ONCE],
            )


def _planned(work: Work, body: str) -> list[Any]:
    """The meetings to come to which nobody is convened yet, the next one first. A second convocation keeps the agenda of the first."""
    mine = (_MEETING.c.convention == work.convention) & (_MEETING.c.body == body) & (_MEETING.c.state == MeetingState.PLANNED)
    query = sa.select(_MEETING).where(mine, _MEETING.c.held_on >= work.today, _MEETING.c.second_of.is_(None))
    return list(work.connection.execute(query.order_by(_MEETING.c.held_on, _MEETING.c.starts_at, _MEETING.c.id)))


def _to_add(work: Work, meeting: Any, silent: Mapping[str, Awaiting]) -> tuple[str, ...]:
    wanted = [number for number, one in silent.items() if not one.listed]
    taken_off = _taken_off(work.connection, meeting.id) if wanted else frozenset()
    return tuple(number for number in wanted if number not in taken_off)


def _is_over(item: Item, silent: Mapping[str, Awaiting]) -> bool:
    """Whether an action that is on an agenda for want of news has given some, or is at work no longer."""
    return item.silent_since is not None and item.number not in silent


def _taken_off(connection: sa.Connection, meeting_id: int) -> frozenset[str]:
    """The actions that a secretary took off the agenda of a meeting, by its log."""
    query = sa.select(_EVENT.c.record).where(_EVENT.c.meeting_id == meeting_id).order_by(_EVENT.c.seq)
    gone, before = set[str](), set[str]()
    for record in connection.execute(query).scalars():
        event = dict(zip(FIELDS, loads(record), strict=True))
        now = {item["action"] for item in loads(event["payload"]).get("items", ()) if "action" in item}
        if event["actor"] != SYSTEM:
            gone |= before - now
        before = now
    return frozenset(gone)
