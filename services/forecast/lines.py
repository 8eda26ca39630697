"""From the messages that left in virtual time to the lines of a forecast."""

from collections.abc import Iterator, Mapping
from datetime import date, datetime
from functools import cached_property
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from models.events import Topic
from models.forecasts import ForecastLine, Key
from models.tables import Action, Deadline, Delivery, Event, Meeting, Person, table
from notifications.catalogue import ADDRESS_REFUSED, BODY_REMINDER, DIGESTS, OWN_DEADLINES, SIGN_IN, WEBHOOK_OFF
from notifications.channels import MAIL
from notifications.kinds import KIND_OF
from notifications.recipients import capacity_of
from services.deadline_kinds import NATURE, Kind, topics_of
from services.forecast.seats import Seats
from services.work import Work

_ACTION, _DEADLINE, _DELIVERY, _EVENT = table(Action), table(Deadline), table(Delivery), table(Event)
_MEETING, _PERSON = table(Meeting), table(Person)
NOT_OF_THE_WORK = (*DIGESTS, OWN_DEADLINES, ADDRESS_REFUSED, WEBHOOK_OFF, SIGN_IN)
"""A digest is told by what it holds; a list of somebody's own deadlines would tell who has not answered where that is secret; the others say nothing of
the work of the convention."""
_ASKED: Mapping[str, Kind] = {
    **dict.fromkeys((Topic.REVIEW_OPENED, Topic.REVIEW_EXTENDED, Topic.REVIEW_MOVED), Kind.REVIEW_END),
    Topic.PROGRESS_REQUESTED: Kind.PROGRESS_REPORT,
    Topic.FINAL_REPORT_REQUESTED: Kind.FINAL_REPORT,
    Topic.ACTION_RETURNED: Kind.COMPLETION,
    Topic.ACTION_APPROVED: Kind.FOLLOW_UP,
    Topic.ACTION_NEGLECTED: Kind.NEGLECT,
}
"""What is asked for by an event that is no rung of a ladder."""
DEADLINE_OF: Mapping[str, Kind] = {**{topic: kind for kind, nature in NATURE.items() for topic in topics_of(nature)}, **_ASKED}
"""Which deadline the message of an event is about."""
Row = Mapping[Any, Any]

_SUBJECT = sa.func.coalesce(_EVENT.c.payload["subject"].as_integer(), _EVENT.c.payload["reservation"].as_integer(), 0)
_MEANT = (_DELIVERY.c.message, _DELIVERY.c.person_id, _DELIVERY.c.channel, _EVENT.c.action_id, _EVENT.c.body, _SUBJECT)
_NTH = sa.func.row_number().over(
    partition_by=(*_MEANT, _DELIVERY.c.details["meeting"].as_integer()),
    order_by=(_EVENT.c.position, _DELIVERY.c.created_at, _DELIVERY.c.id),
)


def lines_sent(work: Work, since: datetime) -> Iterator[tuple[int, ForecastLine]]:
    """Every message that left from this moment on, each with the place of its event in the log (0: it tells of none)."""
    books = _Books(work)
    for row in work.connection.execute(_sent(work.convention, since)).mappings():
        yield row["position"] or 0, books.line(row)


def _sent(convention: str, since: datetime) -> sa.Select[Any]:
    """What left in virtual time. Which message to the same reader it is, is counted from the very first."""
    delivery = (
        "message",
        "because",
        "channel",
        "person_id",
        "details",
        "settled_at",
        "created_at",
        "folded_into",
        "state",
        "convention",
        "event_id",
    )
    event = ("position", "action_id", "topic", "payload", "recorded_at", "cause")
    counted = (
        sa.select(
            *(_DELIVERY.c[name] for name in delivery),
            *(_EVENT.c[name] for name in event),
            _EVENT.c.body,
            _SUBJECT.label("subject"),
            _NTH.label("nth"),
        )
        .select_from(_DELIVERY)
        .outerjoin(_EVENT, _EVENT.c.id == _DELIVERY.c.event_id)
        .where(_DELIVERY.c.convention == convention, _DELIVERY.c.message.not_in(NOT_OF_THE_WORK))
        .subquery()
    )
    before = _EVENT.alias("before")
    return (
        sa.select(counted, _PERSON.c.code.label("person"), _PERSON.c.name, before.c.topic.label("brought_by"))
        .outerjoin(_PERSON, _PERSON.c.id == counted.c.person_id)
        .outerjoin(before, before.c.id == counted.c.cause)
        .where(counted.c.state == "sent", counted.c.settled_at >= since)
        .order_by(counted.c.settled_at, counted.c.position)
    )


class _Books:
    """What the lines of a convention have in common, looked up once."""

    def __init__(self, work: Work) -> None:
        self._work, self._zone = work, ZoneInfo(work.timezone)
        self._seats = Seats(work)

    def line(self, row: Row) -> ForecastLine:
        """One message as a line."""
        number, title, proposer = self._actions.get(row["action_id"], (None, None, None))
        meeting, held_by = self._meetings.get(row["details"].get("meeting"), (None, None)) if row["action_id"] is None else (None, None)
        leaves, written = row["settled_at"].astimezone(self._zone), self._written(row)
        capacity, copied = capacity_of(row["because"])
        body = row["body"] or held_by or row["details"].get("body")
        seat = self._seats.of(row["person_id"], leaves.date(), capacity, body, proposer)
        channel = "" if row["channel"] == MAIL or row["person"] is None else "/chat"
        reader = row["person"] or row["channel"]
        return ForecastLine(
            key=Key(number or meeting or "", row["message"], f"{reader}{channel}", body or "", row["subject"], row["nth"]),
            day=leaves.date(),
            time=f"{leaves:%H:%M}",
            person=row["person"],
            name=row["name"] or row["channel"],
            seat=seat.code if seat else None,
            seat_body=seat.body if seat else None,
            capacity=capacity,
            copy=copied,
            action=number,
            title=title,
            meeting=meeting,
            body=body,
            message=row["message"],
            kind=KIND_OF[row["message"]],
            topic=row["topic"],
            cause=row["brought_by"],
            **self._due(row),
            **self._waited(row, leaves, written),
        )

    def _written(self, row: Row) -> datetime:
        """When it was written: what is held is written anew as it leaves, but its event keeps its moment."""
        moment: datetime = row["recorded_at"] or row["created_at"]
        return moment.astimezone(self._zone)

    def _waited(self, row: Row, leaves: datetime, written: datetime) -> dict[str, Any]:
        """Why it leaves later than it was written, if it does: in a digest, after an absence, at an hour that its reader chose."""
        if row["folded_into"] is not None:
            return {"waited": "digest", "since": written.date()}
        if (leaves - written).total_seconds() < 60:  # noqa: PLR2004  # the minute that people read
            return {}
        away = any(first <= written.date() <= last for first, last in self._seats.absences(row["person_id"]))
        return {"waited": "away" if away else "hours", "since": written.date()}

    def _due(self, row: Row) -> dict[str, Any]:
        """The deadline that the event sets, or is a rung of."""
        payload, kind = row["payload"] or {}, DEADLINE_OF.get(row["topic"])
        if row["message"] == BODY_REMINDER:
            payload, kind = row["details"], row["details"]["kind"]
        given = self._set_by.get(row["event_id"]) or payload.get("due_on")
        told = {"subject": row["subject"] or None, "rung": payload.get("rung")}
        if kind is None or given is None:
            return told
        return {**told, "deadline": str(kind), "due_on": given if isinstance(given, date) else date.fromisoformat(given)}

    @cached_property
    def _actions(self) -> Mapping[int, tuple[str, str, str]]:
        query = sa.select(_ACTION.c.id, _ACTION.c.number, _ACTION.c.sheet["title"].as_string(), _ACTION.c.proposer_seat)
        rows = self._work.connection.execute(query.where(_ACTION.c.convention == self._work.convention))
        return {row[0]: (row[1], row[2], row[3]) for row in rows}

    @cached_property
    def _meetings(self) -> Mapping[int, tuple[str, str]]:
        query = sa.select(_MEETING.c.id, _MEETING.c.number, _MEETING.c.body).where(_MEETING.c.convention == self._work.convention)
        return {row.id: (row.number, row.body) for row in self._work.connection.execute(query)}

    @cached_property
    def _set_by(self) -> Mapping[UUID, date]:
        """The last days of what was asked for, by the event that asked."""
        query = sa.select(_DEADLINE.c.asked_by, _DEADLINE.c.due_on).where(_DEADLINE.c.convention == self._work.convention)
        return {row.asked_by: row.due_on for row in self._work.connection.execute(query.where(_DEADLINE.c.asked_by.is_not(None)))}
